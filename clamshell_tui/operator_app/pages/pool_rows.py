"""Rows and columns of the pool's table."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from clamshell_tui.core.config import RunConfig
from clamshell_tui.formats import assessed, clock, count, money, sign
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.table_layout import Column, Span
from clamshell_tui.run.history import History
from clamshell_tui.run.snapshot import MachineSnapshot, WorkerSnapshot
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
    """One worker: the last state ``seen``, and of a former one (``over``) why it went."""

    seen: WorkerSnapshot
    threshold: float | None
    why: str = ""
    over: bool = False
    currency: str = "USD"

    @property
    def key(self) -> str:
        return self.seen.worker

    @property
    def state(self) -> str:
        return self.seen.state if self.seen.connected or self.over else "away"

    @property
    def age(self) -> float | None:
        return None if self.seen.task is None else self.seen.task_age


def present_row(seen: WorkerSnapshot, view: View) -> PoolRow:
    """Row of a present worker."""
    return PoolRow(_steady(seen), view.speed_limit, currency=view.currency)


def _steady(seen: WorkerSnapshot) -> WorkerSnapshot:
    """Round what changes with every second, else every row would be painted ten times in it."""
    return replace(
        seen,
        task_age=float(int(seen.task_age)),
        owed_micros=seen.owed_micros // 1000 * 1000,
        wage=None if seen.wage is None else round(seen.wage, 1),
    )


def former_row(worker: WorkerRow, history: History, view: View) -> PoolRow:
    """Row of a former worker, with the reason and, for an eviction, its evidence.

    An estimate of speed appears only in the column of the estimator that made it.
    """
    verdict = next((e for e in history.evictions if e.worker == worker.id), None)
    why = worker.reason if verdict is None else assessed(verdict.reason, verdict.estimate)
    by_speed = verdict is not None and verdict.reason == "latency"
    estimator = view.source.config.maintenance.latency_estimator if by_speed else ""
    estimate = verdict.estimate if verdict is not None else None
    evidence = verdict.evidence if verdict is not None else None
    last = view.source.replica.worker(worker.id)
    seen = replace(
        _steady(last),
        slot=None,
        termest=estimate if estimator == "termest" else None,
        censored=estimate if estimator == "censored" else None,
        p_value=evidence if estimator == "termest" else None,
        slow=evidence if estimator == "censored" else None,
    )
    why = "" if why in (None, last.state) else why
    return PoolRow(seen, view.speed_limit, why, over=True, currency=view.currency)


def machine_row(machine: MachineSnapshot) -> PoolRow:
    """Row of a machine: what people say of its answers stands as its agreement."""
    seen = WorkerSnapshot(
        worker=machine.worker,
        slot=None,
        state=machine.state,
        connected=machine.state != "away",
        joined=machine.joined,
        task=None,
        duplicate=False,
        task_age=0.0,
        expected=None,
        completed=machine.answered,
        terminated=machine.failed,
        skipped=machine.abstained,
        fast=0,
        empirical=None,
        termest=None,
        censored=None,
        p_value=None,
        slow=None,
        gold_right=0,
        gold_asked=0,
        checks_right=0,
        checks_asked=0,
        agreed=machine.right,
        compared=machine.asked,
        owed_micros=machine.micros,
        wage=None,
    )
    return PoolRow(seen, None, f"{machine.source}: {count(machine.accepted, 'label')}")


def row_ink(row: PoolRow) -> str:
    return "muted" if row.over else "text"


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
    if row.over or row.why:
        return [(row.why, "muted")]
    if row.age is None:
        return [("", "text")]
    text = f"{row.age:.0f} s" if row.age < 60 else clock(row.age)  # 1:33: "1 min 33 s" is clipped
    expected = row.seen.expected
    if expected is None:
        return [(" " * (_METER + 1), "text"), (text, "text")]
    share = row.age / expected
    full = min(_METER, round(share * _METER / _VERY_LATE))
    ink = "bad" if share > _VERY_LATE else "warning" if share > _LATE else "good"
    spans: list[Span] = [("\u2588" * full, ink), ("\u2591" * (_METER - full), "faint")]
    spans.append((f" {text}", ink if share > _LATE else "text"))
    if width > _METER + 12:
        spans.append((f" / {expected:.0f} s", "muted"))
    return spans


def _empirical(row: PoolRow) -> float | None:
    return row.seen.empirical


def _termest(row: PoolRow) -> float | None:
    return row.seen.termest


def _censored(row: PoolRow) -> float | None:
    return row.seen.censored


def _gold(row: PoolRow) -> float | None:
    return row.seen.gold_right / row.seen.gold_asked if row.seen.gold_asked else None


def _checks(row: PoolRow) -> float | None:
    return row.seen.checks_right / row.seen.checks_asked if row.seen.checks_asked else None


def _agreement(row: PoolRow) -> float | None:
    return row.seen.agreed / row.seen.compared if row.seen.compared else None


def _task(row: PoolRow) -> str:
    if row.seen.task is None:
        return ""
    return f"#{row.seen.task} dup" if row.seen.duplicate else f"#{row.seen.task}"


COLUMNS: tuple[Column[PoolRow], ...] = (
    Column(
        "slot",
        "Slot",
        lambda row: "" if row.seen.slot is None else str(row.seen.slot + 1),
        4,
        align="right",
        sort=lambda row: row.seen.slot,
    ),
    Column("worker", "Worker", lambda row: row.key, 8, minimum=6, sort=lambda row: row.key),
    Column(
        "state",
        "State",
        lambda row: _STATES.get(row.state, (row.state, "text"))[0],
        8,
        ink=lambda row: "muted" if row.over else _STATES.get(row.state, ("", "text"))[1],
        sort=lambda row: row.state,
    ),
    Column("task", "Task", _task, 9, priority=3),
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
        lambda row: str(row.seen.completed),
        4,
        align="right",
        sort=lambda row: row.seen.completed,
        descending=True,
    ),
    Column(
        "terminated",
        "Lost",
        lambda row: str(row.seen.terminated),
        4,
        align="right",
        priority=1,
        sort=lambda row: row.seen.terminated,
        descending=True,
    ),
    Column(
        "fast",  # answered too fast to have been read
        "Fast",
        lambda row: f"!{row.seen.fast}" if row.seen.fast else "",
        5,
        align="right",
        priority=1,
        ink=lambda row: "muted" if row.over else "warning",
        sort=lambda row: row.seen.fast,
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
        lambda row: _NOTHING if row.seen.p_value is None else f"{row.seen.p_value:.3f}",
        5,
        align="right",
        priority=5,
        sort=lambda row: row.seen.p_value,
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
        lambda row: _percent(row.seen.slow),
        7,
        align="right",
        priority=4,
        ink=lambda row: "warning" if (row.seen.slow or 0.0) > 0.5 and not row.over else "muted",
        sort=lambda row: row.seen.slow,
        descending=True,
    ),
    Column(
        "gold",
        "Gold",
        lambda row: _percent(_gold(row)),
        5,
        align="right",
        priority=4,
        sort=_gold,
    ),
    Column(
        "agreement",
        "Agree",
        lambda row: _percent(_agreement(row)),
        5,
        align="right",
        priority=6,
        sort=_agreement,
    ),
    Column(
        "pay",
        "Pay",
        lambda row: money(row.seen.owed_micros, row.currency),
        8,
        minimum=7,
        align="right",
        priority=2,
        sort=lambda row: row.seen.owed_micros,
        descending=True,
    ),
    Column(
        "wage",  # per hour of presence
        "$/h",
        lambda row: _NOTHING if row.seen.wage is None else f"{row.seen.wage:.1f}",
        5,
        align="right",
        priority=7,
        sort=lambda row: row.seen.wage,
    ),
)

_CHECKS: Column[PoolRow] = Column(
    "checks",
    "Checks",
    lambda row: _percent(_checks(row)),
    6,
    align="right",
    priority=4,
    sort=_checks,
)


def columns_of(config: RunConfig, currency: str) -> tuple[Column[PoolRow], ...]:
    """Return the columns of a run's pool: a further one if there are checks among the work."""
    wage = dataclasses.replace(COLUMNS[-1], title=f"{sign(currency).strip()}/h")
    columns = (*COLUMNS[:-1], wage)
    if not config.quality.checks_every:
        return columns
    place = 1 + next(at for at, each in enumerate(columns) if each.key == "gold")
    return (*columns[:place], _CHECKS, *columns[place:])
