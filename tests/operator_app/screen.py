"""The operator's screen without a terminal, and what can be read on it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.operator_app.view import Source
from clamshell_tui.runfile.file_run import FileRun

_LOOK_EVERY = 0.04  # seconds: a look takes a few milliseconds
DEADLINE = 60.0  # seconds: nothing in a test takes as long unless it is broken


class Loaded(FileRun):
    """A run that is loaded already: many screens share one replica."""

    def __init__(self, run: FileRun) -> None:
        self.__dict__.update(run.__dict__)

    async def keep_up(self) -> None:
        """There is nothing to load."""
        self.loaded = 1.0


class Screen:
    """The app, and its keyboard."""

    def __init__(self, app: OperatorApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """The text of the screen, row by row."""
        strips = self.app.screen._compositor.render_strips()  # the only place of the picture
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """The text of the screen."""
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        """Press these keys, and let them take effect."""
        await self.pilot.press(*keys)
        self.app.redraw()
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Into the line that is asked for, in place of what stands there; quicker than by keys."""
        await self.until(lambda: bool(self.app.screen.query(Input)))
        self.app.screen.query_one(Input).value = text

    async def resize(self, width: int, height: int) -> None:
        """Change the terminal's size."""
        await self.pilot.resize_terminal(width, height)
        await self.drawn()

    async def drawn(self) -> None:
        """Draw the present moment."""
        await self.pilot.pause()
        self.app.redraw()
        await self.pilot.pause()

    async def seek(self, at: float) -> None:
        """Stand still at this moment."""
        self.app.player.seek(at)
        await self.drawn()

    async def until(self, true: Callable[[], bool]) -> None:
        """Poll until this is true."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not true():
                    await asyncio.sleep(_LOOK_EVERY)
                    self.app.redraw()
        except TimeoutError:
            raise AssertionError(f"still not true; the screen says\n{self.text}") from None
        await self.pilot.pause()

    async def reads(self, *words: str) -> None:
        """Wait until all of this is on the screen."""

        def there() -> bool:
            text = self.text
            return all(word in text for word in words)

        await self.until(there)

    async def reads_no(self, word: str) -> None:
        """Wait until this is not on the screen any more."""
        await self.until(lambda: word not in self.text)


@asynccontextmanager
async def screen(
    source: Source,
    size: tuple[int, int] = (120, 40),
    *,
    page: str = "",
    plain: str = "",
    **given: Any,
) -> AsyncIterator[Screen]:
    """A screen whose clock stands still, and that draws when a test looks at it."""
    app = OperatorApp(source, lambda: 0.0, **given)
    app.draw_plain(plain, "ascii")
    async with app.run_test(size=size, notifications=True) as pilot:
        shown = Screen(app, pilot)
        await shown.drawn()
        if page:
            app.action_page(page)
            await shown.drawn()
        yield shown
