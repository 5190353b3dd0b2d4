"""How quick are the seats behind ssh and web? By hand: ``python -m tests.benchmarks.doors``.

The seats are those of a study of two conditions. Half of them are ssh sessions, half are tabs, all
on this machine; the load generator shares its cores. A key labels a record of a task of ten texts,
and is timed until the next one is shown. People do not press in step: their pauses are spread.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncssh
import click
from websockets.exceptions import ConnectionClosed

from tests.benchmarks.measuring import Bench, quantile
from tests.benchmarks.studies import write_study
from tests.gateways.processes import processes
from tests.gateways.served import Run, Screen, SshTerminal
from tests.gateways.web_client import WebTerminal, cookie, dialled, place, tab
from tests.study_acceptance.lab import serving

STAGES = (
    '{ kind = "consent", file = "consent.md" }',
    '{ kind = "instructions", file = "codebook.md" }',
    '{ kind = "work", checks_every = 20 }',
)
RECORDS, CHECKS = 3200, 200
PATIENCE = 60.0  # seconds for a screen
KINDS = {"ssh": SshTerminal, "web": WebTerminal}
LIMITS = {0.5: 30.0, 0.9: 100.0, 0.99: 250.0}
"""Quantiles of the milliseconds from a key to the screen, at most."""


class Participant:
    """Labels a record every ``pace`` seconds on average, and times each key."""

    def __init__(self, screen: Screen, pace: float, seed: int) -> None:
        self.screen = screen
        self.seconds: list[float] = []
        self.received = 0  # bytes
        self._pace = pace
        self._rng = Random(seed)
        self._number = 1  # of the record on the screen

    async def begin(self) -> None:
        """Agree, read the instructions, and take the first task."""
        for key, words in ((b"a", "I have read this"), (b"\r", "Record 1 of 10")):
            await self.screen.pause()
            self.screen.forget()
            await self.press(key)
            await self.reads(words)

    async def work(self, until: float) -> None:
        """Label, review, send, until that time."""
        await self._thinks()
        while perf_counter() < until:
            last = self._number == 10
            key = self._rng.choice((b"1", b"2"))
            await self._timed(key, "Enter" if last else f"Record {self._number + 1} of 10")
            await self._thinks()
            if last:
                await self._timed(b"\r", "Record 1 of 10")
                await self._thinks()
            self._number = self._number % 10 + 1

    async def _thinks(self) -> None:
        await asyncio.sleep(self._rng.uniform(0.5, 1.5) * self._pace)

    async def press(self, keys: bytes) -> None:
        match self.screen:
            case SshTerminal():
                self.screen.press(keys)
            case WebTerminal():
                await self.screen.press(keys)

    async def reads(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.screen.reads(words)

    async def _timed(self, key: bytes, words: str) -> None:
        self.received += len(self.screen.output)
        self.screen.forget()
        began = perf_counter()
        await self.press(key)
        await self.reads(words)
        self.seconds.append(perf_counter() - began)


@asynccontextmanager
async def seated(run: Run, seats: int, pace: float) -> AsyncIterator[list[Participant]]:
    """All seats, half by ssh and half in tabs, taken at the same moment."""
    async with AsyncExitStack() as stack:

        async def sit(number: int, code: str) -> Participant:
            way = run.terminal if number % 2 else lambda code: tab(run, code)
            screen = await stack.enter_async_context(way(code))
            participant = Participant(screen, pace, number)
            await participant.reads("Press a to agree")
            return participant

        codes = enumerate(run.codes.seats[:seats])
        yield await asyncio.gather(*[sit(number, code) for number, code in codes])


def memory(pid: int) -> float:
    """Proportional share of memory, in MB: what is shared counts once in all."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("\nPss:")[1].split()[0]) / 1024


