"""An app with one widget in it, and what is read from its lines."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.style import Palette

PALETTE = Palette(Color.parse("#0f1419"), Color.parse("#e3e8ee"), {"primary": "#56b4e9"})


class Stage(App[None]):
    """Keeps the messages of a widget, as ``(name, values)``."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[tuple[object, ...]] = []

    def compose(self) -> ComposeResult:
        """The widget alone."""
        yield self.widget

    def on_mount(self) -> None:
        """Keys are for it."""
        if self.widget.can_focus:
            self.widget.focus()

    @on(LiveTable.Highlighted)
    def hear_highlighted(self, message: LiveTable.Highlighted) -> None:
        """The cursor moved; Selected is of this kind too."""
        self.heard.append((type(message).__name__, message.key))

    @on(LiveTable.Sorted)
    def hear_sorted(self, message: LiveTable.Sorted) -> None:
        """Another order."""
        self.heard.append(("Sorted", message.column, message.descending))

    @on(Gantt.Selected)
    def hear_selected(self, message: Gantt.Selected) -> None:
        """Another bar."""
        self.heard.append(("Bar", message.row, message.bar))


def play(
    widget: Widget,
    story: Callable[[Pilot[None], list[tuple[object, ...]]], Awaitable[None]],
    size: tuple[int, int] = (80, 24),
) -> None:
    """Run a story with the widget on a screen of this size."""

    async def told() -> None:
        stage = Stage(widget)
        async with stage.run_test(size=size) as pilot:
            await pilot.pause()
            await story(pilot, stage.heard)

    asyncio.run(told())


def texts(widget: Widget) -> list[str]:
    """The lines of the widget as it is now, without blanks at their ends."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def assert_exact(strips: Sequence[Strip], width: int, height: int) -> None:
    """Every line is as wide as its place, whatever is in it, and there are not too many."""
    assert len(strips) <= height
    for strip in strips:
        assert strip.cell_length == width
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert not set(strip.text) & {chr(n) for n in [*range(32), *range(127, 160)]}
