"""A run from the view of its workers and requester: only the commands to them, in order.

A worker's reasons for complaint are AssertionErrors: a second task before the end of the first, the
same records twice, a session without an end, commands after it.
"""

from collections import Counter, defaultdict
from enum import Enum, auto

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import AssignmentId, RecordId, TaskId, WorkerId
from clamshell_tui.core.settings import change_setting
from clamshell_tui.run.totals import totals
from tests.core.pay_oracle import PayOracle

AFTER_THE_END = c.Retrain | c.Acknowledge | c.Reject | c.Warn
"""A last model, late answers and late comers."""


class Stage(Enum):
    TRAINING = auto()
    RESERVE = auto()
    SEATED = auto()
    OVER = auto()


class ObservedWorker:
    """One worker's view."""

    def __init__(self) -> None:
        self.stage = Stage.TRAINING
        self.connected = True
        self.evicted = False
        self.hand: c.Assign | None = None
        self.answered: set[RecordId] = set()  # without gold
        self.checks: set[RecordId] = set()  # known answers met, in the qualification and at work


class Witness:
    """Show it every (time, event, commands); then ``settle`` compares the pay.

    ``reached`` counts the interesting things that happened.
    """

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.workers: dict[WorkerId, ObservedWorker] = {}
        self.mine: dict[AssignmentId, c.Assign] = {}
        self.answers: dict[AssignmentId, tuple[int | None, ...]] = {}
        self.live: dict[TaskId, set[WorkerId]] = defaultdict(set)
        self.groups: dict[TaskId, tuple[RecordId, ...]] = {}  # records by task
        self.delivered: set[RecordId] = set()
        self.set_aside: set[RecordId] = set()
        self.gold: set[RecordId] = set()
        self.submitted = 0
        self.ended = False
        self.oracle = PayOracle(config)
        self.reached: Counter[str] = Counter()

    def see(self, now: float, event: e.Event, commands: list[c.Command]) -> None:
        self.record(event)
        for command in commands:
            assert not self.ended or isinstance(command, AFTER_THE_END), f"late: {command}"
            self.check(command, event)
        self.oracle.see(now, event, commands)

    def record(self, event: e.Event) -> None:
        """Take over the facts of an event."""
        match event:
            case e.WorkerJoined(worker):
                self.workers[worker] = ObservedWorker()
            case e.WorkerDisconnected(worker):
                self.workers[worker].connected = False
            case e.WorkerReconnected(worker):
                seen = self.workers[worker]
                back = not seen.connected and seen.stage is not Stage.OVER
                self.reached["back in time"] += back
                self.reached["same task after a reconnect"] += back and seen.hand is not None
                seen.connected = True
            case e.RecordsSubmitted(_, count, gold):
                self.submitted += count
                self.gold |= set(gold)
            case e.LabelsKnown(first, labels):
                self.submitted += len(labels)
                self.delivered |= {RecordId(first + i) for i in range(len(labels))}
            case e.SettingChanged(key, value):
                self.config = change_setting(self.config, key, value)

    def check(self, command: c.Command, event: e.Event) -> None:
        match command:
            case c.Qualify(worker, records):
                assert self.workers[worker].stage is Stage.TRAINING
                self.workers[worker].checks |= set(records)
            case c.Admit(worker):
                self.move(worker, Stage.TRAINING, Stage.RESERVE)
            case c.Reject(worker):
                self.move(worker, Stage.TRAINING, Stage.OVER)
                self.reached["rejected"] += 1
            case c.Seat(worker):
                self.move(worker, Stage.RESERVE, Stage.SEATED)
            case c.CutBatch(_, tasks, groups):
                self.groups |= dict(zip(tasks, groups, strict=True))
            case c.Assign():
                self.start(command)
            case c.Acknowledge():
                self.acknowledged(command, event)
            case c.Terminate(assignment, worker):
                self.stop(worker, assignment)
                self.reached["terminated"] += 1
            case c.Withdraw(assignment, worker, state):
                self.stop(worker, assignment)
                self.reached[state] += 1
            case c.Evict(worker):
                seen = self.workers[worker]
                assert seen.stage is Stage.SEATED
                assert not seen.evicted, f"{worker} evicted twice"
                seen.evicted = True
                self.reached["evicted"] += 1
                self.reached["evicted in the middle of a task"] += seen.hand is not None
            case c.Release(worker, reason):
                seen = self.workers[worker]
                assert seen.stage is not Stage.OVER, f"{worker} released twice"
                assert seen.hand is None, f"{worker} released with a task in hand"
                seen.stage = Stage.OVER
                self.reached[reason] += 1
            case c.DeliverLabels(_, records):
                self.settle_records(records, self.delivered)
            case c.SetAside(_, records):
                self.set_aside |= set(records)
                self.reached["poison"] += 1
            case c.FinishRun():
                self.finished()

    def move(self, worker: WorkerId, before: Stage, after: Stage) -> None:
        seen = self.workers[worker]
        assert seen.stage is before, f"{worker} is {seen.stage}, not {before}, and becomes {after}"
        seen.stage = after

    def start(self, order: c.Assign) -> None:
        seen = self.workers[order.worker]
        assert seen.hand is None, f"{order.worker} gets {order} while holding {seen.hand}"
        assert seen.stage is Stage.SEATED, f"{order.worker} has no slot and gets {order}"
        assert seen.connected, f"{order.worker} is away and gets {order}"
        assert not seen.evicted, f"{order.worker} was evicted and gets {order}"
        work = frozenset(order.records) - self.gold
        if self.config.quality.checks_every:
            work -= self.extra(order)
        assert not work & seen.answered, f"{order.worker} answered records of {order} before"
        assert not work & self.delivered, f"{order} asks for what is known"
        seen.hand = self.mine[order.assignment] = order
        self.live[order.task].add(order.worker)
        self.reached["duplicate"] += order.duplicate
        mitigation, voted = self.config.straggler_mitigation, self.config.tasks.votes > 1
        cap = mitigation.vote_duplicates if voted else mitigation.max_duplicates
        if cap != "unlimited":
            allowed = self.config.tasks.votes + cap
            assert len(self.live[order.task]) <= allowed, f"too many copies of task {order.task}"

    def extra(self, order: c.Assign) -> set[RecordId]:
        """The record that fills an assignment up: a new check, or a filler."""
        seen, gold = self.workers[order.worker], self.gold & set(order.records)
        assert not gold & seen.checks, f"{order.worker} meets a check of {order} again"
        seen.checks |= gold
        extra = set(order.records) - set(self.groups[order.task])
        assert gold <= extra, f"{order} has gold among its work"
        assert len(extra) <= 1, f"{order} has {extra} beside its work"
        self.reached["check"] += len(gold)
        self.reached["filler"] += len(extra - gold)
        return extra

    def stop(self, worker: WorkerId, assignment: AssignmentId) -> None:
        seen = self.workers[worker]
        assert seen.hand is not None, f"{worker} loses a task without holding one"
        assert seen.hand.assignment == assignment, f"{worker} loses {assignment}, holding another"
        self.live[seen.hand.task].discard(worker)
        seen.hand = None

    def acknowledged(self, ack: c.Acknowledge, event: e.Event) -> None:
        assert isinstance(event, e.AssignmentAnswered)
        assert (ack.assignment, ack.worker) == (event.assignment, event.worker)
        first = self.answers.setdefault(ack.assignment, event.labels)
        seen = self.workers[ack.worker]
        if ack.outcome is c.Outcome.COUNTED:
            self.stop(ack.worker, ack.assignment)
            pairs = zip(self.mine[ack.assignment].records, event.labels, strict=True)
            work = {record for record, label in pairs if label is not None} - self.gold
            if self.config.quality.checks_every:
                work &= set(self.groups[self.mine[ack.assignment].task])
            assert not work & seen.answered, f"two answers of {ack.worker} counted for a record"
            seen.answered |= work
            self.reached["record skipped"] += None in event.labels
        else:
            held = seen.hand is not None and seen.hand.assignment == ack.assignment
            assert not held, f"{ack.worker} holds {ack.assignment}, and the answer is {ack.outcome}"
        if ack.outcome in (c.Outcome.REPEATED, c.Outcome.CONFLICT):
            assert ack.micros == 0, f"paid twice: {ack}"
            assert (ack.outcome is c.Outcome.REPEATED) == (event.labels == first)
        self.reached[str(ack.outcome)] += 1

    def settle_records(self, records: tuple[RecordId, ...], where: set[RecordId]) -> None:
        known = (self.delivered | self.set_aside | self.gold) & set(records)
        assert not known, f"records {known} were settled before"
        where |= set(records)

    def finished(self) -> None:
        self.ended = True
        still = [worker for worker, seen in self.workers.items() if seen.stage is not Stage.OVER]
        assert not still, f"{still} were never released"

    def settle(self, engine: Engine) -> None:
        """The ledger agrees with the oracle to the micro-dollar, in all and for each worker."""
        cost = totals(engine, engine.now).cost
        expected = {str(kind): micros for kind, micros in self.oracle.totals.items()}
        prorated = sum(account.prorated for account in self.oracle.accounts.values())
        more = cost.pop("terminated") - expected.pop("terminated")
        assert 0 <= more <= prorated, f"terminated: {more} more in {prorated} prorated payments"
        less = expected.pop("records") - cost.pop("records")  # late: the rest of the full price
        assert 0 <= less <= more, f"records: {less} less, of {more} that were paid before"
        assert cost == expected, f"the ledger has {cost}, the oracle {expected}"
        for worker in engine.state.pool.workers.values():
            owed = self.oracle.accounts[worker.id].owed
            more = worker.owed - owed
            assert 0 <= more <= self.oracle.accounts[worker.id].prorated, (
                f"{worker.id}: {worker.owed}, oracle {owed}"
            )

    @property
    def unsettled(self) -> int:
        """Records with neither a label nor a report that they have none."""
        return self.submitted - len(self.gold | self.delivered | self.set_aside)
