"""Every worker's pay, computed a second time: from events and times, in exact arithmetic.

It reads no amount in any command, and nothing inside the engine. Its rule is the table below,
written here again by hand; the engine's own is not imported.

An answer is paid the price of the records that it answers; those that it skips are paid their share
of the time, at the waiting rate, up to their price.

An ending has its cause in the worker (a skip, leaving, a lease that ran out while the worker was
connected, any ending in an absence that counts as a skip) or elsewhere. At the end it is paid the
FULL price of its records, what the run's POLICY makes of that, the waiting rate for the TIME that
the task was in hand and the worker connected (at most the full price), or NOTHING. An answer that
is late counts for nothing; it is topped up to the full price where the table says so, once, within
the grace, which stands still while the worker is away.

Waiting is paid while the worker is there. Training is paid when it ends: all of it after all
answers; else the time up to the last record that was answered, each worth its share of the time
limit at most, and one share more if the worker did not end it.
"""

from collections import defaultdict
from fractions import Fraction
from math import ceil

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.ids import AssignmentId, WorkerId

WORKERS, NOT = "caused by the worker", "not caused by the worker"
FULL, POLICY, TIME, NOTHING = "full", "policy", "time", "nothing"

TABLE = {  # ending, cause: at the end, and whether a late answer is topped up
    ("skipped", WORKERS): (TIME, False),
    ("left", WORKERS): (TIME, False),
    ("expired", WORKERS): (NOTHING, False),
    ("expired", NOT): (TIME, True),
    ("lost", WORKERS): (TIME, False),
    ("lost", NOT): (TIME, True),
    ("terminated", WORKERS): (TIME, False),
    ("terminated", NOT): (POLICY, True),
    ("preempted", NOT): (POLICY, True),
    ("not-shown", NOT): (TIME, False),
}
EXCUSED = 2  # losses of the connection in a row, with a task in hand and no answer that counted


class Account:
    def __init__(self) -> None:
        self.joined = Fraction(0)
        self.stopped = False  # whether the coordinator stood still during the task in hand
        self.gold = 0  # records of the tutorial, while it goes on
        self.training: list[Fraction] = []  # lengths of its intervals, connected
        self.proven = Fraction(0)
        self.since: Fraction | None = None  # start of the paid interval
        self.task: c.Assign | None = None
        self.began = Fraction(0)
        self.lost_at: Fraction | None = None
        self.away = Fraction(0)  # seconds of absences that are over
        self.losses = 0
        self.skipping = False  # away, in an absence that counts as a skip
        self.latencies: list[Fraction] = []  # seconds per label of the answers that counted
        self.owed = 0
        self.prorated = 0  # payments
        self.over = False

    def clock(self, now: Fraction) -> Fraction:
        return (now if self.lost_at is None else self.lost_at) - self.away


