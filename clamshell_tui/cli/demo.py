"""``clamshell demo``: a live run with bots, a coordinator of its own, and seats for people."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import click
import msgspec
from platformdirs import user_data_path
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from clamshell_tui.cli.child import ChildCoordinator, absolute, run_to_end
from clamshell_tui.cli.keys import keys
from clamshell_tui.cli.library import find
from clamshell_tui.cli.live_view import LiveView
from clamshell_tui.cli.output import print_data, shows_unicode, stderr_console
from clamshell_tui.cli.progress import PLAIN_EVERY, Pace, plain_line
from clamshell_tui.client.codes import Codes
from clamshell_tui.client.line import ConnectionLostError, Line, RefusedError, parse_address
from clamshell_tui.core.snapshot import Snapshot
from clamshell_tui.protocol.messages import Done, Order, SnapshotTaken, Watch
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.text import show
from worker_client.crowd_of_bots import RUN_OVER, run

SEATS = 2  # for people
STAND_INS = 24  # bots who come when others have gone
RESERVE = 2  # of the bots, so that the slow ones can be replaced
MESSAGES = 20.0  # per second of the run, of one bot
_PICTURES = 4.0  # snapshots per second
_ENDING = 10.0  # seconds for tasks in hand, and for the file, once the run was asked to stop

_EPILOG = """\b
Examples:
  clamshell demo
  clamshell demo quickstart --speed 60
  clamshell demo drop-outs --bots 30 --speed 30 --out run.db
"""


class Plan(NamedTuple):
    """What the options ask for."""

    scenario: Scenario
    bots: int
    speed: float
    port: int
    out: Path


@click.command(epilog=_EPILOG)
@click.argument("scenario", metavar="[SCENARIO]", default="demo")
@click.option(
    "--bots",
    metavar="N",
    type=click.IntRange(1, 200),
    default=8,
    show_default=True,
    help="How many bots work at a time.",
)
@click.option(
    "--speed",
    metavar="X",
    type=click.FloatRange(0, 1000, min_open=True),
    default=1.0,
    show_default=True,
    help="Run so many times as fast. At 1, people can keep up.",
)
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65535), default=0, help="Default: any free one."
)
@click.option("--seed", metavar="N", help="Use this seed instead of the scenario's.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="Keep the run in this file."
)
@click.option("--plain", is_flag=True, help="Show progress as plain lines, also in a terminal.")
def command(
    scenario: str,
    bots: int,
    speed: float,
    port: int,
    seed: str | None,
    out: Path | None,
    plain: bool,
) -> int:
    """Run a crowd of bots live, and join it yourself.

    Starts a coordinator on this machine and bots that connect to it as people would. Shows what
    happens, and the line to paste into another terminal to work there yourself. Ends by itself, or
    on q or Ctrl-C; prints a summary and keeps the run in a file.
    """
    path = find(scenario)
    given = [] if seed is None else [f"seed={seed}"]
    staffed = _staffed(absolute(load_scenario(path, given), path.parent), bots)
    plan = Plan(staffed, bots, speed, port, out or _new_file(staffed.name))
    code = run_to_end(demo(plan, _screen(plan, plain=plain)))
    if plan.out.exists():
        _summarise(plan.out)
    return code


async def demo(plan: Plan, screen: "Screen") -> int:
    """Run it all; returns the exit code. Nothing that was started is left when it returns."""
    options = ["--port", str(plan.port), "--speed", f"{plan.speed:g}", "--seats", str(SEATS)]
    options += ["--bot-seats", str(plan.bots + STAND_INS)]
    options += ["--max-rate", f"{MESSAGES * max(1.0, plan.speed):g}"]
    with screen, ChildCoordinator(plan.scenario, plan.out, *options) as child, Stop() as stop:
        try:
            codes = await child.codes()
            screen.invite([codes.join(code) for code in codes.seats], with_keys=stop.by_key)
            await _Director(plan, codes, screen, stop).direct()
            await child.ended(_ENDING)
            child.check()
        except asyncio.CancelledError:
            if not stop.code:
                raise
    return stop.code


class _Director:
    """Lets the bots work, watches the run as its operator, and makes room for people."""

    def __init__(self, plan: Plan, codes: Codes, screen: "Screen", stop: "Stop") -> None:
        self._plan = plan
        self._codes = codes
        self._screen = screen
        self._stop = stop
        self._bots: set[str] = set()
        self._people = False  # there were some
        self._size = plan.scenario.pool.size

    async def direct(self) -> None:
        """Until the run is over, or was asked to stop and has had its time to end."""
        self._stop.gently = True
        async with asyncio.TaskGroup() as group:
            bots = group.create_task(self._work())
            watching = group.create_task(self._watch())
            asked = group.create_task(self._stop.asked.wait())
            await asyncio.wait({watching, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                self._screen.note("finishing the tasks in hand ... (again: stop at once)")
                await self._order(Order("stop"))
                await asyncio.wait({watching}, timeout=_ENDING)
            for task in (bots, watching, asked):
                task.cancel()

    async def _work(self) -> None:
        """Bots come and go; when all have gone and there is nobody else, the run is stopped."""
        scenario, codes = self._plan.scenario, self._codes
        fates = await run(
            [codes.join(code) for code in codes.bots],
            scenario.crowd,
            seed=scenario.seed,
            together=self._plan.bots,
            seated=self._bots.add,
        )
        if not self._people and all(fate.reason != RUN_OVER for fate in fates):
            self._stop.asked.set()

    async def _watch(self) -> None:
        async with await self._operator() as line:
            await line.send(Watch(_PICTURES))
            while True:
                try:
                    taken = await line.receive(SnapshotTaken)
                except ConnectionLostError:
                    return  # the run is over: the coordinator has ended
                snapshot = msgspec.convert(taken.snapshot, Snapshot)
                self._screen.show(snapshot)
                if snapshot.phase == "finished":
                    return
                await self._make_room(snapshot)

    async def _make_room(self, snapshot: Snapshot) -> None:
        """Slots enough for all up to the last person in reserve: nobody waits behind the bots."""
        waiting = [worker.worker for worker in snapshot.workers if worker.slot is None]
        people = [place for place, name in enumerate(waiting, 1) if name not in self._bots]
        size = snapshot.slots + max(people, default=0)
        if size > self._size:
            self._size, self._people = size, True
            await self._order(Order("set", key="pool.size", value=size))

    async def _order(self, order: Order) -> None:
        """On a line of its own, so that replies do not get between the snapshots."""
        with suppress(ConnectionLostError, RefusedError):  # the run is over by itself
            async with await self._operator() as line:
                await line.ask(order, Done)

    async def _operator(self) -> Line:
        return await Line.open(
            parse_address(self._codes.address), "operator", self._codes.operator, "clamshell-demo"
        )


def _staffed(scenario: Scenario, bots: int) -> Scenario:
    """With a pool that so many bots fill, a few of them in reserve, and seats for people."""
    reserve = min(RESERVE, bots - 1)
    pool = msgspec.structs.replace(scenario.pool, size=bots - reserve, reserve=reserve + SEATS)
    return msgspec.structs.replace(scenario, pool=pool)


def _new_file(name: str) -> Path:
    """A file that does not exist yet, where the user's data are kept."""
    folder = user_data_path("clamshell", appauthor=False) / "runs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.db"


