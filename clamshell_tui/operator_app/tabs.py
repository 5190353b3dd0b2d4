"""The names of the pages with their keys, the one that is seen stressed."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette


class Tabs(Drawn):
    """One line; click a name to go there."""

    class Chosen(Message):
        """Somebody clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[tuple[str, str]], *, id: str) -> None:  # noqa: A002 # Textual's
        super().__init__(id=id)
        self._tabs = tabs
        self._chosen = ""

    def choose(self, name: str) -> None:
        """This page is seen."""
        self._chosen = name
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """The names, as many as there is room for."""
        spans: list[Span] = [(" ", "text")]
        for number, (name, title) in enumerate(self._tabs, 1):
            ink = "auto bold on accent" if name == self._chosen else "muted"
            spans += [(f" {number} {title} ", ink), (" ", "text")]
        return [strip_of(spans, width, palette)]

    def on_click(self, event: events.Click) -> None:
        """Which name is under the mouse?"""
        left = 1
        for number, (name, title) in enumerate(self._tabs, 1):
            width = len(f" {number} {title} ")
            if left <= event.x < left + width:
                self.post_message(self.Chosen(name))
                return
            left += width + 1
