"""Two runs side by side: what one changed setting is worth."""

from typing import Literal, NamedTuple

from clamshell_tui.formats import duration, money
from clamshell_tui.run.summary import Summary

Unit = Literal["seconds", "micros", "share", "rate", "count"]


class Comparison(NamedTuple):
    """One measure of run ``a`` (as asked) and run ``b`` (with the changed setting).

    ``ratio`` is the larger over the smaller, at least 1, or None where it says nothing; ``words``
    describes a relative to b, such as ``3.8x shorter``; ``better`` says whether that is good for a,
    and is None where neither is, or where they are the same.
    """

    name: str
    unit: Unit
    a: float | None
    b: float | None
    ratio: float | None
    words: str
    better: bool | None


def compare(a: Summary, b: Summary) -> list[Comparison]:
    """Every measure that a setting of the paper is meant to move, the headlines first."""
    return [
        _row("time to the labels", "seconds", a.seconds, b.seconds, _TIME),
        _row("labels per minute", "rate", a.labels.per_minute, b.labels.per_minute, _SIZE),
        _row("mean batch latency", "seconds", a.batches.mean, b.batches.mean, _TIME),
        _row("p95 batch latency", "seconds", a.batches.p95, b.batches.p95, _TIME),
        _row("std of batch latency", "seconds", a.batches.deviation, b.batches.deviation, _SPREAD),
        _row(
            "std of tasks in a batch",
            "seconds",
            a.batches.task_deviation,
            b.batches.task_deviation,
            _SPREAD,
        ),
        _row(
            "decision latency", "seconds", a.batches.decision_mean, b.batches.decision_mean, _TIME
        ),
        _row("mean pool latency, end", "seconds", a.batches.mpl_end, b.batches.mpl_end, _TIME),
        _row("cost", "micros", a.cost.total, b.cost.total, _MONEY),
        _row("for waiting", "micros", a.cost.waiting, b.cost.waiting, _MONEY),
        _row("for terminated work", "micros", a.cost.terminated, b.cost.terminated, _MONEY),
        _row("cost per label", "micros", a.cost.per_label, b.cost.per_label, _MONEY),
        _row("labels", "count", a.labels.delivered, b.labels.delivered, _COUNT),
        _row("label accuracy", "share", a.labels.accuracy, b.labels.accuracy, _SIZE),
        _row("model accuracy", "share", a.model.accuracy, b.model.accuracy, _SIZE),
        _row("assignments", "count", a.work.assignments, b.work.assignments, _COUNT),
        _row("terminated", "count", a.work.terminated, b.work.terminated, _COUNT),
        _row("evictions", "count", len(a.workers.evicted), len(b.workers.evicted), _COUNT),
    ]


class _Words(NamedTuple):
    less: str
    more: str
    more_is_better: bool | None = None


_TIME = _Words("shorter", "longer", False)
_SPREAD = _Words("steadier", "less steady", False)
_MONEY = _Words("cheaper", "dearer", False)
_SIZE = _Words("lower", "higher", True)
_COUNT = _Words("fewer", "more")
_NOTICEABLE = 1.005  # a smaller ratio is "about the same"


def _row(name: str, unit: Unit, a: float | None, b: float | None, words: _Words) -> Comparison:
    if a is None or b is None:
        return Comparison(name, unit, a, b, None, "", None)
    ratio = _ratio(unit, a, b)
    if a == b or (ratio is not None and ratio < _NOTICEABLE):
        return Comparison(name, unit, a, b, ratio, "the same" if a == b else "about the same", None)
    word = words.less if a < b else words.more
    better = None if words.more_is_better is None else words.more_is_better == (a > b)
    return Comparison(name, unit, a, b, ratio, f"{_amount(unit, a, b, ratio)} {word}", better)


def _ratio(unit: Unit, a: float, b: float) -> float | None:
    """A ratio of shares hides what a point of accuracy costs, and nothing has none."""
    smaller, larger = sorted((a, b))
    return larger / smaller if smaller > 0 and unit != "share" else None


def _amount(unit: Unit, a: float, b: float, ratio: float | None) -> str:
    difference = abs(a - b)
    if unit == "share":
        return f"{difference * 100:.1f} points"
    if ratio is None:
        return {"seconds": duration(difference), "micros": money(difference)}.get(
            unit, f"{difference:,.4g}"
        )
    return f"{ratio:.2f}x" if ratio < 2 else f"{ratio:.1f}x" if ratio < 100 else f"{ratio:.0f}x"
