"""How the pages look, compared with pictures kept beside this file.

After a wanted change, look at the pictures that ``pytest --snapshot-update`` with this file leaves
before committing them.
"""

from collections.abc import Callable
from importlib.metadata import version

import pytest
from pytest_textual_snapshot import SVGImageExtension

from clamshell_tui.operator_app.pages.learning import LearningPage
from clamshell_tui.operator_app.pages.overview import OverviewPage
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.people import PeoplePage
from clamshell_tui.runfile.file_run import FileRun
from tests.operator_app.pages.people import EMPTY, UNDER_WAY, Followed
from tests.operator_app.pages.still import Still, view_at

# Another Textual draws other frames; another scikit-learn trains other models.
TAKEN_WITH = {"textual": "8.2", "scikit-learn": "1.9"}
pytestmark = pytest.mark.skipif(
    {name: version(name).rpartition(".")[0] for name in TAKEN_WITH} != TAKEN_WITH,
    reason=f"the pictures were taken with {TAKEN_WITH}",
)

SVGImageExtension.file_extension = "svg"  # syrupy 5 calls it so; the plugin has the old name

SIZES = {"small": (80, 20), "usual": (120, 36), "large": (200, 56)}
DRAWN = ["usual", *(pytest.param(size, marks=pytest.mark.slow) for size in ("small", "large"))]


@pytest.mark.parametrize("size", DRAWN)
@pytest.mark.parametrize("page", [OverviewPage, LearningPage])
def test_a_page_looks_as_it_did(
    page: type[Page],
    size: str,
    source: FileRun,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Still(page(), view_at(source, source.replica.history.label_times()[150] + 2.0))
    assert snap_compare(app, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", DRAWN)
def test_the_people_of_a_study_look_as_they_did(
    size: str, source: FileRun, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    followed = Followed(source, UNDER_WAY)
    app = Still(PeoplePage(id="people"), view_at(followed, 60.0))
    assert snap_compare(app, terminal_size=SIZES[size])


def test_a_study_to_which_nobody_has_come_looks_as_it_did(
    source: FileRun, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Still(PeoplePage(id="people"), view_at(Followed(source, EMPTY), 60.0))
    assert snap_compare(app, terminal_size=SIZES["small"])
