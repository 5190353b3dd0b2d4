"""The state of a run, and the only code that changes it.

Components decide; each decision is carried out by one method here, named after the command that it
issues into ``out``. Records, tasks and answers are handled in :class:`State`; who is present and
what they are paid for waiting, in :class:`~clamshell_tui.core.sessions.Sessions`.
"""

from collections import deque
from enum import StrEnum
from random import Random

from clamshell_tui.core.batch import Batch
from clamshell_tui.core.commands import (
    Acknowledge,
    Assign,
    CloseBatch,
    Command,
    CutBatch,
    DeliverLabels,
    Outcome,
    PayKind,
    SetAside,
    Terminate,
    Warn,
    Withdraw,
)
from clamshell_tui.core.config import RunConfig, votes_at_first
from clamshell_tui.core.crowd_platform.assignment import Assignment, AssignmentState
from clamshell_tui.core.crowd_platform.election import Election
from clamshell_tui.core.crowd_platform.label_cache import LabelCache
from clamshell_tui.core.crowd_platform.ledger import Ledger
from clamshell_tui.core.crowd_platform.pool import Pool
from clamshell_tui.core.crowd_platform.record_pool import RecordPool
from clamshell_tui.core.crowd_platform.task import Answer, Task, TaskState
from clamshell_tui.core.crowd_platform.worker import Worker, WorkerState
from clamshell_tui.core.ids import (
    AssignmentId,
    BatchId,
    ClassIndex,
    Micros,
    RecordId,
    TaskId,
    WorkerId,
)
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.verdict import LatencyEstimator
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.open_work import OpenWork, duplicate_cap
from clamshell_tui.core.sessions import Sessions

_SHORTEST = 1e-3  # seconds: no answer is quicker, so that logarithms exist
_ACTIVE = WorkerState.ACTIVE
_COMPLETED = AssignmentState.COMPLETED
_TERMINATED = AssignmentState.TERMINATED
_RECORDS_PAY = PayKind.RECORDS
_TERMINATED_PAY = PayKind.TERMINATED
_COUNTED = Outcome.COUNTED
_TASK_ACTIVE = TaskState.ACTIVE
_COMPLETE = TaskState.COMPLETE
_SKIPS_TOLD = 3  # skips of one worker before the operator is told


class Phase(StrEnum):
    """What the run as a whole is doing."""

    RECRUITING = "recruiting"  # before the first batch
    LABELLING = "labelling"
    DRAINING = "draining"  # work in hand is finished, nothing new is started
    FINISHED = "finished"


