"""One bot on a WebSocket of its own: connects, tells its autopilot what it hears, does what is due.

A driver: the wall clock is read here. A bot that loses its connection really closes the socket,
and comes back to the same seat with its token.

A bot in the seat: a behaviour of the workforce decides what the worker does, and when.

Nothing here reads a clock or a socket. Whoever sits at the wire passes on every message with its
time, in seconds of the run, looks at ``plan``, and carries it out when its time has come::

    pilot.receive(message, now)
    if pilot.plan is not None and pilot.plan.at <= now:
        move = pilot.carry_out()  # send move.message, or drop the connection for move.away seconds

Attempts are drawn exactly as in the simulator: the same behaviour and seed, given the same tasks
after the same waits, thinks as long and answers the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from random import uniform
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.connection import certificate_matches, unverified_context
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import LATER, Error, Hello, ToClient
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Over,
    Qualification,
    Qualified,
    Rejoin,
    Skip,
    Statement,
    TaskAssigned,
    TrainingAssigned,
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

    def _take(self, task: TaskAssigned, now: float) -> None:
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

    def _stopped(self, message: AssignmentStopped) -> None:
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


RUN_OVER = "the run is over"  # the coordinator's reason for the end of a session
PATIENCE = 30.0  # wall seconds that a coordinator may be away before a bot gives up
ASK_AGAIN = 15.0  # seconds of the run until a bot asks again for a seat in a full pool
_KNOCK_AGAIN = 1.0, 2.0  # wall seconds until a bot knocks again where too many are connected
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # wall seconds between two attempts to connect
_LARGEST_FRAME = 16 * 2**20  # bytes; a task of many images


class Fate(NamedTuple):
    """How a bot ended: the coordinator's ``over``, or what went wrong (``statement`` None then)."""

    number: int
    worker: str
    reason: str
    statement: Statement | None


