"""One page a file: each draws a :class:`~clamshell_tui.operator_app.view.View`."""

from clamshell_tui.operator_app.pages.costs import CostsPage
from clamshell_tui.operator_app.pages.learning import LearningPage
from clamshell_tui.operator_app.pages.overview import OverviewPage
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.people import PeoplePage
from clamshell_tui.operator_app.pages.pool import PoolPage
from clamshell_tui.operator_app.pages.timeline import TimelinePage

PAGES: tuple[type[Page], ...] = (OverviewPage, PoolPage, TimelinePage, LearningPage, CostsPage)
"""From left to right; their keys are 1, 2, 3 ..."""

STUDY_PAGES: tuple[type[Page], ...] = (PeoplePage, *PAGES)
"""Those of a study."""
