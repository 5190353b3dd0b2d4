"""What everybody is owed, worked out a second time: from what happened when, in exact arithmetic.

It reads no amount in any command, and nothing inside the engine.
"""

from collections import defaultdict
from fractions import Fraction
from math import ceil

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import PayConfig
from clamshell_tui.core.ids import AssignmentId, WorkerId

PARTIAL = ("skipped", "abandoned")  # paid the waiting rate; an expired lease is paid nothing


class Account:
    def __init__(self) -> None:
        self.kind = c.PayKind.TRAINING
        self.since: Fraction | None = None  # start of the paid interval
        self.task: c.Assign | None = None
        self.began = Fraction(0)
        self.lost_at: Fraction | None = None
        self.latencies: list[Fraction] = []  # seconds per label of the answers that counted
        self.owed = 0
        self.over = False


class PayOracle:
    """Show it every event; ``totals`` and ``accounts[worker].owed`` are micro-dollars."""

    def __init__(self, pay: PayConfig) -> None:
        self.rate = Fraction(str(pay.per_minute)) * 1_000_000 / 60
        self.per_record = ceil(Fraction(str(pay.per_record)) * 1_000_000)
        self.prorated = pay.terminated == "prorated"
        self.accounts: dict[WorkerId, Account] = defaultdict(Account)
        self.paid: dict[AssignmentId, tuple[int, int]] = {}  # full price, paid at the end
        self.totals = dict.fromkeys(c.PayKind, 0)

    def see(self, seconds: float, event: e.Event, commands: list[c.Command]) -> None:
        now = Fraction(seconds)
        match event:
            case e.WorkerJoined(worker) if not isinstance(commands[0], c.Reject):
                self.accounts[worker].since = now
            case e.WorkerDisconnected(worker) if self.accounts[worker].lost_at is None:
                self.close(self.accounts[worker], now)
                self.accounts[worker].lost_at = now
            case e.WorkerReconnected(worker) if self.accounts[worker].lost_at is not None:
                self.accounts[worker].lost_at = None
                self.open(self.accounts[worker], now)
        for command in commands:
            if isinstance(command, c.Assign | c.Admit | c.Reject | c.Release):
                account = self.accounts[command.worker]
                self.close(account, now)
                account.over = isinstance(command, c.Reject | c.Release)
                if isinstance(command, c.Assign):
                    account.task, account.began = command, now
                elif isinstance(command, c.Admit):
                    account.kind = c.PayKind.WAITING
                    self.open(account, now)
            elif isinstance(command, c.Acknowledge | c.Terminate | c.Withdraw):
                self.pay_work(self.accounts[command.worker], command, now)

    def open(self, account: Account, now: Fraction) -> None:
        paid = account.task is None and account.lost_at is None and not account.over
        account.since = now if paid else None

    def close(self, account: Account, now: Fraction) -> None:
        if account.since is not None:
            self.book(account, account.kind, ceil((now - account.since) * self.rate))
        account.since = None

    def book(self, account: Account, kind: c.PayKind, micros: int) -> None:
        account.owed += micros
        self.totals[kind] += micros

    def pay_work(
        self, account: Account, end: c.Acknowledge | c.Terminate | c.Withdraw, now: Fraction
    ) -> None:
        if isinstance(end, c.Acknowledge) and end.outcome is not c.Outcome.COUNTED:
            if end.outcome is c.Outcome.LATE:
                full, before = self.paid[end.assignment]
                self.book(account, c.PayKind.RECORDS, max(0, full - before))
            return
        assert account.task is not None
        n, elapsed = len(account.task.records), now - account.began
        full = micros = self.per_record * n
        kind = c.PayKind.TERMINATED
        if isinstance(end, c.Acknowledge):
            account.latencies.append(max(elapsed, Fraction(0.001)) / n)
            kind = c.PayKind.RECORDS
        elif isinstance(end, c.Withdraw) and end.state != "preempted":
            until = now if account.lost_at is None else account.lost_at
            kind = c.PayKind.PARTIAL
            micros = ceil((until - account.began) * self.rate) if end.state in PARTIAL else 0
        elif self.prorated and account.latencies:
            mean = sum(account.latencies) / len(account.latencies)
            micros = min(full, ceil(full * elapsed / (mean * n)))
        self.book(account, kind, micros)
        self.paid[end.assignment] = (full, micros)
        account.task = None
        self.open(account, now)