class Bot:
    """One seat. ``recruit`` says who sits down in it, given the number of classes.

    ``settled`` is called when the bot has joined, or has been told that there is no room for now.
    ``speed`` is in seconds of the run per wall second; without it, the coordinator's. A termination
    takes ``wire_delay`` seconds of the run, and an answer due until then crosses it.
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
        self._crossing: list[Move] = []
        self._token = ""
        self._pilot: Autopilot | None = None
        self._heartbeat = inf
        self._next_heartbeat = inf
        self._refused: Error | None = None
        self._away = 0.0
        self._alarm: asyncio.Timeout | None = None
        self._back = asyncio.Event()

    async def live(self) -> Fate:
        """Until the session is over, or the bot never comes back; then it can be called again."""
        while True:
            self._away = 0.0
            async with await self._connected() as socket:
                self._check_certificate(socket)
                with suppress(ConnectionClosed):  # then connect again, as a worker would
                    await self._converse(socket)
            self._alarm = None
            pilot = self._pilot
            if pilot is not None and pilot.over is not None:
                return Fate(self.number, self.worker, pilot.over.reason, pilot.over.statement)
            if self._refused is not None and self._refused.code == "over":
                return Fate(self.number, self.worker, RUN_OVER, None)
            if self._refused is not None:
                self._away = self._pause_after(self._refused)
                self._refused = None
                self._settled()
            if self._away == inf:
                return Fate(self.number, self.worker, "disconnected for good", None)
            await self._stay_away(self._away / self._speed)

    async def _stay_away(self, seconds: float) -> None:
        self._back.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._back.wait()

    # -- what a script may ask of a bot -----------------------------------------------------------

    def leave(self) -> None:
        """Give the seat up, now."""
        self._do(Move(0.0, Leave()))

    def disconnect(self, seconds: float) -> None:
        """Lose the connection now, for so many seconds of the run."""
        self._do(Move(0.0, None, seconds))

    def come_back(self) -> None:
        """End an absence before its time."""
        self._back.set()

    def sleep(self, seconds: float) -> None:
        """Do nothing for so many seconds of the run."""
        if self._pilot is not None:
            self._pilot.sleep(asyncio.get_running_loop().time() * self._speed, seconds)

    def _do(self, move: Move) -> None:
        """At once, whatever was planned; nothing while there is no connection."""
        if self._pilot is None or self._alarm is None:
            return
        self._pilot.plan = move
        with suppress(RuntimeError):  # not listening just now: the plan is looked at before it does
            self._alarm.reschedule(asyncio.get_running_loop().time())

    # -- the wire ---------------------------------------------------------------------------------

    def _pause_after(self, error: Error) -> float:
        if error.code == "full":
            return ASK_AGAIN
        if error.code in LATER:
            return uniform(*_KNOCK_AGAIN) * self._speed
        kind = InputError if error.code in ("code", "token", "version", "role") else ClamshellError
        raise kind(f"{self.place}: {show(error.message)}")

    async def _connected(self) -> ClientConnection:
        """A connection, however long the coordinator takes to come back, within the patience."""
        loop = asyncio.get_running_loop()
        give_up, pause = loop.time() + self._patience, _FIRST_PAUSE
        while True:
            try:
                return await connect(
                    self._join.url,
                    ssl=unverified_context() if self._join.fingerprint else None,
                    compression=None,
                    max_size=_LARGEST_FRAME,
                    proxy=None,
                    open_timeout=self._patience,
                )
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                if loop.time() + pause > give_up:
                    raise EnvironmentFaultError(
                        f"{self.place} refused the connection. Is clamshell serve running there?"
                    ) from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _check_certificate(self, socket: ClientConnection) -> None:
        fingerprint = self._join.fingerprint
        if fingerprint and not certificate_matches(socket.transport, fingerprint):
            raise InputError(
                f"{self.place} shows another certificate than the join string says. Ask for a new "
                "line to join"
            )

    async def _converse(self, socket: ClientConnection) -> None:
        """Until the session, the connection or this visit is over."""
        loop = asyncio.get_running_loop()
        self._next_heartbeat = inf
        await socket.send(encode(Hello(VERSION, "worker", "clamshell-bots")))
        await socket.send(encode(Rejoin(self._token) if self._token else Join(self._join.code)))
        while True:
            due = min(self._due(), self._next_crossing(), self._next_heartbeat)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due if due < inf else None) as self._alarm:
                    self._receive(decode_to_client(await socket.recv()), loop.time())
            await self._answer_late(socket)
            if self._refused is not None or (self._pilot is not None and self._pilot.over):
                return
            now = loop.time()
            await self._cross(socket, now)
            if self._due() <= now and not await self._act(socket):
                return
            if self._next_heartbeat <= now:
                self._next_heartbeat = now + self._heartbeat
                await socket.send(encode(Heartbeat()))

    def _due(self) -> float:
        """When, on the loop's clock, the next move is to be made."""
        if self._pilot is None or self._pilot.plan is None:
            return inf
        return self._pilot.plan.at / self._speed

    def _receive(self, message: ToClient, now: float) -> None:
        match message:
            case Error(fatal=True):
                self._refused = message
            case Joined():
                self._seated(message, now)
            case AssignmentStopped():
                self._let_cross(message, now * self._speed)
        if self._pilot is not None:
            self._pilot.receive(message, now * self._speed)

    def _seated(self, message: Joined, now: float) -> None:
        self.worker, self._token = message.worker, message.token
        self._heartbeat = message.heartbeat / 2  # so that a late one is still in time
        self._next_heartbeat = now + self._heartbeat
        if self._pilot is None:
            self._speed = self._given_speed or message.speed
            self._pilot = Autopilot(self._recruit(len(message.classes)))
            self._settled()

    def _let_cross(self, stop: AssignmentStopped, now: float) -> None:
        """Keep the answer that the worker gives before hearing of the termination."""
        move = self._pilot.plan if self._pilot is not None else None
        if move is None or not isinstance(move.message, Answer):
            return
        if move.message.assignment == stop.assignment and move.at < now + self._wire_delay:
            self._crossing.append(move)

    def _next_crossing(self) -> float:
        return min((move.at for move in self._crossing), default=inf) / self._speed

    async def _cross(self, socket: ClientConnection, now: float) -> None:
        due = [move for move in self._crossing if move.at <= now * self._speed]
        for move in due:
            self._crossing.remove(move)
            if move.message is not None:
                await socket.send(encode(move.message))

    async def _answer_late(self, socket: ClientConnection) -> None:
        while self._pilot is not None and self._pilot.afterthoughts:
            await socket.send(encode(self._pilot.afterthoughts.pop(0)))

    async def _act(self, socket: ClientConnection) -> bool:
        """Carry out the plan; False when that was to lose the connection."""
        assert self._pilot is not None
        move = self._pilot.carry_out()
        if move.message is None:
            self._away = move.away
            return False
        if isinstance(move.message, Leave):
            self.joins_again = move.away
        await socket.send(encode(move.message))
        return True
