"""Explains a failed expectation: its values, seeds, replay command, and the events behind it."""

from collections.abc import Callable, Iterator

from clamshell_tui.core.ids import TaskId, WorkerId
from clamshell_tui.formats import count
from clamshell_tui.run import audit
from clamshell_tui.run.finished_run import KINDS, FinishedRun
from clamshell_tui.run.metrics import Metric
from clamshell_tui.scenario.expectation import Expectation, sentence, shown
from clamshell_tui.testing.case import Finding
from clamshell_tui.testing.verdict import Judgement, TrialVerdict
from clamshell_tui.text import show

_SEEDS_SHOWN = 3
_SHOWN = 12  # events, of possibly thousands

_BY_TASK: dict[str, Callable[[FinishedRun], audit.PerTask]] = {
    "tasks.most_live": audit.live_by_task,
    "work.over_assignments": audit.over_by_task,
    "work.not_withdrawn": audit.surviving_by_task,
    "labels.lost": audit.lost_by_task,
}


def story_behind(metric: Metric, run: FinishedRun) -> str:
    """Return the story of the metric's worker or worst task, or the times of its events.

    Empty for a number of the summary, which has no single cause.
    """
    if metric.about_worker:
        worker = WorkerId(run.worker_id(metric.subject))
        return run.engine.story(worker)
    if metric.word in _BY_TASK:
        counts = _BY_TASK[metric.word](run)
        if any(counts.values()):
            return run.engine.story(TaskId(max(counts, key=counts.__getitem__)), "task")
    kind = metric.word.partition(".")[0].removesuffix("()")
    return _happenings(kind, run) if kind in KINDS else ""


def _happenings(kind: str, run: FinishedRun) -> str:
    found = run.occurrences(kind)
    lines = [f"{kind}: {len(found)} times"]
    lines += [f"  {at:.3f} {whom}".rstrip() for at, whom in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  ... and {len(found) - _SHOWN} more")
    return "\n".join(lines)


def failure_lines(judgement: Judgement, verdict: TrialVerdict) -> Iterator[str]:
    """Yield the details of an expectation that failed, without control characters."""
    expectation, seeds = judgement.expectation, len(verdict.results)
    yield f"expected {show(sentence(expectation))}"
    if expectation.because:
        yield f"    because {show(expectation.because)}"
    if seeds > 1:
        yield f"    held in {judgement.held} of {seeds} seeds, must in {judgement.required}"
    if seeds < expectation.fewest_seeds:
        few, more = count(seeds, "seed"), expectation.fewest_seeds
        yield f"    {few} cannot judge {expectation.in_}; try --seeds {more} or more"
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
