"""Workers joining and leaving: recruitment, qualification, connections (CLAMShell §3, §6.1)."""

from math import inf

from msgspec import UNSET

from clamshell_tui.core.answers import AnswerHandler
from clamshell_tui.core.commands import Command, PostRecruitment
from clamshell_tui.core.crowd_platform.pay_rules import Cause
from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker, WorkerState
from clamshell_tui.core.events import InvalidEventError, WorkerDisconnected, WorkerJoined
from clamshell_tui.core.ids import ClassIndex, Phase, RecordId, WorkerId
from clamshell_tui.core.state import State
from clamshell_tui.core.story import story


class Presence:
    """Keeps the pool at its size from the reserve, and the reserve filled in the background."""

    def __init__(self, state: State, answers: AnswerHandler) -> None:
        self._state = state
        self._answers = answers
        self._time_limit = state.config.qualification.time_limit
        self.next_posting = 0.0
        self._posted = 0

    # -- recruitment and qualification ----------------------------------------------------------

    def joined(self, event: WorkerJoined, now: float, out: list[Command]) -> None:
        """Train a new worker, or turn it away if the pool is full."""
        state, worker = self._state, event.worker
        if worker in state.pool.workers:
            raise InvalidEventError(f"{worker} joined before\n{story(state, worker)}")
        if event.before is not UNSET:
            state.checks.resume(worker, self._find(event.before))
        if state.phase is Phase.FINISHED or state.phase is Phase.DRAINING:
            state.turn_away(worker, "the run is over", now, out)
        elif state.pool.wanted(state.config.pool.reserve) <= 0:
            state.turn_away(worker, "the pool is full", now, out)
        else:
            gold = self._draw_gold()
            trainee = state.train(worker, gold, now, out)
            if not gold:
                state.admit(trainee, 0, now, out)
                state.seat(now, out)

    def _draw_gold(self) -> tuple[RecordId, ...]:
        state = self._state
        qualification = state.config.qualification
        known = state.gold.serving("qualification")
        if not qualification.enabled or not known:
            return ()
        return tuple(state.rng.sample(known, min(qualification.records, len(known))))

    def continued(self, worker_id: WorkerId, answered: int, now: float) -> None:
        """Secure the pay for a trainee's time up to the last answer."""
        worker = self._find(worker_id)
        if worker.state is WorkerState.TRAINING:
            self._state.prove_training(worker, answered, now)

    def qualified(
        self, worker_id: WorkerId, labels: tuple[ClassIndex, ...], now: float, out: list[Command]
    ) -> None:
        """Grade the tutorial; admit or reject the worker."""
        state = self._state
        worker = self._find(worker_id)
        if worker.state is WorkerState.REJECTED or worker.state is WorkerState.LEFT:
            return  # the run ended, or the worker left, while the answers were on their way
        if worker.state is not WorkerState.TRAINING or len(labels) != len(worker.gold):
            raise InvalidEventError(
                f"{worker_id} has no {len(labels)} gold answers to give\n{story(state, worker_id)}"
            )
        correct = sum(
            state.gold[record] == label for record, label in zip(worker.gold, labels, strict=True)
        )
        if correct < state.config.qualification.pass_mark * len(labels):
            state.reject(worker, "did not qualify", correct, now, out)
        else:
            state.admit(worker, correct, now, out)
            state.seat(now, out)

    def foretold(self, worker_id: WorkerId, mean: float) -> None:
        """Store the mean latency that only a simulator can know, for the next assessment."""
        evidence = self._find(worker_id).evidence
        evidence.foretold = mean
        evidence.reassess = True

    # -- connections ----------------------------------------------------------------------------

    def disconnected(self, event: WorkerDisconnected, now: float, out: list[Command]) -> None:
        """Stop the pay and start the grace."""
        worker = self._find(event.worker)
        if worker.connected and not worker.over:
            self._state.lose(worker, event, now, out)

    def reconnected(self, worker_id: WorkerId, now: float, out: list[Command]) -> None:
        """Resume the session; if it is over, a late answer may still be paid."""
        worker = self._find(worker_id)
        if not worker.connected:
            self._state.reconnect(worker, now)
            if not worker.over:
                self._state.seat(now, out)

    def left(self, worker_id: WorkerId, now: float, out: list[Command]) -> None:
        """End the session; a task in hand goes back."""
        worker = self._find(worker_id)
        if not worker.over:
            self._leave(worker, AssignmentState.LEFT, "left", now, out)

    def dismissed(self, worker_id: WorkerId, now: float, out: list[Command]) -> None:
        """Release a worker on the operator's request, after the task in hand."""
        worker = self._find(worker_id)
        if worker.over:
            return
        if worker.state is WorkerState.TRAINING:
            self._leave(worker, AssignmentState.LEFT, "dismissed", now, out)
        else:
            self._state.depart(worker, "dismissed", now, out)
            self._state.seat(now, out)

    def pause(self, worker_id: WorkerId, *, paused: bool) -> None:
        """Give a worker no further task, or tasks again."""
        worker = self._find(worker_id)
        if not worker.over:
            self._state.pause_worker(worker, paused=paused)

    def _leave(
        self,
        worker: Worker,
        ending: AssignmentState,
        reason: str,
        now: float,
        out: list[Command],
    ) -> None:
        """End the session; a task in hand goes back with this ending."""
        state = self._state
        if worker.assignment is not None:
            self._answers.fail(worker.assignment, ending, now, out)
        if worker.state is WorkerState.TRAINING:
            cause = Cause.WORKER if reason == "left" else Cause.OTHER
            state.stop_training(worker, cause, now, out)
        state.release(worker, worker.departing or reason, now, out)
        state.seat(now, out)

    # -- time -----------------------------------------------------------------------------------

    def resize(self, slots: int, now: float, out: list[Command]) -> None:
        """Set the number of slots; recruit missing workers now, release surplus ones."""
        self._state.pool.resize(slots)
        self.next_posting = 0.0
        self.keep_time(now, out)

    def keep_time(self, now: float, out: list[Command]) -> None:
        """End expired graces and tutorials, fill and trim the pool, post recruitment when due."""
        state = self._state
        grace = state.config.pool.grace
        while state.lost and state.lost[0][0] + grace <= now:
            since, worker = state.lost.popleft()
            if worker.lost_at == since and not worker.over:  # else reconnected, or released
                self._leave(worker, AssignmentState.LOST, "disconnected", now, out)
        while self.next_limit() <= now:
            worker = state.trainees.popleft()
            if worker.state is WorkerState.TRAINING:
                why = "the tutorial took too long"
                state.reject_untrained(worker, why, Cause.WORKER, now, out)
        while state.trainees and state.trainees[0].state is not WorkerState.TRAINING:
            state.trainees.popleft()
        for worker in state.pool.surplus():
            state.depart(worker, "the pool was made smaller", now, out)
        state.seat(now, out)
        if self.next_posting <= now:
            self._post(now, out)

    def next_limit(self) -> float:
        """Return when the oldest tutorial must be done, even if it has ended already."""
        trainees = self._state.trainees
        return trainees[0].joined + trainees[0].stopped + self._time_limit if trainees else inf

    def _post(self, now: float, out: list[Command]) -> None:
        state = self._state
        every = state.config.recruitment.every
        self.next_posting = now + every
        wanted = max(0, state.pool.wanted(state.config.pool.reserve))
        if state.phase is Phase.DRAINING:
            wanted = 0
        if wanted or self._posted:
            out.append(PostRecruitment(wanted, now + every))
        self._posted = wanted

    def _find(self, worker_id: WorkerId) -> Worker:
        worker = self._state.pool.workers.get(worker_id)
        if worker is None:
            raise InvalidEventError(f"there is no worker {worker_id}")
        return worker
