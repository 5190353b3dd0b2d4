"""The run of a condition, as the study uses it: who is in it, for how long, and what they do."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import NamedTuple, Protocol

from clamshell_tui.coordinator.assemble import Service
from clamshell_tui.coordinator.sessions import GONE, Peer
from clamshell_tui.coordinator.study.work_peer import WorkPeer
from clamshell_tui.core.commands import (
    Acknowledge,
    Assign,
    Command,
    Outcome,
    Reject,
    Release,
)
from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState, Worker
from clamshell_tui.core.events import (
    AssignmentAnswered,
    Event,
    WorkerDismissed,
    WorkerJoined,
    WorkerLeft,
    WorkerPaused,
    WorkerReconnected,
    WorkerResumed,
)
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.study.idle import without_work
from clamshell_tui.study.worker_ids import label_of, worker_id
from clamshell_tui.wire.messages import ToServer

FIRST = frozenset({Outcome.COUNTED, Outcome.LATE})
"""Outcomes of an answer that was not sent before."""
_MAY_END = (WorkerJoined, WorkerReconnected, WorkerResumed)
"""Events after which nothing may be left for some worker, even if the engine decides nothing."""
_STUDY = "study"  # name of the study among the operators of a run
_RECORDS = "records"  # a stage's limit is reached
_RUN_OVER, _OVER = "the run is over", "over"  # as the engine says it, and as the study does


class Figures(NamedTuple):
    """A worker's actions in an engine."""

    records: int
    checks_asked: int
    checks_right: int


class Reports(Protocol):
    """Reports of a condition, after the commit of its file."""

    def entered(self, worker: WorkerId) -> None:
        """The engine has the worker."""

    def ended(self, worker: WorkerId, reason: str) -> None:
        """The engine has released the worker."""

    def free(self, worker: WorkerId) -> None:
        """A worker on hold has no task in hand."""

    def paid(self, worker: WorkerId) -> None:
        """A worker whose session is over earned something."""


