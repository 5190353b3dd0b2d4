"""``clamshell test``: scenarios as tests, in virtual time or live."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clamshell_tui.cli.options import jobs_option, path_option, processes
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.errors import InputError
from clamshell_tui.scenario.shipped import find
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.testing.case import Case, SeedResult
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


class SuiteArguments(NamedTuple):
    """The options of the command, by the names of its parameters."""

    paths: tuple[str, ...]
    seeds: int | None
    seed: int | None
    jobs: int | None
    name: str | None
    settings: tuple[str, ...]
    junit: Path | None
    json_file: Path | None
    out: Path | None
    live: bool
    conformance: bool
    speed: float | None
    port: int
    force: bool
    silent: bool
    metrics: bool

    @property
    def seeds_simulated(self) -> tuple[int, ...]:
        return tuple(range(self.seeds or 20)) if self.seed is None else (self.seed,)

    @property
    def seeds_live(self) -> tuple[int, ...]:
        """One seed, unless ``--live`` was given with ``--seeds``: a live run takes seconds."""
        if self.seed is not None:
            return (self.seed,)
        return tuple(range(self.seeds if self.live and self.seeds else 1))


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
@path_option("--junit", help="Write JUnit XML.")
@path_option("--json", "json_file", help="Write JSON.")
@path_option(
    "--out", help="With --seed and one scenario: keep the run in this file, and explain failures."
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
    help="Live: seconds of the run per second. Default: chosen for each scenario.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=0,
    help="Live: port of the coordinator. Default: any free port.",
)
@click.option("--force", is_flag=True, help="Let --out replace an existing run.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
@click.option("--metrics", is_flag=True, help="List the metrics that [[expect]] knows, and exit.")
def command(**given: Any) -> int:
    """Test scenarios, in virtual time or live.

    PATH is a .toml file, a directory with some, or the name of a built-in scenario. Each scenario
    runs with the seeds 0, 1, ... and every [[expect]] in it must hold in as many of them as it
    says. A failure shows what was expected and found, the seed, and the command that repeats it.

    With --live, a coordinator is started for each scenario, and bots connect to it as clients do.
    Scenarios with a [[step]], in which people sit at screens, always run live.
    """
    options = SuiteArguments(**given)
    if options.metrics:
        return _list_metrics()
    if not options.paths:
        raise click.UsageError("name a scenario, or a directory with some")
    stop_tidily()
    found = _cases(options.paths, options.settings)
    cases = _named(found, options.name)
    _check_outputs(options, cases, [path for case in found for path in case.files])
    if options.conformance:
        return _compare(cases, options.seed or 0, options.speed)
    began = perf_counter()
    verdicts = _run(cases, options)
    seconds = perf_counter() - began
    _write_reports(options, verdicts, seconds)
    return _conclude(verdicts, seconds)


def _check_outputs(options: SuiteArguments, cases: Sequence["Case"], read: Sequence[Path]) -> None:
    """Refuse, before the first run, to overwrite a scenario or a file of another kind."""
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.testing import reports

    out, junit, json = options.out, options.junit, options.json_file
    if out is not None and (options.seed is None or len(cases) > 1):
        raise click.UsageError("--out keeps one run: name one scenario and its --seed")
    check_apart({"--junit": junit, "--json": json, "--out": out}, read)
    if junit is not None:
        check_place(junit, overwrite=True, ours=reports.is_junit, kind="a report in JUnit XML")
    if json is not None:
        check_place(json, overwrite=True, ours=reports.is_json, kind="a report in JSON")


def _write_reports(
    options: SuiteArguments, verdicts: Sequence["TrialVerdict"], seconds: float
) -> None:
    from clamshell_tui.runfile.output_path import write_text
    from clamshell_tui.testing import reports

    if options.out is not None and not verdicts[0].broken:
        click.echo(f"kept in {show(str(options.out))}", err=True)
    if options.junit is not None:
        write_text(options.junit, reports.junit(verdicts, seconds))
    if options.json_file is not None:
        write_text(options.json_file, reports.as_json(verdicts))


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
    """Prefer a directory to a built-in scenario of the same name."""
    return Path(name) if Path(name).is_dir() else find(name)


def _list_metrics() -> int:
    from clamshell_tui.run.metrics import described

    words = dict(described())
    width = max(map(len, words))
    for word, meaning in words.items():
        click.echo(f"{word:{width}}  {meaning}")
    return 0


# Running


def _run(cases: Sequence["Case"], options: SuiteArguments) -> list["TrialVerdict"]:
    """Run the simulated cases, then the live ones; print each verdict as it is known."""
    simulated = [case for case in cases if not (options.live or case.needs_live)]
    live = [case for case in cases if options.live or case.needs_live]
    verdicts = []
    total = len(simulated) * len(options.seeds_simulated) + len(live)
    with _progress(total, silent=options.silent) as advance:
        for verdict in chain(
            _judged(simulated, options, advance), _judged_live(live, options, advance)
        ):
            verdicts.append(verdict)
            _print(verdict)
    return verdicts


def _judged(
    cases: Sequence["Case"], options: SuiteArguments, advance: Callable[[int], None]
) -> Iterator["TrialVerdict"]:
    """Yield verdicts in the order of the cases, each when it and those before it are known."""
    from clamshell_tui.testing.trial import attempt, tried
    from clamshell_tui.testing.verdict import judge

    seeds = options.seeds_simulated
    if len(seeds) == 1:  # for a close look: with the story of each failure
        for case in cases:
            result = attempt(
                case, seeds[0], out=options.out, overwrite=options.force, with_story=True
            )
            yield judge(case, [result])
            advance(1)
        return
    results: list[list[SeedResult]] = [[] for _ in cases]
    judged = 0
    for number, some in tried(cases, seeds, processes(options.jobs)):
        results[number] += some
        advance(len(some))
        while judged < len(cases) and len(results[judged]) == len(seeds):
            yield judge(cases[judged], results[judged])
            judged += 1


def _judged_live(
    cases: Sequence["Case"], options: SuiteArguments, advance: Callable[[int], None]
) -> Iterator["TrialVerdict"]:
    if not cases:
        return
    from clamshell_tui.testing.case import LiveOptions
    from clamshell_tui.testing.live.suite import tried_live

    wanted = LiveOptions(
        seeds=options.seeds_live,
        speed=options.speed,
        port=options.port,
        jobs=options.jobs,
        out=options.out,
        overwrite=options.force,
    )
    for verdict in tried_live(cases, wanted):
        yield verdict
        advance(1)


def _compare(cases: Sequence["Case"], seed: int, speed: float | None) -> int:
    """Print a table for each scenario: simulated, accelerated, and at true pace."""
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
def _progress(total: int, *, silent: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr in a terminal; elsewhere the printed verdicts show the progress."""
    if silent or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from clamshell_tui.cli.output import stderr_console

    columns = (TextColumn("seeds tried"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=stderr_console(), transient=True) as progress:
        bar = progress.add_task("seeds", total=total)
        yield lambda count: progress.advance(bar, count)


# Results


def _print(verdict: "TrialVerdict") -> None:
    from clamshell_tui.testing.report_text import explanation, headline

    click.echo(headline(verdict))
    details = explanation(verdict)
    if details:
        click.echo("\n".join(f"      {line}" for line in details.splitlines()))
    sys.stdout.flush()


def _conclude(verdicts: Sequence["TrialVerdict"], seconds: float) -> int:
    from clamshell_tui.formats import count, duration

    failed = sum(not verdict.passed for verdict in verdicts)
    outcome = (
        f"{failed} of {count(len(verdicts), 'scenario')} failed"
        if failed
        else f"{count(len(verdicts), 'scenario')} passed"
    )
    click.echo(f"{outcome} in {duration(seconds)}", err=True)
    return FAILED if failed else 0