def _summarise(file: Path) -> None:
    from clamshell_tui.report import summarise
    from clamshell_tui.report.render import render_summary
    from clamshell_tui.runfile import open_run

    with open_run(file) as run_file:
        summary = summarise(run_file.tables())
    print_data(render_summary(summary, unicode=shows_unicode(sys.stdout)))
    click.echo(f"kept in {file}", err=True)


# -- the terminal


class Stop:
    """What ends a demo early: q or Ctrl-C once gently, twice at once; SIGTERM and SIGHUP at once.

    A context manager within a running event loop. ``code`` is the exit code that came of it.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.gently = False  # there is something that can be ended gently
        self.code = 0
        self.by_key = False
        self._stack = ExitStack()

    def ask(self) -> None:
        """Gently, or at once if asked before."""
        if not self.gently or self.asked.is_set():
            self._at_once(signal.SIGINT)
        self.asked.set()

    def _at_once(self, number: int) -> None:
        self.code = 128 + number
        assert self._task is not None
        self._task.cancel()

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = signal.Signals[name]
            act = self.ask if name == "SIGINT" else partial(self._at_once, number)
            loop.add_signal_handler(number, act)
            self._stack.callback(loop.remove_signal_handler, number)
        self.by_key = self._stack.enter_context(keys(self._pressed))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _pressed(self, key: str) -> None:
        if key in "qQ":
            self.ask()


class Screen(Protocol):
    """Shows a demo; a context manager."""

    def invite(self, joins: Sequence[str], *, with_keys: bool) -> None: ...

    def show(self, snapshot: Snapshot) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def _screen(plan: Plan, *, plain: bool) -> Screen:
    title = f"{plan.scenario.name}, live: {plan.bots} bots"
    capable = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return _LiveScreen(title) if capable and not plain else _PlainScreen(title)


class _LiveScreen:
    """The picture of the run, redrawn in place, and below it how to join."""

    def __init__(self, title: str) -> None:
        self._view = LiveView(title, unicode=shows_unicode(sys.stderr))
        self._picture: RenderableType = self._view.waiting("starting the coordinator ...")
        self._joins = Text()
        self._note = Text()
        self._live = Live(
            console=stderr_console(), auto_refresh=False, transient=True, vertical_overflow="crop"
        )

    def invite(self, joins: Sequence[str], *, with_keys: bool) -> None:
        self._joins = Text("\n To work there yourself, paste a line into another terminal:\n")
        for join in joins:
            self._joins.append(f"   {_join_command(join)}\n", style="bold")
        self.note("q stops the run" if with_keys else "Ctrl-C stops the run")

    def show(self, snapshot: Snapshot) -> None:
        self._picture = self._view.draw(snapshot)
        self._draw()

    def note(self, text: str) -> None:
        self._note = Text(f" {text}", style="dim")
        self._draw()

    def _draw(self) -> None:
        self._live.update(Group(self._picture, self._joins, self._note), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class _PlainScreen:
    """Lines, for pipes, logs and screen readers."""

    def __init__(self, title: str) -> None:
        self._title = show(title)
        self._pace = Pace(PLAIN_EVERY)
        self._over = False

    def invite(self, joins: Sequence[str], *, with_keys: bool) -> None:
        for join in joins:
            self.note(f"join with: {_join_command(join)}")

    def show(self, snapshot: Snapshot) -> None:
        over = snapshot.phase == "finished" and not self._over
        if self._pace() or over:
            self.note(plain_line(snapshot))
        self._over |= over

    def note(self, text: str) -> None:
        print(f"{self._title}: {text}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to clean up."""


def _join_command(join: str) -> str:
    """What to paste: with the whole path of the program if it is not on the PATH."""
    name = "clamshell-worker"
    beside = Path(sys.executable).with_name(name)
    program = name if shutil.which(name) or not beside.exists() else shlex.quote(str(beside))
    return f"{program} {shlex.quote(join)}"
