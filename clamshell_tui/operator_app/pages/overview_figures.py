"""What the boxes of the overview say, worked out from a view."""

from collections import Counter

from clamshell_tui.operator_app.pages.batch_history import BatchHistory, decisions_until
from clamshell_tui.operator_app.pages.learning_curve import thinned
from clamshell_tui.operator_app.pages.overview_tiles import Reading
from clamshell_tui.operator_app.pages.pace import goal, mean_rate, rates, recent_rate, seconds_left
from clamshell_tui.operator_app.pages.truth import TruthCount
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import BarItem, Fact, Part
from clamshell_tui.report.human import count, dollars, duration, percent

_CURVE = 64  # values of a small curve
_KINDS = {
    "records": ("work", "green"),
    "terminated": ("terminated", "orange"),
    "waiting": ("waiting", "sky"),
    "training": ("training", "purple"),
    "partial": ("partial work", "grey"),
}

# -- tiles ----------------------------------------------------------------------------------------


def labels_reading(view: View) -> Reading:
    """How far the run is."""
    done, wanted = view.history.labels_until(view.at), goal(view)
    left = seconds_left(view)
    under = "" if left is None else f"ETA {duration(left)}"
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
        return Reading("Speed", "-", under="no task was given out yet")
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
        "training now" if model.training else f"{duration(model.age)} old",
        curve=tuple([accuracy for accuracy in curve if accuracy is not None]),
        low=None,
    )


def cost_reading(view: View) -> Reading:
    """What it cost, and each label."""
    total = sum(view.frame.run.cost.values())
    labels = view.frame.run.labels
    parts = [Part(_name(kind), micros, _ink(kind)) for kind, micros in _costs(view)]
    under = f"{dollars(total / labels, 3)} a label" if labels else "no label yet"
    return Reading("Cost", dollars(total), under=under, parts=tuple(parts))


def latency_reading(view: View, batches: BatchHistory) -> Reading:
    """Seconds that batches took."""
    ended = batches.ended_until(view.at)
    latencies = batches.latencies(ended, _CURVE)
    if not latencies:
        return Reading("Batch latency", "-", under="none is over yet")
    under = f"mean {duration(batches.mean(ended))}"
    return Reading("Batch latency", duration(latencies[-1]), "the last", under, curve=latencies)


# -- pool -----------------------------------------------------------------------------------------


def pool_parts(view: View) -> list[Part]:
    """Who sits in the slots and does what."""
    run = view.frame.run
    states = Counter(_doing(card.task, card.connected) for card in view.frame.workers if card.slot is not None)
    parts = [
        Part("working", states["working"], "sky"),
        Part("waiting", states["waiting"], "green"),
        Part("away", states["away"], "vermilion"),
        Part("free", max(0, run.slots - run.seated), "text/25"),
    ]
    return [part for part in parts if part.amount or part.name in ("working", "waiting")]


def pool_facts(view: View, batches: BatchHistory) -> list[Fact]:
    """Most telling first: what does not fit is left out from the end."""
    run, frame = view.frame.run, view.frame
    wanted = run.slots + _reserve(view) - run.seated - run.reserve - run.training
    over = "" if run.threshold is None else f"over {run.threshold:.1f} s"
    return [
        Fact("reserve", str(run.reserve), note=f"of {_reserve(view)}"),
        Fact("in training", str(run.training), note=f"{wanted} wanted" if wanted > 0 else ""),
        Fact("stragglers", str(frame.stragglers), _alarm(frame.stragglers), "over 2x mean"),
        Fact("uncovered", str(frame.starved), note="tasks" if frame.starved != 1 else "task"),
        Fact("duplicates", str(run.duplicates), note=_share(run.duplicates, run.assignments)),
        Fact("evictions", str(run.evictions), _alarm(run.evictions), over),
        *_latency_facts(view, batches),
    ]


