"""The state of a run, and the only code that changes it.

Components decide; each decision is carried out by one method here, named after the command that it
appends to ``out``. Workers, presence and waiting pay are in
:class:`~clamshell_tui.core.sessions.Sessions`, records, tasks and labels in
:class:`~clamshell_tui.core.tasks.Tasks`; assignments join the two and are here.
"""

from collections import deque

from clamshell_tui.core.commands import (
    Acknowledge,
    Assign,
    Command,
    Outcome,
    PayKind,
    Terminate,
    Warn,
    Withdraw,
)
from clamshell_tui.core.config import RunConfig, slots_at_first
from clamshell_tui.core.crowd_platform.ledger import Ledger
from clamshell_tui.core.crowd_platform.pay_rules import LOSSES_EXCUSED, PAY_RULES, Pay, cause_of
from clamshell_tui.core.crowd_platform.pool import Pool
from clamshell_tui.core.crowd_platform.work import (
    NEVER,
    Assignment,
    AssignmentState,
    Task,
    TaskState,
    Vote,
    Worker,
    WorkerState,
)
from clamshell_tui.core.events import WorkerDisconnected
from clamshell_tui.core.ids import AssignmentId, ClassIndex, Micros, RecordId, WorkerId
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.latency.censored import Censored
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEstimator
from clamshell_tui.core.sessions import Sessions
from clamshell_tui.core.tasks import Tasks

_SHORTEST = 1e-3  # seconds: lower bound of a latency, so that its logarithm exists
_ACTIVE = WorkerState.ACTIVE
_COMPLETED = AssignmentState.COMPLETED
_TERMINATED = AssignmentState.TERMINATED
_RECORDS_PAY = PayKind.RECORDS
_TERMINATED_PAY = PayKind.TERMINATED
_COUNTED = Outcome.COUNTED
_TASK_ACTIVE = TaskState.ACTIVE
_COMPLETE = TaskState.COMPLETE
_SKIPS_WARNED = 3  # skips of one worker until the operator is warned
_FAST_WARNED = frozenset({3, 30, 300})  # answers of one worker that were too fast, likewise


