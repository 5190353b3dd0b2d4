"""How quickly labels come: over time, of late, and when the last of them may be there."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from clamshell_tui.formats import duration
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Figure, Series
from clamshell_tui.operator_app.widgets.numbers import clock, time_step

BINS = 48  # of the curve, at most
_RECENT = 60.0  # seconds at least, that "now" means
_SHARE = 4  # and at least this part of the labelling so far


def rates(times: Sequence[float], start: float, at: float) -> tuple[float, ...]:
    """Labels a minute in equal steps of customary length from ``start``; only whole steps."""
    if at <= start:
        return ()
    step = time_step((at - start) / BINS)
    edges = range(int(start // step), int(at // step) + 1)
    counts = [bisect_left(times, edge * step) for edge in edges]
    per_minute = 60.0 / step
    return tuple([(after - before) * per_minute for before, after in pairwise(counts)])


def labels_figure(view: View) -> Figure:
    """Labels delivered over time; grows by a point at each step, not at each frame."""
    start, times = view.frame.run.first_assignment, view.history.label_times()
    if start is None or start > view.at:
        return Figure()
    step = time_step((view.at - start) / BINS)
    edges = [edge * step for edge in range(int(start // step), int(view.at // step) + 1)]
    points = tuple([(edge, float(bisect_left(times, edge))) for edge in edges])
    return Figure(series=(Series("", points, "step", area=True),), x_label="time", x_format=clock)


def recent_rate(times: Sequence[float], start: float, at: float) -> float | None:
    """Labels a minute over the last minute, or the last quarter of the time if that is longer."""
    span = min(at - start, max(_RECENT, (at - start) / _SHARE))
    if span <= 0:
        return None
    first, last = bisect_left(times, at - span), bisect_left(times, at)
    return (last - first) * 60.0 / span


def mean_rate(times: Sequence[float], start: float, at: float) -> float | None:
    """Labels a minute since ``start``."""
    return bisect_left(times, at) * 60.0 / (at - start) if at > start else None


def whole(seconds: float | None) -> str:
    """A time that goes on, without parts of a second: what changes ten times a second is noise."""
    if seconds is None or seconds >= 60:
        return duration(seconds)
    return f"{int(seconds)} s"


def goal(view: View) -> int:
    """How many labels there will be: all records that are there by now, or the budget if less."""
    run = view.frame.run
    records = max(0, run.records - run.set_aside)
    return records if run.budget is None else min(run.budget, records)


def seconds_left(view: View) -> float | None:
    """Until the goal is reached if it goes on as of late; None if that cannot be told."""
    run = view.frame.run
    if run.phase != "labelling" or run.paused or run.first_assignment is None:
        return None
    rate = recent_rate(view.history.label_times(), run.first_assignment, view.at)
    left = goal(view) - view.history.labels_until(view.at)
    return left * 60.0 / rate if rate and left >= 0 else None
