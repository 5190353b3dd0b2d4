"""The record to be labelled: a picture, a text, or numbers, as large as there is room.

Named numbers as an aligned table, in as many columns as there is room for.
"""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from clamshell_tui.wire.parts import Record
from worker_client.widgets.lines import Titled, brief, lines_of, texts_of
from worker_client.widgets.picture import Picture

_LONGEST_NAME = 24
_GAP = 4


def number_table(numbers: Sequence[tuple[str, float]], width: int, height: int) -> Content:
    """Down the first column, then down the next; a second column only if the first is full."""
    rows = [(show(name, _LONGEST_NAME), f"{value:,.6g}") for name, value in numbers]
    names = max((cell_len(name) for name, _ in rows), default=0)
    values = max((len(value) for _, value in rows), default=0)
    room = max(1, (width + _GAP) // (names + 2 + values + _GAP))
    columns = min(room, max(1, -(-len(rows) // max(1, height))))
    depth = -(-len(rows) // columns)
    lines = []
    for line in range(depth):
        parts: list[tuple[str, str]] = []
        for name, value in rows[line::depth]:
            gap = " " * _GAP if parts else ""
            parts.append((f"{gap}{name}{' ' * (names - cell_len(name) + 2)}", "$text-muted"))
            parts.append((value.rjust(values), "bold"))
        lines.append(Content.assemble(*parts))
    return Content("\n").join(lines)


def hidden_below(text: VerticalScroll, texts: Texts) -> str:
    """How much of a long text is out of sight below; empty if nothing is."""
    lines = round(text.max_scroll_y - text.scroll_y)
    return f"\u2193 {texts('top.below', count=lines)}" if lines > 0 else ""


class RecordView(VerticalScroll, Titled):  # styles are inherited from the first base only
    """Shows one record at a time; a text longer than the pane scrolls."""

    DEFAULT_CSS = """
    RecordView { width: 1fr; height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    RecordView.-picture { padding: 0; overflow: hidden; }
    RecordView > Picture { display: none; }
    RecordView.-picture > Picture { display: block; }
    RecordView > Static { width: 1fr; height: auto; padding-right: 1; }
    RecordView.-picture > Static { display: none; }
    """
    can_focus = False

    def __init__(self) -> None:
        super().__init__(can_focus=False)
        self._record: Record | None = None
        self._full = False

    def compose(self) -> ComposeResult:
        """Both ways of showing a record; one of them is displayed."""
        yield Picture()
        yield Static(markup=False)

    def show_record(self, record: Record | None) -> None:
        """Show this one, from its beginning."""
        if record is self._record:
            return
        self._record, self._full = record, False
        self.scroll_home(animate=False, immediate=True)
        self._draw()

    def look_ahead(self, records: Sequence[Record]) -> None:
        """These are going to be shown: have their pictures ready."""
        self.query_one(Picture).expect([each.image for each in records if each.image is not None])

    def show_all(self) -> None:
        """Show a long text to its end."""
        self._full = True
        self._draw()

    def on_resize(self) -> None:
        """Numbers are laid out for the new size."""
        if self._record is not None and self._record.numbers:
            self._draw()

    def _draw(self) -> None:
        image = self._record.image if self._record is not None else None
        self.set_class(image is not None, "-picture")
        self.query_one(Picture).show_image(image)
        if image is None:
            self.query_one(Static).update(self._words(self._record))

    def _words(self, record: Record | None) -> Content:
        if record is None:
            return Content("")
        parts = []
        if record.text is not None:
            parts.append(self._text(record.text))
        if record.numbers:
            parts.append(number_table(record.numbers, self.size.width - 1, self.size.height))
        empty = texts_of(self)("task.empty_record")
        return Content("\n\n").join(parts) if parts else Content(empty)

    def _text(self, text: str) -> Content:
        head, cut = (text, False) if self._full else brief(text)
        body = Content(lines_of(head))
        if not cut:
            return body
        more = Content.styled(texts_of(self)("task.full_text"), "$text-warning bold")
        return Content("\n").join([body, more])
