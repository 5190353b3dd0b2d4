"""The classes with their keys; a click does the same as the key."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size

from clamshell_tui.text import show
from worker_client.keys import initials_of, keys_of
from worker_client.widgets.lines import ChosenIndex, Titled

_KEY = 5  # cells of a key cap and the mark after it
_NARROWEST = 20
_ABOVE_AND_BELOW = 7  # lines of the screen that are not for classes
_CHOSEN = "\u25cf"


class ClassList(Titled):
    """One class per row, in as many columns as it takes; the chosen one is marked."""

    DEFAULT_CSS = """
    ClassList { width: 1fr; height: 1fr; padding: 0 1; }
    ClassList:disabled { opacity: 60%; }
    """
    can_focus = False

    class Chosen(ChosenIndex):
        """A class was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._chosen: int | None = None

    def show_classes(self, names: Sequence[str], chosen: int | None) -> None:
        """Draw these, with the label of the record being looked at, if it has one."""
        if (tuple(names), chosen) != (self._names, self._chosen):
            self._names, self._chosen = tuple(names), chosen
            self.refresh()

    def wanted_width(self, screen: Size) -> int:
        """Cells, with the border, that show the names whole if the record leaves so much."""
        longest = max((cell_len(show(name)) for name in self._names), default=0)
        columns = -(-len(self._names) // max(1, screen.height - _ABOVE_AND_BELOW))
        most = screen.width * (11 if columns > 1 else 8) // 20
        return min(max(_NARROWEST, columns * (longest + _KEY + 1) + 4), most)

    def render(self) -> Content:
        """Down the first column, then down the next; spread out where there is room."""
        columns, depth, gap = self._layout()
        width = self.size.width // columns
        rows = []
        for row in range(depth):
            cells = [self._cell(index, width) for index in range(row, len(self._names), depth)]
            rows.append(Content.assemble(*cells))
        return Content("\n" * gap).join(rows) if rows else Content("")

    def on_click(self, event: events.Click) -> None:
        """A click anywhere on a row is a click on its class."""
        columns, depth, gap = self._layout()
        offset = event.get_content_offset(self)
        if offset is None or offset.y % gap:
            return
        index = offset.x // max(1, self.size.width // columns) * depth + offset.y // gap
        if index < len(self._names) and offset.y // gap < depth:
            self.post_message(self.Chosen(index))

    def _layout(self) -> tuple[int, int, int]:
        """Columns, rows, and the lines from one row to the next."""
        count, height = max(1, len(self._names)), max(1, self.size.height)
        columns = -(-count // height)
        depth = -(-count // columns)
        return columns, depth, 2 if 2 * depth - 1 <= height else 1

    def _cell(self, index: int, width: int) -> Content:
        key = keys_of(self._names)[index]
        room = max(1, width - _KEY - 1)
        name = show(self._names[index], room)
        chosen = index == self._chosen
        cap = (f" {key} ", "bold $text on $primary" if chosen else "bold $text-primary on $panel")
        mark = (f" {_CHOSEN}" if chosen else "  ", "bold $text-success")
        body = Content(name)
        if initials_of(self._names) and name:
            body = body.stylize("underline", 0, 1)
        if chosen:
            body = body.stylize("bold")
        return Content.assemble(cap, mark, " ", body, " " * (room - cell_len(name)))
