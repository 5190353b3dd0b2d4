"""A program in a pseudo-terminal, shown by one ssh session or tab at a time, or by none.

One task reads the terminal for the seat's whole life. It passes the output on to the sink of the
moment and waits until that has taken it, so a client that does not read stops the program and not
our memory. Without a sink the output is dropped: a program that cannot write would stand still.
A second reader would be a mistake: the late ``remove_reader`` of one owner takes away the other's.
"""

import asyncio
import fcntl
import os
import struct
import termios
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, Protocol

from clamshell_tui.gateways.spawner import Spawned, WindowSize
from clamshell_tui.gateways.terminal_modes import TerminalModes

Detached = Literal["taken", "ended"]

_UNSEEN = 10.0  # seconds for the first client; it may have gone while the program started
_CHUNK = 65536  # bytes read from the terminal at a time
_BETWEEN_SIZES = 0.06  # seconds; Textual paints nothing at a size that it knows
_SMALLEST, _LARGEST = 2, 500  # cells
_LAST_WORDS = 5.0  # seconds from the end of the terminal to the end of the program
_TYPED_PER_SECOND, _TYPED_AHEAD = 2048.0, 16384.0  # bytes; a mouse that moves sends 1,400 a second


class SeatSink(Protocol):
    """A client's screen."""

    async def send(self, output: bytes) -> None:
        """Pass output on; return when little of it waits. OSError if the client has gone."""

    def close(self, why: Detached) -> None:
        """The seat shows elsewhere, or its program has ended."""


class PtySeat:
    """``gone`` is called once, when the program has ended. ``grace`` is in seconds."""

    def __init__(self, spawned: Spawned, grace: float, gone: Callable[[], None]) -> None:
        os.set_blocking(spawned.terminal, False)
        self._spawned = spawned
        self._grace = grace
        self._gone = gone
        self._modes = TerminalModes()
        self._size = WindowSize(0, 0)
        self._sink: SeatSink | None = None
        self._sending: asyncio.Future[None] | None = None
        self._end_of_grace: asyncio.TimerHandle | None = None
        self._closed = False
        self._allowance = _Allowance()
        self._reading = asyncio.create_task(self._read())
        self._end_after(max(grace, _UNSEEN))

    @property
    def pid(self) -> int:
        """Of the program."""
        return self._spawned.pid

    @property
    def shown(self) -> bool:
        """Whether a client shows it."""
        return self._sink is not None

    @property
    def over(self) -> bool:
        """Whether its program has left the terminal: there is nothing to attach to any more."""
        return self._closed

    async def attach(self, sink: SeatSink, size: WindowSize) -> None:
        """Show the seat to this sink instead of any other."""
        self._stop_the_grace()
        self._release("taken")
        self._sink = sink
        try:
            await sink.send(self._modes.replay())
        except OSError:
            self.detach(sink)
            return
        if self._sink is sink:
            size = _within(size)
            self._resize(size._replace(rows=size.rows + 1))
            await asyncio.sleep(_BETWEEN_SIZES)
        if self._sink is sink:
            self._resize(size)

    def detach(self, sink: SeatSink) -> None:
        """The client has gone; another one may come back within the grace."""
        if self._sink is not sink:
            return
        self._sink = None
        self._stop_sending()
        self._stop_the_grace()
        if not self.over:
            self._end_after(self._grace)

    def end(self) -> None:
        """End the program; its last output is still shown."""
        self._spawned.end()

    async def ended(self) -> None:
        """Wait until the program has ended."""
        await asyncio.wait({self._reading})

    def resize(self, sink: SeatSink, size: WindowSize) -> None:
        """The client's window has this size now."""
        if self._sink is sink:
            self._resize(_within(size))

    async def type(self, sink: SeatSink, keys: bytes) -> None:
        """Pass keys on, as fast as a person with a mouse; waits while the program reads none."""
        while keys and self._sink is sink and not self.over:
            part, keys = keys[:1024], keys[1024:]
            await asyncio.sleep(self._allowance.wait_for(len(part)))
            await self._write(sink, part)

    # -- the terminal -----------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while output := await self._output():
                whole = self._modes.feed(output)
                if whole and self._sink is not None:
                    await self._pass_on(self._sink, whole)
                await asyncio.sleep(0)  # a program that always has more must not keep all others
        finally:
            self._closed = True  # from here on the descriptor's number may be another file's
            os.close(self._spawned.terminal)
            self._stop_the_grace()
        await self._wait_for_the_end()
        self._release("ended")
        self._gone()

    async def _output(self) -> bytes:
        """Output of the program, as soon as there is some; empty at its end."""
        terminal, loop = self._spawned.terminal, asyncio.get_running_loop()
        while True:
            try:
                return os.read(terminal, _CHUNK)
            except BlockingIOError:
                readable = loop.create_future()
                loop.add_reader(terminal, _set, readable)
                try:
                    await readable
                finally:
                    loop.remove_reader(terminal)
            except OSError:  # EIO: no process has this terminal any more
                return b""

    async def _pass_on(self, sink: SeatSink, output: bytes) -> None:
        sending = self._sending = asyncio.ensure_future(sink.send(output))
        try:
            # A cancelled one has been replaced by another sink.
            either: set[asyncio.Future[Any]] = {sending, self._spawned.ended}
            await asyncio.wait(either, return_when=FIRST_COMPLETED)
            if not sending.done():
                await asyncio.wait({sending}, timeout=_LAST_WORDS)
        finally:
            sending.cancel()
        if not sending.cancelled() and sending.exception() is not None:
            self.detach(sink)

    async def _write(self, sink: SeatSink, keys: bytes) -> None:
        while keys and self._sink is sink and not self.over:
            try:
                keys = keys[os.write(self._spawned.terminal, keys) :]
            except BlockingIOError:
                await asyncio.sleep(0.02)  # the program is busy: it reads 4 KiB at a time
            except OSError:
                return

    def _resize(self, size: WindowSize) -> None:
        if not self.over:
            window = struct.pack("HHHH", size.rows, size.columns, 0, 0)
            with suppress(OSError):
                fcntl.ioctl(self._spawned.terminal, termios.TIOCSWINSZ, window)

    async def _wait_for_the_end(self) -> None:
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await asyncio.shield(self._spawned.ended)
        except TimeoutError:
            self._spawned.end()

    # -- the sink ---------------------------------------------------------------------------------

    def _release(self, why: Detached) -> None:
        sink, self._sink = self._sink, None
        self._stop_sending()
        if sink is not None:
            sink.close(why)

    def _stop_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _end_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._end_of_grace = loop.call_later(seconds, self.end)

    def _stop_the_grace(self) -> None:
        if self._end_of_grace is not None:
            self._end_of_grace.cancel()
            self._end_of_grace = None


class _Allowance:
    """How much may be typed: a held key and a moving mouse, not a flood."""

    def __init__(self) -> None:
        self._left = _TYPED_AHEAD
        self._counted = 0.0

    def wait_for(self, size: int) -> float:
        """Count so many bytes; returns how many seconds they must wait."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted) * _TYPED_PER_SECOND
        self._left = min(_TYPED_AHEAD, self._left + earned) - size
        self._counted = now
        return max(0.0, -self._left / _TYPED_PER_SECOND)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _within(size: WindowSize) -> WindowSize:
    """A size that a terminal can have, whatever a client says; 80x24 if it says nothing."""
    if size.columns <= 0 or size.rows <= 0:
        return WindowSize(80, 24)
    return WindowSize(*(max(_SMALLEST, min(_LARGEST, cells)) for cells in size))
