"""What the operator's screen costs: drawing, following, loading, seeking, and the run itself.

``python -m tests.benchmarks.operator_screen [--quick] [SECTION]...``

* ``pages``: a run with 200 slots at 50 assignments a second, played at its own pace on a terminal
  of 200x60 cells: how often a page is drawn, and its share of a core
* ``terminal``: a run with 60 bots at the speed of people, on a terminal of 120x40 cells: bytes that
  the terminal is sent, as over a slow ssh line, and the share of a core
* ``guest``: the closed loop of :mod:`.closed_loop` without a screen, with one, with a stopped and
  with a killed one, in turn; far more happens than a screen can follow, so it never rests
* ``large``: 250,000 assignments in a file: loading, seeking, scrolling, memory
"""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import click
from textual.pilot import Pilot

from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.operator_app.pages import PAGES
from clamshell_tui.operator_app.pages.timeline import TimelinePage
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from tests.benchmarks.closed_loop import SCENARIO as LOOP
from tests.benchmarks.closed_loop import Measured
from tests.benchmarks.lines import Labeller, Line, connected
from tests.benchmarks.measuring import Bench
from tests.benchmarks.scripted_crowd import allow_sockets
from tests.benchmarks.served import Served, cpu_of, served
from tests.live.operator_terminal import OperatorTerminal

SIZE = (200, 60)
SLOTS = 200
PER_SECOND = 50.0  # assignments
LARGE = 250_000  # assignments
CONNECTIONS = 200
RUN = """\
seed = 1
dataset = {{kind = "generated", records = {records}, features = 4, classes = 4}}
crowd = {{population = "live"}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {slots}, reserve = 5}}
tasks = {{records_per_task = 1, pool_batch_ratio = 0.05}}
maintenance.threshold = 12.0
"""


def _simulated(folder: Path, slots: int, assignments: int) -> Path:
    """A run of at least so many assignments in a file."""
    file = folder / f"{slots}-{assignments}.db"
    scenario = folder / "bench.toml"
    scenario.write_text(RUN.format(records=assignments, slots=slots))
    began = perf_counter()
    # In another process, or its memory would be counted as ours.
    subprocess.run(
        [sys.executable, "-m", "clamshell_tui.cli", "run", str(scenario), "--out", str(file)],
        check=True,
        capture_output=True,
    )
    size = file.stat().st_size / 2**20
    click.echo(f"  (simulated in {perf_counter() - began:.0f} s, {size:.0f} MB)")
    return file


# -- pages ----------------------------------------------------------------------------------------


class Paced(FileRun):
    """A recorded run that comes as it came, so many times as fast, from its middle on."""

    live = True

    def __init__(self, run: FileRun, events: list[tuple[float, object]], speed: float) -> None:
        self.__dict__.update(run.__dict__)
        self._events = events
        self._speed = speed
        self._began = perf_counter()
        self._from = run.replica.end
        self.loaded = 1.0

    def now(self) -> float:
        """The run's time."""
        return self._from + (perf_counter() - self._began) * self._speed

    async def keep_up(self) -> None:
        """Tell what is due, as it would come over the wire: a few entries at a time."""
        self._began = perf_counter()
        place = 0
        while place < len(self._events):
            while place < len(self._events) and self._events[place][0] <= self.now():
                self.replica.feed(*self._events[place])  # type: ignore[arg-type]  # it is an Event
                place += 1
            await asyncio.sleep(0.02)


def pages(bench: Bench) -> None:
    """Draws a second and share of a core, page by page, live."""
    seconds = bench.seconds(10.0)
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        path = _simulated(Path(name), SLOTS, 8000 + int(PER_SECOND * (seconds + 2) * len(PAGES)))
        click.echo(f"{SLOTS} slots, {PER_SECOND:.0f} assignments/s, {SIZE[0]}x{SIZE[1]} cells")
        asyncio.run(_pages(bench, path, seconds))


async def _pages(bench: Bench, path: Path, seconds: float) -> None:
    with open_run(path) as file:
        run = FileRun(file)
        events = list(file.events())
    half = 8000 * len(events) // (8000 + int(PER_SECOND * (seconds + 2) * len(PAGES)))
    for at, event in events[:half]:
        run.replica.feed(at, event)
    rest = events[half:]
    begun = len(run.replica.engine.state.assignments)
    pace = begun / (run.replica.end - (run.replica.engine.state.first_assignment or 0.0))
    source = Paced(run, list(rest), PER_SECOND / pace)
    app = OperatorApp(source, perf_counter)
    draws = 0
    redraw = app.redraw

    def counted() -> None:
        nonlocal draws
        draws += 1
        redraw()

    app.redraw = counted  # type: ignore[method-assign]  # before the timer takes it
    async with app.run_test(size=SIZE) as pilot:
        for page in PAGES:
            app.action_page(page.ID)
            await asyncio.sleep(1.0)
            told, counted_before = run.replica.fed, draws
            wall, cpu = perf_counter(), process_time()
            await asyncio.sleep(seconds)
            wall, cpu = perf_counter() - wall, process_time() - cpu
            bench.figure(
                f"{page.ID}: draws a second", (draws - counted_before) / wall, "Hz", at_least=0.9
            )
            bench.figure(f"{page.ID}: share of a core", 100 * cpu / wall, "%", 25.0)
            click.echo(
                f"    ({(run.replica.fed - told) / wall:.0f} entries of the journal a second)"
            )
        del pilot


