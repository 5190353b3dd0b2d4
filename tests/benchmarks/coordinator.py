"""How quick is a live run? By hand: ``python -m tests.benchmarks.coordinator [SECTION ...]``.

Each section starts a ``clamshell serve`` of its own and talks to it over loopback from here, so
that latencies are what a client sees, ours included: the lag of this process is printed too.
``--folder /dev/shm`` leaves the disk out.
"""

import asyncio
import gc
import signal
import sys
from contextlib import AsyncExitStack, suppress
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import click
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from clamshell_tui.wire.codec import encode
from clamshell_tui.wire.operator_messages import JournalRead, ReadJournal
from clamshell_tui.wire.requester_messages import Follow
from clamshell_tui.wire.worker_messages import Answer, Join, Joined
from tests.benchmarks.closed_loop import loop
from tests.benchmarks.joining import joining
from tests.benchmarks.measuring import (
    PROBE_EVERY,
    Bench,
    Spans,
    beside,
    own_lag,
    p99_ms,
    quantile,
    span,
    thinking,
)
from tests.benchmarks.scripted_crowd import Tally, ask, crowd, dial, staff, submit
from tests.benchmarks.served import Served, audit, resident, served
from tests.benchmarks.slow_disk import slow
from tests.benchmarks.worker_terminal import worker_terminal

COPIES = 3  # live assignments that a task may have: one, and two duplicates by default
UNLIMITED = "1e9"  # messages a second

TEXTS = """\
dataset = {{kind = "wire", classes = ["0", "1", "2"]}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {size}, reserve = {reserve}}}
tasks = {{records_per_task = {per_task}}}
"""

NUMBERS = """\
dataset = {{kind = "generated", records = {records}, features = {features}, classes = 10}}
learning = {{enabled = {learning}, holdout = 0.1}}
qualification.enabled = false
pool = {{size = {size}, reserve = 0}}
tasks = {{records_per_task = {per_task}, pool_batch_ratio = {ratio}}}
"""


# -- 1 and 2: people ------------------------------------------------------------------------------


def at_human_pace(bench: Bench, count: int, per_task: int, seconds: float, limit: float) -> None:
    """So many people, each of whom thinks for 2 to 6 s about a task."""
    click.echo(f"{count} workers, 2-6 s of thought per task, Ng = {per_task}, no learner")
    text = TEXTS.format(size=count, reserve=0, per_task=per_task)
    tally, lags = Tally(), list[float]()

    async def measure(server: Served) -> None:
        await submit(server, ceil(per_task * count * (seconds / 4 + 6)))
        async with crowd(server, count, tally, thinking(2, 6)), own_lag(lags):
            await asyncio.sleep(min(4.0, seconds / 4))  # the first wave is in step
            cpu, answered = server.cpu(), sum(tally.outcomes.values())
            spans = [await span(seconds)]
            cpu, answered = server.cpu() - cpu, sum(tally.outcomes.values()) - answered
            each = 1000 * cpu / max(1, answered)
            errors, size = list(tally.errors), resident(server.pid)
        onward, every = tally.between(spans, ended=False), tally.between(spans)
        bench.figure("answer -> next task, p50", 1000 * quantile(onward, 0.5), "ms")
        bench.figure(f"answer -> next task, p99 of {len(onward)}", p99_ms(onward), "ms", limit)
        bench.figure(f"answer -> acknowledged, p99 of {len(every)}", p99_ms(every), "ms", limit)
        bench.figure("lag of this client, p99", p99_ms(lags), "ms")
        bench.figure("coordinator's CPU per answer, heartbeats included", each, "ms")
        bench.figure("coordinator's CPU per label", each / per_task, "ms", 3)
        bench.figure("coordinator's RSS", size, "MB", 80 if count == 20 else None)
        bench.figure("errors", len(errors), "", 0)
        for error in errors[:3]:
            click.echo(f"    {error}")

    with served(text, "--seats", str(count), "--max-rate", "100", folder=bench.folder) as server:
        asyncio.run(measure(server))
        server.stop()
        found = audit(server, tally.counted, COPIES)
    bench.figure("over-assignments", found.over_assignments, "", 0)
    bench.figure(f"labels lost or missing, of {len(tally.counted)} answers", found.missing, "", 0)


def pace(bench: Bench) -> None:
    """20 people."""
    at_human_pace(bench, 20, 1, bench.seconds(20), 25)
    at_human_pace(bench, 20, 5, bench.seconds(20), 25)


def thousand(bench: Bench) -> None:
    """1,000 people."""
    at_human_pace(bench, 1000, 1, bench.seconds(25), 50)


# -- 3: while a model trains ----------------------------------------------------------------------


async def ping(socket: ClientConnection, found: list[tuple[float, float]]) -> None:
    """Time pongs, which come from the coordinator's event loop and nothing deeper."""
    while True:
        at = perf_counter()
        await (await socket.ping())
        found.append((at, perf_counter() - at))
        await asyncio.sleep(PROBE_EVERY)


