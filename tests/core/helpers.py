"""Builders with sane defaults, so that an example is a few lines.

A :class:`Bench` drives one engine by hand: it keeps the clock, remembers who holds what from the
commands alone, checks every invariant after each event, and keeps the journal for a replay.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import AssignmentId, ClassIndex, RecordId, WorkerId
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.run.totals import totals
from tests.core.pay_oracle import PayOracle

W1, W2, W3, W4, W5, W6 = (WorkerId(f"W{n}") for n in range(1, 7))

T = TypeVar("T")

_PLAIN: dict[str, dict[str, Any]] = {
    "pool": {"reserve": 0},
    "tasks": {"records_per_task": 1, "batching": "barrier"},
    "qualification": {"enabled": False},
    "maintenance": {"threshold": float("inf")},
    "learning": {"enabled": False},
}


def run_config(**sections: Any) -> RunConfig:
    """One record per task, no reserve, qualification, eviction or learning, unless asked for."""
    merged: dict[str, Any] = {name: dict(keys) for name, keys in _PLAIN.items()}
    for name, value in sections.items():
        if isinstance(value, Mapping):
            merged.setdefault(name, {}).update(value)
        else:
            merged[name] = value
    return msgspec.convert(merged, RunConfig)


def only(commands: list[c.Command], kind: type[T]) -> list[T]:
    """The commands of one kind, in order."""
    return [command for command in commands if isinstance(command, kind)]


def records(*numbers: int) -> tuple[RecordId, ...]:
    return tuple(map(RecordId, numbers))


def labels(*numbers: int) -> tuple[ClassIndex, ...]:
    return tuple(map(ClassIndex, numbers))


def choices(*numbers: int | None) -> tuple[ClassIndex | None, ...]:
    """Like :func:`labels`, with None for a record that is skipped."""
    return tuple([None if number is None else ClassIndex(number) for number in numbers])


class Bench:
    """An engine with a clock; methods that send an event return its commands."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.engine = Engine(config)
        self.now = 0.0
        self.journal: list[tuple[e.Event, float]] = []
        self.said: list[list[c.Command]] = []
        self.assigned: dict[AssignmentId, c.Assign] = {}
        self.holds: dict[WorkerId, c.Assign] = {}
        self.submitted = 0
        self.joined = 0

    def handle(self, event: e.Event, *, after: float = 0.0) -> list[c.Command]:
        """Send an event ``after`` seconds."""
        now = self.now + after
        commands = self.engine.handle(event, now)
        self.now = now
        self.journal.append((event, now))
        self.said.append(commands)
        for command in commands:
            if isinstance(command, c.Assign):
                self.assigned[command.assignment] = self.holds[command.worker] = command
            elif isinstance(command, c.Terminate | c.Withdraw | c.Acknowledge):
                held = self.holds.get(command.worker)
                if held is not None and held.assignment == command.assignment:
                    del self.holds[command.worker]
        check_invariants(self.engine)
        return list(commands)

    def submit(
        self, count: int, gold: Mapping[int, int] | None = None, *, last: bool = True
    ) -> list[c.Command]:
        known = {RecordId(r): ClassIndex(label) for r, label in (gold or {}).items()}
        event = e.RecordsSubmitted(RecordId(self.submitted), count, known, last)
        self.submitted += count
        return self.handle(event)

    def know(self, *given: int) -> list[c.Command]:
        """Submit records with their labels."""
        event = e.LabelsKnown(RecordId(self.submitted), labels(*given))
        self.submitted += len(given)
        return self.handle(event)

    def join(self, count: int = 1) -> list[c.Command]:
        """Let further workers join, numbered on; return the commands of all of them."""
        commands: list[c.Command] = []
        for _ in range(count):
            self.joined += 1
            commands += self.handle(e.WorkerJoined(WorkerId(f"W{self.joined}")))
        return commands

    def qualify(self, worker: WorkerId, *given: int, after: float = 0.0) -> list[c.Command]:
        return self.handle(e.QualificationAnswered(worker, labels(*given)), after=after)

    def answer(self, worker: WorkerId, *given: int | None, after: float = 0.0) -> list[c.Command]:
        """The worker answers the task in hand: class 0 for each record unless given."""
        held = self.holds[worker]
        return self.answer_for(held.assignment, worker, *given, after=after)

    def answer_for(
        self, assignment: AssignmentId, worker: WorkerId, *given: int | None, after: float = 0.0
    ) -> list[c.Command]:
        """An answer to an assignment that may have ended."""
        answer = choices(*given) or labels(*([0] * len(self.assigned[assignment].records)))
        return self.handle(e.AssignmentAnswered(assignment, worker, answer), after=after)

    def skip(self, worker: WorkerId, *, after: float = 0.0) -> list[c.Command]:
        event = e.AssignmentSkipped(self.holds[worker].assignment, worker)
        return self.handle(event, after=after)

    def give_back_unseen(self, worker: WorkerId, *, after: float = 0.0) -> list[c.Command]:
        """The worker's terminal cannot show the task in hand."""
        return self.handle(e.AssignmentNotShown(self.holds[worker].assignment, worker), after=after)

    def disconnect(self, worker: WorkerId, *, after: float = 0.0) -> list[c.Command]:
        return self.handle(e.WorkerDisconnected(worker), after=after)

    def reconnect(self, worker: WorkerId, *, after: float = 0.0) -> list[c.Command]:
        return self.handle(e.WorkerReconnected(worker), after=after)

    def leave(self, worker: WorkerId, *, after: float = 0.0) -> list[c.Command]:
        return self.handle(e.WorkerLeft(worker), after=after)

    def change(self, key: str, value: float | bool | str) -> list[c.Command]:
        return self.handle(e.SettingChanged(key, value))

    def trained(self, *ranking: int, accuracy: float | None = None) -> list[c.Command]:
        return self.handle(e.ModelTrained(records(*ranking), 0, accuracy))

    def wait(self, seconds: float) -> list[c.Command]:
        """Let time pass, waking the engine at each deadline; return all commands."""
        until, commands = self.now + seconds, list[c.Command]()
        while (deadline := self.engine.next_deadline) <= until:
            commands += self.handle(e.TimePassed(), after=max(0.0, deadline - self.now))
        return commands + self.handle(e.TimePassed(), after=until - self.now)

    def work(self, seconds: float = 1.0, limit: int = 10_000) -> list[c.Command]:
        """Let the workers answer one after the other, until no task is in hand."""
        commands: list[c.Command] = []
        while self.holds and limit:
            commands += self.answer(next(iter(self.holds)), after=seconds)
            limit -= 1
        return commands

    def worker(self, worker: WorkerId) -> Worker:
        return self.engine.state.pool.workers[worker]

    def present(self) -> list[str]:
        pool = self.engine.state.pool
        return [worker.id for worker in [*pool.present(), *pool.reserve.values()]]

    @property
    def phase(self) -> str:
        return totals(self.engine, self.now).phase

    def all_commands(self, kind: type[T]) -> list[T]:
        return only([command for commands in self.said for command in commands], kind)

    def paid(self, worker: WorkerId, kind: c.PayKind) -> int:
        """Return the pay for waiting or training, summed over the commands so far."""
        return sum(
            pay.micros
            for pay in self.all_commands(c.PayWaiting)
            if pay.worker == worker and pay.kind is kind
        )


def replay(bench: Bench) -> None:
    """Check that a fresh engine returns the same commands for the same events."""
    fresh = Engine(bench.config)
    for (event, now), said in zip(bench.journal, bench.said, strict=True):
        assert fresh.handle(event, now) == said, f"the replay differs at {now}: {event}"
    assert totals(fresh, bench.now) == totals(bench.engine, bench.now)


def check_pay(bench: Bench) -> None:
    """Compare all pay with the oracle; floats may cost a micro-dollar a payment."""
    oracle = PayOracle(bench.config)
    for (event, now), said in zip(bench.journal, bench.said, strict=True):
        oracle.see(now, event, said)
    for worker in bench.engine.state.pool.workers.values():
        due = oracle.accounts[worker.id].owed
        assert abs(worker.owed - due) <= 2, f"{worker.id} is owed {worker.owed}, oracle {due}"
