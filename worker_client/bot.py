"""Bots: participants without a screen.

A bot has three parts. A behaviour of the workforce decides the labels and the times, exactly as in
the simulator: with the same seed, and the same tasks after the same waits, it takes as long and
answers the same. The :class:`Autopilot` turns messages into the next :class:`Move`; it is pure, and
its clock is in seconds of the run. The :class:`Bot` reads the wall clock and carries moves out
through the participant's own ``Session`` and ``SessionDriver``, by the methods that the keys call,
so a scenario with bots tests the participant's code.

Two kinds of answers go around the session, straight into the driver's queue, because no key can
send them: those of adversaries to ended assignments, and those that cross a termination.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from math import inf
from random import uniform
from typing import NamedTuple

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import LATER, Error, ToClient
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Joined,
    Leave,
    Over,
    Qualification,
    Qualified,
    Skip,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from clamshell_tui.workforce.behaviour import Attempt, Behaviour, Ending
from worker_client.driver import SessionDriver
from worker_client.effects import Effect, Send
from worker_client.labelling import OPEN
from worker_client.lifecycle import SessionPhase
from worker_client.outbox import NoDisk
from worker_client.session import Session


class Move(NamedTuple):
    """The next action, due ``at`` a time: send ``message``, or drop the connection if it is None.

    ``away`` is in seconds of the run. Without a message: until the bot reconnects, infinite for
    never. With :class:`Leave`: until the same person joins again, 0 for never.
    """

    at: float
    message: Begin | Qualification | Answer | Skip | Leave | None
    away: float = 0.0


class Truthless(ValueError):  # noqa: N818  # names what the record is, as LookupError does not
    """The coordinator sent records without ``truth`` to a seat that is not one for bots."""


class Autopilot:
    """Plan of one bot: its next move, if any. ``over`` is set when the session ends."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.plan: Move | None = None
        self.over: Over | None = None
        self.afterthoughts: list[Answer] = []
        """Answers to assignments that have ended, due immediately."""
        self._behaviour = behaviour
        self._interrupted = False
        self._free_since: float | None = None
        self._assignment = ""
        self._afterthought: tuple[int, ...] = ()  # to the assignment in hand
        self._asleep_until = 0.0
        self._draws = 0  # classes among which that of an unknown record is drawn
        self._gold: tuple[str, ...] = ()
        self._sent: Qualification | Answer | Skip | Leave | None = None  # and not yet confirmed

    def receive(self, message: ToClient, now: float) -> None:
        """Apply a message of the coordinator; it may replace ``plan``."""
        match message:
            case Joined():
                self._joined(message, now)
            case TrainingAssigned():
                self._train(message.records, now)
            case Qualified():
                self._sent, self._free_since = None, now
            case Wait():
                self._wait(now)
            case TaskAssigned():
                self._take(message, now)
            case Acknowledged():
                self._acknowledged(message, now)
            case AssignmentStopped():
                self._stopped(message)
            case Over():
                self._regret()
                self.plan, self.over = None, message

    def carry_out(self) -> Move:
        """Return the plan and clear it. There must be one."""
        move, self.plan = self.plan, None
        assert move is not None, "there is no plan"
        if not isinstance(move.message, Begin):
            self._sent = move.message
        return move

    def sleep(self, now: float, seconds: float) -> None:
        """Delay the plan, and plans made meanwhile, by ``seconds``."""
        self._asleep_until = now + seconds
        if self.plan is not None:
            self.plan = self.plan._replace(at=self.plan.at + seconds)

    def _joined(self, message: Joined, now: float) -> None:
        self._draws = len(message.classes) if message.bot else 0
        if not message.begun:
            self.plan = Move(now, Begin())
        elif isinstance(self._sent, Leave):  # it may be lost
            self.plan = Move(now, self._sent)

    def _train(self, records: Sequence[Record], now: float) -> None:
        gold = tuple([record.id for record in records])
        if gold == self._gold:  # assigned again after a lost connection
            self._send_again(now)
            return
        self._gold = gold
        attempt = self._behaviour.train(self._truth(records))
        self.plan = Move(now + attempt.seconds, Qualification(attempt.labels))

    def _wait(self, now: float) -> None:
        if self._assignment and self.plan is None and self._sent is None:
            self._interrupted = True  # it was finished by another while the bot was away
            self._assignment = ""
        if self._free_since is None and not self._assignment:
            self._free_since = now

    def _take(self, task: TaskAssigned, now: float) -> None:
        waited = 0.0
        if task.assignment == self._assignment:  # the same one again, after a lost connection
            self._send_again(now)
            if self.plan is not None:
                return
        elif self._free_since is not None:
            waited = now - self._free_since
        self._assignment, self._sent, self._free_since = task.assignment, None, None
        names = [record.id for record in task.records]
        seen = self._behaviour.seen(names, self._truth(task.records))
        attempt = self._behaviour.attempt(seen, waited=waited, interrupted=self._interrupted)
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

    def _stopped(self, message: AssignmentStopped) -> None:
        if message.assignment == self._assignment:
            self._regret()
            self._interrupted = message.reason == "finished-by-another"
            self._done()

    def _regret(self) -> None:
        """Keep the answer that an adversary sends although the assignment has ended."""
        if self._assignment and self._afterthought:
            self.afterthoughts.append(Answer(self._assignment, self._afterthought))
            self._afterthought = ()

    def _done(self) -> None:
        """Forget the assignment in hand."""
        self._assignment, self._sent, self._free_since = "", None, None
        self.plan = None

    def _truth(self, records: Sequence[Record]) -> list[int]:
        """The classes of the records; an unknown one is drawn, the same for all bots.

        So any study can be rehearsed: bots agree and err as they do on records that are known.
        """
        if not self._draws and any(record.truth is None for record in records):
            raise Truthless("the records carry no truth: bots need the code of a bot seat")
        return [_drawn(each, self._draws) if each.truth is None else each.truth for each in records]

    def _send_again(self, now: float) -> None:
        if self.plan is None and self._sent is not None:
            self.plan = Move(now, self._sent)


