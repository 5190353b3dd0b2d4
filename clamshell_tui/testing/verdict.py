"""Judges each expectation, and the scenario, over the results of all seeds."""

import shlex
from collections.abc import Sequence

from msgspec import Struct

from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.testing.case import Case, Finding, SeedResult


class Judgement(Struct, frozen=True):
    """One expectation over all seeds; ``failures`` are the seeds at which it does not hold."""

    expectation: Expectation
    held: int
    required: int
    failures: tuple[tuple[int, Finding], ...]

    @property
    def passed(self) -> bool:
        return self.held >= self.required


class TrialVerdict(Struct, frozen=True):
    """One scenario over all seeds; ``broken`` are the runs that died, by seed."""

    case: Case
    results: tuple[SeedResult, ...]
    judgements: tuple[Judgement, ...]
    broken: tuple[tuple[int, str], ...]

    @property
    def refused(self) -> str:
        """Why the scenario cannot be run, a mistake of the user; empty if it can."""
        return next((result.refused for result in self.results if result.refused), "")

    @property
    def passed(self) -> bool:
        """Whether every run ended well and every expectation holds."""
        unhurt = not self.broken and not self.refused
        return unhurt and all(each.passed for each in self.judgements)

    @property
    def seconds(self) -> float:
        """Wall-clock time of all its runs together."""
        return sum(result.seconds for result in self.results)

    @property
    def failed(self) -> tuple[Judgement, ...]:
        return tuple(each for each in self.judgements if not each.passed)

    def replay(self, seed: int) -> str:
        """Return the command that runs this seed again, keeps its run file and explains it.

        A study has no single run file.
        """
        settings = [word for change in self.case.overrides for word in ("--set", change)]
        live = ["--live"] if self.case.live and not self.case.needs_live else []
        words = ["clamshell", "test", *live, self.case.source, *settings, "--seed", str(seed)]
        kept = [] if self.case.study else ["--out", f"{self.case.name}-{seed}.db"]
        return shlex.join([*words, *kept])


def judge(case: Case, results: Sequence[SeedResult]) -> TrialVerdict:
    """Judge the results, one for each seed, by the case's expectations."""
    ordered = tuple(sorted(results, key=lambda result: result.seed))
    broken = tuple((result.seed, result.broken) for result in ordered if result.broken)
    whole = [result for result in ordered if not result.broken and not result.refused]
    judgements = tuple(
        _judged(expectation, [(r.seed, r.findings[number]) for r in whole], len(ordered))
        for number, expectation in enumerate(case.expectations)
    )
    return TrialVerdict(case, ordered, judgements, broken)


def _judged(expectation: Expectation, found: list[tuple[int, Finding]], seeds: int) -> Judgement:
    failures = tuple((seed, finding) for seed, finding in found if not finding.holds)
    held = len(found) - len(failures)
    return Judgement(expectation, held, expectation.required(seeds), failures)
