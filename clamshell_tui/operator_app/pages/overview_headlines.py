"""The headline figures of the overview, worked out from a view."""

from clamshell_tui.formats import count, duration, money, percent
from clamshell_tui.operator_app.pages.batch_history import BatchHistory
from clamshell_tui.operator_app.pages.learning_curve import thinned
from clamshell_tui.operator_app.pages.overview_cost import cost_parts
from clamshell_tui.operator_app.pages.overview_tiles import Reading
from clamshell_tui.operator_app.pages.pace import (
    goal,
    mean_rate,
    rates,
    recent_rate,
    seconds_left,
    whole,
)
from clamshell_tui.operator_app.pages.truth import TruthCount
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Part

_CURVE = 64  # values of a small curve


def labels_reading(view: View) -> Reading:
    """How far the run is."""
    done, wanted = view.history.labels_until(view.at), goal(view)
    left = seconds_left(view)
    under = "" if left is None else f"ETA {whole(left)}"
    if view.frame.run.phase == "finished":
        under = "finished"
    in_play = min(max(0, wanted - done), _records_in_play(view))
    parts = (
        Part("done", done, "green"),
        Part("in play", in_play, "sky"),
        Part("to do", max(0, wanted - done - in_play), "text/18"),
    )
    value = f"{count(done)} of {count(wanted)}"
    return Reading("Labels", value, percent(done / wanted) if wanted else "", under, parts=parts)


def speed_reading(view: View) -> Reading:
    """Labels a minute, of late and over time."""
    start = view.frame.run.first_assignment
    if start is None or start > view.at:
        return Reading("Speed", "-", under="not begun")
    times = view.history.label_times()
    recent, mean = (rate(times, start, view.at) for rate in (recent_rate, mean_rate))
    return Reading(
        "Speed",
        "-" if recent is None else f"{recent:.0f}",
        "labels a minute",
        "" if mean is None else f"mean {mean:.0f}",
        curve=rates(times, start, view.at),
    )


def model_reading(view: View, truth: TruthCount) -> Reading:
    """The model's accuracy; without learning, the crowd's."""
    model = view.frame.run.model
    if not view.source.config.learning.enabled:
        note = f"of {count(truth.known)} right" if truth.known else ""
        under = "" if truth.known else "truth is not known"
        return Reading("Crowd's labels", percent(truth.accuracy), note, under)
    if not model.version:
        under = "training the first" if model.training else "none yet"
        return Reading("Model", "-", under=under)
    curve = [one.accuracy for one in thinned(view.history.models_until(view.at), _CURVE)]
    return Reading(
        "Model",
        percent(model.accuracy),
        "estimated" if model.estimated else "right",
        "training now" if model.training else f"{whole(model.age)} old",
        curve=tuple([accuracy for accuracy in curve if accuracy is not None]),
        low=None,
    )


def cost_reading(view: View) -> Reading:
    """What it cost, and each label."""
    total = sum(view.frame.run.cost.values())
    labels = view.frame.run.labels
    under = f"{money(total / labels)} a label" if labels else "no label yet"
    return Reading("Cost", money(total), under=under, parts=cost_parts(view))


def latency_reading(view: View, batches: BatchHistory) -> Reading:
    """Seconds that batches took."""
    ended = batches.ended_until(view.at)
    latencies = batches.latencies(ended, _CURVE)
    if not latencies:
        return Reading("Batch latency", "-", under="none is over yet")
    under = f"mean {duration(batches.mean(ended))}"
    return Reading("Batch latency", duration(latencies[-1]), "the last", under, curve=latencies)


def _records_in_play(view: View) -> int:
    batch, notes = view.frame.run.batch, view.history.batches_until(view.at)
    if batch is None or not notes:
        return 0
    return round(notes[-1].records * (1 - batch.done / max(1, batch.tasks)))
