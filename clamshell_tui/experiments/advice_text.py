"""Advice for a person to read: rows, one sentence, and a table for programs."""

import csv
import shlex
from collections.abc import Mapping, Sequence
from io import StringIO

from clamshell_tui.experiments.advice import Advice
from clamshell_tui.experiments.advice_axes import settings
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.formats import percent, sign, unit
from clamshell_tui.report.aligned import aligned
from clamshell_tui.report.chart import ChartSeries, Panel
from clamshell_tui.text import show

_KINDS = {"other": "other", "frontier": "frontier", "current": "as it is", "best": "best"}


def kinds(advice: Advice) -> list[str]:
    """Kind of each point: ``best``, ``current``, ``frontier`` or ``other``."""
    found = ["frontier" if point.frontier else "other" for point in advice.points]
    found[advice.current] = "current"
    found[advice.best] = "best"
    return found


def chart(advice: Advice, currency: str = "USD") -> Panel:
    """Minutes over the cost of each point, both on logarithmic axes."""
    found = list(zip(kinds(advice), advice.points, strict=True))
    series = []
    for kind, name in _KINDS.items():  # later ones are drawn over earlier ones
        points = [point for each, point in found if each == kind]
        dollars = tuple(point.dollars.mean for point in points)
        minutes = tuple(point.seconds.mean / 60 for point in points)
        series.append(ChartSeries(name, dollars, minutes, kind="points"))
    return Panel("Settings tried", unit(currency), "minutes", tuple(series), x_log=True, y_log=True)


def shown(advice: Advice, most: int) -> list[tuple[int, str]]:
    """Places and names of the points worth a row: best, as it is, and the frontier by time."""
    names = {advice.current: "as it is", advice.best: "best"}
    if advice.best == advice.current:
        names = {advice.best: "best, as it is"}
    frontier = [n for n, point in enumerate(advice.points) if point.frontier and n not in names]
    frontier.sort(key=lambda n: advice.points[n].seconds.mean)
    step = max(1, -(-len(frontier) // most))
    return [*sorted(names.items(), reverse=True), *[(n, "frontier") for n in frontier[::step]]]


_SHORT = {
    "pool.size": "pool",
    "maintenance.threshold": "PM_l",
}


def table(advice: Advice, most: int, width: int | None = None, currency: str = "USD") -> list[str]:
    """Rows of the points worth showing, with the bounds of a single run in brackets."""
    keys = [_SHORT.get(key, key.rpartition(".")[2]) for key, _ in advice.points[0].choice]
    rows = [["", *keys, "minutes", "s per batch", unit(currency), "right"]]
    for place, kind in shown(advice, most):
        point = advice.points[place]
        minutes = Interval(*[each / 60 for each in point.seconds])
        figures = [brackets(minutes), brackets(point.batch), brackets(point.dollars)]
        choice = [show(value, 12) for _, value in point.choice]
        rows.append([kind, *choice, *figures, percent(point.correct.mean)])
    return list(aligned(rows, names=1 + len(keys), width=width))


def brackets(interval: Interval) -> str:
    """``5.35 [4.03, 7.17]``."""
    return f"{interval.mean:.3g} [{interval.low:.3g}, {interval.high:.3g}]"


def sentence(advice: Advice, currency: str = "USD") -> str:
    """The advice in one sentence."""
    best, now = advice.points[advice.best], advice.points[advice.current]
    price = advice.beta / (1 - advice.beta) if advice.beta < 1 else float("inf")
    worth = f"with beta {advice.beta:g} (an hour is worth {sign(currency)}{price:,.2f})"
    if not advice.reached:
        return (
            f"Nothing tried has {percent(advice.accuracy)} of the labels right; the most, "
            f"{percent(best.correct.mean)}, has {best.name}. Try better workers "
            "(qualification.pass_mark, maintenance.objective = quality), or more votes."
        )
    if advice.accuracy is not None:
        worth += f" and at least {percent(advice.accuracy)} of the labels right"
    if best is now:
        return f"Stay as you are: {worth} nothing tried is better than {now.name}."
    changes = differences(advice)
    time, cost = _ratio(advice.time_ratio), _ratio(advice.cost_ratio)
    return (
        f"Set {', '.join(changes)}: {worth} that is best, at {time} of the time and {cost} of the "
        f"cost of what you have."
    )


def differences(advice: Advice) -> list[str]:
    """The ``section.key=value`` settings of the best that the current one does not have."""
    before = settings(advice.points[advice.current].choice)
    after = settings(advice.points[advice.best].choice)
    return [setting for setting in after if setting not in before]


def to_paste(advice: Advice, command: Sequence[str], given: Sequence[str]) -> str:
    """A shell's line that runs ``command`` with the settings ``given`` and then those of the best.

    Empty where the best is what there is.
    """
    if advice.best == advice.current:
        return ""
    words = [*command]
    for setting in [*given, *differences(advice)]:
        words += ["--set", setting]
    return shlex.join(words)


def remarks(advice: Advice, further: Mapping[str, Sequence[str]]) -> list[str]:
    """Warnings about the advice; ``further``: axes and the values beyond an edge."""
    found = []
    if advice.best != advice.current and _sees_no_difference(advice):
        found.append(
            "Whether that is quicker or cheaper at all is not sure: both intervals include 1. "
            "More --seeds would show it."
        )
    if further:
        options = " ".join(f"--vary {key}={','.join(values)}" for key, values in further.items())
        found.append(
            "The best lies at an edge of what was tried, and values beyond may be better still. "
            f"Try {options}"
        )
    return found


def _sees_no_difference(advice: Advice) -> bool:
    return all(each.low <= 1.0 <= each.high for each in (advice.time_ratio, advice.cost_ratio))


def _ratio(interval: Interval) -> str:
    return f"{interval.mean:.2f} ({interval.low:.2f}-{interval.high:.2f})"


_MEASURES = ("seconds", "batch", "dollars", "correct", "mean_seconds", "mean_dollars")


def to_csv(advice: Advice, currency: str = "USD") -> str:
    """All points: their choice, kind and loss, and mean, low and high of every measure.

    ``seconds`` and ``dollars`` (the columns name another currency) are bounded for a single run,
    ``mean_*`` for the mean.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    keys = [key for key, _ in advice.points[0].choice]
    names = [name.replace("dollars", unit(currency)) for name in _MEASURES]
    columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer.writerow([*keys, "kind", "loss", *columns])
    for point, kind in zip(advice.points, kinds(advice), strict=True):
        values = [f"{each:.6g}" for name in _MEASURES for each in getattr(point, name)]
        choice = [value for _, value in point.choice]
        writer.writerow([*choice, kind, f"{point.loss:.6g}", *values])
    return text.getvalue()