def cpu(pid: int) -> float:
    """Seconds that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def taken(participants: list[Participant]) -> list[float]:
    """Return the milliseconds of all keys since the last call."""
    seconds = [second for one in participants for second in one.seconds]
    for one in participants:
        one.seconds, one.received = [], 0
        one.screen.forget()
    return [1000 * second for second in seconds]


async def work(participants: list[Participant], seconds: float) -> str:
    """Return the quantiles of the keys of so many seconds of work."""
    until = perf_counter() + seconds
    await asyncio.gather(*[one.work(until) for one in participants])
    found = taken(participants)
    return ", ".join(
        [
            *[f"p{100 * share:.0f} {quantile(found, share):.0f} ms" for share in LIMITS],
            f"{len(found)} keys",
        ]
    )


async def measure(seats: int, pace: float, seconds: float) -> None:
    """Print the figures."""
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        folder = Path(name)
        write_study(folder, *STAGES, people=seats + 2, records=RECORDS, checks=CHECKS, task=10)
        options = ("--port", "0", "--ssh", "0", "--web", "0", "--force")
        async with serving(folder, *options, speed=1, bots=0) as server:
            run = Run(server.process, server.said)
            began = perf_counter()
            async with seated(run, seats, pace) as participants:
                print(f"{seats} first screens: {perf_counter() - began:.1f} s after the first call")
                await asyncio.gather(*[one.begin() for one in participants])
                await _ordinary(run, participants, seconds)
                await _reload(run, seats)
                await _hostile(run, participants, seats, seconds)


async def _ordinary(run: Run, participants: list[Participant], seconds: float) -> None:
    gateway, forks, seats = processes(run)
    groups = {"coordinator": [run.process.pid], "gateways": [gateway], "clients": seats}
    before = {name: sum(map(cpu, pids)) for name, pids in groups.items()}
    taken(participants)
    until = perf_counter() + seconds
    await asyncio.gather(*[one.work(until) for one in participants])
    used = {name: sum(map(cpu, pids)) - before[name] for name, pids in groups.items()}
    received = {name: _bytes_for_a_key(participants, kind) for name, kind in KINDS.items()}
    found = taken(participants)
    bench = Bench(quick=False, folder=None)
    click.echo(f"{len(found)} keys")
    for share, most in LIMITS.items():
        bench.figure(f"key to screen, p{100 * share:.0f}", quantile(found, share), "ms", most)
    for name, spent in used.items():
        bench.figure(f"CPU of {name} for a key", 1000 * spent / len(found), "ms")
    for name, size in received.items():
        bench.figure(f"bytes to the screen for a key, {name}", size, "bytes")
    pss = [memory(pid) for pid in seats]
    fixed = memory(gateway) + memory(forks)
    bench.figure("memory of a seat", sum(pss) / len(pss), "MB")
    bench.figure("memory of the gateways", fixed, "MB")
    room = (1024 - fixed) / (sum(pss) / len(pss))
    bench.figure("seats in a GB, with the gateways", room, "", at_least=24)


def _bytes_for_a_key(participants: list[Participant], kind: type[Screen]) -> float:
    of_kind = [one for one in participants if isinstance(one.screen, kind)]
    return sum(one.received for one in of_kind) / sum(len(one.seconds) for one in of_kind)


async def _reload(run: Run, seats: int) -> None:
    code = run.codes.seats[seats]
    async with tab(run, code) as first:
        newcomer = Participant(first, 0.0, 0)
        await newcomer.reads("Press a to agree")
        await newcomer.begin()
    took = []
    for _ in range(10):
        began = perf_counter()
        async with tab(run, code) as again:
            await again.reads("Record 1 of 10")
            took.append(perf_counter() - began)
    print(f"a reload: {max(took) * 1000:.0f} ms at most of {len(took)}, without the browser")


async def _hostile(run: Run, participants: list[Participant], seats: int, seconds: float) -> None:
    gateway, _, _ = processes(run)
    quiet = memory(gateway)
    for name, port in (("ssh", run.ssh_port), ("web", place(run)[1])):
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            print(f"beside 200 silent connections to {name}: {await work(participants, seconds)}")
    code = run.codes.seats[seats + 1]
    async with run.terminal(code) as terminal:
        flood = asyncio.create_task(_flood(terminal))
        print(f"beside a flood of keys by ssh: {await work(participants, seconds)}")
        flood.cancel()
        with suppress(asyncio.CancelledError):
            await flood
    async with dialled(run, await cookie(run, code)) as wire:
        await wire.send('{"columns": 80, "rows": 24}')
        wire.transport.pause_reading()
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(2.0):
                while True:  # a screen for each key, of which none is read
                    await wire.send(b"?\x1b")
                    await asyncio.sleep(0.01)
        print(f"beside a tab that reads nothing: {await work(participants, seconds)}")
        wire.transport.abort()
    print(f"memory of the gateway process: {quiet:.0f} MB before that, {memory(gateway):.0f} after")


async def _flood(terminal: SshTerminal) -> None:
    with suppress(asyncssh.Error, OSError):
        while True:
            terminal.press(b"x" * 4096)
            await terminal.process.stdin.drain()


@click.command()
@click.option("--seats", default=20, show_default=True)
@click.option("--pace", default=2.0, show_default=True, help="Seconds between two keys of a seat.")
@click.option("--seconds", default=30.0, show_default=True, help="Of each measurement.")
def main(seats: int, pace: float, seconds: float) -> None:
    """Print the figures."""
    asyncio.run(measure(seats, pace, seconds))


if __name__ == "__main__":
    main()
