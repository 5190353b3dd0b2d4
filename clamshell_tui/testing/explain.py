"""Explains a failed expectation by the events behind its value."""

from collections.abc import Callable

from clamshell_tui.core.ids import TaskId, WorkerId
from clamshell_tui.run import audit
from clamshell_tui.run.finished_run import KINDS, FinishedRun
from clamshell_tui.run.metrics import Metric

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
