"""A seat keeps its program when clients come and go; a client that does not read stops it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from clamshell_tui.gateways.seat import Detached, PtySeat
from clamshell_tui.gateways.spawner import Spawned, WindowSize
from tests.coordinator.wire import story, until

# Prints a line for each size of its terminal and for each line typed.
PROGRAM = r"""
import os, signal, sys
def size(*_):
    print("size %dx%d" % os.get_terminal_size(), flush=True)
signal.signal(signal.SIGWINCH, size)
print("\x1b[?1049h ready", flush=True)
for line in sys.stdin:
    if line.strip() == "flood":
        while True:
            sys.stdout.write("x" * 1000)
    if line.strip() == "end":
        break
    print("read", line, end="", flush=True)
"""
SIZE = WindowSize(80, 24)


class Client:
    """A sink; ``reading`` is set while it takes what it is sent."""

    def __init__(self) -> None:
        self.output = b""
        self.closed: list[Detached] = []
        self.waiting = False
        self.reading = asyncio.Event()
        self.reading.set()

    async def send(self, output: bytes) -> None:
        self.output += output
        self.waiting = not self.reading.is_set()
        await self.reading.wait()

    def close(self, why: Detached) -> None:
        self.closed.append(why)

    async def reads(self, words: bytes) -> None:
        await until(lambda: words in self.output)


class GoneClient(Client):
    async def send(self, output: bytes) -> None:
        raise BrokenPipeError


@asynccontextmanager
async def seat(grace: float = 60.0) -> AsyncIterator[PtySeat]:
    """A seat with the program above."""
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    ended = asyncio.ensure_future(asyncio.to_thread(os.waitpid, pid, 0))
    exit_code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    ended.add_done_callback(lambda done: exit_code.set_result(done.result()[1]))
    made = PtySeat(Spawned(pid, terminal, exit_code), grace, lambda: None)
    early = Client()
    await made.attach(early, SIZE)
    await early.reads(b"ready")
    made.detach(early)
    try:
        yield made
    finally:
        made.end()
        await made.ended()
        await ended


@pytest.fixture(autouse=True)
def no_warning_of_threads(recwarn: pytest.WarningsRecorder) -> None:
    """From Python 3.12 on, forking beside threads of an earlier test warns."""


@story
async def test_the_next_client_gets_the_modes_and_the_same_program() -> None:
    async with seat() as kept:
        first, second = Client(), Client()
        await kept.attach(first, SIZE)
        await first.reads(b"size 80x24")
        await kept.attach(second, SIZE)
        assert first.closed == ["taken"]
        assert second.output.startswith(b"\x1b[?1049h")
        await second.reads(b"size 80x24")  # painted again, although it had that size
        await kept.type(first, b"of the first\n")
        await kept.type(second, b"of the second\n")
        await second.reads(b"read of the second")
        assert b"of the first" not in second.output


@story
async def test_a_client_that_does_not_read_stops_the_program_and_not_the_next_client() -> None:
    async with seat() as kept:
        stalled, next_one = Client(), Client()
        await kept.attach(stalled, SIZE)
        await kept.type(stalled, b"flood\n")
        await until(lambda: b"xxx" in stalled.output)
        stalled.reading.clear()
        await until(lambda: stalled.waiting)
        waiting = len(stalled.output)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(stalled.output) == waiting  # the flood stands in the terminal's own buffer
        await kept.attach(next_one, SIZE)
        await until(lambda: len(next_one.output) > 1_000_000)
        assert len(stalled.output) == waiting


@story
async def test_without_a_client_the_program_goes_on_until_the_grace_is_over() -> None:
    async with seat(grace=0.3) as kept:
        client, back = Client(), Client()
        await kept.attach(client, SIZE)
        await kept.type(client, b"flood\n")
        kept.detach(client)
        await kept.attach(back, SIZE)
        await until(lambda: len(back.output) > 1_000_000)
        kept.detach(back)
        await kept.ended()
        assert kept.over


@story
async def test_a_client_that_is_gone_leaves_the_seat_to_the_next_one() -> None:
    async with seat() as kept:
        await kept.attach(GoneClient(), SIZE)
        assert not kept.shown
        client = Client()
        await kept.attach(client, SIZE)
        await kept.type(client, b"end\n")
        await kept.ended()
        assert client.closed == ["ended"]


@story
async def test_a_flood_of_keys_is_slowed_down_to_that_of_a_mouse() -> None:
    async with seat() as kept:
        client = Client()
        await kept.attach(client, SIZE)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await kept.type(client, b"x\n" * 9000)  # 18,000 bytes: 16,384 are free, the rest is paced
        assert loop.time() - began > 0.6


@story
async def test_a_window_of_any_size_is_one_that_a_terminal_can_have() -> None:
    async with seat() as kept:
        client = Client()
        await kept.attach(client, WindowSize(0, 0))
        await client.reads(b"size 80x24")
        kept.resize(client, WindowSize(70_000, 1))
        await client.reads(b"size 500x2")
