"""Data of a plausible run for the widgets' tests and benchmark; the same for the same seed."""

from dataclasses import dataclass, replace
from random import Random

from clamshell_tui.operator_app.widgets.gantt_rows import Bar, Kind, TimeMark
from clamshell_tui.operator_app.widgets.plot import Figure, Guide, Series
from clamshell_tui.operator_app.widgets.table_layout import Column
from tests.operator_app.widgets.bar_index import BarIndex

STATES = ("working", "waiting", "duplicating")


@dataclass(frozen=True, slots=True)
class Seat:
    """A worker in a slot."""

    worker: str
    state: str
    task: str
    age: float
    done: int
    latency: float | None
    pay: float


def seats(count: int, seed: int = 1) -> list[Seat]:
    """So many slots."""
    rng = Random(seed)
    return [
        Seat(
            worker=f"P{n + 1:03}",
            state=rng.choice(STATES),
            task=f"task {rng.randrange(400)}",
            age=round(rng.expovariate(0.2), 1),
            done=rng.randrange(120),
            latency=round(rng.lognormvariate(1.4, 0.6), 1) if rng.random() > 0.05 else None,
            pay=rng.randrange(40, 900) / 100,
        )
        for n in range(count)
    ]


def changed_some(rows: list[Seat], rng: Random, share: float = 0.25) -> list[Seat]:
    """Some seats a moment later."""
    return [
        replace(row, age=round(row.age + 0.1, 1), done=row.done + (rng.random() < 0.1))
        if rng.random() < share
        else row
        for row in rows
    ]


def _latency(seat: Seat) -> str:
    return "" if seat.latency is None else f"{seat.latency:.1f}"


def _late(seat: Seat) -> str:
    return "bad bold" if seat.age > 12 else ""


_INKS = {"working": "sky", "waiting": "muted", "duplicating": "orange"}

SEAT_COLUMNS: tuple[Column[Seat], ...] = (
    Column("worker", "Worker", lambda s: s.worker, 8, sort=lambda s: s.worker),
    Column(
        "state",
        "State",
        lambda s: s.state,
        12,
        ink=lambda s: _INKS.get(s.state, "text"),
        sort=lambda s: s.state,
    ),
    Column("task", "Task", lambda s: s.task, 14, minimum=9, flex=1, priority=1),
    Column(
        "age",
        "Age",
        lambda s: f"{s.age:.1f} s",
        8,
        align="right",
        ink=_late,
        sort=lambda s: s.age,
        descending=True,
    ),
    Column(
        "done",
        "Done",
        lambda s: str(s.done),
        6,
        align="right",
        priority=2,
        sort=lambda s: s.done,
    ),
    Column(
        "latency",
        "s/label",
        _latency,
        8,
        align="right",
        priority=1,
        sort=lambda s: s.latency,
    ),
    Column(
        "pay",
        "Pay",
        lambda s: f"${s.pay:.2f}",
        8,
        align="right",
        priority=3,
        sort=lambda s: s.pay,
    ),
)
"""Seven columns; three of them fit nearly everywhere."""


def timeline(slots: int, bars: int, seed: int = 1) -> BarIndex:
    """``bars`` in all, one after another in each slot; some terminated, some duplicates, some live.

    Every task of a duplicate has an original in another slot.
    """
    rng = Random(seed)
    index = BarIndex()
    for slot in range(slots):
        index.row(str(slot), f"slot {slot + 1}")
    per_slot, batch, end = bars // slots, 0, 0.0
    for n in range(per_slot):
        for slot in range(slots):
            task = n * slots + slot
            duplicate = slot > 0 and rng.random() < 0.15
            link = f"task {task - 1 if duplicate else task}"
            start = n * 12 + rng.uniform(0, 1.5)
            end = start + min(9.5, rng.lognormvariate(1.5, 0.5))
            kind = rng.choices(
                [Kind.COMPLETED, Kind.TERMINATED, Kind.ABANDONED, Kind.SKIPPED, Kind.EXPIRED],
                [75, 15, 4, 3, 3],
            )[0]
            live = n == per_slot - 1 and rng.random() < 0.6
            index.put(
                str(slot),
                Bar(
                    id=str(task),
                    start=start,
                    end=None if live else end,
                    kind=Kind.ACTIVE if live else kind,
                    duplicate=duplicate,
                    link=link,
                    label=str(task),
                ),
            )
        if n % 4 == 0:
            batch += 1
            index.mark(TimeMark(n * 12.0 - 0.5, f"batch {batch}"))
    return index


def learning_figure(points: int = 30, seed: int = 1) -> Figure:
    """Two curves towards a target."""
    rng = Random(seed)
    active = [(20.0 * n, 0.95 - 0.75 * 0.88**n + rng.uniform(-0.01, 0.01)) for n in range(points)]
    passive = [(20.0 * n, 0.9 - 0.7 * 0.93**n + rng.uniform(-0.01, 0.01)) for n in range(points)]
    return Figure(
        series=(Series("active", tuple(active)), Series("passive", tuple(passive))),
        guides=(
            Guide(0.9, "target 0.9", "y"),
            Guide(300, "batch 12"),
        ),
        x_label="labels",
        y_label="accuracy on the gold records",
        y_range=(0.0, 1.0),
    )
