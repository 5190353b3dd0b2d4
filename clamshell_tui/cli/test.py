"""``clamshell test``: scenarios held to what they expect, in virtual time or live."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import jobs_option, processes
from clamshell_tui.cli.scenario_files import find
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.errors import InputError
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.testing.case import Case, SeedResult, Wish
    from clamshell_tui.testing.verdict import TrialVerdict

FAILED = 1

_EPILOG = """\b
Examples:
  clamshell test scenarios/
  clamshell test mine.toml --seeds 100 --jobs 4
  clamshell test scenarios/ -k pay --junit out.xml --json out.json
  clamshell test mine.toml --seed 7 --out mine-7.db
  clamshell test --live scenarios/
  clamshell test --conformance mine.toml
  clamshell test --metrics

\b
Exit codes: 0 all expectations hold, 1 some do not, 2 a scenario cannot be used,
3 the machine refuses.
"""


@click.command(epilog=_EPILOG)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="Try the seeds from 0 to N - 1. Default: 20, and live 1.",
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Try this seed alone.")
@jobs_option("The verdicts do not depend on it.")
@click.option("-k", "name", metavar="NAME", help="Only scenarios with NAME in their name.")
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change a setting of every scenario. Repeat it for more.",
)
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit XML.")
@click.option(
    "--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write JSON."
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="With --seed and one scenario: keep the run in this file and tell what happened.",
)
@click.option("--live", is_flag=True, help="On a real clock: processes, sockets and clients.")
@click.option(
    "--conformance",
    is_flag=True,
    help="Simulated, live and accelerated, live at true pace: compare the three.",
)
@click.option(
    "--speed",
    metavar="X",
    type=click.FloatRange(0, 1000, min_open=True),
    help="Live: so many times as fast as the wall's clock. Default: chosen for each scenario.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=0,
    help="Live: where the coordinator listens. Default: any free port.",
)
@click.option("--force", is_flag=True, help="Let --out replace an existing run.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
@click.option("--metrics", is_flag=True, help="List everything that can be expected, and exit.")
def command(
    paths: tuple[str, ...],
    seeds: int | None,
    seed: int | None,
    jobs: int | None,
    name: str | None,
    settings: tuple[str, ...],
    junit: Path | None,
    json_file: Path | None,
    out: Path | None,
    live: bool,
    conformance: bool,
    speed: float | None,
    port: int,
    force: bool,
    silent: bool,
    metrics: bool,
) -> int:
    """Hold scenarios to what they expect, in virtual time or live.

    PATH is a .toml file, a directory with some, or the name of a built-in scenario. Each scenario
    runs with the seeds 0, 1, ... and every [[expect]] in it must hold in as many of them as it
    says. A failure names what was expected and found, the seed, and the command to see it again.

    With --live, a coordinator is started for each scenario, and bots connect to it as clients do.
    Scenarios with a [[step]], in which people sit at screens, always run live.
    """
    if metrics:
        return _list_metrics()
    if not paths:
        raise click.UsageError("name a scenario, or a directory with some")
    from clamshell_tui.runfile.output_path import check_apart, check_place, write_text
    from clamshell_tui.testing import reports
    from clamshell_tui.testing.case import Wish

    stop_tidily()
    found = _cases(paths, settings)
    cases = _named(found, name)
    if out is not None and (seed is None or len(cases) > 1):
        raise click.UsageError("--out keeps one run: name one scenario and its --seed")
    read = [path for case in found for path in case.files]
    check_apart({"--junit": junit, "--json": json_file, "--out": out}, read)
    if junit is not None:
        check_place(junit, overwrite=True, ours=reports.is_junit, kind="a report in JUnit XML")
    if json_file is not None:
        check_place(json_file, overwrite=True, ours=reports.is_json, kind="a report in JSON")
    if conformance:
        return _compare(cases, seed or 0, speed)
    began = perf_counter()
    simulated = [case for case in cases if not (live or case.needs_live)]
    played = [case for case in cases if live or case.needs_live]
    chosen = tuple(range(seeds or 20)) if seed is None else (seed,)
    chosen_live = tuple(range(seeds if live and seeds else 1)) if seed is None else (seed,)
    wish = Wish(seeds=chosen_live, speed=speed, port=port, jobs=jobs, out=out, overwrite=force)
    verdicts = []
    with _progress(len(simulated) * len(chosen) + len(played), silent) as advance:
        for verdict in chain(
            _judged(simulated, chosen, jobs, advance, out, force),
            _judged_live(played, wish, advance),
        ):
            verdicts.append(verdict)
            _print(verdict)
    seconds = perf_counter() - began
    if out is not None and not verdicts[0].broken:
        click.echo(f"kept in {show(str(out))}", err=True)
    if junit is not None:
        write_text(junit, reports.junit(verdicts, seconds))
    if json_file is not None:
        write_text(json_file, reports.as_json(verdicts))
    return _told(verdicts, seconds)


# Which scenarios


def _cases(paths: Sequence[str], settings: Sequence[str]) -> list["Case"]:
    from clamshell_tui.testing.files import load_case, scenario_files

    found = [file for path in paths for file in scenario_files(_place(path))]
    return [load_case(file, settings) for file in found]


def _named(cases: Sequence["Case"], name: str | None) -> list["Case"]:
    chosen = [case for case in cases if name is None or name in case.name]
    if not chosen:
        known = ", ".join(case.name for case in cases)
        raise InputError(
            f'no scenario has "{show(name or "")}" in its name. There are {show(known)}'
        )
    for case in chosen:
        if not case.expectations:
            click.echo(
                f"clamshell: warning: {show(case.source)} expects nothing: it only has to run to "
                "its end. Add an [[expect]]",
                err=True,
            )
    return chosen


def _place(name: str) -> Path:
    """A directory here comes before a built-in scenario of that name."""
    return Path(name) if Path(name).is_dir() else find(name)


def _list_metrics() -> int:
    from clamshell_tui.run.metrics import described

    words = dict(described())
    width = max(map(len, words))
    for word, meaning in words.items():
        click.echo(f"{word:{width}}  {meaning}")
    return 0


# Running


def _judged(
    cases: Sequence["Case"],
    seeds: Sequence[int],
    jobs: int | None,
    advance: Callable[[int], None],
    out: Path | None,
    force: bool,
) -> Iterator["TrialVerdict"]:
    """Verdicts in the order of the cases, each as soon as it and those before it are there."""
    from clamshell_tui.testing.trial import attempt, tried
    from clamshell_tui.testing.verdict import judge

    if len(seeds) == 1:  # somebody looks at it closely
        for case in cases:
            yield judge(case, [attempt(case, seeds[0], out=out, overwrite=force, tell=True)])
            advance(1)
        return
    results: list[list[SeedResult]] = [[] for _ in cases]
    told = 0
    for number, some in tried(cases, seeds, processes(jobs)):
        results[number] += some
        advance(len(some))
        while told < len(cases) and len(results[told]) == len(seeds):
            yield judge(cases[told], results[told])
            told += 1


def _judged_live(
    cases: Sequence["Case"], wish: "Wish", advance: Callable[[int], None]
) -> Iterator["TrialVerdict"]:
    if not cases:
        return
    from clamshell_tui.testing.live.suite import tried_live

    for verdict in tried_live(cases, wish):
        yield verdict
        advance(1)


def _compare(cases: Sequence["Case"], seed: int, speed: float | None) -> int:
    """Three clocks, one table for each scenario."""
    from clamshell_tui.cli.output import terminal_width
    from clamshell_tui.testing.live.conformance import compare, drawn

    agree = True
    for case in cases:
        found = compare(case, seed, speed=speed)
        agree &= found.agrees
        click.echo(drawn(found, terminal_width()))
        sys.stdout.flush()
    return 0 if agree else FAILED


@contextmanager
def _progress(total: int, silent: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr in a terminal; elsewhere the verdicts themselves, line by line, are it."""
    if silent or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from clamshell_tui.cli.output import stderr_console

    columns = (TextColumn("seeds tried"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=stderr_console(), transient=True) as progress:
        bar = progress.add_task("seeds", total=total)
        yield lambda count: progress.advance(bar, count)


# Telling


def _print(verdict: "TrialVerdict") -> None:
    from clamshell_tui.testing.report_text import explanation, headline

    click.echo(headline(verdict))
    details = explanation(verdict)
    if details:
        click.echo("\n".join(f"      {line}" for line in details.splitlines()))
    sys.stdout.flush()


def _told(verdicts: Sequence["TrialVerdict"], seconds: float) -> int:
    from clamshell_tui.formats import count, duration

    failed = sum(not verdict.passed for verdict in verdicts)
    outcome = (
        f"{failed} of {count(len(verdicts), 'scenario')} failed"
        if failed
        else (f"{count(len(verdicts), 'scenario')} passed")
    )
    click.echo(f"{outcome} in {duration(seconds)}", err=True)
    return FAILED if failed else 0
