"""Plots of a run with matplotlib, for notebooks."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from clamshell_tui.errors import EnvironmentFaultError, InputError, did_you_mean
from clamshell_tui.formats import unit
from clamshell_tui.run.names import Title
from clamshell_tui.run.tables import Tables
from clamshell_tui.text import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"completed": "#0072b2", "terminated": "#e69f00"}
_OTHER = "#999999"


def plot(tables: Tables, kind: str, ax: "Axes | None") -> "Axes":
    """Draw on ``ax``, or on the axes of a new figure."""
    if kind not in _KINDS:
        raise InputError(
            f'no plot "{show(kind)}"{did_you_mean(kind, _KINDS)}. There are {", ".join(_KINDS)}'
        )
    if ax is None:
        ax = _new_axes()
    _KINDS[kind](tables, ax)
    return ax


def _new_axes() -> "Axes":
    try:
        pyplot = import_module("matplotlib.pyplot")
    except ModuleNotFoundError as error:
        raise EnvironmentFaultError(
            "plots need matplotlib. pip install 'clamshell-tui[report]'"
        ) from error
    axes: Axes = pyplot.subplots(layout="constrained")[1]
    return axes


def _timeline(tables: Tables, ax: "Axes") -> None:
    """Assignments by worker: a bar from start to end, coloured by how it ended."""
    rows = {worker: place for place, worker in enumerate(tables.workers)}
    for state in ("completed", "terminated", ""):
        bars = [
            (rows[each.worker], each.started_at, each.ended_at - each.started_at)
            for each in tables.assignments.values()
            if each.ended_at is not None
            and (each.state == state or (not state and each.state not in _COLOURS))
        ]
        if bars:
            places, starts, widths = zip(*bars, strict=True)
            colour = _COLOURS.get(state, _OTHER)
            ax.barh(places, widths, left=starts, color=colour, label=state or "others")
    ax.set_yticks(range(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set_xlabel("seconds since the run began")
    ax.legend(frameon=False)


def _labels(tables: Tables, ax: "Axes") -> None:
    times = sorted(row.at for row in tables.labels.values())
    ax.step([0.0, *times], range(len(times) + 1), where="post", color="#0072b2")
    ax.set_xlabel("seconds since the run began")
    ax.set_ylabel("labels")


def _cost(tables: Tables, ax: "Axes") -> None:
    paid = 0
    times, amounts = [0.0], [0.0]
    for row in sorted(tables.ledger, key=lambda row: row.at):
        paid += row.micros
        times.append(row.at)
        amounts.append(paid / 1e6)
    ax.step(times, amounts, where="post", color="#0072b2")
    ax.set_xlabel("seconds since the run began")
    ax.set_ylabel(unit(Title.of(tables.meta).currency))


def _learning(tables: Tables, ax: "Axes") -> None:
    known = [row for row in tables.models if row.accuracy is not None]
    accuracies = [row.accuracy or 0.0 for row in known]
    ax.plot([row.labels_used for row in known], accuracies, marker=".", color="#0072b2")
    ax.set_xlabel("labels used")
    ax.set_ylabel("accuracy")


_KINDS: dict[str, Callable[[Tables, "Axes"], None]] = {
    "timeline": _timeline,
    "labels": _labels,
    "cost": _cost,
    "learning": _learning,
}
