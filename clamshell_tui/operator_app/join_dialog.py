"""All free seats, and the lines that lead to them: to copy, or to write to a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static

from clamshell_tui.operator_app.dialogs import plain_text
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, strip_of
from clamshell_tui.text import show

FILE = "clamshell-seats.txt"
_REFRESH = 1.0  # seconds until a seat that was taken disappears
_AROUND = 16  # lines of the screen beside the codes
_CELL = 11  # of a code and the gap after it


class CodeGrid(LineWidget):
    """Codes in rows; the arrows choose one."""

    class Chosen(Message):
        """Another code is chosen, or rows were scrolled."""

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Last", show=False, id="seats.left"),
        Binding("right", "move(1)", "Next", show=False, id="seats.right"),
        Binding("up", "row(-1)", "Up", show=False, id="seats.up"),
        Binding("down", "row(1)", "Down", show=False, id="seats.down"),
        Binding("pageup", "row(-5)", "Page up", show=False, id="seats.page_up"),
        Binding("pagedown", "row(5)", "Page down", show=False, id="seats.page_down"),
    ]

    def __init__(self) -> None:
        super().__init__(empty="no free seat is known; x and c issue a join code")
        self._codes: tuple[str, ...] = ()
        self._at = 0
        self._top = 0  # the first row that is shown

    @property
    def chosen(self) -> str:
        """The code under the cursor; empty if there is none."""
        return self._codes[self._at] if self._codes else ""

    @property
    def below(self) -> int:
        """Codes that are hidden below the last row."""
        return max(0, len(self._codes) - (self._top + self.size.height) * self._across)

    @property
    def _across(self) -> int:
        return max(1, self.size.width // _CELL)

    def update(self, codes: tuple[str, ...]) -> None:
        """Show these; the cursor stays on its code if that is still there."""
        if codes == self._codes:
            return
        chosen = self.chosen
        self._codes = codes
        at = codes.index(chosen) if chosen in codes else min(self._at, len(codes) - 1)
        self._at = max(0, at)
        self._scroll()

    def action_move(self, steps: int) -> None:
        self._at = min(max(0, self._at + steps), max(0, len(self._codes) - 1))
        self._scroll()

    def action_row(self, rows: int) -> None:
        at = self._at + rows * self._across
        if 0 <= at < len(self._codes):
            self._at = at
        self._scroll()

    def on_click(self, event: events.Click) -> None:
        at = (self._top + event.y) * self._across + event.x // _CELL
        if at < len(self._codes):
            self._at = at
            self._scroll()

    def on_resize(self) -> None:
        self._scroll()

    def _scroll(self) -> None:
        row = self._at // self._across
        self._top = min(max(self._top, row - self.size.height + 1), row)
        self.redraw()
        self.post_message(self.Chosen())

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        if not self._codes:
            return [strip_of([(self.empty, "muted italic")], width, palette)]
        across = self._across
        first, last = self._top * across, (self._top + height) * across
        shown = range(first, min(last, len(self._codes)))
        rows = [shown[start : start + across] for start in range(0, len(shown), across)]
        return [strip_of(list(map(self._span, row)), width, palette) for row in rows]

    def _span(self, at: int) -> Span:
        return f" {self._codes[at]} ".ljust(
            _CELL
        ), "accent bold reverse" if at == self._at else "text"


class JoinDialog(ModalScreen[None]):
    """The free seats of ``seats``, code by code, with the lines that lead there."""

    AUTO_FOCUS = "CodeGrid"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,enter", "copy", "Copy", id="seats.copy"),
        Binding("w", "write", "Write", id="seats.write"),
        Binding("escape,j,q", "dismiss(None)", "Back", id="seats.back"),
    ]

    def __init__(self, seats: Mapping[str, str]) -> None:
        super().__init__()
        self._seats = seats
        self._done = ""  # the result of the last key

    def compose(self) -> ComposeResult:
        with Vertical(classes="card wide"):
            yield plain_text("Free seats").add_class("title")
            yield Static(id="lines", markup=False)
            yield CodeGrid()
            yield plain_text("").add_class("quiet")

    def on_mount(self) -> None:
        self.set_interval(_REFRESH, self._show)

    def on_resize(self, event: events.Resize) -> None:
        rows = -(-len(self._seats) // (min(event.size.width, 82) // _CELL - 1)) or 1
        self.query_one(CodeGrid).styles.height = max(1, min(rows, event.size.height - _AROUND))
        self.call_after_refresh(self._show)

    def on_code_grid_chosen(self) -> None:
        self._done = ""
        self._show()

    def action_copy(self) -> None:
        """Copy the chosen seat's lines; the terminal does not report whether it did."""
        if lines := self._seats.get(self.query_one(CodeGrid).chosen, ""):
            self.app.copy_to_clipboard(lines)
            self._done = "copied, if your terminal allows it"
        self._show()

    def action_write(self) -> None:
        """Write the lines of all free seats to a file that only its owner can read."""
        try:
            write_lines(Path(FILE), self._seats)
            self._done = f"written to {FILE}"
        except OSError as error:
            self._done = f"cannot write {FILE} here: {error.strerror}"
        self._show()

    def _show(self) -> None:
        grid = self.query_one(CodeGrid)
        grid.update(tuple(self._seats))
        lines = self._seats.get(grid.chosen, "")
        self.query_one("#lines", Static).update(Content("\n".join(map(show, lines.splitlines()))))
        more = f"{grid.below} more below; " if grid.below else ""
        keys = "arrows: choose, c: copy, w: all to a file, Escape: back"
        said = f"{self._done}\n" if self._done else ""
        self.query_one(".quiet", Static).update(Content(f"{said}{more}{keys}"))


def write_lines(file: Path, seats: Mapping[str, str]) -> None:
    """Write one line for each way to each seat; OSError if that is impossible."""
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
        for code, lines in seats.items():
            opened.writelines(f"{code}  {line}\n" for line in lines.splitlines())
