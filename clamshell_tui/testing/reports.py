"""The report of a suite as plain data: what JSON holds, and text, JUnit and annotations show.

The JSON has no times, so equal verdicts give equal text, and merged shards equal one run.
"""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from clamshell_tui.errors import InputError
from clamshell_tui.run.metrics import Value
from clamshell_tui.runfile.output_path import begins_with
from clamshell_tui.scenario.expectation import sentence
from clamshell_tui.testing.case import UnusableFile
from clamshell_tui.testing.explain import failure_lines
from clamshell_tui.testing.verdict import Judgement, TrialVerdict
from clamshell_tui.text import show

SCHEMA, VERSION = "clamshell-test", 1
_SHARD = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
_LINE = re.compile(r" line (\d+)\b")
_BEGIN = f'{{\n  "schema": "{SCHEMA}",'
_FORMER = tuple(f'{{\n  "passed": {word},\n  "scenarios": [' for word in ("true", "false"))

is_json = begins_with(_BEGIN, *_FORMER)
"""Whether :func:`as_json`, of this version or the one before, made a file."""


class DeadSeed(Struct, frozen=True):
    """A seed whose run died."""

    seed: int
    reason: str
    replay: str


class ExpectationReport(Struct, frozen=True):
    """One expectation: ``got`` is by seed, ``details`` explain a failure over several lines."""

    expected: str
    line: int
    because: str
    passed: bool
    held: int
    required: int
    got: dict[str, int | float | str | None]  # whole numbers stay whole when read back
    replay: str | None
    details: str


class BaselineReport(Struct, frozen=True):
    """Pairs of seeds now and in an earlier report.

    ``worse`` is the mean difference in the direction that is worse, as a share of the mean before,
    ``low`` and ``high`` its 95 % interval, unknown with a single pair.
    """

    passed: bool
    pairs: int
    before: float
    now: float
    worse: float
    low: float | None
    high: float | None
    details: str


class TrackedReport(Struct, frozen=True):
    """One tracked metric: its values by seed, and the comparison, if there was one."""

    metric: str
    line: int
    worse: str
    by: float
    values: dict[str, float | None]
    baseline: BaselineReport | None = None


class ScenarioReport(Struct, frozen=True):
    """One scenario. ``error`` is why its file cannot be used; then nothing else is known."""

    name: str
    file: str
    passed: bool
    error: str = ""
    seeds: tuple[int, ...] = ()
    died: tuple[DeadSeed, ...] = ()
    expectations: tuple[ExpectationReport, ...] = ()
    tracked: tuple[TrackedReport, ...] = ()

    @property
    def error_line(self) -> int:
        """The line that the error names, or the first."""
        found = _LINE.search(self.error)
        return int(found[1]) if found else 1

    @property
    def worsened(self) -> tuple[TrackedReport, ...]:
        return tuple(e for e in self.tracked if e.baseline is not None and not e.baseline.passed)

    @property
    def failed(self) -> tuple[ExpectationReport, ...]:
        return tuple(each for each in self.expectations if not each.passed)


class SuiteReport(Struct, frozen=True, kw_only=True):
    """All scenarios in the order of the command line; ``shard`` is "1/4" for a part of them."""

    schema: str = SCHEMA
    version: int = VERSION
    passed: bool
    shard: str | None = None
    scenarios: tuple[ScenarioReport, ...]


class Shard(NamedTuple):
    """Part ``number`` (from 1) of ``parts``: every ``parts``-th scenario."""

    number: int
    parts: int

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"


def parse_shard(text: str) -> Shard | None:
    """Return the shard that ``1/4`` names; None if it names none."""
    found = _SHARD.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        return None
    return Shard(int(found[1]), int(found[2]))


def suite_report(scenarios: Sequence[ScenarioReport], shard: Shard | None = None) -> SuiteReport:
    passed = all(each.passed for each in scenarios)
    named = None if shard is None else str(shard)
    return SuiteReport(passed=passed, shard=named, scenarios=tuple(scenarios))


