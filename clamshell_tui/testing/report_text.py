"""Verdicts as text: a line each, and for a failure its values, seeds and replay command."""

from collections.abc import Iterator

from clamshell_tui.formats import count
from clamshell_tui.scenario.expectation import Expectation, sentence, shown
from clamshell_tui.testing.case import Finding
from clamshell_tui.testing.verdict import Judgement, TrialVerdict
from clamshell_tui.text import show

_SEEDS_SHOWN = 3


def headline(verdict: TrialVerdict) -> str:
    """``ok    stragglers: 4 expectations, 20 seeds``."""
    name, seeds = show(verdict.case.name), count(len(verdict.results), "seed")
    if verdict.broken:
        return f"FAIL  {name}: {len(verdict.broken)} of {seeds} died"
    if verdict.failed:
        total = count(len(verdict.judgements), "expectation")
        return f"FAIL  {name}: {len(verdict.failed)} of {total} failed, {seeds}"
    if not verdict.judgements:
        return f"none  {name}: nothing expected, {seeds} ran to the end"
    return f"ok    {name}: {count(len(verdict.judgements), 'expectation')}, {seeds}"


def explanation(verdict: TrialVerdict) -> str:
    """Return the details of all failures, over several lines; empty if the scenario passed."""
    return "\n".join(_explained(verdict))


def _explained(verdict: TrialVerdict) -> Iterator[str]:
    for seed, reason in verdict.broken[:_SEEDS_SHOWN]:
        first, *others = reason.splitlines()
        how = "" if first.startswith("step ") else "the run died at "
        yield f"{how}seed {seed}: {show(first)}"
        yield from (f"    {show(line)}" for line in others)
        yield f"    replay: {verdict.replay(seed)}"
    for judgement in verdict.failed:
        if judgement.failures:
            yield from _judged(judgement, verdict)


def _judged(judgement: Judgement, verdict: TrialVerdict) -> Iterator[str]:
    expectation, seeds = judgement.expectation, len(verdict.results)
    yield f"expected {show(sentence(expectation))}"
    if expectation.because:
        yield f"    because {show(expectation.because)}"
    if seeds > 1:
        yield f"    held in {judgement.held} of {seeds} seeds, must in {judgement.required}"
    for seed, finding in judgement.failures[:_SEEDS_SHOWN]:
        yield f"    seed {seed}: got {_got(expectation, finding)}"
    left = len(judgement.failures) - _SEEDS_SHOWN
    if left > 0:
        yield f"    ... and {count(left, 'more seed')}"
    yield f"    replay: {verdict.replay(judgement.failures[0][0])}"
    story = next((finding.story for _, finding in judgement.failures if finding.story), "")
    yield from (f"    | {show(line)}" for line in story.splitlines())


def _got(expectation: Expectation, finding: Finding) -> str:
    got = shown(finding.got)
    if not expectation.changes:
        return got
    return f"{got} ({shown(finding.measured)} against {shown(finding.other)})"