class PayOracle:
    """Show it every event; ``totals`` and ``accounts[worker].owed`` are micro-dollars."""

    def __init__(self, config: RunConfig) -> None:
        pay = config.pay
        self.grace = Fraction(config.pool.grace)
        self.time_limit = Fraction(config.qualification.time_limit)
        self.rate = Fraction(str(pay.per_minute)) * 1_000_000 / 60
        self.per_record = ceil(Fraction(str(pay.per_record)) * 1_000_000)
        self.prorated = pay.terminated == "prorated"
        self.accounts: dict[WorkerId, Account] = defaultdict(Account)
        self.unpaid: dict[AssignmentId, tuple[int, Fraction]] = {}  # due if late, and until when
        self.totals = dict.fromkeys(c.PEOPLE_KINDS, 0)

    def see(self, seconds: float, event: e.Event, commands: list[c.Command]) -> None:
        now = Fraction(seconds)
        match event:
            case e.WorkerJoined(worker) if not isinstance(commands[0], c.Reject):
                self.accounts[worker].since = self.accounts[worker].joined = now
            case e.ClockStopped(length):
                self.stand_still(Fraction(length), now)
            case e.WorkerDisconnected(worker):
                until = self.presence_ended(event, now)
                self.lose(self.accounts[worker], until, ours=event.ours)
            case e.TutorialContinued(worker, answered):
                self.prove(self.accounts[worker], answered, now)
            case e.WorkerReconnected(worker):
                self.find(self.accounts[worker], now)
        for command in commands:
            if isinstance(command, c.Qualify):
                self.accounts[command.worker].gold = len(command.records)
            elif isinstance(command, c.Assign | c.Admit | c.Reject | c.Release):
                account = self.accounts[command.worker]
                self.close(account, now)
                if account.gold:
                    self.pay_training(account, event, command)
                account.over = isinstance(command, c.Reject | c.Release)
                if isinstance(command, c.Assign):
                    account.task, account.began, account.stopped = command, now, False
                elif isinstance(command, c.Admit):
                    self.open(account, now)
            elif isinstance(command, c.Acknowledge | c.Terminate | c.Withdraw):
                skipped = event.labels.count(None) if isinstance(event, e.AssignmentAnswered) else 0
                self.pay_work(self.accounts[command.worker], command, skipped, now)

    def stand_still(self, length: Fraction, now: Fraction) -> None:
        for account in self.accounts.values():
            account.stopped = account.task is not None
            if account.lost_at is None:
                account.away += min(length, now - account.joined)

    def presence_ended(self, event: e.WorkerDisconnected, now: Fraction) -> Fraction:
        return now if event.present_until is None else min(now, Fraction(event.present_until))

    def prove(self, account: Account, answered: int, now: Fraction) -> None:
        if account.gold:
            spent = sum(account.training, Fraction(0))
            spent += 0 if account.since is None else now - account.since
            most = self.time_limit * answered / account.gold
            account.proven = max(account.proven, min(spent, most))

    def pay_training(
        self, account: Account, event: e.Event, end: c.Assign | c.Admit | c.Reject | c.Release
    ) -> None:
        too_long = isinstance(end, c.Reject) and end.reason == "the tutorial took too long"
        own = too_long or event == e.WorkerLeft(end.worker)
        left = sum(account.training, Fraction(0))
        if not isinstance(event, e.QualificationAnswered) or event.worker != end.worker:
            left = account.proven + (0 if own else self.time_limit / account.gold)
        for length in account.training:  # each is rounded up
            seconds = min(length, left)
            left -= seconds
            self.book(account, c.PayKind.TRAINING, ceil(seconds * self.rate))
        account.gold = 0

    def lose(self, account: Account, now: Fraction, *, ours: bool) -> None:
        if account.over or account.lost_at is not None:
            return
        self.close(account, now)
        account.lost_at = now
        if account.task is not None and not ours:
            account.losses += 1
            account.skipping = account.losses > EXCUSED

    def find(self, account: Account, now: Fraction) -> None:
        if account.lost_at is None:
            return
        account.away += now - account.lost_at
        account.lost_at, account.skipping = None, False
        self.open(account, now)

    def open(self, account: Account, now: Fraction) -> None:
        paid = account.task is None and account.lost_at is None and not account.over
        account.since = now if paid else None

    def close(self, account: Account, now: Fraction) -> None:
        if account.since is not None and now > account.since:
            if account.gold:
                account.training.append(now - account.since)
            else:
                micros = ceil((now - account.since) * self.rate)
                self.book(account, c.PayKind.WAITING, micros)
        account.since = None

    def book(self, account: Account, kind: c.PayKind, micros: int) -> None:
        account.owed += micros
        self.totals[kind] += micros

    def pay_work(
        self,
        account: Account,
        end: c.Acknowledge | c.Terminate | c.Withdraw,
        skipped: int,
        now: Fraction,
    ) -> None:
        if isinstance(end, c.Acknowledge) and end.outcome is not c.Outcome.COUNTED:
            if end.outcome is c.Outcome.LATE:
                due, until = self.unpaid.pop(end.assignment, (0, now))
                if account.clock(now) <= until:
                    due = max(0, due - self.per_record * skipped)
                    self.book(account, c.PayKind.RECORDS, due)
            return
        assert account.task is not None
        n = len(account.task.records)
        if isinstance(end, c.Acknowledge):
            if not account.stopped:
                account.latencies.append(max(now - account.began, Fraction(0.001)) / n)
            account.losses = 0
            self.book(account, c.PayKind.RECORDS, self.per_record * (n - skipped))
            until = now if account.lost_at is None else account.lost_at
            time = max(0, ceil((until - account.began) * self.rate))
            partial = min(self.per_record * skipped, ceil(Fraction(time * skipped, n)))
            self.book(account, c.PayKind.PARTIAL, partial)
        else:
            self.pay_unanswered(account, end, n, now)
        account.task = None
        self.open(account, now)

    def pay_unanswered(
        self, account: Account, end: c.Terminate | c.Withdraw, n: int, now: Fraction
    ) -> None:
        state = "terminated" if isinstance(end, c.Terminate) else end.state
        at_end, late = TABLE[state, self.cause(account, state)]
        micros = self.at_end(account, at_end, n, now)
        ours = state in ("terminated", "preempted")
        self.book(account, c.PayKind.TERMINATED if ours else c.PayKind.PARTIAL, micros)
        if late:
            due = self.per_record * n - micros
            self.unpaid[end.assignment] = (due, account.clock(now) + self.grace)

    def cause(self, account: Account, state: str) -> str:
        connected = account.lost_at is None
        own = state in ("skipped", "left") or (state == "expired" and connected)
        return WORKERS if own or account.skipping else NOT

    def at_end(self, account: Account, rule: str, n: int, now: Fraction) -> int:
        full = self.per_record * n
        if rule == NOTHING:
            return 0
        if rule == TIME:
            until = now if account.lost_at is None else account.lost_at
            return max(0, min(full, ceil((until - account.began) * self.rate)))
        if not self.prorated or not account.latencies:
            return full
        account.prorated += 1  # the engine's mean is rounded, and may cost a micro-dollar each time
        mean = sum(account.latencies) / len(account.latencies)
        return min(full, ceil(full * (now - account.began) / (mean * n)))