def _latency_facts(view: View, batches: BatchHistory) -> list[Fact]:
    history = view.history
    made = decisions_until(history, view.at)
    decision = Fact("decision", "-", note="between batches")
    if made:
        note = f"worst {duration(max(history.waits[max(0, made - _CURVE) : made]))}"
        decision = Fact("decision", duration(history.waits[made - 1]), note=note)
    ended = batches.ended_until(view.at)
    mpl = history.batches[ended - 1].batch.mpl if ended else None
    first = history.batches[0].batch.mpl if ended > 1 else None
    note = "" if first is None else f"first {first:.1f} s"
    return [decision, Fact("pool latency", "-" if mpl is None else f"{mpl:.1f} s", note=note)]


# -- cost -----------------------------------------------------------------------------------------


def cost_bars(view: View) -> list[BarItem]:
    """Dollars by kind."""
    return [
        BarItem(_name(kind), micros / 1e6, dollars(micros, 2), _ink(kind))
        for kind, micros in _costs(view)
    ]


def worth_facts(view: View, truth: TruthCount) -> list[Fact]:
    """What the money bought."""
    run = view.frame.run
    total = sum(run.cost.values())
    facts = [
        Fact("a label", dollars(total / run.labels, 3) if run.labels else "-"),
        Fact("a minute", dollars(total * 60.0 / run.now) if run.now > 0 else "-"),
    ]
    if truth.known:
        facts.append(Fact("right", percent(truth.accuracy), note=f"of {count(truth.known)}"))
    if run.agreement is not None:
        facts.append(Fact("agreement", f"{run.agreement:.2f}", note="alpha"))
    if run.set_aside:
        facts.append(Fact("set aside", count(run.set_aside), "vermilion", "records"))
    return facts


# -- words ----------------------------------------------------------------------------------------


def model_title(view: View) -> str:
    """Above the learning curve."""
    model = view.frame.run.model
    if not model.version:
        return "Model"
    how = "estimated" if model.estimated else "held out"
    return f"Model {model.version}, accuracy {how}"


def model_note(view: View) -> str:
    """Below it."""
    labels = view.history.labels_until(view.at)
    active = view.history.active_labels_until(labels)
    return f"{count(active)} active, {count(labels - active)} random labels" if labels else ""


def batch_title(view: View) -> str:
    """Above the strip of tasks."""
    notes = view.history.batches_until(view.at)
    if not notes:
        return "Batch"
    note, batch = notes[-1], view.frame.run.batch
    size = f"{len(note.batch.tasks)} tasks of {view.source.config.tasks.records_per_task}"
    return f"Batch {note.batch.id + 1}" + (f", {size}" if batch else f", {size}, done")


def batch_note(view: View) -> str:
    """Below it."""
    batch = view.frame.run.batch
    if batch is None:
        return ""
    ranking = f" {chr(0xB7)} ranked by model {batch.model}" if batch.model else ""
    return f"{batch.done} of {batch.tasks} done {chr(0xB7)} {duration(batch.age)}{ranking}"


def nothing_yet(view: View) -> str:
    """In place of the tasks, before the first batch."""
    run = view.frame.run
    if run.phase == "recruiting":
        return f"The first batch is cut when enough slots are filled: {run.seated} of {run.slots} are."
    return "The tasks of a batch stand here."


def _records_in_play(view: View) -> int:
    batch = view.frame.run.batch
    if batch is None:
        return 0
    return (batch.tasks - batch.done) * view.source.config.tasks.records_per_task


def _costs(view: View) -> list[tuple[str, int]]:
    cost = view.frame.run.cost
    known = [(kind, cost[kind]) for kind in _KINDS if cost.get(kind)]
    return known + [(kind, micros) for kind, micros in cost.items() if kind not in _KINDS and micros]


def _name(kind: str) -> str:
    return _KINDS.get(kind, (kind, ""))[0]


def _ink(kind: str) -> str:
    return _KINDS.get(kind, ("", "grey"))[1]


def _doing(task: int | None, connected: bool) -> str:
    if not connected:
        return "away"
    return "waiting" if task is None else "working"


def _reserve(view: View) -> int:
    return view.source.config.pool.reserve


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of work" if whole else ""


def _alarm(number: int) -> str:
    return "orange" if number else "text"
