"""Rows and columns of the pool's table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clamshell_tui.formats import assessed, duration, money
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.table_layout import Column, Span
from clamshell_tui.run.history import History
from clamshell_tui.run.snapshot import WorkerSnapshot
from clamshell_tui.run.tables import WorkerRow

_NOTHING = "-"
_LATE = 1.0  # times the expected age
_VERY_LATE = 2.0
_METER = 6  # cells
_STATES = {  # a sign stands with every colour
    "active": ("working", "good"),
    "available": ("waiting", "accent"),
    "reserve": ("reserve", "text"),
    "training": ("training", "purple"),
    "away": ("away", "bad"),
    "evicted": ("evicted", "bad"),
    "left": ("left", "muted"),
    "rejected": ("rejected", "muted"),
}


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One worker; unknown figures are None. Latencies are in seconds per label.

    ``age`` is in whole seconds: tenths would repaint every row ten times a second.
    """

    key: str
    slot: int | None
    worker: str
    state: str
    task: str
    age: float | None
    expected: float | None
    completed: int
    terminated: int
    fast: int
    empirical: float | None
    termest: float | None
    censored: float | None
    p_value: float | None
    slow: float | None
    threshold: float | None
    gold: float | None
    agreement: float | None
    pay: int
    wage: float | None
    why: str = ""
    over: bool = False


def present_row(card: WorkerSnapshot, view: View) -> PoolRow:
    """Row of a present worker."""
    task = "" if card.task is None else f"#{card.task}"
    return PoolRow(
        key=card.worker,
        slot=None if card.slot is None else card.slot + 1,
        worker=card.worker,
        state=card.state if card.connected else "away",
        task=f"{task} dup" if card.duplicate else task,
        age=None if card.task is None else float(int(card.task_age)),
        expected=card.expected,
        completed=card.completed,
        terminated=card.terminated,
        fast=card.fast,
        empirical=card.empirical,
        termest=card.termest,
        censored=card.censored,
        p_value=card.p_value,
        slow=card.slow,
        threshold=view.speed_limit,
        gold=_share(card.gold_right, card.gold_asked),
        agreement=_share(card.agreed, card.compared),
        pay=card.owed_micros // 1000 * 1000,
        wage=_steady(card.wage),
    )


def former_row(worker: WorkerRow, history: History, view: View) -> PoolRow:
    """Row of a former worker, with the reason and, for an eviction, its evidence.

    An estimate of speed appears only in the column of the estimator that made it.
    """
    last = view.source.replica.worker(worker.id)
    verdict = next((e for e in history.evictions if e.worker == worker.id), None)
    why = worker.reason if verdict is None else assessed(verdict.reason, verdict.estimate)
    by_speed = verdict is not None and verdict.reason == "latency"
    estimator = view.source.config.maintenance.latency_estimator if by_speed else ""
    estimate = verdict.estimate if verdict is not None else None
    evidence = verdict.evidence if verdict is not None else None
    return PoolRow(
        key=worker.id,
        slot=None,
        worker=worker.id,
        state=last.state,
        task="",
        age=None,
        expected=None,
        completed=last.completed,
        terminated=last.terminated,
        fast=last.fast,
        empirical=last.empirical,
        termest=estimate if estimator == "termest" else None,
        censored=estimate if estimator == "censored" else None,
        p_value=evidence if estimator == "termest" else None,
        slow=evidence if estimator == "censored" else None,
        threshold=view.speed_limit,
        gold=_share(last.gold_right, last.gold_asked),
        agreement=_share(last.agreed, last.compared),
        pay=last.owed_micros // 1000 * 1000,
        wage=_steady(last.wage),
        why="" if why in (None, last.state) else why,
        over=True,
    )


def _steady(wage: float | None) -> float | None:
    """Return a wage in tenths of a dollar, which does not change with every second."""
    return None if wage is None else round(wage, 1)


def row_ink(row: PoolRow) -> str:
    return "muted" if row.over else "text"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _latency(read: Callable[[PoolRow], float | None]) -> Callable[[PoolRow], str]:
    def text(row: PoolRow) -> str:
        value = read(row)
        if value is None:
            return _NOTHING
        above = row.threshold is not None and value > row.threshold and not row.over
        return f"{'!' if above else ''}{value:.1f}"

    return text


def _above(read: Callable[[PoolRow], float | None]) -> Callable[[PoolRow], str]:
    def ink(row: PoolRow) -> str:
        value = read(row)
        if row.over or value is None:
            return "muted"
        return "warning" if row.threshold is not None and value > row.threshold else "text"

    return ink


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value * 100:.0f}%"


