"""Participants who look at a screen and press keys: terminals, ssh clients and browser tabs.

Terminals and ssh clients run in tmux, which says what stands on the screen.
"""

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.gateways.chromium import Tab
from tests.study_acceptance.lab import SECRET, environment
from worker_client.keys import QUIET

TMUX, SSH = shutil.which("tmux"), shutil.which("ssh")
_NAMED = ("Enter", "Tab")
_LOOK = 0.1  # seconds between two looks at the screen
_PATIENCE = 3.0  # seconds until a key is pressed again on a screen that did not change


class Seat(Protocol):
    """A screen and its keyboard."""

    async def look(self) -> str: ...

    async def press(self, *keys: str) -> None:
        """Press keys: ``Enter``, ``Tab``, or those of a text."""


class Pane:
    """A command on a terminal of 80x24 cells."""

    def __init__(self, folder: Path, name: str, *command: str) -> None:
        self._folder, self._name = folder, name
        self.command: Sequence[str] = command

    async def open(self) -> None:
        """Run the command, again if it has ended."""
        await self._tmux("kill-session", "-t", self._name)
        await self._tmux(
            *("new-session", "-d", "-s", self._name, "-x", "80", "-y", "24"),
            *("env", f"HOME={self._folder}", "TERM=xterm-256color", "LC_ALL=C.UTF-8"),
            *self.command,
        )

    async def close(self) -> None:
        """Close the window: its programs hear SIGHUP."""
        await self._tmux("kill-session", "-t", self._name)

    async def look(self) -> str:
        return await self._tmux("capture-pane", "-p", "-t", self._name)

    async def press(self, *keys: str) -> None:
        for key in keys:
            kind = () if key in _NAMED else ("-l",)
            await self._tmux("send-keys", "-t", self._name, *kind, key)

    async def _tmux(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *("tmux", "-S", str(self._folder / "tmux"), "-f", "/dev/null", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(self._folder),
        )
        said, _ = await process.communicate()
        return said.decode()


class BrowserSeat:
    """A tab of a browser."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    async def look(self) -> str:
        await self.tab.front()
        return await self.tab.lines()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.tab.press(*([key] if key in _NAMED else key))


class Viewer:
    """Someone who knows nothing but what the screen says."""

    def __init__(self, label: str, seat: Seat) -> None:
        self.label, self.seat = label, seat
        self.seen: list[str] = []  # every screen on which a key was pressed
        self.tasks = 0  # sent
        self.total: int | None = None  # of the receipt, in micros

    async def until(self, *words: str, tasks: int = 0) -> str:
        """Go on until all of this is on the screen; return what stands there then."""
        acted, at = "", 0.0
        clock = asyncio.get_running_loop().time
        while True:
            shown = await self.seat.look()
            self._note(shown)
            over = f"{self.label} earned" in shown  # as a closed window says it
            if over or (self.tasks >= tasks and all(word in shown for word in words)):
                return shown
            keys = self._keys(shown)
            if keys and (shown != acted or clock() > at + _PATIENCE):
                acted, at = shown, clock()
                await asyncio.sleep(2 * QUIET)
                if self._keys(await self.seat.look()) != keys:  # a clock on it may go on
                    continue
                self.seen.append(shown)
                self.tasks += "Enter send" in shown
                await self.seat.press(*keys)
            await asyncio.sleep(_LOOK)

    async def finds(self, *words: str) -> str:
        """Wait, without any key, until all of this is on the screen."""
        while True:
            shown = await self.seat.look()
            if all(word in shown for word in words):
                return shown
            await asyncio.sleep(_LOOK)

    async def finish(self) -> None:
        """Go on to the receipt, and show it to the experimenter."""
        await self.until("You can close this window now")

    def _note(self, shown: str) -> None:
        if found := re.search(rf"Total for {self.label}\D*([\d.,]+)", shown):
            self.total = round(float(found[1]) * 1e6)

    def _keys(self, shown: str) -> tuple[str, ...]:
        """What the screen asks for; nothing if there is nothing to do."""
        for words, keys in _ANSWERS.items():
            if words in shown:
                return keys
        record = re.search(r"record \d+ of \d+", shown, re.IGNORECASE)
        sound = re.search(r"meow|woof", shown)
        if record is None or sound is None:
            return ()
        return ("1",) if sound[0] == "meow" else ("2",)


_ANSWERS: dict[str, tuple[str, ...]] = {
    "sending\u2026": (),
    "reconnecting": (),
    "Press a to agree": ("a",),
    "I have read this, go on": ("Enter",),
    "Enter next page": ("Enter",),
    "Right:": ("Enter",),
    "Press Enter to go on": ("Enter",),
    "Press Enter when you want to go on": ("Enter",),
    "Waiting for the others": (),
    "How tiring?": ("3", "Enter"),
    "How old are you?": ("4", "0", "Enter"),
    "Which one?": ("2", "Enter"),
    "Anything else?": (SECRET, "Tab"),
    "Enter sends them": ("Enter",),
    "I have shown this": ("Enter",),
    "Enter send": ("Enter",),
}
"""What a key is pressed for, in the order in which they are looked for."""
