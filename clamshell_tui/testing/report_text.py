"""Verdicts as text: a line each, for a failure its details, and annotations for GitHub."""

from collections.abc import Iterator

from clamshell_tui.formats import count
from clamshell_tui.testing.reports import ScenarioReport, SuiteReport
from clamshell_tui.text import show

_SEEDS_SHOWN = 3


def headline(report: ScenarioReport) -> str:
    """``ok    stragglers: 4 expectations, 20 seeds``, or why the file cannot be used."""
    name, seeds = show(report.name), count(len(report.seeds), "seed")
    if report.error:
        return f"{show(report.file)}: {show(report.error)}"
    if report.died:
        return f"FAIL  {name}: {len(report.died)} of {seeds} died"
    total = count(len(report.expectations), "expectation")
    wrong = [f"{len(report.failed)} of {total} failed"] if report.failed else []
    worse = count(len(report.worsened), "tracked metric")
    wrong += [f"{worse} worse than the baseline"] if report.worsened else []
    if wrong:
        return f"FAIL  {name}: {', '.join(wrong)}, {seeds}"
    if not report.expectations:
        return f"none  {name}: nothing expected, {seeds} ran to the end"
    return f"ok    {name}: {total}, {seeds}"


def explanation(report: ScenarioReport) -> str:
    """Return the details of all failures, over several lines; empty if the scenario passed."""
    failed = [each.details for each in report.failed if each.details]
    worse = [each.baseline.details for each in report.worsened if each.baseline is not None]
    return "\n".join([*died_lines(report), *failed, *worse])


def died_lines(report: ScenarioReport) -> Iterator[str]:
    """Yield the reasons of the first seeds that died, each with the command that repeats it."""
    for each in report.died[:_SEEDS_SHOWN]:
        first, *others = each.reason.splitlines()
        how = "" if first.startswith("step ") else "the run died at "
        yield f"{how}seed {each.seed}: {show(first)}"
        yield from (f"    {show(line)}" for line in others)
        yield f"    replay: {each.replay}"


def annotations(report: SuiteReport) -> Iterator[str]:
    """Yield a workflow command of GitHub for each failure, beside its line of the file."""
    for scenario in report.scenarios:
        if scenario.error:
            yield _annotation(
                scenario.file, scenario.error_line, "unusable scenario", scenario.error
            )
        if scenario.died:
            yield _annotation(scenario.file, 1, headline(scenario)[6:], explanation(scenario))
        for each in scenario.failed:
            if each.details:
                yield _annotation(scenario.file, each.line, each.expected, each.details)
        for tracked in scenario.worsened:
            if tracked.baseline is not None:
                title = f"{tracked.metric} is worse"
                yield _annotation(scenario.file, tracked.line, title, tracked.baseline.details)


def _annotation(file: str, line: int, title: str, text: str) -> str:
    place = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::error {place}::{_escaped(text)}"


def _escaped(text: str) -> str:
    lines = (show(line) for line in text.splitlines())
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