def _age(row: PoolRow, width: int) -> Sequence[Span]:
    """Age of the current task, as a bar against this worker's mean."""
    if row.over:
        return [(row.why, "muted")]
    if row.age is None:
        return [("", "text")]
    text = f"{row.age:.0f} s" if row.age < 60 else duration(row.age)
    if row.expected is None:
        return [(" " * (_METER + 1), "text"), (text, "text")]
    share = row.age / row.expected
    full = min(_METER, round(share * _METER / _VERY_LATE))
    ink = "bad" if share > _VERY_LATE else "warning" if share > _LATE else "good"
    spans: list[Span] = [("\u2588" * full, ink), ("\u2591" * (_METER - full), "faint")]
    spans.append((f" {text}", ink if share > _LATE else "text"))
    if width > _METER + 12:
        spans.append((f" / {row.expected:.0f} s", "muted"))
    return spans


def _empirical(row: PoolRow) -> float | None:
    return row.empirical


def _termest(row: PoolRow) -> float | None:
    return row.termest


def _censored(row: PoolRow) -> float | None:
    return row.censored


COLUMNS: tuple[Column[PoolRow], ...] = (
    Column(
        "slot",
        "Slot",
        lambda row: "" if row.slot is None else str(row.slot),
        4,
        align="right",
        sort=lambda row: row.slot,
    ),
    Column("worker", "Worker", lambda row: row.worker, 8, minimum=6, sort=lambda row: row.worker),
    Column(
        "state",
        "State",
        lambda row: _STATES.get(row.state, (row.state, "text"))[0],
        8,
        ink=lambda row: "muted" if row.over else _STATES.get(row.state, ("", "text"))[1],
        sort=lambda row: row.state,
    ),
    Column("task", "Task", lambda row: row.task, 9, priority=3),
    Column(
        "age",
        "Age / expected",
        lambda row: "",
        24,
        minimum=15,
        flex=1,
        priority=1,
        sort=lambda row: row.age,
        descending=True,
        spans=_age,
    ),
    Column(
        "completed",
        "Done",
        lambda row: str(row.completed),
        4,
        align="right",
        sort=lambda row: row.completed,
        descending=True,
    ),
    Column(
        "terminated",
        "Lost",
        lambda row: str(row.terminated),
        4,
        align="right",
        priority=1,
        sort=lambda row: row.terminated,
        descending=True,
    ),
    Column(
        "fast",  # answered too fast to have been read
        "Fast",
        lambda row: f"!{row.fast}" if row.fast else "",
        5,
        align="right",
        priority=1,
        ink=lambda row: "muted" if row.over else "warning",
        sort=lambda row: row.fast,
        descending=True,
    ),
    Column(
        "empirical",
        "Mean",
        _latency(_empirical),
        6,
        align="right",
        priority=1,
        ink=_above(_empirical),
        sort=_empirical,
        descending=True,
    ),
    Column(
        "termest",
        "TermEst",
        _latency(_termest),
        7,
        align="right",
        priority=2,
        ink=_above(_termest),
        sort=_termest,
        descending=True,
    ),
    Column(
        "p",
        "p",
        lambda row: _NOTHING if row.p_value is None else f"{row.p_value:.3f}",
        5,
        align="right",
        priority=5,
        sort=lambda row: row.p_value,
    ),
    Column(
        "censored",
        "Censored",
        _latency(_censored),
        8,
        align="right",
        priority=3,
        ink=_above(_censored),
        sort=_censored,
        descending=True,
    ),
    Column(
        "slow",
        "P(slow)",
        lambda row: _percent(row.slow),
        7,
        align="right",
        priority=4,
        ink=lambda row: "warning" if (row.slow or 0.0) > 0.5 and not row.over else "muted",
        sort=lambda row: row.slow,
        descending=True,
    ),
    Column(
        "gold",
        "Gold",
        lambda row: _percent(row.gold),
        5,
        align="right",
        priority=4,
        sort=lambda row: row.gold,
    ),
    Column(
        "agreement",
        "Agree",
        lambda row: _percent(row.agreement),
        5,
        align="right",
        priority=6,
        sort=lambda row: row.agreement,
    ),
    Column(
        "pay",
        "Pay",
        lambda row: money(row.pay),
        8,
        minimum=7,
        align="right",
        priority=2,
        sort=lambda row: row.pay,
        descending=True,
    ),
    Column(
        "wage",  # per hour of presence
        "$/h",
        lambda row: _NOTHING if row.wage is None else f"{row.wage:.1f}",
        5,
        align="right",
        priority=7,
        sort=lambda row: row.wage,
    ),
)
