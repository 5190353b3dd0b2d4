"""The cost of a join when many have joined before. The section ``joining`` of :mod:`.coordinator`.

People join one pool in four equal parts; the work does not start, because one of them is missing.
The CPU of the coordinator per join must not grow from part to part. Heartbeats are in it, and the
number of those present, which all that wait are told twenty times.
"""

import asyncio
from random import Random

import click

from tests.benchmarks.measuring import Bench, thinking
from tests.benchmarks.scripted_crowd import (
    AT_A_TIME,
    DEADLINE,
    ScriptedWorker,
    Tally,
    allow_sockets,
    dial,
)
from tests.benchmarks.served import Served, served

PARTS = 4
SCENARIO = """\
dataset = {{kind = "generated", records = 60_000, features = 4, classes = 10}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {size}, reserve = 0}}
"""


def joining(bench: Bench, count: int = 1000) -> None:
    """The CPU of a join, in four parts of the crowd."""
    count = int(bench.seconds(count)) // PARTS * PARTS
    click.echo(f"{count} people join, in {PARTS} parts")
    with served(
        SCENARIO.format(size=count + 1), "--seats", str(count), folder=bench.folder
    ) as server:
        tally = Tally()
        each = asyncio.run(_costs(server, count, tally))
    for number, seconds in enumerate(each, 1):
        bench.figure(f"CPU of a join, part {number}", 1000 * seconds, "ms")
    bench.figure("last part / first part", each[-1] / each[0], "", 1.5)
    bench.figure("errors", len(tally.errors), "", 0)


async def _costs(server: Served, count: int, tally: Tally) -> list[float]:
    """Seconds of the coordinator's CPU per join, by part."""
    allow_sockets(count + 100)
    gate, each = asyncio.Semaphore(AT_A_TIME), list[float]()
    async with asyncio.TaskGroup() as group, asyncio.timeout(DEADLINE):
        people: list[asyncio.Task[None]] = []
        for part in range(PARTS):
            before = server.cpu()
            new = [_Newcomer(tally, part * count + n) for n in range(count // PARTS)]
            people += [group.create_task(one.live(server, gate)) for one in new]
            for one in new:
                await one.joined.wait()
            await asyncio.sleep(0.2)  # what the joins have set in motion
            each.append((server.cpu() - before) / len(new))
        for task in people:
            task.cancel()
    return each


class _Newcomer(ScriptedWorker):
    """A worker of whom only the joining is of interest."""

    def __init__(self, tally: Tally, number: int) -> None:
        rng = Random(number)
        super().__init__(tally, lambda: thinking(2, 6)(rng), rng)

    async def live(self, server: Served, gate: asyncio.Semaphore) -> None:
        async with gate:
            socket = await dial(server, "worker")
        try:
            await self.work(socket, server.codes["seat"].pop())
        finally:
            socket.transport.abort()
