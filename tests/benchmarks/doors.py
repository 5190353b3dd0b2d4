"""How quick are the seats behind ssh and web? By hand: ``python -m tests.benchmarks.doors``.

Half of the seats are ssh sessions, half are tabs, all on this machine; the load generator shares
its cores. A key labels a record of a task of ten texts, and is timed until the next one is shown.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncssh
import click
from websockets.exceptions import ConnectionClosed

from tests.benchmarks.measuring import quantile
from tests.gateways.processes import processes
from tests.gateways.served import Run, Screen, SshTerminal, serving
from tests.gateways.web_client import WebTerminal, cookie, dialled, place, tab

TEXTS = """\
dataset = {{kind = "wire", classes = ["cat", "dog"]}}
learning.enabled = false
pool = {{size = {seats}, reserve = 0, start_with = 0.5}}
tasks = {{records_per_task = 10, batching = "continuous"}}
straggler_mitigation.enabled = false
maintenance.threshold = inf
"""
PATIENCE = 60.0  # seconds for a screen


class Participant:
    """Labels a record every ``pace`` seconds, and times each key."""

    def __init__(self, screen: Screen, pace: float) -> None:
        self.screen = screen
        self.seconds: list[float] = []
        self._pace = pace
        self._number = 1  # of the record on the screen

    async def begin(self) -> None:
        """Read the instructions and take the first task."""
        await self.reads("I have read this")
        self.screen.forget()
        await self.press(b"\r")
        await self.reads("Record 1 of 10")

    async def work(self, until: float) -> None:
        """Label, review, send, until that time."""
        while perf_counter() < until:
            last = self._number == 10
            await self._timed(b"1", "Enter" if last else f"Record {self._number + 1} of 10")
            if last:
                await asyncio.sleep(self._pace)
                await self._timed(b"\r", "Record 1 of 10")
            self._number = self._number % 10 + 1
            await asyncio.sleep(self._pace)

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
            participant = Participant(await stack.enter_async_context(way(code)), pace)
            await participant.reads("I have read this")
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


def times(participants: list[Participant]) -> str:
    """The quantiles of the keys since the last call, in milliseconds."""
    seconds = sorted(second for one in participants for second in one.seconds)
    for one in participants:
        one.seconds = []
    p50, p90, p99 = (quantile(seconds, q) * 1000 for q in (0.5, 0.9, 0.99))
    return f"p50 {p50:.0f} ms, p90 {p90:.0f} ms, p99 {p99:.0f} ms ({len(seconds)} keys)"


async def work(participants: list[Participant], seconds: float) -> str:
    until = perf_counter() + seconds
    await asyncio.gather(*[one.work(until) for one in participants])
    return times(participants)


async def measure(seats: int, pace: float, seconds: float) -> None:
    with TemporaryDirectory() as folder:
        options = ("--ssh", "0", "--web", "0", "--seats", str(seats + 2))
        text = TEXTS.format(seats=seats + 2)
        async with serving(Path(folder), *options, text=text) as run:
            for part in range(8):
                await run.submit(*[f"record {part}.{n}" for n in range(400)], last=False)
            began = perf_counter()
            async with seated(run, seats, pace) as participants:
                print(f"{seats} first screens: {perf_counter() - began:.1f} s after the first call")
                await asyncio.gather(*[one.begin() for one in participants])
                await _ordinary(run, participants, seconds)
                await _reload(run, seats)
                await _hostile(run, participants, seats, seconds)


async def _ordinary(run: Run, participants: list[Participant], seconds: float) -> None:
    gateway, forks, workers = processes(run)
    before = cpu(gateway), sum(map(cpu, workers))
    print(f"key to screen: {await work(participants, seconds)}")
    used = [
        (after - b) / seconds
        for after, b in zip((cpu(gateway), sum(map(cpu, workers))), before, strict=True)
    ]
    print(f"CPU: gateways {used[0]:.1%}, workers {used[1]:.1%} of a core")
    pss = [memory(pid) for pid in workers]
    fixed = memory(gateway) + memory(forks)
    each = (sum(pss) + fixed) / len(pss)
    print(
        f"memory: {sum(pss) / len(pss):.1f} MB a seat and {fixed:.0f} MB for the gateways, "
        f"{1024 / each:.0f} seats a GB in all"
    )


async def _reload(run: Run, seats: int) -> None:
    code = run.codes.seats[seats]
    async with tab(run, code) as first:
        await Participant(first, 0.0).begin()
    taken = []
    for _ in range(10):
        began = perf_counter()
        async with tab(run, code) as again:
            await again.reads("Record 1 of 10")
            taken.append(perf_counter() - began)
    print(f"a reload: {max(taken) * 1000:.0f} ms at most of {len(taken)}, without the browser")


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
