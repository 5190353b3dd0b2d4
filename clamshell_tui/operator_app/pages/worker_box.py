"""Everything about one worker: the way through the run, and how quick each task was."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from clamshell_tui.core.crowd_platform.assignment import AssignmentState
from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.formats import duration, money
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Fact, Facts, Figure, Guide, Plot, Series
from clamshell_tui.operator_app.widgets.drawn import entitle
from clamshell_tui.replica import WorkerCard

_SHOWN = 120  # tasks in the plot


class WorkerBox(Horizontal):
    """Facts on the left, the latency of each task on the right."""

    DEFAULT_CSS = """
    WorkerBox Facts { width: 2fr; }
    WorkerBox Plot { width: 3fr; }
    """

    def compose(self) -> ComposeResult:
        """Two parts."""
        yield Facts()
        yield Plot(empty="no task is done yet: each one will be a point here")

    def tell(self, view: View, key: str | None) -> None:
        """Of this worker, as of the view's moment."""
        worker = view.source.replica.engine.state.pool.workers.get(WorkerId(key or ""))
        if worker is None:
            entitle(self, "Worker")
            self.query_one(Facts).update([Fact("", "choose a worker above")])
            return
        card = next((card for card in view.frame.workers if card.worker == key), None)
        entitle(self, f"Worker {worker.id}")
        self.query_one(Facts).update(_facts(worker, card, view))
        self.query_one(Plot).update(_latencies(worker, view))


def _facts(worker: Worker, card: WorkerCard | None, view: View) -> list[Fact]:
    facts = [
        Fact("joined", duration(worker.joined)),
        Fact("took the slot", _when(worker.seated, view.at)),
        Fact("gone", _when(worker.ended, view.at), note=_reason(worker, view.at)),
        Fact("paid", money(worker.owed if card is None else card.owed_micros)),
    ]
    if card is not None:
        facts += [
            Fact("mean of the done", _seconds(card.empirical), note=_fast(card)),
            Fact("TermEst", _seconds(card.termest), note=_p_value(card)),
            Fact("censored", _seconds(card.censored), note=_slow(card)),
        ]
    return facts


def _when(at: float | None, now: float) -> str:
    return "-" if at is None or at > now else duration(at)


def _reason(worker: Worker, now: float) -> str:
    return worker.reason if worker.ended is not None and worker.ended <= now else ""


def _seconds(latency: float | None) -> str:
    return "-" if latency is None else f"{latency:.1f} s a label"


def _fast(card: WorkerCard) -> str:
    return f"{card.fast} of {card.completed} too fast to be read" if card.fast else ""


def _p_value(card: WorkerCard) -> str:
    return "" if card.p_value is None else f"p = {card.p_value:.3f}"


def _slow(card: WorkerCard) -> str:
    return "" if card.slow is None else f"P(slow) = {card.slow:.0%}"


def _latencies(worker: Worker, view: View) -> Figure:
    """Seconds per label over time: of what was completed, and of what was ended before it was."""
    done: list[tuple[float, float]] = []
    ended: list[tuple[float, float]] = []
    slot = view.history.slot_of.get(worker.id)
    if slot is not None and slot < len(view.history.slots) and worker.seated is not None:
        row = view.history.slots[slot]
        until = min(view.at, worker.ended if worker.ended is not None else view.at)
        for assignment in row.between(worker.seated, until)[-_SHOWN:]:
            if assignment.worker is not worker or assignment.ended is None:
                continue
            if assignment.ended > view.at:
                continue
            took = (assignment.ended - assignment.started) / len(assignment.task.records)
            completed = assignment.state is AssignmentState.COMPLETED
            (done if completed else ended).append((assignment.ended, took))
    threshold = view.speed_limit
    guides = () if threshold is None else (Guide(threshold, "limit", "y", "warning"),)
    series = []
    if done:
        series.append(Series("completed", tuple(done), "points"))
    if ended:
        series.append(Series("cut short", tuple(ended), "points"))
    return Figure(tuple(series), guides, y_label="s a label", x_format=duration)
