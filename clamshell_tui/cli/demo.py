"""``clamshell demo``: a live run with its own coordinator, bots, and seats for people."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import click
import msgspec

from clamshell_tui.cli.child_screen import ChildScreen
from clamshell_tui.cli.demo_director import DemoPlan, Director, Lines
from clamshell_tui.cli.options import complete_scenario, path_option
from clamshell_tui.cli.output import print_data, shows_unicode
from clamshell_tui.cli.signals import Stop
from clamshell_tui.coordinator.child import ChildCoordinator, absolute, run_to_end
from clamshell_tui.number_range import SpeedRange
from clamshell_tui.runfile.output_path import check_apart, new_run_file
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import find
from clamshell_tui.terminal.capabilities import why_no_screen
from clamshell_tui.wire.invitation import Codes

SEATS = 2  # for people
STAND_INS = 24  # bots that replace those that have left
RESERVE = 2  # of the bots, so that the slow ones can be replaced
MESSAGES = 20.0  # per second of the run, of one bot
_ENDING = 10.0  # seconds to finish tasks and the file after a request to stop

_EPILOG = """\b
Examples:
  clamshell demo
  clamshell demo quickstart --speed 60
  clamshell demo drop-outs --bots 30 --speed 30 --out run.db
"""


@click.command(epilog=_EPILOG)
@click.argument("scenario", metavar="[SCENARIO]", default="demo", shell_complete=complete_scenario)
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
    type=SpeedRange(),
    default=1.0,
    show_default=True,
    help="Run so many times as fast. At 1, people can keep up.",
)
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65535), default=0, help="Default: any free one."
)
@click.option("--seed", metavar="N", help="Use this seed instead of the scenario's.")
@path_option("--out", help="Keep the run in this file.")
@click.option("--ssh", is_flag=True, help="Let people join by ssh too, on any free port.")
@click.option("--web", is_flag=True, help="Let people join in a browser too, on any free port.")
@click.option("--plain", is_flag=True, help="Show plain lines instead of the screen.")
def command(
    *,
    scenario: str,
    bots: int,
    speed: float,
    port: int,
    seed: str | None,
    out: Path | None,
    ssh: bool,
    web: bool,
    plain: bool,
) -> int:
    """Run a crowd of bots live, and join it yourself.

    Starts a coordinator on this machine, and bots that connect to it as people would. The
    operator's screen shows the run, with a line to paste into another terminal to work there
    yourself. Ends by itself, when the screen is closed (q), or on Ctrl-C; prints a summary and
    keeps the run in a file.
    """
    path = find(scenario)
    given = [] if seed is None else [f"seed={seed}"]
    loaded = load_scenario(path, given)
    if out is not None:
        check_apart({"--out": out}, [path, *(path.parent / name for name in loaded.files)])
    staffed = _staffed(absolute(loaded, path.parent), bots)
    screen = not why_no_screen() and not plain
    gateways = (*(("--ssh", "0") if ssh else ()), *(("--web", "0") if web else ()))
    file = out or new_run_file(staffed.name, "--out")
    plan = DemoPlan(staffed, bots, speed, port, file, screen, gateways)
    code = run_to_end(demo(plan))
    if plan.out.exists():
        _summarise(plan.out)
    return code


async def demo(plan: DemoPlan) -> int:
    """Run coordinator, bots and screen; return the exit code when all of them have ended."""
    options = ["--port", str(plan.port), "--speed", f"{plan.speed:g}", "--seats", str(SEATS)]
    options += ["--bot-seats", str(plan.bots + STAND_INS)]
    options += ["--max-rate", f"{MESSAGES * max(1.0, plan.speed):g}"]
    options += plan.gateways
    lines = Lines(f"{plan.scenario.name}, live: {plan.bots} bots")
    with (
        ChildCoordinator(plan.scenario, plan.out, *options) as child,
        Stop(by_key=not plan.screen) as stop,
    ):
        try:
            if plan.screen:
                lines.note("starting the coordinator ...")
            codes = await child.codes()
            async with _shown(plan, child, codes, lines, stop):
                await Director(plan, codes, lines, stop).direct()
                await child.ended(_ENDING)
            child.check()
        except asyncio.CancelledError:
            if not stop.code:
                raise
    return stop.code


@asynccontextmanager
async def _shown(
    plan: DemoPlan, child: ChildCoordinator, codes: Codes, lines: Lines, stop: Stop
) -> AsyncIterator[None]:
    """Show the run on the operator's screen until it is closed, or as lines."""
    if not plan.screen:
        lines.invite(codes)
        yield
        return
    watching = asyncio.create_task(_screen(child, lines, stop))
    try:
        yield
        await watching  # the end of the run stays on the screen until it is closed
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _screen(child: ChildCoordinator, lines: Lines, stop: Stop) -> None:
    """Show the screen. Closing it stops the demo; without it, the demo continues as lines."""
    lines.silent = True
    try:
        async with ChildScreen(child.codes_file, closes=True) as screen:
            code = await screen.closed()
    finally:
        lines.silent = False
    if code == 0:
        stop.ask(from_screen=True)
    else:
        lines.note(f"the screen has gone ({code}); the run goes on. Ctrl-C stops it")


def _staffed(scenario: Scenario, bots: int) -> Scenario:
    """Return the scenario with a pool for ``bots`` workers, a reserve, and seats for people."""
    reserve = min(RESERVE, bots - 1)
    pool = msgspec.structs.replace(scenario.pool, size=bots - reserve, reserve=reserve + SEATS)
    return msgspec.structs.replace(scenario, pool=pool)


def _summarise(file: Path) -> None:
    from clamshell_tui.report.render import render_summary
    from clamshell_tui.run.summary import summarise
    from clamshell_tui.runfile.fold import current_tables
    from clamshell_tui.runfile.reader import open_run

    with open_run(file) as run_file:
        summary = summarise(current_tables(run_file).tables)
    print_data(render_summary(summary, unicode=shows_unicode(sys.stdout)))
    click.echo(f"kept in {file}", err=True)
