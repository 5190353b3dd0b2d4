"""Forecasts of the run, and of the run without each technique, made by a child process."""

from collections.abc import Callable, Iterator
from pathlib import Path

from clamshell_tui.datasets.config import DigitsConfig, GeneratedConfig
from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.experiments.baseline import request_of
from clamshell_tui.experiments.forecast import Estimate, Variant
from clamshell_tui.experiments.forecast_process import Estimator
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.formats import count, duration, money
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.table_layout import Column
from clamshell_tui.scenario.load import parse_scenario

_GROWN = 1.5  # times the labels of the last estimate: worth another one
_ENOUGH = 10  # completed tasks, below which nothing can be said
_NAMES: dict[Variant, str] = {
    "projected": "this run, to its end",
    "no-mitigation": "without mitigation",
    "no-maintenance": "without maintenance",
    "passive": "without active learning",
    "all-off": "without any of them",
}


def columns(currency: str) -> tuple[Column[Estimate], ...]:
    """Return the columns, with amounts in this currency."""

    def amount(dollars: float) -> str:
        return money(dollars * 1e6, currency)

    return (
        Column("name", "", lambda row: _NAMES[row.variant], 30, minimum=22, flex=1),
        *_figure("time", 12, 12, lambda row: (row.seconds, row.time_ratio), duration),
        *_figure("cost", 10, 9, lambda row: (row.dollars, row.cost_ratio), amount),
        Column(
            "seeds",
            "Runs",
            lambda row: f"{row.seeds}{'' if row.last else ' ...'}",
            7,
            align="right",
            priority=3,
            ink=lambda _: "muted",
        ),
    )


def _figure(
    name: str,
    width: int,
    error_width: int,
    of: Callable[[Estimate], tuple[Interval, Interval]],
    text: Callable[[float], str],
) -> Iterator[Column[Estimate]]:
    """Yield the columns of a figure: its mean, the half-width of its interval, its ratio."""
    yield Column(name, name.title(), lambda row: text(of(row)[0].mean), width, align="right")
    yield Column(
        f"{name}_error",
        "+-",
        lambda row: text(of(row)[0].half),
        error_width,
        align="right",
        priority=2,
        ink=lambda _: "muted",
    )
    yield Column(
        f"{name}_ratio",
        "times",
        lambda row: _ratio(row, of(row)[1]),
        7,
        align="right",
        priority=1,
        ink=lambda row: _ink(of(row)[1]),
    )


def _ratio(row: Estimate, ratio: Interval) -> str:
    return "" if row.variant == "projected" else f"{ratio.mean:.2f}x"


def _ink(ratio: Interval) -> str:
    """Warn or praise only if the whole interval lies on one side of 1."""
    if ratio.low > 1.0:
        return "warning"
    return "good" if ratio.high < 1.0 else "text"


class Forecasts:
    """The latest estimate of each variant, and a remark on them."""

    def __init__(self) -> None:
        self.remark = ""
        self._found: dict[Variant, Estimate] = {}
        self._labels = 0  # when the last estimate was begun
        self._finished = False
        self._working = False

    def rows(self) -> list[Estimate]:
        """The available estimates, in a fixed order."""
        return [self._found[variant] for variant in _NAMES if variant in self._found]

    def forget(self) -> None:
        """Start again at the next :meth:`due`."""
        self._labels = 0

    def due(self, view: View) -> bool:
        """True if the run has changed enough for another estimate."""
        if self._working:
            return False
        replica = view.source.replica
        labels, over = len(replica.history.labels), replica.finished
        if replica.history.completed < _ENOUGH:
            return False
        ended = over and not self._finished
        return ended or not self._labels or (not over and labels > self._labels * _GROWN)

    async def make(self, view: View) -> None:
        """Run the child process; :meth:`rows` shows results as they arrive."""
        replica = view.source.replica
        self._working, self._labels = True, len(replica.history.labels)
        self._finished = replica.finished
        seen = len(replica.history.workers)
        self.remark = "estimating ..."
        try:
            scenario = parse_scenario(view.source.scenario, "the run's scenario")
            builtin = isinstance(scenario.dataset, DigitsConfig | GeneratedConfig)
            truth = {n: name.truth for n, name in view.names.items() if name.truth is not None}
            request = request_of(replica.engine, scenario, truth, Path() if builtin else None)
            async with Estimator(request) as estimator:
                async for estimate in estimator:
                    self._found[estimate.variant] = estimate
                    self._labels = max(self._labels, 1)
            remark = f"estimated from {count(seen, 'worker')} after {count(self._labels, 'label')}"
            self.remark = f"{remark}; Enter: again"
        except InputError as error:
            self.remark = str(error)
        except ClamshellError as error:
            self.remark = f"no estimate: {error}"
        finally:
            self._working = False
