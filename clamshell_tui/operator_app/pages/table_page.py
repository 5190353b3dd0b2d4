"""A page with a table of people, in which some can be marked for an action."""

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.widgets.live_table import LiveTable


class TablePage(Page):
    """The table has the id ``people``; an action takes its marked rows, else that of the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="pool.mark"),
        Binding("a", "mark_all", "All", show=False, id="pool.mark_all"),
        Binding("escape", "unmark", "Unmark", show=False, id="pool.unmark"),
    ]

    @property
    def table(self) -> "LiveTable[Any]":
        return self.query_one("#people", LiveTable)

    @property
    def wanted(self) -> frozenset[str]:
        """Keys of the marked rows, else of the one under the cursor."""
        cursor = self.table.cursor
        return self.table.marked or frozenset([] if cursor is None else [cursor])

    def action_mark(self) -> None:
        self.table.action_mark()

    def action_mark_all(self) -> None:
        """Mark all rows that the filter shows."""
        self.table.mark(self.table.keys)

    def action_unmark(self) -> None:
        self.table.mark(())

    def entered(self) -> None:
        self.table.focus()
