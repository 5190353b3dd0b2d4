"""The page Learning."""

from typing import ClassVar

from textual.app import ComposeResult

from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Fact, Facts


class LearningPage(Page):
    """To be written."""

    ID: ClassVar[str] = "learning"
    TITLE: ClassVar[str] = "Learning"

    def compose(self) -> ComposeResult:
        yield Facts()

    def show(self, view: View) -> None:
        run = view.frame.run
        self.query_one(Facts).update(
            [Fact("labels", str(run.labels)), Fact("evictions", str(run.evictions))]
        )