# -- terminal -------------------------------------------------------------------------------------

BOTS = 60
CROWD = """\
dataset = {kind = "digits"}
pool = {size = 50, reserve = 10, start_with = 0.2}
qualification = {records = 2, pass_mark = 0.0}
"""
TERMINAL = (120, 40)


def terminal(bench: Bench) -> None:
    """Bytes a second on the terminal and share of a core, page by page."""
    seconds = bench.seconds(20.0)
    with served(CROWD, "--seats", "0", "--bot-seats", str(BOTS)) as server, _crowd(server):
        words = ("watch", f"127.0.0.1:{server.port}", "--token", server.codes["operator"][0])
        with OperatorTerminal(*words, size=TERMINAL) as shown:
            shown.reads(b"labelling")
            shown.read_for(5.0)
            for number, page in enumerate(PAGES, 1):
                shown.press(str(number).encode())
                shown.read_for(2.0)
                shown.shown = b""
                cpu, began = cpu_of(shown.process.pid), perf_counter()
                shown.read_for(seconds)
                wall, cpu = perf_counter() - began, cpu_of(shown.process.pid) - cpu
                sent = len(shown.shown) / wall / 1000
                bench.figure(f"{page.ID}: bytes to the terminal", sent, "kB/s", 15.0)
                bench.figure(f"{page.ID}: share of a core", 100 * cpu / wall, "%", 6.0)


