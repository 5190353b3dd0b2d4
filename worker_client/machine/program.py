"""A program as a machine: started again after a crash, killed when it takes too long."""

import asyncio
import shlex
import shutil
from collections.abc import Callable, Sequence

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.parts import Record
from worker_client.machine.child import Child, ChildEndedError, Faults, first_of
from worker_client.machine.labeller import Identity, Labels, Work, listed

START = 300.0
"""Seconds until a program must be ready: a large model takes minutes to load."""
LONGEST_PAUSE = 30.0
_SENDS = 2
"""A task during which the program ended twice is skipped: it may be what ends it."""


def command_in(text: str) -> list[str]:
    """Split the command of ``--exec``; no shell reads it. InputError if it cannot be started."""
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{show(text)}: {error} (--exec). Close the quotes") from None
    if not command or shutil.which(command[0]) is None:
        name = show(command[0]) if command else ""
        raise InputError(f'no program "{name}" (--exec). Name one on the PATH, or its file')
    return command


class Program:
    """A :class:`Labeller` that passes tasks to a program by JSON Lines.

    The program may fail ``restarts`` times between two answers, by ending or by taking longer than
    ``timeout`` for a task, ``start`` for becoming ready. It is started again after ``pause``, which
    doubles with each failure up to 30 s; ``say`` prints a line about it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout: float,
        restarts: int,
        start: float = START,
        pause: float = 0.5,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.name = show(shlex.join(command), 60)
        self.faults = Faults()
        self.restarted = 0
        self.timed_out = 0
        self._command = command
        self._timeout = timeout
        self._restarts = restarts
        self._start = start
        self._pause = pause
        self._say = say
        self._child: Child | None = None  # while it is ready
        self._up = asyncio.Event()
        self._failures = 0  # since the last answer
        self._tasks = 0

    async def run(self, work: Work, identified: Callable[[Identity], None]) -> None:
        while True:
            why = await self._life(work, identified)
            self._failures += 1
            if self._failures > self._restarts:
                times = f"{self._failures} times" if self._failures > 1 else "once"
                raise EnvironmentFaultError(
                    f"{self.name} failed {times} without an answer; at last it {why} (--exec). "
                    "Run it alone to see more"
                )
            pause = min(self._pause * 2 ** (self._failures - 1), LONGEST_PAUSE)
            self._say(f"{self.name} {why}; starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            self.restarted += 1

    async def _life(self, work: Work, identified: Callable[[Identity], None]) -> str:
        """Start the program and wait for its end; return why it ended."""
        try:
            child = await Child.spawn(self._command, work, self.faults)
        except OSError as error:
            return f"could not be started: {error.strerror}"
        try:
            await first_of(child.ready, child.ended, seconds=self._start)
            if child.ready.done():
                identified(child.ready.result().identity)
                self._child = child
                self._up.set()
            elif not child.ended.done():
                child.kill(f"was not ready within {self._start:g} s")
            return await asyncio.shield(child.ended)
        finally:
            self._child = None
            await child.leave()

    async def _ready_child(self) -> Child:
        while (child := self._child) is None or child.ended.done():
            self._up.clear()
            await self._up.wait()
        return child

    async def label(self, records: Sequence[Record], seconds: float) -> Labels:
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        self._tasks += 1
        key = f"{self._tasks:x}"
        for _ in range(_SENDS):
            try:
                async with asyncio.timeout_at(ends):
                    child = await self._ready_child()
            except TimeoutError:
                break
            limit = min(self._timeout, ends - loop.time())
            if limit <= 0:
                break
            try:
                return await self._ask(child, key, records, limit)
            except ChildEndedError:
                continue
            except TimeoutError:
                self.timed_out += 1
                break
        return Labels.none_of(len(records))

    async def _ask(self, child: Child, key: str, records: Sequence[Record], limit: float) -> Labels:
        try:
            labels = await child.label(key, records, limit)
        except asyncio.CancelledError:
            child.cancel(key)
            raise
        except TimeoutError:
            child.kill(f"gave no answer within {limit:.3g} s")
            raise
        self._failures = 0
        return labels

    def report(self) -> str:
        faults = self.faults
        return listed(
            (self.restarted, "restart", ""),
            (self.timed_out, "timeout", ""),
            (faults.unreadable, "unreadable line", ""),
            (faults.late, "late answer", ""),
            (faults.faulty, "faulty answer", ""),
            (faults.foreign, "label outside the classes", "labels outside the classes"),
        )
