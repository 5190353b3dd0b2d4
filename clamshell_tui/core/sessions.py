"""Workers' sessions: joining, waiting (paid), sitting down, leaving."""

from collections import deque

from clamshell_tui.core.commands import (
    Admit,
    Command,
    Evict,
    PayKind,
    PayWaiting,
    Qualify,
    Reject,
    Release,
    Seat,
)
from clamshell_tui.core.crowd_platform.ledger import Ledger
from clamshell_tui.core.crowd_platform.pool import Pool
from clamshell_tui.core.crowd_platform.worker import Worker, WorkerState
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.core.lifeguard.latency.verdict import Verdict

_AVAILABLE = WorkerState.AVAILABLE


class Sessions:
    """Who is present and since when they are paid; the base of the state."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self.pool = pool
        self.ledger = ledger
        self.lost: deque[tuple[float, Worker]] = deque()  # connections lost, oldest first
        self.trainees: deque[Worker] = deque()  # who was given a tutorial, oldest first

    # -- joining ------------------------------------------------------------------------------

    def train(
        self, worker_id: WorkerId, gold: tuple[RecordId, ...], now: float, out: list[Command]
    ) -> Worker:
        """Begin a session; the worker is in training, paid by the minute."""
        worker = Worker(worker_id, now, paid_since=now, gold=gold)
        self.pool.workers[worker_id] = worker
        self.pool.training += 1
        if gold:
            self.trainees.append(worker)
            out.append(Qualify(worker_id, gold))
        return worker

    def admit(self, worker: Worker, correct: int, now: float, out: list[Command]) -> None:
        """Let a trained worker into the reserve."""
        self._end_training(worker, correct, now, out)
        worker.become(WorkerState.RESERVE)
        self.pool.reserve[worker.id] = worker
        if worker.connected:
            worker.paid_since = now
        out.append(Admit(worker.id, correct, len(worker.gold)))

    def reject(
        self, worker: Worker, reason: str, correct: int | None, now: float, out: list[Command]
    ) -> None:
        """Thank a trainee, paid for the time; ``correct`` is None for one who never answered."""
        self._end_training(worker, correct, now, out)
        worker.become(WorkerState.REJECTED)
        worker.ended, worker.reason = now, reason
        asked = 0 if correct is None else len(worker.gold)
        out.append(Reject(worker.id, reason, correct or 0, asked))

    def turn_away(self, worker_id: WorkerId, reason: str, now: float, out: list[Command]) -> None:
        """Thank somebody who is not needed."""
        worker = Worker(worker_id, now, WorkerState.REJECTED, ended=now, reason=reason)
        self.pool.workers[worker_id] = worker
        out.append(Reject(worker_id, reason))

    def _end_training(
        self, worker: Worker, correct: int | None, now: float, out: list[Command]
    ) -> None:
        self.pay_waiting(worker, now, out)
        self.pool.training -= 1
        if correct is not None:
            worker.gold_asked += len(worker.gold)
            worker.gold_correct += correct

    def seat(self, now: float, out: list[Command]) -> None:
        """Fill free slots from the reserve as far as it goes."""
        while (found := self.pool.next_seat()) is not None:
            worker, slot = found
            self.pool.seat(worker, slot)
            worker.seated = now
            out.append(Seat(worker.id, slot))

    # -- waiting ------------------------------------------------------------------------------

    def pay_waiting(self, worker: Worker, now: float, out: list[Command]) -> None:
        """Close the open interval of paid time, if there is one."""
        since = worker.paid_since
        if since is None:
            return
        worker.paid_since = None
        if now <= since:
            return
        training = worker.state is WorkerState.TRAINING
        kind = PayKind.TRAINING if training else PayKind.WAITING
        micros = self.ledger.book(worker, kind, self.ledger.time(since, now))
        out.append(PayWaiting(worker.id, kind, since, now, micros))

    def set_free(self, worker: Worker, now: float, out: list[Command]) -> None:
        """A worker's assignment ended: wait for the next one, or go if already departing."""
        if worker.departing is not None:
            evicted = worker.departing == "evicted"
            ending = WorkerState.EVICTED if evicted else WorkerState.LEFT
            self.release(worker, ending, worker.departing, now, out)
            return
        worker.state = _AVAILABLE  # whoever had an assignment was active
        if worker.connected:
            worker.paid_since = now
            self.pool.idle[worker.id] = worker

    def disconnect(self, worker: Worker, now: float, out: list[Command]) -> None:
        """The connection is lost: pay stops, the slot is kept for the grace."""
        self.pay_waiting(worker, now, out)
        worker.connected = False
        worker.lost_at = now
        self.lost.append((now, worker))
        self.pool.idle.pop(worker.id, None)

    def reconnect(self, worker: Worker, now: float) -> None:
        """The connection is back: pay goes on, unless the session is over."""
        worker.connected = True
        if worker.lost_at is not None:
            worker.away += now - worker.lost_at
        worker.lost_at, worker.loss_counts = None, False
        if worker.assignment is None and not worker.over:
            worker.paid_since = now
            if worker.state is WorkerState.AVAILABLE:
                self.pool.idle[worker.id] = worker

    # -- leaving ------------------------------------------------------------------------------

    def depart(self, worker: Worker, reason: str, now: float, out: list[Command]) -> None:
        """Free the slot at once; a task in hand is finished first."""
        if worker.departing is not None:
            return
        self.pool.vacate(worker)
        if worker.assignment is not None:
            worker.departing = reason
            return
        ending = WorkerState.EVICTED if reason == "evicted" else WorkerState.LEFT
        self.release(worker, ending, reason, now, out)

    def evict(
        self,
        worker: Worker,
        verdict: Verdict,
        threshold: float,
        objective: str,
        now: float,
        out: list[Command],
    ) -> None:
        """Maintenance found the worker too slow (or whatever the objective says)."""
        out.append(Evict(worker.id, objective, verdict.estimate, threshold, verdict.evidence))
        self.depart(worker, "evicted", now, out)

    def release(
        self, worker: Worker, ending: WorkerState, reason: str, now: float, out: list[Command]
    ) -> None:
        """End a session; the worker holds no assignment any more."""
        self.pool.vacate(worker)
        self.pay_waiting(worker, now, out)
        worker.become(ending)
        worker.ended, worker.reason = now, reason
        out.append(Release(worker.id, reason, worker.owed))