@contextmanager
def _crowd(server: Served) -> Iterator[None]:
    """Bots in all seats, in a process of their own."""
    joins = [f"clam://127.0.0.1:{server.port}/{code}" for code in server.codes["bot"]]
    bots = subprocess.Popen(
        [sys.executable, "-m", "worker_client", "--headless", "--bot", "mturk", *joins],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        bots.terminate()
        bots.wait()


# -- guest ----------------------------------------------------------------------------------------


def guest(bench: Bench) -> None:
    """What a screen takes of the coordinator: windows with and without one, in one run."""
    rounds = 3 if bench.quick else 10
    options = ("--seats", str(CONNECTIONS), "--max-rate", "1e9")
    scenario = LOOP.format(size=CONNECTIONS).replace("60_000", "1_000_000")  # they must not end
    with served(scenario, *options) as server:
        makers: list[Callable[[], Line]] = [
            partial(Labeller, code) for code in server.codes["seat"]
        ]
        found = asyncio.run(_windows(server, makers, rounds, max(1.0, bench.seconds(2.0))))
    click.echo(f"closed loop of {CONNECTIONS} connections, {rounds} rounds")
    for name, windows in found.items():
        speed = median(window.cycles / window.wall for window in windows)
        click.echo(f"  {name:10}{speed:8.0f} cycles/s   us of CPU a cycle: " + _costs(windows))
    for name in list(GUESTS)[1:]:
        pairs = list(zip(found[name], found["alone"], strict=True))
        cost = median(each.server / each.cycles / (one.server / one.cycles) for each, one in pairs)
        speed = median(each.cycles / each.wall / (one.cycles / one.wall) for each, one in pairs)
        bench.figure(f"{name}: CPU of the coordinator a cycle, more by", 100 * (cost - 1), "%", 3.0)
        bench.figure(f"{name}: cycles a second, fewer by", 100 * (1 - speed), "%", 3.0)


def _costs(windows: list[Measured]) -> str:
    return " ".join(f"{1e6 * window.server / window.cycles:.0f}" for window in windows)


async def _windows(
    server: Served, makers: list[Callable[[], Line]], rounds: int, seconds: float
) -> dict[str, list[Measured]]:
    allow_sockets(CONNECTIONS + 100)
    lines = await connected(server.port, makers)
    for line in lines:
        line.begin()
    found: dict[str, list[Measured]] = {name: [] for name in GUESTS}
    for number in range(rounds):
        for name in list(GUESTS)[:: -1 if number % 2 else 1]:
            with GUESTS[name](server):
                await asyncio.sleep(0.5)
                found[name].append(await _window(server, lines, seconds))
    for line in lines:
        line.abort()
    return found


async def _window(server: Served, lines: list[Line], seconds: float) -> Measured:
    cycles, cpu, own = sum(line.cycles for line in lines), server.cpu(), process_time()
    began = perf_counter()
    await asyncio.sleep(seconds)
    return Measured(
        sum(line.cycles for line in lines) - cycles,
        perf_counter() - began,
        server.cpu() - cpu,
        process_time() - own,
    )


@contextmanager
def _nobody(server: Served) -> Iterator[None]:
    yield


@contextmanager
def _screen(server: Served, then: Callable[[OperatorTerminal], None]) -> Iterator[None]:
    """A screen on a terminal of its own that somebody looks at, at a low priority: the two cores
    of a small machine are busy with the coordinator and with its clients."""
    words = ("watch", f"127.0.0.1:{server.port}", "--token", server.codes["operator"][0])
    with OperatorTerminal(*words) as terminal:
        os.setpriority(os.PRIO_PROCESS, terminal.process.pid, 19)
        terminal.reads(b"CLAMShell")
        then(terminal)
        with terminal.read_in_the_background():
            yield


def _stop(terminal: OperatorTerminal) -> None:
    terminal.stop()


def _kill(terminal: OperatorTerminal) -> None:
    terminal.send(signal.SIGKILL)
    terminal.ends()


def _nothing(terminal: OperatorTerminal) -> None:
    pass


GUESTS: dict[str, Callable[[Served], AbstractContextManager[None]]] = {
    "alone": _nobody,
    "a screen": partial(_screen, then=_nothing),
    "stopped": partial(_screen, then=_stop),
    "killed": partial(_screen, then=_kill),
}


# -- large ----------------------------------------------------------------------------------------


def large(bench: Bench) -> None:
    """A run of 250,000 assignments."""
    assignments = LARGE // 10 if bench.quick else LARGE
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        path = _simulated(Path(name), SLOTS, assignments)
        asyncio.run(_large(bench, path))


async def _large(bench: Bench, path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = run = FileRun(open_run(path))
    app = OperatorApp(source, perf_counter)
    began, seen = perf_counter(), set()
    async with app.run_test(size=SIZE) as pilot:
        while source.loaded < 1.0:
            await asyncio.sleep(0.05)
            seen.add(source.contact)
        took = perf_counter() - began
        count = len(run.replica.engine.state.assignments)
        click.echo(f"{count:,} assignments, {run.replica.fed:,} entries of the journal")
        bench.figure("loading", took, "s")
        bench.figure("entries a second", run.replica.fed / took, "/s")
        bench.figure("steps of progress seen", len(seen), "", at_least=20)
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        bench.figure("memory", more, "MB")
        bench.figure("memory of an assignment", more * 2**20 / count, "bytes")
        for page in PAGES:
            app.action_page(page.ID)
            await _painted(pilot)
            spans = [await _seek(app, pilot, share) for share in _shares()]
            bench.figure(f"{page.ID}: seek, median of {len(spans)}", 1000 * median(spans), "ms")
            bench.figure(f"{page.ID}: seek, longest", 1000 * max(spans), "ms", 1000.0)
        await _scroll(bench, app, pilot)


def _shares() -> list[float]:
    rng = Random(1)
    return [rng.random() for _ in range(20)]


async def _seek(app: OperatorApp, pilot: Pilot[None], share: float) -> float:
    began = perf_counter()
    app.player.seek(app.player.end * share)
    app.redraw()
    await _painted(pilot)
    return perf_counter() - began


async def _scroll(bench: Bench, app: OperatorApp, pilot: Pilot[None]) -> None:
    app.action_page(TimelinePage.ID)
    page = app.query_one(TimelinePage)
    acts: dict[str, Callable[[], None]] = {
        "scroll by 8 cells": partial(page.gantt.action_scroll_time, -8),
        "zoom out": partial(page.gantt.action_zoom, -1),
        "zoom in": partial(page.gantt.action_zoom, 1),
    }
    for name, act in acts.items():
        cpu = process_time()
        for _ in range(10):
            act()
            await _painted(pilot)
        bench.figure(f"timeline: {name}", 100 * (process_time() - cpu), "ms", 50.0)


async def _painted(pilot: Pilot[None]) -> None:
    """Until the screen has written what became dirty."""
    done = asyncio.Event()
    pilot.app.screen.call_after_refresh(done.set)
    await done.wait()


SECTIONS = {"pages": pages, "terminal": terminal, "guest": guest, "large": large}


@click.command()
@click.option("--quick", is_flag=True, help="Shorter, and less sure.")
@click.argument("sections", nargs=-1, type=click.Choice(list(SECTIONS)))
def main(quick: bool, sections: tuple[str, ...]) -> None:
    """Print figures beside their goals."""
    bench = Bench(quick=quick, folder=None)
    for name in sections or SECTIONS:
        click.secho(name, bold=True)
        SECTIONS[name](bench)


if __name__ == "__main__":
    sys.exit(main())
