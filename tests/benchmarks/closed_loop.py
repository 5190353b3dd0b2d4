"""How much of a bare server's speed is left? The section ``loop`` of :mod:`.coordinator`.

Three servers side by side, each in a process of its own, under the same closed loop: every
connection says something, waits for the reply, and says the next thing at once.

* ``ours``: the coordinator with the real engine; an answer, acknowledged with the next task
* ``echo`` and ``commit``: :mod:`.bare_server`

Shares of a core tell whether the server was the limit. A disk of one's own choice comes with
``--folder``; :mod:`.slow_disk` makes one slow.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import perf_counter, process_time
from typing import NamedTuple

import click

from tests.benchmarks.bare_server import bare
from tests.benchmarks.lines import Labeller, Makers, Talker, connected
from tests.benchmarks.measuring import Bench
from tests.benchmarks.scripted_crowd import DEADLINE, allow_sockets
from tests.benchmarks.served import cpu_of, served

COUNTS = (20, 200, 1000)  # connections
TMPFS = Path("/dev/shm")
ROUNDS = 2
WARM_UP = 0.3  # seconds, of what is measured by the second
SCENARIO = """\
dataset = {{kind = "generated", records = 60_000, features = 4, classes = 10}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {size}, reserve = 0}}
tasks = {{records_per_task = 1, pool_batch_ratio = 0.05}}
"""


class Measured(NamedTuple):
    """What one server did in one stretch; seconds, of the wall and of both processes' CPU."""

    cycles: int
    wall: float
    server: float
    client: float


def loop(bench: Bench, seconds: float = 2.0) -> None:
    """Cycles a second beside those of a bare echo, on tmpfs and on a disk."""
    disk = bench.folder or Path(gettempdir())
    for name, folder, goal in (("tmpfs", TMPFS, 0.5), ("disk", disk, 0.4)):
        click.echo(f"closed loop, Ng = 1, FULL sync, {name} ({folder})")
        for count in COUNTS:
            _compare(bench, count, folder, bench.seconds(seconds), goal if count >= 200 else None)


def _compare(bench: Bench, count: int, folder: Path, seconds: float, goal: float | None) -> None:
    found: dict[str, list[Measured]] = defaultdict(list)
    for number in range(ROUNDS):
        for name in list(CONTENDERS)[:: -1 if number % 2 else 1]:
            with CONTENDERS[name](count, folder) as (pid, lines):
                found[name].append(asyncio.run(measured(pid, *lines, seconds)))
    rates = {}
    for name in CONTENDERS:
        cycles, wall, server, client = map(sum, zip(*found[name], strict=True))
        rates[name] = cycles / wall
        click.echo(
            f"  {count:5} {name:8}{rates[name]:9.0f} cycles/s   rounds "
            + " ".join(f"{each.cycles / each.wall:7.0f}" for each in found[name])
            + f"   share of a core: server {server / wall:.2f}, client {client / wall:.2f}"
        )
    bench.figure(f"{count}: commit / echo", rates["commit"] / rates["echo"], "")
    bench.figure(f"{count}: ours / commit", rates["ours"] / rates["commit"], "")
    bench.figure(f"{count}: ours / echo", rates["ours"] / rates["echo"], "", at_least=goal)


async def measured(pid: int, port: int, lines: Makers, seconds: float) -> Measured:
    """Connect them all, let them loose, and count for a while."""
    allow_sockets(len(lines) + 100)
    async with asyncio.timeout(DEADLINE):
        clients = await connected(port, lines)
        for line in clients:
            line.begin()
        await asyncio.gather(*(line.cycled for line in clients))
    await asyncio.sleep(WARM_UP)
    start = perf_counter(), cpu_of(pid), process_time(), sum(line.cycles for line in clients)
    await asyncio.sleep(seconds)
    cycles = sum(line.cycles for line in clients) - start[3]
    found = Measured(
        cycles, perf_counter() - start[0], cpu_of(pid) - start[1], process_time() - start[2]
    )
    faults = [line.fault for line in clients if line.fault]
    for line in clients:
        line.abort()
    if faults:
        raise RuntimeError(f"{len(faults)} connections failed, the first one: {faults[0]}")
    return found


# -- the servers ----------------------------------------------------------------------------------

Server = Iterator[tuple[int, tuple[int, Makers]]]
"""Its process, its port, and its clients."""


@contextmanager
def _ours(count: int, folder: Path) -> Server:
    options = ("--seats", str(count), "--max-rate", "1e9")
    with served(SCENARIO.format(size=count), *options, folder=folder) as server:
        codes = server.codes["seat"]
        yield server.pid, (server.port, [lambda code=code: Labeller(code) for code in codes])  # type: ignore[misc]  # mypy knows no defaults in lambdas


@contextmanager
def _echo(count: int, folder: Path) -> Server:
    with bare(()) as (pid, port):
        yield pid, (port, [Talker] * count)


@contextmanager
def _commit(count: int, folder: Path) -> Server:
    with (
        TemporaryDirectory(prefix="clamshell-bench-", dir=folder) as name,
        bare((f"{name}/run.db",)) as (pid, port),
    ):
        yield pid, (port, [Talker] * count)


CONTENDERS = {"ours": _ours, "echo": _echo, "commit": _commit}
