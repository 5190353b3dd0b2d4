"""The same scenario and seed under three clocks: what must come out alike, and how alike.

A live run is not the simulated one to the second: a message takes its time, and a duplicate more or
less changes who waits. Of four seeds at 30 and at 60 times the pace, times were 4 % apart in the
median and 11 % at most, duplicates 7 %, costs 4 %; the tolerances leave about twice that.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from clamshell_tui.scenario.metrics import resolve
from clamshell_tui.scenario.observed import Observed
from clamshell_tui.scenario.runner import prepare
from clamshell_tui.testing.case import Case
from clamshell_tui.testing.live.pace import Plan
from clamshell_tui.testing.live.performance import performed
from clamshell_tui.testing.live.trial import plan_of
from clamshell_tui.testing.trial import check, observe


class Tolerance(NamedTuple):
    """Of a simulated value, the larger of a ``share`` of it and an ``amount``."""

    share: float = 0.0
    amount: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.share:.0%}"] if self.share else []
        parts += [f"{self.amount:g}"] if self.amount else []
        return " or ".join(parts) or "none"


TOLERANCES: dict[str, Tolerance] = {
    "labels.delivered": Tolerance(),
    "records.left": Tolerance(),
    "labels.lost": Tolerance(),
    "work.over_assignments": Tolerance(),
    "pay.twice": Tolerance(),
    "batches.count": Tolerance(0.1),
    "labels.accuracy": Tolerance(amount=0.05),
    "seconds": Tolerance(0.25),
    "batches.mean": Tolerance(0.25),
    "work.duplicates": Tolerance(0.25, 3),
    "work.terminated": Tolerance(0.25, 3),
    "workers.evicted": Tolerance(0.25, 1),
    "cost.records": Tolerance(0.02),
    "cost.total": Tolerance(0.15),
}
"""By metric, in the order of the table."""


class Row(NamedTuple):
    """One metric: simulated, and live at each of the speeds."""

    metric: str
    simulated: float | None
    live: tuple[float | None, ...]
    tolerance: Tolerance

    def agrees(self, value: float | None) -> bool:
        """Whether a live value is near enough to the simulated one."""
        if value is None or self.simulated is None:
            return value is self.simulated
        room = max(self.tolerance.share * abs(self.simulated), self.tolerance.amount)
        return abs(value - self.simulated) <= room


class Conformance(NamedTuple):
    """What was found of one scenario at one seed."""

    name: str
    speeds: tuple[float, ...]
    rows: tuple[Row, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything is within its tolerance."""
        return all(row.agrees(value) for row in self.rows for value in row.live)


def compare(case: Case, seed: int, *, speed: float | None = None) -> Conformance:
    """Simulated, live at a speed that is chosen, live at true pace; with ``speed`` at that alone.

    Raises what a live run raises.
    """
    scenario = replace(case.variants[()], seed=seed)
    plan = plan_of(case, seed, speed)
    speeds = (plan.speed,) if speed is not None else (plan.speed, 1.0)
    simulated = observe(scenario, seed, case.base)
    live = [_live(case, seed, plan._replace(speed=each)) for each in speeds]
    rows = [
        Row(
            metric,
            _value(metric, simulated),
            tuple(_value(metric, run) for run in live),
            tolerance,
        )
        for metric, tolerance in TOLERANCES.items()
    ]
    return Conformance(case.name, speeds, tuple(rows))


def _live(case: Case, seed: int, plan: Plan) -> Observed:
    scenario = replace(case.variants[()], seed=seed)
    records = prepare(scenario, case.base).records
    with TemporaryDirectory(prefix="clamshell-test-") as folder:
        seen = performed(scenario, case.base, Path(folder) / "run.db", plan, records=records)
    check(seen.engine)
    return seen


def _value(metric: str, run: Observed) -> float | None:
    value = resolve(metric, ()).of(run)
    assert not isinstance(value, str), "all of them are numbers"
    return value
