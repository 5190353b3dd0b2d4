"""A real screen without a terminal: the whole program runs, keys reach it, and it can be read.

Each one lives in a task of its own, as Textual keeps the running app in the context of a task.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.pilot import Pilot

LOOK = 0.02  # seconds between two looks at a screen
_WORD = re.compile(r"(?<!^)(?=[A-Z])")

_Deed = Callable[[Pilot[Any]], Awaitable[None]]


class Terminal:
    """``app`` on a screen of ``size`` columns and lines. Call :meth:`open` first."""

    def __init__(self, app: App[Any], size: tuple[int, int]) -> None:
        self.app = app
        self.size = size
        self._deeds: asyncio.Queue[tuple[_Deed, asyncio.Future[None]] | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the program; returns when its first screen is there."""
        self._life = asyncio.create_task(self._live())
        await self._do(lambda pilot: pilot.pause())

    async def close(self) -> None:
        """End the program, whatever it does."""
        if self._life is None:
            return
        self._deeds.put_nowait(None)
        with suppress(asyncio.CancelledError):
            await self._life
        self._life = None

    @property
    def running(self) -> bool:
        """Whether the program has not ended by itself."""
        return self._life is not None and not self._life.done() and self.app.is_running

    async def press(self, *keys: str) -> None:
        """Press these keys, and let them take effect."""
        await self._do(lambda pilot: pilot.press(*keys))

    async def resize(self, size: tuple[int, int]) -> None:
        """Change the size of the terminal."""
        self.size = size
        await self._do(lambda pilot: pilot.resize_terminal(*size))

    @property
    def text(self) -> str:
        """What stands on the screen, row by row."""
        with self.app._context():  # we are in another task than the program
            strips = self.app.screen._compositor.render_strips()  # the only place of the picture
        rows = ("".join(segment.text for segment in strip).rstrip() for strip in strips)
        return "\n".join(rows)

    @property
    def screen(self) -> str:
        """The name of what is on top: ``TooSmallScreen`` is ``too-small``."""
        name = type(self.app.screen).__name__.removesuffix("Screen")
        return _WORD.sub("-", name).lower()

    async def _do(self, deed: _Deed) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deeds.put_nowait((deed, done))
        assert self._life is not None, "not open"
        await asyncio.wait({done, self._life}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            self._life.result()  # what it died of
            raise RuntimeError("the program has ended")
        done.result()

    async def _live(self) -> None:
        async with self.app.run_test(size=self.size, notifications=True) as pilot:
            while (job := await self._deeds.get()) is not None:
                deed, done = job
                try:
                    await deed(pilot)
                except Exception as error:  # for whoever asked
                    done.set_exception(error)
                else:
                    done.set_result(None)
