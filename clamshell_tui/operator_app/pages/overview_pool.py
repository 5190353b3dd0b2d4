"""What the overview says of the pool, and of what keeps it from being quick."""

from collections import Counter

from clamshell_tui.formats import duration
from clamshell_tui.operator_app.pages.batch_history import BatchHistory, decisions_until
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Fact, Part

_LATELY = 64  # decisions of which the worst is told


def pool_parts(view: View) -> list[Part]:
    """Who sits in the slots and does what."""
    run = view.frame.run
    states = Counter(
        _doing(card.task, card.connected) for card in view.frame.workers if card.slot is not None
    )
    parts = [
        Part("working", states["working"], "sky"),
        Part("waiting", states["waiting"], "green"),
        Part("away", states["away"], "vermilion"),
        Part("free", max(0, run.slots - run.seated), "text/25"),
    ]
    return [part for part in parts if part.amount]


def pool_facts(view: View, batches: BatchHistory) -> list[Fact]:
    """Most telling first: what does not fit is left out from the end."""
    run, frame = view.frame.run, view.frame
    wanted = run.slots + _reserve(view) - run.seated - run.reserve - run.training
    if run.phase in {"draining", "finished"}:
        wanted = 0
    return [
        Fact("reserve", str(run.reserve), note=f"of {_reserve(view)}"),
        Fact("in training", str(run.training), note=f"{wanted} wanted" if wanted > 0 else ""),
        Fact("stragglers", str(frame.stragglers), _alarm(frame.stragglers), "over 2x mean"),
        Fact("uncovered", str(frame.starved), note="tasks" if frame.starved != 1 else "task"),
        Fact("duplicates", str(run.duplicates), note=_share(run.duplicates, run.assignments)),
        Fact("evictions", str(run.evictions), _alarm(run.evictions), _why(view)),
        *_latency_facts(view, batches),
    ]


def _latency_facts(view: View, batches: BatchHistory) -> list[Fact]:
    history = view.history
    made = decisions_until(history, view.at)
    decision = Fact("decision", "-", note="between batches")
    if made:
        note = f"worst {duration(max(history.waits[max(0, made - _LATELY) : made]))}"
        decision = Fact("decision", duration(history.waits[made - 1]), note=note)
    ended = batches.ended_until(view.at)
    mpl = history.batches[ended - 1].batch.mpl if ended else None
    first = history.batches[0].batch.mpl if ended > 1 else None
    note = "" if first is None else f"first {first:.1f} s"
    return [decision, Fact("pool latency", "-" if mpl is None else f"{mpl:.1f} s", note=note)]


def _doing(task: int | None, connected: bool) -> str:
    if not connected:
        return "away"
    return "waiting" if task is None else "working"


def _reserve(view: View) -> int:
    return view.source.config.pool.reserve


def _why(view: View) -> str:
    """What workers are evicted for."""
    objective, threshold = view.source.config.maintenance.objective, view.frame.run.threshold
    if threshold is None:
        return "switched off"
    return f"over {threshold:.1f} s" if objective == "latency" else f"by {objective}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of work" if whole else ""


def _alarm(number: int) -> str:
    return "orange" if number else "text"
