"""Workers' sessions: training, admission, seats, paid waiting, release."""

from collections import deque
from math import inf

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
from clamshell_tui.core.crowd_platform.pay_rules import Cause
from clamshell_tui.core.crowd_platform.pool import Pool
from clamshell_tui.core.crowd_platform.work import Worker, WorkerState
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.core.lifeguard.latency.evidence import Verdict

_AVAILABLE = WorkerState.AVAILABLE
_EVICTED = "evicted"  # reason of a release


class Sessions:
    """Presence of workers and their paid time; a base class of the state."""

    def __init__(self, pool: Pool, ledger: Ledger, time_limit: float) -> None:
        self.pool = pool
        self.ledger = ledger
        self.lost: deque[tuple[float, Worker]] = deque()  # connections lost, oldest first
        self.trainees: deque[Worker] = deque()  # workers with a tutorial, oldest first
        self._time_limit = time_limit

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
        self._trained(worker, correct, now, out)
        worker.become(WorkerState.RESERVE)
        self.pool.reserve[worker.id] = worker
        if worker.connected:
            worker.paid_since = now
        out.append(Admit(worker.id, correct, len(worker.gold)))

    def reject(
        self, worker: Worker, reason: str, correct: int, now: float, out: list[Command]
    ) -> None:
        """Reject a trainee after a failed tutorial."""
        self._trained(worker, correct, now, out)
        worker.become(WorkerState.REJECTED)
        worker.ended, worker.reason = now, reason
        out.append(Reject(worker.id, reason, correct, len(worker.gold)))

    def reject_untrained(
        self, worker: Worker, reason: str, cause: Cause, now: float, out: list[Command]
    ) -> None:
        """Reject a trainee whose tutorial ends without all its answers."""
        self.stop_training(worker, cause, now, out)
        self.pool.training -= 1
        worker.become(WorkerState.REJECTED)
        worker.ended, worker.reason = now, reason
        out.append(Reject(worker.id, reason))

    def turn_away(self, worker_id: WorkerId, reason: str, now: float, out: list[Command]) -> None:
        """Reject a worker that is not needed, without training."""
        worker = Worker(worker_id, now, WorkerState.REJECTED, ended=now, reason=reason)
        self.pool.workers[worker_id] = worker
        out.append(Reject(worker_id, reason))

    def _trained(self, worker: Worker, correct: int, now: float, out: list[Command]) -> None:
        """Pay the whole time in training: all gold records are answered."""
        self._note_training(worker, now)
        self._pay_training(worker, inf, out)
        self.pool.training -= 1
        worker.gold_asked += len(worker.gold)
        worker.gold_correct += correct

    def prove_training(self, worker: Worker, answered: int, now: float) -> None:
        """Count the time up to now as training, because so many gold records are answered.

        A record is worth its share of the time limit at most: one answer must not prove an hour.
        """
        seconds = sum(until - since for since, until in worker.training)
        if worker.paid_since is not None:
            seconds += now - worker.paid_since
        worker.proven = max(worker.proven, min(seconds, answered * self._share(worker)))

    def stop_training(self, worker: Worker, cause: Cause, now: float, out: list[Command]) -> None:
        """Pay a tutorial that ends without all its answers: the time up to the last one.

        Unless the worker caused the end, the record in hand is paid as well, by the same share.
        """
        self._note_training(worker, now)
        in_hand = 0.0 if cause is Cause.WORKER else self._share(worker)
        self._pay_training(worker, worker.proven + in_hand, out)

    def _share(self, worker: Worker) -> float:
        return self._time_limit / len(worker.gold)

    def _note_training(self, worker: Worker, until: float) -> None:
        since, worker.paid_since = worker.paid_since, None
        if since is not None and until > since:
            worker.training.append((since, until))

    def _pay_training(self, worker: Worker, most: float, out: list[Command]) -> None:
        """Pay the time in training, ``most`` seconds at most."""
        intervals, worker.training = worker.training, []
        for since, until in intervals:
            until = min(until, since + most)
            if until > since:
                self._pay_time(worker, PayKind.TRAINING, since, until, out)
            most -= until - since

    def _pay_time(
        self, worker: Worker, kind: PayKind, since: float, until: float, out: list[Command]
    ) -> None:
        micros = self.ledger.book(worker, kind, self.ledger.time(since, until))
        out.append(PayWaiting(worker.id, kind, since, until, micros))

    def seat(self, now: float, out: list[Command]) -> None:
        """Fill free slots from the reserve as far as it goes."""
        while (found := self.pool.next_seat()) is not None:
            worker, slot = found
            self.pool.seat(worker, slot)
            worker.seated = now
            out.append(Seat(worker.id, slot))

    # -- waiting ------------------------------------------------------------------------------

    def pay_waiting(self, worker: Worker, now: float, out: list[Command]) -> None:
        """Close the open interval of paid waiting, if there is one."""
        since, worker.paid_since = worker.paid_since, None
        if since is not None and now > since:
            self._pay_time(worker, PayKind.WAITING, since, now, out)

    def set_free(self, worker: Worker, now: float, out: list[Command]) -> None:
        """Make a worker idle after an assignment, or release it if it is departing."""
        if worker.departing is not None:
            self.release(worker, worker.departing, now, out)
            return
        worker.state = _AVAILABLE  # without the check of become(): the worker was active
        if worker.connected:
            worker.paid_since = now
            self.pool.await_task(worker)

    def disconnect(
        self, worker: Worker, present_until: float, now: float, out: list[Command]
    ) -> None:
        """Stop the pay after a lost connection; the slot is kept for the grace."""
        if worker.state is WorkerState.TRAINING:
            self._note_training(worker, present_until)
        else:
            self.pay_waiting(worker, present_until, out)
        worker.connected = False
        worker.lost_at, worker.present_until = now, present_until
        self.lost.append((now, worker))
        self.pool.idle.pop(worker.id, None)

    def reconnect(self, worker: Worker, now: float) -> None:
        """Resume the pay, unless the session is over."""
        worker.connected = True
        if worker.present_until is not None:
            worker.away += now - worker.present_until
        worker.lost_at, worker.present_until, worker.loss_counts = None, None, False
        if worker.assignment is None and not worker.over:
            worker.paid_since = now
            if worker.state is WorkerState.AVAILABLE:
                self.pool.await_task(worker)

    def pause_worker(self, worker: Worker, *, paused: bool) -> None:
        """Take a worker out of those who are given tasks, or back in, at the end of the queue."""
        worker.paused = paused
        self.pool.idle.pop(worker.id, None)
        if worker.connected and worker.state is WorkerState.AVAILABLE:
            self.pool.await_task(worker)

    # -- leaving ------------------------------------------------------------------------------

    def depart(self, worker: Worker, reason: str, now: float, out: list[Command]) -> None:
        """Free the slot now; release the worker after the task in hand."""
        if worker.departing is not None:
            return
        self.pool.vacate(worker)
        if worker.assignment is not None:
            worker.departing = reason
            return
        self.release(worker, reason, now, out)

    def evict(
        self,
        worker: Worker,
        verdict: Verdict,
        threshold: float,
        objective: str,
        now: float,
        out: list[Command],
    ) -> None:
        """Remove a worker on the verdict of maintenance."""
        out.append(Evict(worker.id, objective, verdict.estimate, threshold, verdict.evidence))
        self.depart(worker, _EVICTED, now, out)

    def release(self, worker: Worker, reason: str, now: float, out: list[Command]) -> None:
        """End a session. The worker must hold no assignment."""
        self.pool.vacate(worker)
        self.pay_waiting(worker, now, out)
        worker.become(WorkerState.EVICTED if reason == _EVICTED else WorkerState.LEFT)
        worker.ended, worker.reason = now, reason
        out.append(Release(worker.id, reason, worker.owed))