class State(Sessions, Tasks):
    """Complete state of a run. Read any attribute; change it through methods only."""

    def __init__(self, config: RunConfig) -> None:
        pool, ledger = Pool(slots_at_first(config)), Ledger(config.pay)
        Sessions.__init__(self, pool, ledger, config.qualification.time_limit)
        Tasks.__init__(self, config, self.pool.workers)
        self.paused = False
        self.finish_reason = ""
        self.assignments: list[Assignment] = []
        self.leases: deque[Assignment] = deque()
        self.live = 0
        self.latency_model = Censored(config.maintenance.evict_probability)
        name = config.maintenance.latency_estimator
        censored = name == "censored"
        self.estimator: LatencyEstimator = (
            self.latency_model if censored else LATENCY_ESTIMATORS[name](config.maintenance)
        )
        self.to_review: dict[WorkerId, Worker] = {}  # refused a task, or answered late
        self._fastest = config.conduct.fastest
        self.duplicates = 0
        self.seconds_worked = 0.0  # on answers that were counted
        self.first_assignment: float | None = None

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
        records = task.records
        if self.checks.every:
            self.checks.fill(assignment)
            records = assignment.records
        self.leases.append(assignment)
        self.live += 1
        del self.pool.idle[worker.id]
        worker.state = _ACTIVE  # without the check of become(): an idle worker is available
        worker.assignment = assignment
        task.live.append(assignment)
        work = self.work
        if duplicate:
            self.duplicates += 1
            if work.graded or len(task.live) - task.missing >= work.cap:
                work.place(task)  # else it stays where it was found
        else:
            task.state = _TASK_ACTIVE
            if task.started is None:
                task.started = now
                self._note_start(task, now)
            work.place(task)
        out.append(Assign(assignment_id, worker.id, task.id, records, duplicate))

    def _note_start(self, task: Task, now: float) -> None:
        if self.first_assignment is None:
            self.first_assignment = now
        batch = self.batches[task.batch]
        if batch.started is None:
            batch.started = now

    def complete(
        self,
        assignment: Assignment,
        labels: tuple[ClassIndex | None, ...],
        now: float,
        out: list[Command],
    ) -> None:
        """Count an answer; :meth:`terminate_others` ends the task's other assignments."""
        task, worker = assignment.task, assignment.worker
        assignment.state = _COMPLETED  # without the check of end(): the caller has made it
        assignment.ended = now
        assignment.labels = labels
        n = len(labels)
        seconds = now - assignment.started - assignment.stopped
        if seconds < _SHORTEST:
            seconds = _SHORTEST
        self.seconds_worked += seconds
        latency = seconds / n
        if not assignment.stopped:  # else it is not known how long it took
            if latency < self._fastest:
                self._note_fast(worker, out)
            worker.evidence.add_completed(latency)
            self.latency_model.observe_pool(latency)
        worker.completed += 1
        worker.expired_in_row = 0
        worker.losses = 0
        if self.spot_checks:
            self._grade_gold(worker, task.records, labels)
        batch = self.batches[task.batch]
        batch.latency_total += latency
        batch.completions += 1
        skipped = labels.count(None)
        micros = self.ledger.book(worker, _RECORDS_PAY, self.ledger.per_record * (n - skipped))
        partial = self._pay_skips(assignment, skipped, now) if skipped else 0
        assignment.micros = micros + partial
        out.append(Acknowledge(assignment.id, worker.id, _COUNTED, assignment.micros, partial))
        worker.assignment = None
        task.live.remove(assignment)
        self.live -= 1
        task.missing -= 1
        if assignment.extra is not None:
            labels = self._grade_check(assignment, assignment.extra, labels)
        task.answers.append(Vote(worker.id, labels))
        if task.quorum > 1:
            task.note_seen(worker.id)
            if self.election.adaptive:
                self._ask_further(task)
        if task.missing:
            self.work.place(task)
        else:
            self.end_task(task, _COMPLETE, now)
        self.set_free(worker, now, out)

    def _pay_skips(self, assignment: Assignment, skipped: int, now: float) -> Micros:
        """Count records skipped in an answer; pay their share of the time as waiting."""
        worker, n = assignment.worker, assignment.size
        worker.skipped_share += skipped / n
        self.to_review[worker.id] = worker
        until = now if worker.present_until is None else worker.present_until
        time = self.ledger.time(assignment.started, until)
        share = -(-time * skipped // n)  # rounded up, in whole numbers
        return self.ledger.book(worker, PayKind.PARTIAL, min(self.ledger.price(skipped), share))

    def _ask_further(self, task: Task) -> None:
        """Ask for one more vote until the labels are certain; ``quorum`` is the limit."""
        if self.election.enough(task):
            task.missing, task.quorum = 0, len(task.answers)
        elif not task.missing:
            task.missing = 1

    def terminate_others(self, task: Task, by: Worker, now: float, out: list[Command]) -> None:
        """Terminate a task's other assignments: the answer of ``by`` made them unnecessary."""
        live, size = task.live, len(task.records)
        voting, ledger = task.quorum > 1, self.ledger
        winner_mean = by.evidence.mean or 0.0
        price, grace = ledger.per_record, self.config.pool.grace
        paid = 0
        for assignment in live:
            worker, n = assignment.worker, size + (assignment.extra is not None)
            if ledger.prorated or not worker.connected:
                micros = self._price(assignment, _TERMINATED, now)
            else:  # what PAY_RULES say of a worker present, without the look-up
                micros = price * n
                assignment.payable_until = now - worker.away + grace
            assignment.micros = micros
            assignment.state = _TERMINATED  # without the check of end(): live ones are active
            assignment.ended = now
            worker.earned[_TERMINATED_PAY] += micros
            paid += micros
            if not assignment.stopped:
                worker.evidence.add_terminated((now - assignment.started) / n, winner_mean)
            worker.terminated += 1
            worker.assignment = None
            if voting:
                task.note_seen(worker.id)
            out.append(Terminate(assignment.id, worker.id, micros))
            self.set_free(worker, now, out)
        ledger.totals[_TERMINATED_PAY] += paid
        self.live -= len(live)
        live.clear()

    def withdraw(
        self, assignment: Assignment, ending: AssignmentState, now: float, out: list[Command]
    ) -> None:
        """Take back an assignment without an answer; the task is open again.

        Preemptions and records that could not be shown are no failures of the task.
        """
        worker, task = assignment.worker, assignment.task
        preempted = ending is AssignmentState.PREEMPTED
        kind = PayKind.TERMINATED if preempted else PayKind.PARTIAL
        price = self._price(assignment, ending, now)
        assignment.micros = self.ledger.book(worker, kind, price)
        assignment.end(ending, now)
        task.note_seen(worker.id)
        worker.assignment = None
        task.live.remove(assignment)
        self.live -= 1
        out.append(Withdraw(assignment.id, worker.id, str(ending), price))
        if not preempted and ending is not AssignmentState.NOT_SHOWN:
            self._note_failure(task, worker, ending)
        if not task.live and not task.answers:
            task.become(TaskState.UNASSIGNED)
        self.work.place(task)
        if ending is AssignmentState.SKIPPED:
            self.count_skip(worker, out)

    def _note_failure(self, task: Task, worker: Worker, ending: AssignmentState) -> None:
        """Count a failure; repeated skips of a task offered again are excused."""
        task.failures += 1
        if worker not in task.failed:
            task.failed.append(worker)
        elif ending is AssignmentState.SKIPPED and task.failures <= self.config.tasks.max_failures:
            worker.repeated += 1
        if ending is AssignmentState.EXPIRED and worker.connected:
            worker.expired += 1
            self.to_review[worker.id] = worker

    def _price(self, assignment: Assignment, ending: AssignmentState, now: float) -> Micros:
        """Return the pay of an assignment that ends now without an answer, by ``PAY_RULES``."""
        worker, ledger, n = assignment.worker, self.ledger, assignment.size
        rule = PAY_RULES[ending, cause_of(ending, worker)]
        if rule.late:
            assignment.payable_until = worker.clock(now) + self.config.pool.grace
        if rule.at_end is Pay.POLICY:
            return ledger.terminated(n, now - assignment.started, worker.evidence.mean)
        if rule.at_end is Pay.NOTHING:
            return Micros(0)
        until = now if worker.present_until is None else worker.present_until
        return min(ledger.price(n), ledger.time(assignment.started, until))

    def count_skip(self, worker: Worker, out: list[Command]) -> None:
        """Count a skip, or an action that counts as one."""
        worker.skipped += 1
        self.to_review[worker.id] = worker
        if worker.skipped == _SKIPS_WARNED:
            out.append(Warn("skips", f"{worker.id} has skipped {_SKIPS_WARNED} tasks"))

    def _note_fast(self, worker: Worker, out: list[Command]) -> None:
        """Count an answer that was faster than anyone can read."""
        worker.fast += 1
        if worker.fast in _FAST_WARNED:
            text = f"{worker.fast} tasks in less than {self._fastest:g} s a record"
            out.append(Warn("fast", f"{worker.id} answered {text}: check the labels"))

    def resume_clock(self, seconds: float, now: float) -> None:
        """Make up for the time up to now in which the coordinator stood still."""
        for assignment in self.leases:
            assignment.stopped += min(seconds, now - assignment.started)
        for worker in self.pool.workers.values():
            if worker.connected:
                worker.away += min(seconds, now - worker.joined)
            if worker.state is WorkerState.TRAINING:
                worker.stopped += min(seconds, now - worker.joined)
        for _ in range(len(self.lost)):
            since, worker = self.lost.popleft()
            moved = since + min(seconds, now - since)
            if worker.lost_at == since:
                worker.lost_at = moved
            self.lost.append((moved, worker))

    def lose(
        self, worker: Worker, event: WorkerDisconnected, now: float, out: list[Command]
    ) -> None:
        """Record a lost connection; repeated losses with a task in hand count as skips."""
        until = now if event.present_until is None else min(now, event.present_until)
        self.disconnect(worker, until, now, out)
        if worker.assignment is None or event.ours:
            return
        worker.losses += 1
        if worker.losses > LOSSES_EXCUSED:
            worker.loss_counts = True
            self.count_skip(worker, out)

    def pay_late(
        self, assignment: Assignment, labels: tuple[ClassIndex | None, ...], now: float
    ) -> Acknowledge:
        """Acknowledge an answer to an assignment that has ended: it does not count.

        If the pay rule says so, the pay is topped up to the full price of the records, once.
        """
        worker = assignment.worker
        if assignment.labels is not None:
            repeated = assignment.labels == labels
            outcome = Outcome.REPEATED if repeated else Outcome.CONFLICT
            return Acknowledge(assignment.id, worker.id, outcome, 0)
        assignment.labels = labels
        if assignment.payable_until == NEVER:  # the worker caused the ending
            worker.late += 1
            self.to_review[worker.id] = worker
        due = Micros(0)
        if worker.clock(now) <= assignment.payable_until:
            full = self.ledger.price(len(labels) - labels.count(None))
            due = Micros(max(0, full - assignment.micros))
        assignment.micros += self.ledger.book(worker, PayKind.RECORDS, due)
        return Acknowledge(assignment.id, worker.id, Outcome.LATE, due)

    def _grade_gold(
        self, worker: Worker, records: tuple[RecordId, ...], labels: tuple[ClassIndex | None, ...]
    ) -> None:
        gold = self.gold
        for record, label in zip(records, labels, strict=True):
            if record in gold and label is not None:
                worker.gold_asked += 1
                worker.gold_correct += gold[record] == label

    def _grade_check(
        self, assignment: Assignment, extra: RecordId, labels: tuple[ClassIndex | None, ...]
    ) -> tuple[ClassIndex | None, ...]:
        """Grade the answer to an assignment's extra record; return those to the task's records."""
        worker, place = assignment.worker, assignment.place
        label, known = labels[place], self.gold.get(extra)
        if label is not None and known is not None:
            right = label == known
            worker.checks_asked += 1
            worker.checks_right += right
            worker.gold_asked += 1
            worker.gold_correct += right
        return (*labels[:place], *labels[place + 1 :])
