"""``clamshell test``: scenarios as tests, in virtual time or live."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import gmtime, perf_counter, strftime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clamshell_tui.cli import test_output
from clamshell_tui.cli.options import (
    complete_scenario,
    jobs_option,
    path_option,
    processes,
    refuse_set,
    refuse_together,
)
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.errors import InputError
from clamshell_tui.number_range import SpeedRange
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.testing.baseline import Baseline
    from clamshell_tui.testing.case import Case, UnusableFile
    from clamshell_tui.testing.junit import SuiteRun
    from clamshell_tui.testing.reports import ScenarioReport, Shard, SuiteReport
    from clamshell_tui.testing.suite import SuiteOptions

_EPILOG = """\b
Examples:
  clamshell test scenarios/
  clamshell test mine.toml --seeds 100 --jobs 4
  clamshell test scenarios/ -k pay --junit out.xml --json out.json
  clamshell test scenarios/ --shard 1/4 --json 1.json
  clamshell test --merge 1.json 2.json 3.json 4.json --junit out.xml
  clamshell test mine.toml --seed 7 --out mine-7.db
  clamshell test --live scenarios/
  clamshell test --conformance mine.toml
  clamshell test --metrics

\b
Exit codes: 0 all expectations hold, 1 some do not, 2 a scenario cannot be used (the
others are tested), 3 the machine refuses.
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
    fail_fast: bool
    shard: "Shard | None"
    merge: bool
    baseline: Path | None
    annotations: str
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

    @property
    def suite(self) -> "SuiteOptions":
        from clamshell_tui.testing.case import LiveOptions
        from clamshell_tui.testing.suite import SuiteOptions

        live = LiveOptions(
            seeds=self.seeds_live,
            speed=self.speed,
            port=self.port,
            jobs=self.jobs,
            out=self.out,
            overwrite=self.force,
        )
        return SuiteOptions(
            seeds=self.seeds_simulated,
            jobs=processes(self.jobs),
            live=self.live,
            live_options=live,
            out=self.out,
            overwrite=self.force,
            in_order=not self.fail_fast,
        )


def _shard(_: click.Context, __: click.Parameter, text: str | None) -> "Shard | None":
    from clamshell_tui.testing.reports import parse_shard

    shard = None if text is None else parse_shard(text)
    if text is not None and shard is None:
        raise click.BadParameter("write, for example, 1/4: the first of four parts")
    return shard


