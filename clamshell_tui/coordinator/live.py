"""The options of ``clamshell serve``, and the base of what it serves: a run, or a study."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.driver import Driver
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.loop import PAUSED, Loop
from clamshell_tui.coordinator.server import Server
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts

CHECK_EVERY = 0.1  # seconds between checks for the end
STATUS_EVERY = 5.0  # seconds between status lines
SCREENS = 2.0  # seconds that a screen has to ask for the last entries


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options that runs and studies share; ``linger`` is in wall-clock seconds."""

    db: Path  # of a study its folder
    host: str = "127.0.0.1"
    port: int = 7777
    speed: float = 1.0
    codes_file: Path | None = None
    headless: bool = False
    lan: bool = False  # with TLS
    linger: float = 10.0
    drain: float = 60.0  # wall-clock seconds after SIGTERM for the tasks in hand
    limits: Limits = Limits()
    key_folder: Path | None = None  # None: in the user's state folder

    @property
    def texts(self) -> Texts:
        """The participants' sentences."""
        raise NotImplementedError  # each kind has its own; a struct cannot be abstract


class LiveService(ABC):
    """A run or a study with all its parts."""

    run: Driver
    run_loop: Loop
    held = False
    """Whether to serve on although it is over: its screen is open."""
    what = "run"
    """What is served, for messages."""
    looked_at: tuple[str, ...] = ("clamshell watch {}",)
    """Commands to look at the result with, once it is over."""

    @abstractmethod
    async def until_over(self, server: Server) -> None:
        """Serve until it is over and all clients have its end, or until stopped."""

    @abstractmethod
    async def write(self) -> None:
        """Write all that clients will rely on."""

    @abstractmethod
    def _line(self) -> str:
        """Return the status line."""

    @asynccontextmanager
    async def _beside(
        self, *helpers: Coroutine[Any, Any, None]
    ) -> AsyncIterator[asyncio.TaskGroup]:
        """Run helpers until the block ends; raises the first error of all tasks."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(helper) for helper in helpers]
                yield group
                for task in tasks:
                    task.cancel()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _status(self, kept: str) -> None:
        """Print a status line every few seconds."""
        say(kept)
        while True:
            say(ENGLISH_TEXTS(PAUSED) if self.run_loop.paused_by_disk else self._line())
            await asyncio.sleep(STATUS_EVERY)
