"""Compares a scenario at one seed under three clocks: simulated, accelerated, at true pace.

A live run differs from the simulated one by the delay of messages, and one duplicate more or less
changes which worker waits. Over four seeds at 30 and 60 times the pace, times differed by 4 % in
the median and 11 % at most, duplicates by 7 %, costs by 4 %. The tolerances allow about twice that.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from clamshell_tui.report.aligned import aligned
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.run.metrics import Value, resolve
from clamshell_tui.simulator.run_scenario import prepare
from clamshell_tui.testing.case import Case
from clamshell_tui.testing.live.run_live import run_live
from clamshell_tui.testing.live.speed import SpeedPlan
from clamshell_tui.testing.live.trial import plan_of
from clamshell_tui.testing.trial import check, observe
from clamshell_tui.text import show


class Tolerance(NamedTuple):
    """Allowed deviation: the larger of a ``share`` of the simulated value and an ``amount``."""

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


class ConformanceRow(NamedTuple):
    """Values of one metric: simulated, and live at each speed."""

    metric: str
    simulated: float | None
    live: tuple[float | None, ...]
    tolerance: Tolerance

    def agrees(self, value: float | None) -> bool:
        """Return whether a live value is within the tolerance of the simulated one."""
        if value is None or self.simulated is None:
            return value is self.simulated
        room = max(self.tolerance.share * abs(self.simulated), self.tolerance.amount)
        return abs(value - self.simulated) <= room


class Conformance(NamedTuple):
    """The comparison of one scenario at one seed."""

    name: str
    speeds: tuple[float, ...]
    rows: tuple[ConformanceRow, ...]

    @property
    def agrees(self) -> bool:
        return all(row.agrees(value) for row in self.rows for value in row.live)


def compare(case: Case, seed: int, *, speed: float | None = None) -> Conformance:
    """Run the case simulated, and live at a chosen speed and true pace, or only at ``speed``.

    Raises ClamshellError as a live run does.
    """
    scenario = replace(case.variants[()], seed=seed)
    plan = plan_of(case, seed, speed)
    speeds = (plan.speed,) if speed is not None else (plan.speed, 1.0)
    simulated = observe(scenario, seed, case.base)
    live = [_live(case, seed, plan._replace(speed=each)) for each in speeds]
    rows = [
        ConformanceRow(
            metric,
            _value(metric, simulated),
            tuple(_value(metric, run) for run in live),
            tolerance,
        )
        for metric, tolerance in TOLERANCES.items()
    ]
    return Conformance(case.name, speeds, tuple(rows))


def _live(case: Case, seed: int, plan: SpeedPlan) -> FinishedRun:
    scenario = replace(case.variants[()], seed=seed)
    records = prepare(scenario, case.base).roles.records
    with TemporaryDirectory(prefix="clamshell-test-") as folder:
        seen = run_live(scenario, case.base, Path(folder) / "run.db", plan, records=records)
    check(seen.engine)
    return seen


def _value(metric: str, run: FinishedRun) -> float | None:
    value = resolve(metric, ()).of(run)
    assert not isinstance(value, str), "all of them are numbers"
    return value


_NAME = 24  # cells of a scenario's name


def drawn(found: Conformance, width: int | None = None) -> str:
    """Return the table, split if it is wider than ``width``; ``NO`` marks a deviation."""
    live = [f"live {speed:g}x" for speed in found.speeds]
    rows = [[show(found.name, _NAME), "simulated", *live, "tolerance"]]
    rows += [_cells(row) for row in found.rows]
    return "\n".join([*aligned(rows, width=width), _verdict(found)])


def _verdict(found: Conformance) -> str:
    off = sum(not row.agrees(value) for row in found.rows for value in row.live)
    total = sum(len(row.live) for row in found.rows)
    return f"the clocks agree in all {total}" if not off else f"{off} of {total} are too far off"


def _cells(row: ConformanceRow) -> list[str]:
    live = [_number(value) + ("" if row.agrees(value) else " NO") for value in row.live]
    return [row.metric, _number(row.simulated), *live, str(row.tolerance)]


def _number(value: Value) -> str:
    return "-" if value is None else f"{value:,.4g}"
