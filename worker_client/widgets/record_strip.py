"""The records in hand as a strip: which are labelled, how, and which is being looked at."""

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.widget import Widget

from clamshell_tui.text import show
from worker_client.draft_answer import DraftAnswer
from worker_client.keys import keys_of, must_be_typed
from worker_client.widgets.lines import ChosenIndex, texts_of

_NARROWEST = 3
_LONGEST_NAME = 10
_SKIPPED = "-"
_FLAG = "!"
_EMPTY = "\u00b7"
_LABELLED = "\u25cf"  # with a class that has no key


class RecordStrip(Widget):
    """A cell per record; a click goes to it. Too many for the line: the ones around the current."""

    DEFAULT_CSS = "RecordStrip { height: 1; width: 1fr; padding: 0 1; }"
    can_focus = False

    class Chosen(ChosenIndex):
        """A record was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: list[int | None] = []
        self._skipped: list[bool] = []
        self._flags: list[bool] = []
        self._at = 0
        self._names: tuple[str, ...] = ()

    def show_sheet(self, sheet: DraftAnswer | None, names: tuple[str, ...]) -> None:
        """Draw the state of this sheet."""
        labels = list(sheet.labels) if sheet is not None else []
        skipped = [reason is not None for reason in sheet.reasons] if sheet is not None else []
        flags = sheet.flags if sheet is not None else []
        at = sheet.at if sheet is not None else 0
        drawn = (self._labels, self._skipped, self._flags, self._at, self._names)
        if (labels, skipped, flags, at, names) != drawn:
            self._labels, self._skipped, self._flags = labels, skipped, flags
            self._at, self._names = at, names
            self.refresh()

    def render(self) -> Content:
        """``  1 cat  [ 2 ]  3  ``, and how far one has got."""
        if len(self._labels) < 2:
            return Content("")  # one record is no strip
        width, first, count = self._layout()
        cells = [self._cell(index, width) for index in range(first, first + count)]
        done = sum(label is not None for label in self._labels)
        counts = {"done": done, "total": len(self._labels), "skipped": sum(self._skipped)}
        key = "task.labelled_skipped" if any(self._skipped) else "task.labelled"
        return Content.assemble(*cells, (f"  {texts_of(self)(key, **counts)}", "$text-muted"))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._labels:
            return
        width, first, count = self._layout()
        if offset.x // width < count:
            self.post_message(self.Chosen(first + offset.x // width))

    def _layout(self) -> tuple[int, int, int]:
        """Cells per record, the first record shown, and how many."""
        total = len(self._labels)
        text = texts_of(self)("task.labelled", done=total, total=total)
        room = max(_NARROWEST, self.size.width - 2 - cell_len(text))
        name = max((cell_len(show(each, _LONGEST_NAME)) for each in self._names), default=0)
        number = len(str(total))
        for width in (number + name + 4, number + 4, _NARROWEST):
            if width * total <= room:
                return width, 0, total
        count = room // _NARROWEST
        return _NARROWEST, min(max(0, self._at - count // 2), total - count), count

    def _cell(self, index: int, width: int) -> Content:
        label = self._labels[index]
        number = len(str(len(self._labels)))
        flag = _FLAG if self._flags[index] else " "
        mark = _SKIPPED if self._skipped[index] else ""
        if width > number + 4:
            name = show(self._names[label], _LONGEST_NAME) if label is not None else mark
            text = f" {index + 1:>{number}}{_between(flag, name)}{name}"
        elif width > _NARROWEST:
            key = self._key(label) or mark
            text = f" {index + 1:>{number}}{_between(flag, key)}{key}"
        else:
            text = f"{flag}{self._key(label) or mark or _EMPTY}"
        text = set_cell_size(text, width - 1)
        if index == self._at:
            return Content.assemble((text, "reverse bold"), " ")
        return Content.assemble((text, "" if label is not None else "$text-muted"), " ")

    def _key(self, label: int | None) -> str:
        if label is None:
            return ""
        return _LABELLED if must_be_typed(self._names) else keys_of(self._names)[label]


def _between(flag: str, label: str) -> str:
    """Separates a record's number from its label, which may be a digit too."""
    return ":" if flag == " " and label[:1].isdigit() else flag