def training(bench: Bench) -> None:
    """Whether those who wait notice that a model is being trained."""
    click.echo("while a model retrains: 20 workers, 1-3 s per task, Ng = 1, 784 features")
    text = NUMBERS.format(
        records=5000, features=784, learning="true", size=20, per_task=1, ratio=1.0
    )
    pongs: list[tuple[float, float]] = []
    tally, lags = Tally(), list[float]()

    async def measure(server: Served) -> tuple[float, tuple[float, float]]:
        operator = await staff(server, "operator")
        async with crowd(server, 20, tally, thinking(1, 3), "bot"), own_lag(lags):
            began = perf_counter() - (await ask(operator, ReadJournal(), JournalRead)).now
            async with beside(ping(operator, pongs)):
                measured = await span(bench.seconds(20))
        return began, measured

    with served(text, "--seats", "0", "--bot-seats", "20", folder=bench.folder) as server:
        began, measured = asyncio.run(measure(server))
        server.stop()
        busy = [
            (began + at - seconds, began + at)
            for at, seconds in server.rows("SELECT trained_at, seconds FROM model")
        ]
    trains = [s for at, s in pongs if _within(at, busy)]
    idle = [s for at, s in pongs if not _within(at, busy)]
    inside = [(max(a, measured[0]), min(b, measured[1])) for a, b in busy]
    share = sum(max(0.0, b - a) for a, b in inside) / (measured[1] - measured[0])
    bench.figure("share of the time that a model trains", share, "")
    bench.figure(f"ping idle, p99 of {len(idle)}", p99_ms(idle), "ms")
    bench.figure(f"ping while training, p99 of {len(trains)}", p99_ms(trains), "ms")
    bench.figure("ratio", p99_ms(trains) / p99_ms(idle), "", 2.5)
    bench.figure("lag of this client, p99", p99_ms(lags), "ms")
    during, between = tally.between(inside), tally.between(_gaps(inside, measured))
    bench.figure(f"answer -> acknowledged idle, p99 of {len(between)}", p99_ms(between), "ms")
    bench.figure(f"answer -> acknowledged training, p99 of {len(during)}", p99_ms(during), "ms")


def _within(at: float, spans: Spans) -> bool:
    return any(start <= at < end for start, end in spans)


def _gaps(spans: Spans, whole: tuple[float, float]) -> Spans:
    """What of the whole lies between the spans."""
    edges = [whole[0], *(edge for pair in sorted(spans) for edge in pair), whole[1]]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


# -- 4: full speed, and bad company ---------------------------------------------------------------


async def reading(socket: ClientConnection) -> None:
    """Read all that arrives."""
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass


async def following(operator: ClientConnection) -> None:
    """Follow the journal, as a screen does."""
    read = 0
    with suppress(ConnectionClosed):
        while True:
            read = (await ask(operator, ReadJournal(read), JournalRead)).last


def full(bench: Bench) -> None:
    """What an operator's screen costs when workers answer at once."""
    click.echo("50 workers answering at once, Ng = 1, without and with an operator's screen")
    text = NUMBERS.format(
        records=100_000, features=4, learning="false", size=50, per_task=1, ratio=0.05
    )
    tally = Tally()
    cost: dict[str, list[tuple[float, float]]] = {"alone": [], "watched": []}
    spans: dict[str, Spans] = {"alone": [], "watched": []}

    async def measure(server: Served) -> None:
        async with crowd(server, 50, tally, lambda _: 0.0):
            await asyncio.sleep(1.0)
            for kind in ("alone", "watched", "watched", "alone") * 3:
                async with AsyncExitStack() as stack:
                    if kind == "watched":
                        operator = await staff(server, "operator")
                        await stack.enter_async_context(beside(following(operator)))
                    cpu, answered = server.cpu(), sum(tally.outcomes.values())
                    spans[kind].append(await span(bench.seconds(2.0)))
                    answered = sum(tally.outcomes.values()) - answered
                    cost[kind].append((answered, server.cpu() - cpu))
            bench.figure("errors", len(tally.errors), "", 0)

    with served(text, "--seats", "50", "--max-rate", UNLIMITED, folder=bench.folder) as server:
        asyncio.run(measure(server))
    rate: dict[str, float] = {}
    each: dict[str, float] = {}
    for name in cost:
        answered, cpu = map(sum, zip(*cost[name], strict=True))
        seconds = sum(end - start for start, end in spans[name])
        rate[name], each[name] = answered / seconds, cpu / answered
        bench.figure(f"{name}: answers", rate[name], "/s")
        bench.figure(f"{name}: coordinator's CPU per answer", 1000 * each[name], "ms")
        bench.figure(f"{name}: share of a core", cpu / seconds, "")
        bench.figure(f"{name}: p99", p99_ms(tally.between(spans[name])), "ms")
    lost, more = 1 - rate["watched"] / rate["alone"], each["watched"] / each["alone"] - 1
    bench.figure("throughput lost to the operator", 100 * lost, "%")
    bench.figure("CPU per answer more for the operator", 100 * more, "%")


