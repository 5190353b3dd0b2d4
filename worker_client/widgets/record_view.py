"""The record to be labelled: a picture, a text, or numbers, as large as there is room."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.protocol.parts import Record
from worker_client.widgets.number_table import number_table
from worker_client.widgets.picture import Picture
from worker_client.widgets.prose import brief, lines_of
from worker_client.widgets.titled import Titled


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
        return Content("\n\n").join(parts) if parts else Content("(an empty record)")

    def _text(self, text: str) -> Content:
        head, cut = (text, False) if self._full else brief(text)
        body = Content(lines_of(head))
        if not cut:
            return body
        more = Content.styled("\u2026 (full text: press v)", "$text-warning bold")
        return Content("\n").join([body, more])
