"""Runs a Textual app without a terminal: keys can be pressed, and the screen can be read.

Each app has its own task, because Textual keeps the running app in the task's context.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

LOOK = 0.02  # seconds between two looks at a screen
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
# Names that scenarios used before the classes were renamed.
_NAMES = {"Text": "tell", "Prompt": "ask", "WorkerHelp": "help"}

_Deed = Callable[[Pilot[Any]], Awaitable[None]]


class Terminal:
    """``app`` on a screen of ``size`` columns and lines. Call :meth:`open` first."""

    def __init__(self, app: App[Any], size: tuple[int, int]) -> None:
        self.app = app
        self.size = size
        self._deeds: asyncio.Queue[tuple[_Deed, asyncio.Future[None]] | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the program; return when its first screen is drawn."""
        self._life = asyncio.create_task(self._live())
        await self._do(lambda pilot: pilot.pause())

    async def close(self) -> None:
        """End the program if it has not ended itself."""
        if self._life is None:
            return
        self._deeds.put_nowait(None)
        with suppress(asyncio.CancelledError):
            await self._life
        self._life = None

    @property
    def running(self) -> bool:
        return self._life is not None and not self._life.done() and self.app.is_running

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for their effect."""
        await self._do(lambda pilot: pilot.press(*keys))

    async def resize(self, size: tuple[int, int]) -> None:
        self.size = size
        await self._do(lambda pilot: pilot.resize_terminal(*size))

    @property
    def text(self) -> str:
        """The text on the screen, row by row."""
        with self.app._context():  # the app belongs to another task
            strips = self.app.screen._compositor.render_strips()  # no public API has the picture
        rows = ("".join(segment.text for segment in strip).rstrip() for strip in strips)
        return "\n".join(rows)

    @property
    def screen(self) -> str:
        """Name of the top screen, as scenarios write it."""
        return screen_name(type(self.app.screen))

    async def _do(self, deed: _Deed) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deeds.put_nowait((deed, done))
        assert self._life is not None, "not open"
        await asyncio.wait({done, self._life}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            self._life.result()  # raises its error
            raise RuntimeError("the program has ended")
        done.result()

    async def _live(self) -> None:
        async with self.app.run_test(size=self.size, notifications=True) as pilot:
            while (job := await self._deeds.get()) is not None:
                deed, done = job
                try:
                    await deed(pilot)
                except Exception as error:  # raised again in _do()
                    done.set_exception(error)
                else:
                    done.set_result(None)


def screen_name(kind: type[Screen[Any]]) -> str:
    """Name of a screen in scenarios: ``too-small`` for ``TooSmallScreen``."""
    name = kind.__name__.removesuffix("Screen").removesuffix("Dialog")
    return _NAMES.get(name) or _WORD.sub("-", name).lower()
