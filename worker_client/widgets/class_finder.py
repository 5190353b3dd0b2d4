"""The classes of a long list: what was typed, and the matches around the marked one."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size

from clamshell_tui.text import show
from worker_client.class_query import ClassQuery
from worker_client.widgets.lines import ChosenIndex, Titled, texts_of

_BESIDE = 6  # cells of a row that are not the name, with the border
_NARROWEST = 26
_PROMPT = "> "
_CURSOR = "_"
_CHOSEN = "\u25cf"
_MARKED = "\u25b6"


class ClassFinder(Titled):
    """Keys go to :meth:`take`; a class marked and confirmed, or clicked, is ``Chosen``."""

    DEFAULT_CSS = """
    ClassFinder { width: 1fr; height: 1fr; padding: 0 1; }
    ClassFinder:disabled { opacity: 60%; }
    """
    can_focus = False

    class Chosen(ChosenIndex):
        """A class was confirmed or clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._query = ClassQuery()
        self._chosen: int | None = None

    def show_classes(self, names: Sequence[str], chosen: int | None) -> None:
        """Draw these, with the label of the record being looked at, if it has one."""
        if self._query.names != tuple(names):
            self._query = ClassQuery(names)
            self.refresh()
        if chosen != self._chosen:
            self._chosen = chosen
            self.refresh()

    def wanted_width(self, screen: Size) -> int:
        """Cells, with the border, that show the names whole if the record leaves so much."""
        longest = max((cell_len(show(name)) for name in self._query.names), default=0)
        return min(max(_NARROWEST, longest + _BESIDE), screen.width * 9 // 20)

    @property
    def active(self) -> bool:
        """Whether something was typed or marked since the last label."""
        return bool(self._query.text) or self._query.marked is not None

    def take(self, key: str, character: str | None) -> bool:
        """Use a key; False if it is not one for the list."""
        query = self._query
        if key in ("down", "up"):
            query.move(1 if key == "down" else -1)
        elif key == "tab":
            query.complete()
        elif key == "backspace" and query.text:
            query.write(query.text[:-1])
        elif key == "escape" and self.active:
            query.write("")
        elif key == "enter" and query.chosen is not None:
            self.post_message(self.Chosen(query.chosen))
            query.write("")
        elif key == "enter" and query.text:
            self.app.bell()  # no class matches
        elif character is not None and character.isprintable() and character != "?":
            query.write(query.text + character)
        else:
            return False
        self.refresh()
        return True

    def render(self) -> Content:
        query, width, texts = self._query, max(1, self.size.width), texts_of(self)
        if query.text:
            typed = show(query.text, max(1, width - len(_PROMPT) - len(_CURSOR)))
            line = Content.assemble((_PROMPT, "bold $text-primary"), (typed, "bold"), _CURSOR)
        else:
            ask = show(texts("task.type_name"), max(1, width - len(_PROMPT)))
            line = Content.assemble((_PROMPT, "bold $text-primary"), (ask, "$text-muted"))
        first, count = self._window()
        rows = [self._row(place, width) for place in range(first, first + count)]
        if not rows:
            rows = [Content.styled(show(texts("task.no_match"), width), "$text-warning")]
        counts = {"shown": len(query.matches), "total": len(query.names)}
        shown = show(texts("task.matches", **counts), width)
        return Content("\n").join([line, *rows, Content.styled(shown, "$text-muted")])

    def on_click(self, event: events.Click) -> None:
        """A click on a row is a click on its class."""
        offset = event.get_content_offset(self)
        first, count = self._window()
        if offset is not None and 1 <= offset.y <= count:
            self.post_message(self.Chosen(self._query.matches[first + offset.y - 1]))
            self._query.write("")
            self.refresh()

    def on_mouse_scroll_down(self) -> None:
        self.take("down", None)

    def on_mouse_scroll_up(self) -> None:
        self.take("up", None)

    def _window(self) -> tuple[int, int]:
        """First match shown, and how many: those around the marked or the chosen one."""
        query, height = self._query, max(1, self.size.height - 2)
        total = len(query.matches)
        at = query.marked or 0
        if not self.active and self._chosen is not None:
            at = self._chosen
        return min(max(0, at - height // 2), max(0, total - height)), min(height, total)

    def _row(self, place: int, width: int) -> Content:
        index = self._query.matches[place]
        name = show(self._query.names[index], max(1, width - 2))
        if place == self._query.marked:
            return Content.assemble((f"{_MARKED} ", "bold"), (name, "bold $text on $primary"))
        if index == self._chosen:
            return Content.assemble((f"{_CHOSEN} ", "bold $text-success"), (name, "bold"))
        return Content(f"  {name}")
