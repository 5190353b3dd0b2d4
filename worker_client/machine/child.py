"""One life of a program, from its start to its end, as a process group of its own.

The program is trusted to label and with nothing else. It inherits its three pipes and no variable
of ours, and any line may be noise. All its output is read as it comes, so that it never blocks on a
full pipe; of what is not an answer only the last part is kept.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from clamshell_tui.text import show
from clamshell_tui.wire.parts import Record
from worker_client.machine import lines
from worker_client.machine.labeller import Labels, Work

_DRAIN = 0.5  # seconds from the end of the process until output held open by others is given up
_LEAVE = 1.0  # seconds to end after stdin is closed, and again after SIGTERM
_KEPT = 4096  # bytes of stderr
_WIDTH = 200  # characters of last words


class ChildEndedError(Exception):
    """The program ended before it answered."""


@dataclass
class Faults:
    """Counts over all lives of a program."""

    unreadable: int = 0
    late: int = 0  # answers to tasks that are not open
    faulty: int = 0  # answers of the wrong form
    foreign: int = 0  # labels that are not among the classes


class Child(asyncio.SubprocessProtocol):
    """A running program. ``ready`` and ``ended`` are its first and its last event.

    ``ended`` has the reason in a few words, with the program's last words.
    """

    def __init__(self, work: Work, faults: Faults) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[lines.ReadyLine] = loop.create_future()
        self.ended: asyncio.Future[str] = loop.create_future()
        self._work = work
        self._faults = faults
        self._pipes = {1, 2}
        self._exited = False
        self._killed = ""  # why we did it
        self._line = _LineBuffer()
        self._errors = b""
        self._noise = b""
        self._key = ""  # of the open task
        self._n_records = 0
        self._answer: asyncio.Future[Labels] | None = None

    @classmethod
    async def spawn(cls, command: Sequence[str], work: Work, faults: Faults) -> "Child":
        """Start the program. OSError if it cannot be started."""
        loop = asyncio.get_running_loop()
        _, child = await loop.subprocess_exec(
            lambda: cls(work, faults), *command, env=_environment(), start_new_session=True
        )
        child._write(lines.hello(work))
        return child

    # -- tasks ------------------------------------------------------------------------------------

    async def label(self, key: str, records: Sequence[Record], seconds: float) -> Labels:
        """Send a task and return the answer. ChildEndedError; TimeoutError after ``seconds``."""
        self._key, self._n_records = key, len(records)
        self._answer = asyncio.get_running_loop().create_future()
        self._write(lines.task(key, records, seconds))
        try:
            async with asyncio.timeout(seconds):
                await first_of(self._answer, self.ended)
            if not self._answer.done():
                raise ChildEndedError
            return self._answer.result()
        finally:
            self._key, self._answer = "", None

    def cancel(self, key: str) -> None:
        """Withdraw a task."""
        self._write(lines.cancel(key))

    # -- its end ----------------------------------------------------------------------------------

    def kill(self, why: str) -> None:
        """End the program and all that it started; ``ended`` follows."""
        self._killed = self._killed or why
        self._signal(signal.SIGKILL)

    async def leave(self) -> None:
        """Ask the program to end, by the end of its input, and kill it if it does not."""
        try:
            self._stdin.close()
            if not await self._ends():
                self._signal(signal.SIGTERM)
                await self._ends()
        finally:
            self.kill("told to end")
            await self.ended

    async def _ends(self) -> bool:
        await first_of(self.ended, seconds=_LEAVE)
        return self.ended.done()

    def _signal(self, number: signal.Signals) -> None:
        if self.ended.done():
            return  # the number may be that of another group now
        with suppress(ProcessLookupError, PermissionError):  # nothing of the group is left
            os.killpg(self._transport.get_pid(), number)

    def _finish(self) -> None:
        if self.ended.done():
            return
        self._signal(signal.SIGKILL)  # what it started and left behind
        status = self._transport.get_returncode() or 0
        self._transport.close()
        self._settle(self._line.rest())
        how = f"with status {status}" if status >= 0 else f"by {signal.Signals(-status).name}"
        words = self._last_words()
        self.ended.set_result((self._killed or f"ended {how}") + (f": {words}" if words else ""))

    def _last_words(self) -> str:
        """The last line on stderr; without one, the last unreadable line on stdout."""
        said = [each for each in self._errors.splitlines() if each.strip()] or [self._noise]
        return show(said[-1].decode("utf-8", "replace").strip()[:_WIDTH])

    # -- events of the process --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._errors = (self._errors + data)[-_KEPT:]
            return
        for line in self._line.feed(data):
            self._settle(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._pipes.discard(fd)
        if fd == 1 and not self._exited:  # without its output it is of no use
            asyncio.get_running_loop().call_later(_DRAIN, self._end_if_silent)
        if self._exited and not self._pipes:
            self._finish()

    def _end_if_silent(self) -> None:
        if not self._exited:
            self.kill("closed its output")

    def process_exited(self) -> None:
        self._exited = True
        if self._pipes:
            asyncio.get_running_loop().call_later(_DRAIN, self._finish)
        else:
            self._finish()

    def _write(self, line: bytes) -> None:
        if not self._stdin.is_closing():
            self._stdin.write(line)

    def _settle(self, line: bytes) -> None:
        """Use a line of the program, or count it as a fault."""
        if not line.strip():
            return
        match lines.read(line):
            case lines.ReadyLine() as ready if not self.ready.done():
                self.ready.set_result(ready)
            case lines.AnswerLine() as answer if self._open(answer.id):
                self._accept(answer)
            case lines.AnswerLine():
                self._faults.late += 1
            case _ if lines.answers(line, self._key) and self._open(self._key):
                self._refuse()
            case _:
                self._faults.unreadable += 1
                self._noise = line[:_KEPT]

    def _open(self, key: str) -> bool:
        return self._answer is not None and not self._answer.done() and key == self._key

    def _accept(self, answer: lines.AnswerLine) -> None:
        assert self._answer is not None
        labels = lines.labels_in(answer, self._work.classes, self._n_records)
        if labels is None:
            self._refuse()
            return
        given = sum(each is not None for each in answer.labels)
        self._faults.foreign += given - sum(label is not None for label in labels.labels)
        self._answer.set_result(labels)

    def _refuse(self) -> None:
        """Abstain for the program: nothing better will come."""
        assert self._answer is not None
        self._faults.faulty += 1
        self._answer.set_result(Labels.none_of(self._n_records))


async def first_of(*events: asyncio.Future[Any], seconds: float | None = None) -> None:
    """Wait until one of the events has happened, or for so many seconds."""
    await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


class _LineBuffer:
    """Splits a stream into lines; of one that is too long only a part is returned."""

    def __init__(self) -> None:
        self._parts = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now."""
        *complete, rest = data.split(b"\n")
        done = []
        for piece in complete:
            self._add(piece)
            done.append(self.rest())
        self._add(rest)
        return done

    def rest(self) -> bytes:
        """Return the line so far, and begin the next."""
        line = bytes(self._parts[:_KEPT] if self._too_long else self._parts)
        self._parts.clear()
        self._too_long = False
        return line

    def _add(self, piece: bytes) -> None:
        room = lines.LONGEST - len(self._parts)
        self._too_long |= len(piece) > room
        self._parts += piece[:room]


def _environment() -> dict[str, str]:
    """Ours without ``CLAMSHELL_*``.

    Python writes to a pipe in blocks unless asked not to, and then an answer would stay in its
    buffer until the time is up.
    """
    ours = {key: value for key, value in os.environ.items() if not key.startswith("CLAMSHELL_")}
    return {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **ours}