class State(Sessions):
    """Everything that a run is. Read it freely; change it through methods only."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(Pool(config.pool.size), Ledger(config.pay))
        self.config = config
        self.rng = Random(config.seed)
        self.phase = Phase.RECRUITING
        self.paused = False
        self.finish_reason = ""
        self.records = RecordPool()
        self.labels = LabelCache()
        self.gold: dict[RecordId, ClassIndex] = {}
        self.set_aside: dict[RecordId, TaskId] = {}  # records without a label, by poison task
        self.submission_open = True
        self.tasks: list[Task] = []
        self.assignments: list[Assignment] = []
        self.leases: deque[Assignment] = deque()
        self.live = 0
        graded = ROUTINGS[config.straggler_mitigation.routing].graded
        self.work = OpenWork(duplicate_cap(config), graded=graded)
        self.batch: Batch | None = None  # the newest one in play
        self.batches: list[Batch] = []
        self.in_play: dict[BatchId, Batch] = {}
        self.ripe: dict[BatchId, Batch] = {}  # in play, but all their tasks have ended
        self.election = Election(config, self.pool.workers)
        self.speeds = Censored(config.maintenance.evict_probability)
        name = config.maintenance.latency_estimator
        censored = name == "censored"
        self.estimator: LatencyEstimator = (
            self.speeds if censored else LATENCY_ESTIMATORS[name](config.maintenance)
        )
        self.spot_checks = config.quality.gold_share > 0
        self.duplicates = 0
        self.first_assignment: float | None = None

    # -- batches ------------------------------------------------------------------------------

    @property
    def records_in_play(self) -> int:
        """Records in tasks that have not ended; gold slipped in is not counted."""
        settled = len(self.labels) + len(self.set_aside) + len(self.gold)
        return self.records.submitted - settled - len(self.records)

    def cut_batch(
        self,
        chosen: list[tuple[tuple[RecordId, ...], frozenset[RecordId]]],
        model: int,
        now: float,
        out: list[Command],
    ) -> None:
        """Bring groups of records into play, each with those that were actively selected."""
        batch = self.batch = Batch(BatchId(len(self.batches)), [], 0, now, model)
        self.batches.append(batch)
        self.in_play[batch.id] = batch
        self.phase = Phase.LABELLING
        self.extend_batch(batch, chosen, model, out)

    def extend_batch(
        self,
        batch: Batch,
        chosen: list[tuple[tuple[RecordId, ...], frozenset[RecordId]]],
        model: int,
        out: list[Command],
    ) -> None:
        """Add further groups of records to a batch in play."""
        first = len(batch.tasks)
        self.ripe.pop(batch.id, None)
        votes = self.config.tasks.votes
        coupled = votes > 1 and self.config.straggler_mitigation.coupling == "coupled"
        for records, active in chosen:
            answers: list[Answer] = []
            seen: set[WorkerId] | None = set() if votes > 1 else None
            for _ in range(votes if coupled else 1):
                task_id = TaskId(len(self.tasks))
                missing = 1 if coupled else votes_at_first(self.config)
                task = Task(task_id, batch.id, records, active, missing, votes, answers, seen)
                self.tasks.append(task)
                batch.tasks.append(task)
                self.work.place(task)
        added = batch.tasks[first:]
        batch.remaining += len(added)
        batch.groups += len(chosen)
        out.append(
            CutBatch(
                batch.id,
                tuple([task.id for task in added]),
                tuple([task.records for task in added]),
                frozenset().union(*[active for _, active in chosen]),
                model,
            )
        )

    def close_batch(self, batch: Batch, now: float, out: list[Command]) -> None:
        """End a batch all of whose tasks have ended."""
        batch.ended = now
        out.append(CloseBatch(batch.id, batch.mpl))
        del self.in_play[batch.id], self.ripe[batch.id]
        self.batch = next(reversed(self.in_play.values()), None)

    # -- assignments --------------------------------------------------------------------------

    def assign(
        self, worker: Worker, task: Task, now: float, out: list[Command], *, duplicate: bool
    ) -> None:
        """Send an open task to an idle worker."""
        if worker.paid_since != now:
            self.pay_waiting(worker, now, out)
        worker.paid_since = None
        assignments = self.assignments
        assignment_id = AssignmentId(len(assignments))
        assignment = Assignment(assignment_id, task, worker, now, duplicate)
        assignments.append(assignment)
        self.leases.append(assignment)
        self.live += 1
        del self.pool.idle[worker.id]
        worker.state = _ACTIVE  # whoever is idle is available
        worker.assignment = assignment
        task.live.append(assignment)
        if duplicate:
            self.duplicates += 1
        else:
            task.state = _TASK_ACTIVE
            if task.started is None:
                task.started = now
                self._note_start(task, now)
        self.work.place(task)
        out.append(Assign(assignment_id, worker.id, task.id, task.records, duplicate))

    def _note_start(self, task: Task, now: float) -> None:
        if self.first_assignment is None:
            self.first_assignment = now
        batch = self.batches[task.batch]
        if batch.started is None:
            batch.started = now

    def complete(
        self,
        assignment: Assignment,
        labels: tuple[ClassIndex, ...],
        now: float,
        out: list[Command],
    ) -> None:
        """Count an answer; the task's other assignments are the withdrawal's business."""
        task, worker = assignment.task, assignment.worker
        assignment.end(_COMPLETED, now)
        assignment.labels = labels
        n = len(labels)
        latency = max(now - assignment.started, _SHORTEST) / n
        worker.evidence.add_completed(latency)
        self.speeds.observe_pool(latency)
        worker.completed += 1
        worker.expired_in_row = 0
        if self.spot_checks:
            self._grade_gold(worker, task.records, labels)
        batch = self.batches[task.batch]
        batch.latency_total += latency
        batch.completions += 1
        micros = self.ledger.book(worker, _RECORDS_PAY, self.ledger.per_record * n)
        assignment.micros = micros
        out.append(Acknowledge(assignment.id, worker.id, _COUNTED, micros))
        worker.assignment = None
        task.live.remove(assignment)
        self.live -= 1
        task.missing -= 1
        task.answers.append(Answer(worker.id, labels))
        if task.quorum > 1:
            task.note_seen(worker.id)
            if self.election.adaptive:
                self._ask_further(task)
        if task.missing:
            self.work.place(task)
        else:
            self._end_task(task, _COMPLETE, now)
        self.set_free(worker, now, out)

    def _ask_further(self, task: Task) -> None:
        """The number of votes adapts; until it is settled the quorum is the most there may be."""
        if self.election.enough(task):
            task.missing, task.quorum = 0, len(task.answers)
        elif not task.missing:
            task.missing = 1

    def terminate_others(self, task: Task, by: Worker, now: float, out: list[Command]) -> None:
        """End what is left of a task's assignments: ``by``'s answer made them unnecessary."""
        live, n = task.live, len(task.records)
        ledger, voting = self.ledger, task.quorum > 1
        micros = ledger.price(n)
        winner_mean = by.evidence.mean or 0.0
        for assignment in live:
            worker = assignment.worker
            evidence = worker.evidence
            elapsed = now - assignment.started
            if ledger.prorated:
                micros = ledger.terminated(n, elapsed, evidence.mean)
            assignment.micros = micros
            assignment.state = _TERMINATED  # whatever is live is active
            assignment.ended = now
            ledger.book(worker, _TERMINATED_PAY, micros)
            evidence.add_terminated(elapsed / n, winner_mean)
            worker.terminated += 1
            worker.assignment = None
            if voting:
                task.note_seen(worker.id)
            out.append(Terminate(assignment.id, worker.id, micros))
            self.set_free(worker, now, out)
        self.live -= len(live)
        live.clear()

    def withdraw(
        self, assignment: Assignment, ending: AssignmentState, now: float, out: list[Command]
    ) -> None:
        """Take back an assignment that brought no answer; the task is open again.

        Pay: nothing for an expired lease, the policy's terminated pay for a preempted one, the
        waiting rate for time spent before a skip or while still connected. All but a preemption
        count as a failure on the task.
        """
        worker, task = assignment.worker, assignment.task
        if ending is AssignmentState.PREEMPTED:
            kind = PayKind.TERMINATED
            elapsed, mean = now - assignment.started, worker.evidence.mean
            price = self.ledger.terminated(len(task.records), elapsed, mean)
        else:
            kind = PayKind.PARTIAL
            until = now if worker.connected or worker.lost_at is None else worker.lost_at
            expired = ending is AssignmentState.EXPIRED
            price = 0 if expired else self.ledger.time(assignment.started, until)
        assignment.micros = self.ledger.book(worker, kind, price)
        assignment.end(ending, now)
        task.note_seen(worker.id)
        self._detach(assignment)
        out.append(Withdraw(assignment.id, worker.id, str(ending), price))
        if ending is not AssignmentState.PREEMPTED:
            task.failures += 1
        if not task.live and not task.answers:
            task.become(TaskState.UNASSIGNED)
        self.work.place(task)
        if ending is AssignmentState.SKIPPED:
            worker.skipped += 1
            if worker.skipped == _SKIPS_TOLD:
                out.append(Warn("skips", f"{worker.id} has skipped {_SKIPS_TOLD} tasks"))

    def pay_late(self, assignment: Assignment, labels: tuple[ClassIndex, ...]) -> Acknowledge:
        """Acknowledge an answer that came after its assignment had ended: paid once, not counted.

        Whatever was paid at the end is topped up to the full price of the records, once.
        """
        worker = assignment.worker
        if assignment.labels is not None:
            repeated = assignment.labels == labels
            outcome = Outcome.REPEATED if repeated else Outcome.CONFLICT
            return Acknowledge(assignment.id, worker.id, outcome, 0)
        assignment.labels = labels
        due = Micros(max(0, self.ledger.price(len(labels)) - assignment.micros))
        assignment.micros += self.ledger.book(worker, PayKind.RECORDS, due)
        return Acknowledge(assignment.id, worker.id, Outcome.LATE, due)

    def _detach(self, assignment: Assignment) -> None:
        assignment.worker.assignment = None
        assignment.task.live.remove(assignment)
        self.live -= 1

    def _grade_gold(
        self, worker: Worker, records: tuple[RecordId, ...], labels: tuple[ClassIndex, ...]
    ) -> None:
        gold = self.gold
        for record, label in zip(records, labels, strict=True):
            if record in gold:
                worker.gold_asked += 1
                worker.gold_correct += gold[record] == label

    # -- tasks and labels ---------------------------------------------------------------------

    def deliver_labels(self, task: Task, out: list[Command]) -> None:
        """Turn a task's answers into labels and hand them to requester and learner."""
        records = task.records
        support: tuple[float, ...]
        if task.quorum == 1 and not self.election.adaptive:
            labels, support = task.answers[0].labels, (1.0,) * len(records)
        else:
            elected = self.election.decide(task)
            labels = tuple([label for label, _ in elected])
            support = tuple([share for _, share in elected])
        if self.spot_checks:
            kept = [i for i, record in enumerate(records) if record not in self.gold]
            records = tuple([records[i] for i in kept])
            labels = tuple([labels[i] for i in kept])
            support = tuple([support[i] for i in kept])
        self.labels.put(records, labels)
        active = tuple([record in task.active for record in records])
        out.append(DeliverLabels(task.id, records, labels, support, active))

    def set_task_aside(self, task: Task, now: float, out: list[Command]) -> None:
        """Give up on a task that too many workers failed on; it has no live assignment."""
        self._end_task(task, TaskState.SET_ASIDE, now)
        records = tuple([record for record in task.records if record not in self.gold])
        self.set_aside.update(dict.fromkeys(records, task.id))
        for record in records:
            if record in self.records:  # a cancelled sibling had put it back
                self.records.remove(record)
        out.append(SetAside(task.id, records))
        names = ", ".join(map(str, records))
        out.append(Warn("poison", f"task {task.id} was set aside: records {names} have no label"))

    def settle(self, task: Task, now: float, out: list[Command]) -> None:
        """Make do with the answers there are: the whole pool has answered, and it is full."""
        missing, wanted = task.missing, task.quorum
        if self.election.adaptive:
            task.quorum = len(task.answers)
        else:
            for sibling in self.batches[task.batch].tasks:
                if sibling.answers is task.answers:
                    sibling.quorum -= missing
        task.missing = 0
        self._end_task(task, TaskState.COMPLETE, now)
        have = f"{len(task.answers)} of {wanted} votes"
        out.append(Warn("votes", f"task {task.id} has {have}: everybody in the pool has answered"))
        if len(task.answers) == task.quorum:
            self.deliver_labels(task, out)

    def cancel_task(self, task: Task, now: float) -> None:
        """Take an unanswered task out of play; its records wait to be selected again."""
        self._end_task(task, TaskState.CANCELLED, now)
        for record in task.records:
            settled = (self.gold, self.set_aside, self.records)
            if not any(record in where for where in settled):
                self.records.put_back(record)

    def _end_task(self, task: Task, state: TaskState, now: float) -> None:
        task.become(state)
        task.ended = now
        self.work.remove(task)
        batch = self.batches[task.batch]
        batch.remaining -= 1
        if not batch.remaining:
            self.ripe[batch.id] = batch