def _drawn(record: Record, n_classes: int) -> int:
    """A class for a record, each equally likely; one record always has the same."""
    digest = blake2b(record.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % n_classes


def press(session: Session, label: int | None, now: float) -> list[Effect]:
    """Label the current record, or skip it."""
    return session.skip(now) if label is None else session.label(label, now)


def keys_for(session: Session, move: Move, now: float) -> list[Effect]:
    """Carry out a move on the session as the keys would; return the effects for the driver."""
    effects = session.dismiss(now) if session.cover is not None else []
    match move.message:
        case Begin():
            effects += session.accept()
        case Answer(labels=labels) | Qualification(labels=labels):
            for _ in labels:
                if session.sheet is not None and session.phase in OPEN:
                    effects += press(session, labels[session.sheet.at], now)
            if session.phase is SessionPhase.REVIEWING:
                effects += session.submit(now)
        case Skip(reason=reason):
            for _ in session.sheet.records if session.sheet is not None else ():
                effects += session.skip(now, reason)
            if session.phase is SessionPhase.REVIEWING:
                effects += session.submit(now)
        case Leave():
            effects += session.leave()
    return effects


RUN_OVER = "the run is over"  # the coordinator's reason for the end of a session
PATIENCE = 30.0  # wall seconds without a coordinator until a bot gives up
ASK_AGAIN = 15.0  # seconds of the run between requests for a seat in a full pool
_KNOCK_AGAIN = 1.0, 2.0  # wall seconds between requests to a coordinator that is busy
_CONNECT_AGAIN = 0.2  # wall seconds between connection attempts without a seat


class Fate(NamedTuple):
    """Result of a bot: the coordinator's ``over``, or an error (``statement`` is None then)."""

    number: int
    worker: str
    reason: str
    statement: Statement | None


class Bot:
    """One seat. ``recruit`` returns its behaviour, given the number of classes.

    ``settled`` is called when the bot has joined, or when the pool has no place for now. ``speed``
    is in seconds of the run per wall second; by default the coordinator's. A termination takes
    ``wire_delay`` seconds of the run, and an answer due until then crosses it.
    """

    def __init__(
        self,
        join: JoinString,
        recruit: Callable[[int], Behaviour],
        *,
        number: int = 0,
        speed: float | None = None,
        patience: float = PATIENCE,
        wire_delay: float = 0.0,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = number
        self.worker = ""
        self.place = join.place
        self.joins_again = 0.0
        """Seconds of the run from leaving until the same person takes another seat; 0: never."""
        self._join = join
        self._recruit = recruit
        self._settled = settled
        self._given_speed = speed
        self._speed = speed or 1.0
        self._patience = patience
        self._wire_delay = wire_delay
        self._session = Session(join.code, review=False, bot=True)
        self._driver = SessionDriver(self._session, join, NoDisk(), self._heard)
        self._pilot: Autopilot | None = None
        self._crossing: list[Move] = []
        self._failure: Exception | None = None
        self._run_over = False
        self._gone = False
        self._away = 0.0  # wall seconds of a deliberate absence that has begun
        self._give_up_at = inf  # wall time
        self._ask_at = inf  # wall time of the next request for a seat
        self._changed = asyncio.Event()

    async def live(self) -> Fate:
        """Work until the session is over or the bot is gone for good; may be called again then."""
        self._gone = False
        self._give_up_at = _now() + self._patience
        connection = asyncio.create_task(self._driver.run())
        connection.add_done_callback(lambda _: self._changed.set())
        try:
            while self._failure is None and not self._gone and not connection.done():
                self._changed.clear()
                self._act(_now())
                await self._until(self._next())
            if connection.done():
                await connection  # raises its error, which is our bug
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
            self._session.lost(_now())
        return self._fate()

    def _fate(self) -> Fate:
        if self._failure is not None:
            raise self._failure
        if self._gone:
            return Fate(self.number, self.worker, "disconnected for good", None)
        if self._run_over:
            return Fate(self.number, self.worker, RUN_OVER, None)
        session = self._session
        if session.failure:
            raise ClamshellError(f"{self.place}: {show(session.failure)}")
        return Fate(self.number, self.worker, session.ended, session.statement)

    async def _until(self, when: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(when if when < inf else None):
                await self._changed.wait()

    # -- scripted actions -------------------------------------------------------------------------

    def leave(self) -> None:
        """Give up the seat now."""
        self._do(Move(0.0, Leave()))

    def disconnect(self, seconds: float) -> None:
        """Drop the connection now, for so many seconds of the run."""
        self._do(Move(0.0, None, seconds))

    def come_back(self) -> None:
        """End an absence before its time."""
        self._driver.come_back()

    def sleep(self, seconds: float) -> None:
        """Do nothing for so many seconds of the run."""
        if self._pilot is not None:
            self._pilot.sleep(_now() * self._speed, seconds)

    def _do(self, move: Move) -> None:
        """Replace the plan and carry it out now; do nothing without a connection."""
        if self._pilot is not None and self._session.connected:
            self._pilot.plan = move
            self._changed.set()

    # -- moves ------------------------------------------------------------------------------------

    def _next(self) -> float:
        """Wall time of the next thing to do."""
        if not self._session.connected:
            return self._ask_at
        plan = self._pilot.plan if self._pilot is not None else None
        moves = [*self._crossing, plan] if plan is not None else self._crossing
        return min((move.at for move in moves), default=inf) / self._speed

    def _act(self, now: float) -> None:
        if self._ask_at <= now:
            self._ask_at = inf
            self._driver.perform(self._session.enter_code(self._join.code))
        if self._pilot is None or not self._session.connected:
            return
        self._cross(now * self._speed)
        if self._pilot.plan is not None and self._pilot.plan.at <= now * self._speed:
            self._carry_out(self._pilot.carry_out(), now)

    def _carry_out(self, move: Move, now: float) -> None:
        if isinstance(move.message, Leave):
            self.joins_again = move.away
        if move.message is not None:
            self._driver.perform(keys_for(self._session, move, now))
        elif move.away == inf:
            self._gone = True
        else:
            self._away = move.away / self._speed
            self._driver.drop(self._away)

    def _let_cross(self, stop: AssignmentStopped, now: float) -> None:
        """Keep the answer that the worker sends before hearing of the termination."""
        move = self._pilot.plan if self._pilot is not None else None
        if move is None or not isinstance(move.message, Answer):
            return
        if move.message.assignment == stop.assignment and move.at < now + self._wire_delay:
            self._crossing.append(move)

    def _cross(self, now: float) -> None:
        for move in [move for move in self._crossing if move.at <= now]:
            self._crossing.remove(move)
            assert isinstance(move.message, Answer)
            self._driver.perform([Send(move.message)])

    # -- messages ---------------------------------------------------------------------------------

    def _heard(self, message: ToClient | None, effects: list[Effect]) -> None:
        now = _now()
        match message:
            case None:
                self._disconnected(now)
            case Error(fatal=True):
                self._refused(message, now)
            case Joined():
                self._seated(message)
            case AssignmentStopped():
                self._let_cross(message, now * self._speed)
        if message is not None and self._pilot is not None:
            self._plan(self._pilot, message, now * self._speed, effects)
        self._changed.set()

    def _plan(self, pilot: Autopilot, message: ToClient, now: float, effects: list[Effect]) -> None:
        try:
            pilot.receive(message, now)
        except Truthless as error:
            self._failure = error
        effects[:0] = map(Send, pilot.afterthoughts)  # before a HangUp
        pilot.afterthoughts.clear()

    def _seated(self, seat: Joined) -> None:
        self.worker = seat.worker
        self._give_up_at = inf
        if self._pilot is None:
            self._speed = self._given_speed or seat.speed
            self._pilot = Autopilot(self._recruit(len(seat.classes)))
            self._settled()

    def _refused(self, error: Error, now: float) -> None:
        if error.code == "over":
            self._run_over = True
        elif error.code in LATER:
            full = error.code == "full"
            self._ask_at = now + (ASK_AGAIN / self._speed if full else uniform(*_KNOCK_AGAIN))
            self._give_up_at = inf
            self._settled()
        else:
            late = error.code in ("code", "token", "in-use", "version", "role")
            kind = InputError if late else ClamshellError
            self._failure = kind(f"{self.place}: {show(error.message)}")

    def _disconnected(self, now: float) -> None:
        """A connection has ended, or none could be opened; ask again for a while."""
        error = self._driver.error
        if error is not None and not isinstance(error, ConnectionLostError):
            self._failure = error
        if self._give_up_at == inf:
            self._give_up_at = now + self._away + self._patience
            self._away = 0.0
        if now >= self._give_up_at:
            self._failure = error or ConnectionLostError(
                f"{self.place} closed the connection. Is it still running?"
            )
        if not self._session.wants_connection and self._ask_at == inf:
            self._ask_at = now + _CONNECT_AGAIN


def _now() -> float:
    return asyncio.get_running_loop().time()