def company(bench: Bench) -> None:
    """What others notice of a client that never reads, and of one that never stops talking."""
    click.echo("100 workers, 0.2-0.8 s per task, Ng = 1: alone, beside stalled, beside flooding")
    text = TEXTS.format(size=100, reserve=2, per_task=1)  # two rounds, one flooder in each
    tally = Tally()
    spans: dict[str, Spans] = {"alone": [], "stalled": [], "flooding": []}

    async def measure(server: Served) -> None:
        await submit(server, ceil(300 * bench.seconds(30)) + 3000)
        async with crowd(server, 100, tally, thinking(0.2, 0.8)):
            for kind in ("alone", "stalled", "alone", "flooding") * 2:
                async with AsyncExitStack() as stack:
                    if kind == "stalled":
                        await stack.enter_async_context(beside(stall(server)))
                    elif kind == "flooding":
                        await stack.enter_async_context(beside(flood(server)))
                    await asyncio.sleep(0.5)
                    spans[kind].append(await span(bench.seconds(3.0)))
            bench.figure("errors", len(tally.errors), "", 0)

    with served(text, "--seats", "110", folder=bench.folder) as server:
        asyncio.run(measure(server))
    base = tally.between(spans["alone"])
    bench.figure(f"alone: p99 of {len(base)}", p99_ms(base), "ms")
    for kind in ("stalled", "flooding"):
        found = tally.between(spans[kind])
        bench.figure(f"{kind}: p99 of {len(found)}", p99_ms(found), "ms")
        bench.figure(f"{kind}: ratio", p99_ms(found) / p99_ms(base), "", 2)


async def stall(server: Served) -> None:
    """An operator and a requester who ask for all there is, and read nothing of it."""
    operator, requester = await staff(server, "operator"), await staff(server, "requester")
    try:
        for socket, wish in ((operator, ReadJournal()), (requester, Follow())):
            socket.transport.pause_reading()
            await socket.send(encode(wish))
        await asyncio.Event().wait()
    finally:
        operator.transport.abort()
        requester.transport.abort()


async def flood(server: Served) -> None:
    """Answers to a task that was never given, from the reserve, as fast as they can be sent."""
    frame = encode(Answer("0" * 33, (0,)))
    socket = await dial(server, "worker")

    async def talk() -> None:
        with suppress(ConnectionClosed):
            while True:
                await socket.send(frame)

    try:
        await ask(socket, Join(server.codes["seat"].pop()), Joined)
        async with beside(talk()):
            await reading(socket)
    finally:
        socket.transport.abort()


# -- 5: the worker's terminal ---------------------------------------------------------------------


def terminal(bench: Bench) -> None:
    """What a person in the seat sees."""
    click.echo("a worker's terminal, in a pty")
    first: list[float] = []
    with TemporaryDirectory() as name:
        for _ in range(ceil(bench.seconds(7))):
            with worker_terminal(Path(name)) as screen:
                screen.reads(rb"Join a labelling session")
                first.append(perf_counter() - screen.began)
    bench.figure(f"command -> first screen, median of {len(first)}", median(first), "s", 1)
    bench.figure("command -> first screen, slowest", max(first), "s")
    for per_task in (5, 1):
        presses(bench, per_task, ceil(bench.seconds(120)))


def presses(bench: Bench, per_task: int, count: int) -> None:
    """From a key to the next record, which with Ng = 1 only the coordinator can send."""
    text = TEXTS.format(size=1, reserve=0, per_task=per_task)
    seconds: list[float] = []
    with (
        TemporaryDirectory() as name,
        served(text, "--seats", "1", folder=bench.folder) as server,
    ):
        asyncio.run(submit(server, count + 100))
        with worker_terminal(Path(name), "--no-review", server.join_string()) as screen:
            screen.reads(rb"read this")
            screen.press(b"\r")
            shown = screen.reads(RECORD)
            for _ in range(count):
                screen.settles(0.2)  # a key within 0.15 s of the last one does not count
                at = perf_counter()
                screen.press(b"1")
                shown = screen.reads(RECORD, but=shown)
                seconds.append(perf_counter() - at)
            size = resident(screen.pid)
    what = f"Ng = {per_task}: key -> next record"
    bench.figure(f"{what}, p50", 1000 * quantile(seconds, 0.5), "ms")
    bench.figure(f"{what}, p99 of {count}", p99_ms(seconds), "ms", 50)
    bench.figure(f"Ng = {per_task}: RSS of the client", size, "MB", 60)


RECORD = rb"record-\d{6}"

SECTIONS = {
    section.__name__: section
    for section in (pace, thousand, joining, training, full, company, terminal, loop, slow)
}


@click.command()
@click.argument("sections", metavar="[SECTION ...]", nargs=-1, type=click.Choice(list(SECTIONS)))
@click.option("--quick", is_flag=True, help="Under a minute: a look, not a verdict.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the run files are kept while they last. Default: where temporary files are.",
)
def main(sections: tuple[str, ...], quick: bool, folder: Path | None) -> None:
    """Print every figure beside its target."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays behind
    bench = Bench(quick=quick, folder=folder)
    gc.freeze()
    gc.disable()  # a pause of ours would look like one of the coordinator's
    for name in sections or SECTIONS:
        SECTIONS[name](bench)
        click.echo()


if __name__ == "__main__":
    main()
