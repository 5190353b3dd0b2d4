"""A bot in the seat: a behaviour of the workforce decides what the worker does, and when.

Nothing here reads a clock or a socket. Whoever sits at the wire passes on every message with its
time, in seconds of the run, looks at ``plan``, and carries it out when its time has come::

    pilot.receive(message, now)
    if pilot.plan is not None and pilot.plan.at <= now:
        move = pilot.carry_out()  # send move.message, or drop the connection for move.away seconds

Attempts are drawn exactly as in the simulator: the same behaviour and seed, given the same tasks
after the same waits, thinks as long and answers the same.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from clamshell_tui.protocol.messages import ToClient
from clamshell_tui.protocol.parts import Record
from clamshell_tui.protocol.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Joined,
    Leave,
    Over,
    Qualification,
    Qualified,
    Skip,
    Stop,
    Task,
    Train,
    Wait,
)
from clamshell_tui.workforce.behaviour import Attempt, Behaviour, Ending


class Move(NamedTuple):
    """Something to do ``at`` a time: send ``message``, or, without one, lose the connection.

    ``away`` is in seconds of the run: without a message until the bot is back, infinite when that
    is never; with :class:`Leave` until the same person joins again, 0 when that is never.
    """

    at: float
    message: Begin | Qualification | Answer | Skip | Leave | None
    away: float = 0.0


class Truthless(ValueError):  # noqa: N818  # names what the record is, as LookupError does not
    """The coordinator sent records without ``truth``: this is not a seat for bots."""


class Autopilot:
    """What one bot is going to do next. ``over`` once the session has ended."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.plan: Move | None = None
        self.over: Over | None = None
        self.afterthoughts: list[Answer] = []
        """Answers to assignments that have ended, to be sent without waiting for the plan."""
        self._behaviour = behaviour
        self._interrupted = False
        self._free_since: float | None = None
        self._assignment = ""
        self._afterthought: tuple[int, ...] = ()  # to the assignment in hand
        self._asleep_until = 0.0
        self._gold: tuple[str, ...] = ()
        self._sent: Qualification | Answer | Skip | Leave | None = None  # and not yet answered

    def receive(self, message: ToClient, now: float) -> None:
        """Take in what the coordinator says; ``plan`` may be another one afterwards."""
        match message:
            case Joined():
                self._joined(message, now)
            case Train():
                self._train(message.records, now)
            case Qualified():
                self._sent, self._free_since = None, now
            case Wait():
                self._wait(now)
            case Task():
                self._take(message, now)
            case Acknowledged():
                self._acknowledged(message, now)
            case Stop():
                self._stopped(message)
            case Over():
                self._regret()
                self.plan, self.over = None, message

    def carry_out(self) -> Move:
        """The plan, which is thereby done; only when there is one."""
        move, self.plan = self.plan, None
        assert move is not None, "there is no plan"
        if not isinstance(move.message, Begin):
            self._sent = move.message
        return move

    def sleep(self, now: float, seconds: float) -> None:
        """Do nothing for so many seconds: what is planned, or planned meanwhile, comes later."""
        self._asleep_until = now + seconds
        if self.plan is not None:
            self.plan = self.plan._replace(at=self.plan.at + seconds)

    def _joined(self, message: Joined, now: float) -> None:
        if not message.begun:
            self.plan = Move(now, Begin())
        elif isinstance(self._sent, Answer | Leave):  # nobody knows whether it arrived
            self.plan = Move(now, self._sent)

    def _train(self, records: Sequence[Record], now: float) -> None:
        gold = tuple([record.id for record in records])
        if gold == self._gold:  # asked again after a lost connection
            self._send_again(now)
            return
        self._gold = gold
        attempt = self._behaviour.train(_truth(records))
        self.plan = Move(now + attempt.seconds, Qualification(attempt.labels))

    def _wait(self, now: float) -> None:
        if self._assignment and self.plan is None and self._sent is None:
            self._interrupted = True  # it was finished by another while the bot was away
            self._assignment = ""
        if self._free_since is None and not self._assignment:
            self._free_since = now

    def _take(self, task: Task, now: float) -> None:
        waited = 0.0
        if task.assignment == self._assignment:  # the same one again, after a lost connection
            self._send_again(now)
            if self.plan is not None:
                return
        elif self._free_since is not None:
            waited = now - self._free_since
        self._assignment, self._sent, self._free_since = task.assignment, None, None
        attempt = self._behaviour.attempt(
            _truth(task.records), waited=waited, interrupted=self._interrupted
        )
        self._interrupted = False
        self.plan = self._planned(attempt, now)

    def _planned(self, attempt: Attempt, now: float) -> Move | None:
        self._afterthought = attempt.afterthought
        at = max(now, self._asleep_until) + attempt.seconds
        match attempt.ending:
            case Ending.ANSWER:
                return Move(at, Answer(self._assignment, attempt.labels))
            case Ending.LEAVE:
                return Move(at, Leave(), attempt.away)
            case Ending.SKIP:
                return Move(at, Skip(self._assignment))
            case Ending.DISCONNECT:
                return Move(at, None, attempt.away)
            case Ending.SLEEP:
                return Move(inf, None)

    def _acknowledged(self, message: Acknowledged, now: float) -> None:
        if message.assignment == self._assignment:
            self._done()
        if message.next is not None:
            self._take(message.next, now)

    def _stopped(self, message: Stop) -> None:
        if message.assignment == self._assignment:
            self._regret()
            self._interrupted = message.reason == "finished-by-another"
            self._done()

    def _regret(self) -> None:
        """The assignment in hand has ended without an answer; some answer it nevertheless."""
        if self._assignment and self._afterthought:
            self.afterthoughts.append(Answer(self._assignment, self._afterthought))
            self._afterthought = ()

    def _done(self) -> None:
        """The assignment is no longer in hand; a ``wait`` or another task is next."""
        self._assignment, self._sent, self._free_since = "", None, None
        self.plan = None

    def _send_again(self, now: float) -> None:
        if self.plan is None and self._sent is not None:
            self.plan = Move(now, self._sent)


def _truth(records: Sequence[Record]) -> list[int]:
    known = [record.truth for record in records if record.truth is not None]
    if len(known) != len(records):
        raise Truthless(
            "the records carry no truth: bots need the code of a bot seat, and records whose "
            "answers are known (clamshell submit --truth)"
        )
    return known
