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
from collections.abc import Callable
from contextlib import suppress
from math import inf
from random import uniform
from typing import NamedTuple

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import LATER, Error, ToClient
from clamshell_tui.wire.worker_messages import (
    Answer,
    AssignmentStopped,
    Joined,
    Leave,
    Statement,
)
from clamshell_tui.workforce.behaviour import Behaviour
from worker_client.autopilot import Autopilot, Move, Truthless, keys_for
from worker_client.driver import SessionDriver
from worker_client.effects import Effect, Send
from worker_client.outbox import NoDisk
from worker_client.session import Session

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
            self._changed.set()  # no message need come to end it
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
