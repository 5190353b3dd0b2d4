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

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.worker_messages import (
    Answer,
    AssignmentStopped,
    Joined,
    Leave,
    Statement,
)
from clamshell_tui.workforce.behaviour import Behaviour
from worker_client.autopilot import Autopilot, Move, Truthless, keys_for
from worker_client.effects import Effect, Send
from worker_client.unattended import PATIENCE, UnattendedSeat, wall_time

RUN_OVER = "the run is over"  # the coordinator's reason for the end of a session


class Fate(NamedTuple):
    """Result of a bot: the coordinator's ``over``, or an error (``statement`` is None then).

    ``currency`` is that of the statement.
    """

    number: int
    worker: str
    reason: str
    statement: Statement | None
    currency: str = "USD"


class Bot(UnattendedSeat):
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
        super().__init__(join, patience=patience)
        self.number = number
        self.joins_again = 0.0
        """Seconds of the run from leaving until the same person takes another seat; 0: never."""
        self._recruit = recruit
        self._when_settled = settled
        self._given_speed = speed
        self._speed = speed or 1.0
        self._wire_delay = wire_delay
        self._pilot: Autopilot | None = None
        self._crossing: list[Move] = []

    async def live(self) -> Fate:
        """Work until the session is over or the bot is gone for good; may be called again then."""
        await self._live()
        return self._fate()

    def _fate(self) -> Fate:
        if self._gone:
            return Fate(self.number, self.worker, "disconnected for good", None)
        if self._run_over:
            return Fate(self.number, self.worker, RUN_OVER, None)
        session = self._session
        return Fate(self.number, self.worker, session.ended, session.statement, session.currency)

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
            self._pilot.sleep(wall_time() * self._speed, seconds)

    def _do(self, move: Move) -> None:
        """Replace the plan and carry it out now; do nothing without a connection."""
        if self._pilot is not None and self._session.connected:
            self._pilot.plan = move
            self._changed.set()

    # -- moves ------------------------------------------------------------------------------------

    def _next(self) -> float:
        plan = self._pilot.plan if self._pilot is not None else None
        moves = [*self._crossing, plan] if plan is not None else self._crossing
        return min((move.at for move in moves), default=inf) / self._speed

    def _act(self, now: float) -> None:
        if self._pilot is None:
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

    def _receive(self, message: ToClient, now: float, effects: list[Effect]) -> None:
        match message:
            case Joined():
                self._seated(message)
            case AssignmentStopped():
                self._let_cross(message, now * self._speed)
        if self._pilot is not None:
            self._plan(self._pilot, message, now * self._speed, effects)

    def _settled(self) -> None:
        self._when_settled()

    def _plan(self, pilot: Autopilot, message: ToClient, now: float, effects: list[Effect]) -> None:
        try:
            pilot.receive(message, now)
        except Truthless as error:
            self._failure = error
        effects[:0] = map(Send, pilot.afterthoughts)  # before a HangUp
        pilot.afterthoughts.clear()

    def _seated(self, seat: Joined) -> None:
        self.worker = seat.worker
        if self._pilot is None:
            self._speed = self._given_speed or seat.speed
            self._pilot = Autopilot(self._recruit(len(seat.classes)))
            self._settled()