@click.command(epilog=_EPILOG)
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=complete_scenario)
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
@click.option("--fail-fast", is_flag=True, help="Stop after the first scenario that fails.")
@click.option(
    "--shard",
    metavar="I/N",
    callback=_shard,
    help="Test every N-th scenario, beginning with the I-th: one of N jobs.",
)
@click.option("--merge", is_flag=True, help="Test nothing: merge the JSON reports at PATH.")
@path_option(
    "--baseline", help="Compare each [[track]] with this JSON report; fail if it got worse."
)
@click.option(
    "--annotations",
    type=click.Choice(["auto", "github", "none"]),
    default="auto",
    show_default=True,
    help="Mark failures in the files on GitHub; auto: in a workflow of it.",
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
    type=SpeedRange(),
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
    _refuse_contradictions(options.settings)
    if not options.paths:
        raise click.UsageError("name a scenario, or a directory with some")
    stop_tidily()
    return _merge(options) if options.merge else _test(options)


def _refuse_contradictions(settings: Sequence[str]) -> None:
    refuse_together("seed", "seeds")
    runs = ("seeds", "jobs", "out", "force", "fail_fast", "shard", "live")
    refuse_together("conformance", *runs, "junit", "json_file", "annotations", "baseline")
    chosen = ("seed", "name", "settings", "speed", "port", "silent")
    refuse_together("merge", "conformance", *runs, *chosen)
    refuse_set(settings, {"seed": "--seeds"})


def _test(options: SuiteArguments) -> int:
    from clamshell_tui.testing.case import Case, UnusableFile
    from clamshell_tui.testing.files import load_cases

    found = load_cases(options.paths, options.settings)
    files = _chosen(found, options)
    cases = [each for each in files if isinstance(each, Case)]
    _check_outputs(options, cases, [path for each in found for path in each.files])
    baseline = _baseline(options.baseline)
    unusable = [each for each in files if isinstance(each, UnusableFile)]
    for each in unusable:
        click.echo(f"clamshell: error: {show(each.reason)}", err=True)
    studies = [show(each.source) for each in cases if each.study]
    if studies and (options.conformance or options.out is not None):
        option = "--conformance" if options.conformance else "--out"
        raise click.UsageError(f"{option} is for scenarios, and {studies[0]} is a study")
    if options.conformance:
        agree = _compare(cases, options.seed or 0, options.speed)
        return test_output.UNUSABLE if unusable else agree
    for case in cases:
        _warn_of_nothing(case)
    if baseline is not None and not any(case.variants[()].track for case in cases):
        _warn("no scenario has a [[track]]: --baseline compares nothing")
    began, run = perf_counter(), _started()
    report, times = _run(files, options, baseline)
    run = run._replace(seconds=perf_counter() - began, by_scenario=times)
    test_output.write_reports(report, run, options.junit, options.json_file)
    test_output.annotate(report, options.annotations)
    return test_output.conclude(report, run.seconds, left_out=len(files) - len(report.scenarios))


def _merge(options: SuiteArguments) -> int:
    from clamshell_tui.testing.reports import merged, read_json, suite_report

    paths = [Path(path) for path in options.paths]
    _check_outputs(options, [], paths)
    report = merged([read_json(path) for path in paths])
    baseline = _baseline(options.baseline)
    if baseline is not None:
        report = suite_report([baseline.compared(each) for each in report.scenarios])
    for scenario in report.scenarios:
        test_output.print_verdict(scenario)
    test_output.write_reports(report, _started(), options.junit, options.json_file)
    test_output.annotate(report, options.annotations)
    return test_output.conclude(report, None)


def _baseline(path: Path | None) -> "Baseline | None":
    from clamshell_tui.testing.baseline import Baseline
    from clamshell_tui.testing.reports import read_json

    return None if path is None else Baseline(read_json(path))


def _started() -> "SuiteRun":
    from platform import node

    from clamshell_tui.testing.junit import SuiteRun

    return SuiteRun(strftime("%Y-%m-%dT%H:%M:%S", gmtime()), node(), 0.0, {})


def _check_outputs(options: SuiteArguments, cases: Sequence["Case"], read: Sequence[Path]) -> None:
    out = options.out
    read = [*read, *([] if options.baseline is None else [options.baseline])]
    if out is not None and (options.seed is None or len(cases) > 1):
        raise click.UsageError("--out keeps one run: name one scenario and its --seed")
    test_output.check_outputs(options.junit, options.json_file, out, read)


# Which scenarios


def _chosen(
    found: Sequence["Case | UnusableFile"], options: SuiteArguments
) -> Sequence["Case | UnusableFile"]:
    name, shard = options.name, options.shard
    chosen = [each for each in found if name is None or name in each.name]
    if not chosen:
        known = ", ".join(each.name for each in found)
        raise InputError(
            f'no scenario has "{show(name or "")}" in its name. There are {show(known)}'
        )
    return chosen if shard is None else chosen[shard.number - 1 :: shard.parts]


def _warn_of_nothing(case: "Case") -> None:
    if not case.expectations and not case.variants[()].track:
        _warn(
            f"{show(case.source)} expects nothing: it only has to run to its end. Add an [[expect]]"
        )


def _warn(text: str) -> None:
    click.echo(f"clamshell: warning: {text}", err=True)


def _list_metrics() -> int:
    from clamshell_tui.run import metrics
    from clamshell_tui.study import metrics as of_studies

    words = dict(metrics.described())
    words["CONDITION:METRIC"] = "a study: one of those above, of the run of a condition"
    words |= {word: f"a study: {meaning}" for word, meaning in of_studies.described()}
    width = max(map(len, words))
    for word, meaning in words.items():
        click.echo(f"{word:{width}}  {meaning}")
    return 0


# Running


def _run(
    files: Sequence["Case | UnusableFile"], options: SuiteArguments, baseline: "Baseline | None"
) -> tuple["SuiteReport", dict[int, float]]:
    """Test the usable files, print each verdict as it is known; return report and times."""
    from clamshell_tui.testing.case import Case, UnusableFile
    from clamshell_tui.testing.reports import suite_report, unusable_report

    known = {n: unusable_report(f) for n, f in enumerate(files) if isinstance(f, UnusableFile)}
    seconds: dict[int, float] = {}
    cases = {n: each for n, each in enumerate(files) if isinstance(each, Case)}
    if options.fail_fast and known:
        cases = {}
    for number, report, seconds[number] in _reports(cases, options, baseline):
        known[number] = report
        test_output.print_verdict(report)
        if options.out is not None and not (report.died or report.error):
            click.echo(f"kept in {show(str(options.out))}", err=True)
    numbers = sorted(known)
    suite = suite_report([known[number] for number in numbers], options.shard)
    return suite, {place: seconds.get(number, 0.0) for place, number in enumerate(numbers)}


def _reports(
    cases: dict[int, "Case"], options: SuiteArguments, baseline: "Baseline | None"
) -> Iterator[tuple[int, "ScenarioReport", float]]:
    """Yield number, report and seconds of each; with --fail-fast, end with the first failure."""
    from clamshell_tui.testing.reports import scenario_report
    from clamshell_tui.testing.suite import run_suite

    suite, numbers = options.suite, list(cases)
    live = sum(map(suite.tests_live, cases.values()))
    total = (len(cases) - live) * len(suite.seeds) + live
    with (
        _progress(total, silent=options.silent) as advance,
        closing(run_suite(list(cases.values()), suite, advance)) as verdicts,
    ):
        for place, verdict in verdicts:
            report = scenario_report(verdict)
            if baseline is not None:
                report = baseline.compared(report)
            yield numbers[place], report, verdict.seconds
            if options.fail_fast and not report.passed:
                return


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
    return 0 if agree else test_output.FAILED


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