class RunningCondition:
    """``most`` is how many records a participant may answer, None for any number."""

    def __init__(self, name: str, service: Service, reports: Reports, most: int | None) -> None:
        self.name = name
        self.service = service
        self.run = service.run
        self.run_loop = service.run_loop
        self._reports = reports
        self._most = most
        self._peers: dict[WorkerId, WorkPeer] = {}
        self._why: dict[WorkerId, str] = {}  # of dismissals, to be reported at the end
        self._holding: set[WorkerId] = set()  # who get no further task, and have one in hand
        self._held: set[WorkerId] = set()  # who get no further task until the study says so
        self._last: set[WorkerId] = set()  # whose task in hand reaches ``most``, if answered
        self._records: Counter[WorkerId] = Counter()
        self._of_label: Counter[str] = Counter()  # records of all workers that a participant was
        for assignment in self.run.engine.state.assignments:
            self._note(assignment.worker.id, _answers(assignment.labels))
            if assignment.state is AssignmentState.ACTIVE:
                self._limit(assignment.worker.id, assignment.size)
        self.run_loop.peers = self._peers.values()
        self.run.observe = self._observe
        self.watch: Callable[[Event, Sequence[Command], float], None] = lambda *_: None
        """Called with each step of the engine."""
        self.awaited: Callable[[], bool] = lambda: True
        """Whether somebody else may still enter the work of this condition."""

    @property
    def file(self) -> Path:
        """The run file."""
        return self.service.store.path

    async def image(self) -> bytes:
        """Return a sealed copy of the run file."""
        copied: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.run_loop.call(lambda _: self.run.copies_wanted.append(copied.set_result))
        return await copied

    # -- participants -----------------------------------------------------------------------------

    def worker(self, worker: WorkerId) -> Worker | None:
        """Return a worker of the engine, None if it was none so far."""
        return self.run.engine.state.pool.workers.get(worker)

    def workers(self, label: str) -> list[WorkerId]:
        """Return all workers that a participant was so far."""
        names = map(partial(worker_id, label), count(1))
        return list(takewhile(lambda name: self.worker(name) is not None, names))

    def figures(self, workers: Sequence[WorkerId]) -> Figures:
        """Return what a participant did, as one worker or several."""
        known = [worker for name in workers if (worker := self.worker(name)) is not None]
        return Figures(
            sum(self._records[worker.id] for worker in known),
            sum(worker.checks_asked for worker in known),
            sum(worker.checks_right for worker in known),
        )

    def enter(self, worker: WorkerId, peer: Peer, *, bot: bool) -> WorkPeer:
        """Let a participant work, or go on working."""
        if (older := self._peers.get(worker)) is not None:
            older.closed = True
        mine = self._peers[worker] = WorkPeer(peer)
        self.run_loop.call(partial(self._admit, worker, mine, bot))
        return mine

    def _admit(self, worker: WorkerId, mine: WorkPeer, bot: bool, now: float) -> None:
        sessions = self.run.sessions
        session = sessions.workers.get(worker) or sessions.add(worker, bot=bot)
        self.run_loop.handlers.worker.admit(mine, session, now)
        if self.worker(worker) is None:  # the run is over, and needs no worker
            self.run.effects.append(partial(self._reports.ended, worker, _OVER))

    def peer(self, worker: WorkerId) -> WorkPeer | None:
        """Return the connection of a worker, if it is here."""
        return self._peers.get(worker)

    def open_assignment(self, worker: WorkerId, key: str) -> Assignment | None:
        """Return the assignment of a key if it is this worker's, and was not answered."""
        number = self.run.translator.keys.assignment(key)
        assignments = self.run.engine.state.assignments
        if number is None or number >= len(assignments):
            return None
        found = assignments[number]
        return found if found.worker.id == worker and found.labels is None else None

    def put(self, worker: WorkerId, message: ToServer) -> None:
        """Pass a message on to the engine."""
        if (mine := self._peers.get(worker)) is not None:
            mine.last_heard = mine.peer.last_heard
            self.run_loop.put(mine, message)

    def gone(self, worker: WorkerId) -> None:
        """Pass on that the connection of a worker ended."""
        if (mine := self._peers.pop(worker, None)) is not None:
            mine.last_heard, mine.closed = mine.peer.last_heard, True
            self.run_loop.put(mine, GONE)

    def end(self, worker: WorkerId, reason: str, *, at_once: bool) -> None:
        """Release a worker, after the task in hand unless ``at_once``."""
        self.run_loop.call(partial(self._end, worker, reason, at_once))

    def _end(self, worker: WorkerId, reason: str, at_once: bool, now: float) -> None:
        found = self.worker(worker)
        if found is None or found.over:
            self.run.effects.append(partial(self._reports.ended, worker, reason))
            return
        self._why[worker] = reason
        event = WorkerLeft(worker) if at_once else WorkerDismissed(worker, _STUDY)
        self.run.apply(event, now)

    def forget_draft(self, worker: WorkerId) -> None:
        """Delete the labels that a worker has chosen and not sent."""
        self.run_loop.call(lambda _: self.run.translator.drafts.clear(worker))

    def hold(self, worker: WorkerId) -> None:
        """Give a worker no further task, and report when there is none in hand."""
        self.run_loop.call(partial(self._hold, worker))

    def _hold(self, worker: WorkerId, now: float) -> None:
        if (found := self.worker(worker)) is not None and not found.over:
            self._holding.add(worker)
            self._held.add(worker)
            self._give_none(worker, now)

    def _give_none(self, worker: WorkerId, now: float) -> None:
        if (found := self.worker(worker)) is not None and not found.over:
            self.run.apply(WorkerPaused(worker, _STUDY), now)

    def go_on(self, worker: WorkerId) -> None:
        """Give a worker tasks again."""
        self.run_loop.call(partial(self._go_on, worker))

    def _go_on(self, worker: WorkerId, now: float) -> None:
        self._holding.discard(worker)
        self._held.discard(worker)
        if (mine := self._peers.get(worker)) is not None:
            mine.quiet = False
        found = self.worker(worker)
        if found is not None and not found.over and worker not in self._last:
            self.run.apply(WorkerResumed(worker, _STUDY), now, exclude=worker)
            self.run.resync(self.run.sessions.workers[worker], now)

    # -- what the engine does ---------------------------------------------------------------------

    def _observe(self, event: Event, commands: Sequence[Command], now: float) -> None:
        if isinstance(event, WorkerJoined):
            self.run.effects.append(partial(self._reports.entered, event.worker))
        answered = self._count(event, commands)
        for command in commands:
            match command:
                case Release() | Reject():
                    reason = _OVER if command.reason == _RUN_OVER else command.reason
                    why = self._why.pop(command.worker, reason)
                    self._holding.discard(command.worker)
                    self._held.discard(command.worker)
                    self.run.effects.append(partial(self._reports.ended, command.worker, why))
                case Assign():
                    self._limit(command.worker, len(command.records))
                case _:
                    pass
        if answered is not None and (worker := self.worker(answered)) is not None and worker.over:
            self.run.effects.append(partial(self._reports.paid, answered))
        self._report_free()
        if commands or isinstance(event, _MAY_END):
            self._end_idle()
        self.watch(event, commands, now)

    def _count(self, event: Event, commands: Sequence[Command]) -> WorkerId | None:
        """Count the records of an answer; return its worker."""
        if not isinstance(event, AssignmentAnswered):
            return None
        if any(isinstance(each, Acknowledge) and each.outcome in FIRST for each in commands):
            self._note(event.worker, _answers(event.labels))
        return event.worker

    def _note(self, worker: WorkerId, records: int) -> None:
        self._records[worker] += records
        self._of_label[label_of(worker)] += records

    def _limit(self, worker: WorkerId, records: int) -> None:
        """Give a worker no further task if this one may be the last: it is known once it is over.

        A task that is taken back or skipped does not count.
        """
        if self._most is not None and self._of_label[label_of(worker)] + records >= self._most:
            self._last.add(worker)
            self.run_loop.call(partial(self._give_none, worker))

    def _at_limit(self, worker: WorkerId) -> bool:
        return self._most is not None and self._of_label[label_of(worker)] >= self._most

    def records_left(self, label: str) -> int | None:
        """Return how many records a participant may still answer; None for any number."""
        return None if self._most is None else max(0, self._most - self._of_label[label])

    def why_over(self, worker: Worker) -> str:
        """Return why the work of a worker ended, as the study says it."""
        return (
            _RECORDS
            if worker.reason == "dismissed" and self._at_limit(worker.id)
            else worker.reason
        )

    def end_idle(self) -> None:
        """End the work of workers who would wait for somebody who can no longer come."""
        if self.run.engine.state.pool.idle:
            self.run_loop.call(lambda _: self._end_idle())

    def _end_idle(self) -> None:
        """End the work of workers who have answered all: nothing would ever arrive."""
        for worker in without_work(self.run.engine.state, self.awaited):
            self.end(worker, _OVER, at_once=False)

    def _report_free(self) -> None:
        for name in list(self._last):
            worker = self.worker(name)
            if worker is None or worker.over:
                self._last.discard(name)
            elif worker.assignment is None:
                self._last.discard(name)
                if self._at_limit(name):
                    self.end(name, _RECORDS, at_once=False)
                elif name not in self._held:
                    self.go_on(name)
        for name in list(self._holding):
            worker = self.worker(name)
            if worker is not None and worker.assignment is None and not worker.over:
                self._holding.discard(name)
                self.run.effects.append(partial(self._reports.free, name))


def _answers(labels: Sequence[object] | None) -> int:
    return 0 if labels is None else len(labels) - list(labels).count(None)