def scenario_report(verdict: TrialVerdict) -> ScenarioReport:
    case = verdict.case
    whole = [each for each in verdict.results if not each.broken]
    if verdict.refused:
        return ScenarioReport(case.name, case.source, passed=False, error=verdict.refused)
    return ScenarioReport(
        name=case.name,
        file=case.source,
        passed=verdict.passed,
        seeds=tuple(result.seed for result in verdict.results),
        died=tuple(DeadSeed(s, reason, verdict.replay(s)) for s, reason in verdict.broken),
        expectations=tuple(
            _expectation(each, verdict, line, {str(r.seed): r.findings[number].got for r in whole})
            for number, (each, line) in enumerate(zip(verdict.judgements, case.lines, strict=True))
        ),
        tracked=tuple(
            TrackedReport(
                each.metric,
                line,
                each.worse,
                each.by,
                {str(result.seed): _number(result.tracked[number]) for result in whole},
            )
            for number, (each, line) in enumerate(
                zip(case.variants[()].track, case.track_lines, strict=True)
            )
        ),
    )


def _number(value: Value) -> float | None:
    assert not isinstance(value, str), "a tracked metric is a number"
    return value


def _expectation(
    judgement: Judgement, verdict: TrialVerdict, line: int, got: dict[str, Value]
) -> ExpectationReport:
    failed = not judgement.passed and bool(judgement.failures)
    return ExpectationReport(
        expected=sentence(judgement.expectation),
        line=line,
        because=judgement.expectation.because,
        passed=judgement.passed,
        held=judgement.held,
        required=judgement.required,
        got=got,
        replay=verdict.replay(judgement.failures[0][0]) if failed else None,
        details="\n".join(failure_lines(judgement, verdict)) if failed else "",
    )


def unusable_report(file: UnusableFile) -> ScenarioReport:
    return ScenarioReport(file.name, file.source, passed=False, error=file.reason)


# JSON


def as_json(report: SuiteReport) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def read_json(path: Path) -> SuiteReport:
    """Return the report in a file; InputError if it holds none of this version."""
    name = show(str(path))
    try:
        if path.is_fifo() and not path.is_relative_to("/dev"):  # reading would wait for a writer
            raise InputError(f"{name} is a pipe, not a report. Name a file")
        report = msgspec.json.decode(path.read_bytes(), type=SuiteReport)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}. Name a report in JSON") from error
    except ValueError as error:
        raise InputError(f"{name} is no report of clamshell test --json. Name one") from error
    if (report.schema, report.version) != (SCHEMA, VERSION):
        raise InputError(
            f"{name} has the schema {show(report.schema)} {report.version}, not {SCHEMA} {VERSION}."
            " Make all reports with one version of clamshell"
        )
    return report


# Merging


def merged(reports: Sequence[SuiteReport]) -> SuiteReport:
    """Return one report of several: of all shards in their former order, of others one by one.

    InputError if a shard is missing or there twice.
    """
    shards = [parse_shard(each.shard or "") for each in reports]
    known = {shard for shard in shards if shard is not None}
    if not known:
        return suite_report([each for report in reports for each in report.scenarios])
    parts = next(iter(known)).parts
    if None in shards or any(shard.parts != parts for shard in known):
        raise InputError("these reports are not the shards of one suite. Merge those of one")
    numbers = [shard.number for shard in shards if shard is not None]
    for number in range(1, parts + 1):
        if numbers.count(number) != 1:
            there = "missing" if number not in numbers else "there twice"
            raise InputError(f"shard {number}/{parts} is {there}. Name each report once")
    ordered = [each for _, each in sorted(zip(numbers, reports, strict=True), key=itemgetter(0))]
    return suite_report(list(_dealt([each.scenarios for each in ordered])))


def _dealt(hands: Sequence[Sequence[ScenarioReport]]) -> Iterator[ScenarioReport]:
    """Undo dealing out one by one; the last round may be short."""
    for place in range(max(map(len, hands))):
        yield from (hand[place] for hand in hands if place < len(hand))
