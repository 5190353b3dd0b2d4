"""Driver of a session: carries out its effects on a WebSocket and an outbox.

It connects when the session wants a connection, and reconnects while there is a seat to return to.
The clock is the event loop's. The participant's app and the bots use the same driver.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from clamshell_tui.errors import ClamshellError
from clamshell_tui.wire.codec import ProtocolError
from clamshell_tui.wire.connection import Address, Backoff, Connection, ConnectionLostError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import Hello, ToClient
from clamshell_tui.wire.study_messages import FromParticipant
from clamshell_tui.wire.worker_messages import FromWorker
from worker_client.effects import (
    Effect,
    Forget,
    GiveUpSeat,
    HangUp,
    KeepSeat,
    Remember,
    Send,
)
from worker_client.outbox import Outbox, SeatKey
from worker_client.session import Session

LARGEST_FRAME = 32 * 1024 * 1024  # a task of a hundred pictures of 256 x 256 pixels

Heard = Callable[[ToClient | None, list[Effect]], None]
"""Called after each message, before its effects are carried out (a bot adds some), and with None
after a connection has ended."""


class SessionDriver:
    """Connects one session to its coordinator; call ``run`` in a task."""

    def __init__(self, session: Session, join: JoinString, outbox: Outbox, heard: Heard) -> None:
        self.session = session
        self.join = join
        self.error: ClamshellError | None = None
        """Why the last connection failed; None if it only ended."""
        self._outbox = outbox
        self._heard = heard
        self._wanted = asyncio.Event()
        self._queue: asyncio.Queue[Hello | FromWorker | FromParticipant | None] = asyncio.Queue()
        self._away = 0.0
        self._back = asyncio.Event()
        self._backoff = Backoff()

    def adopt(self, session: Session, join: JoinString, outbox: Outbox) -> None:
        """Switch to another session. Call it only while there is no seat."""
        self.session, self.join, self._outbox = session, join, outbox
        self._backoff.reset()

    def perform(self, effects: list[Effect]) -> None:
        """Carry out effects of the session."""
        for effect in effects:
            match effect:
                case Send():
                    self._queue.put_nowait(effect.message)
                case HangUp():
                    self._queue.put_nowait(None)
                case Remember() | Forget() | KeepSeat() | GiveUpSeat():
                    self._write(effect)
        if self.session.wants_connection or self.session.over:
            self._wanted.set()

    def drop(self, away: float) -> None:
        """Close the connection and reconnect after ``away`` wall seconds, for bots."""
        self._away = away
        self._back.clear()
        self._queue.put_nowait(None)

    def come_back(self) -> None:
        """Reconnect now, after :meth:`drop`."""
        self._back.set()

    async def run(self) -> None:
        """Keep the session connected until it is over."""
        while not self.session.over:
            if not self.session.wants_connection:
                self._wanted.clear()
                await self._wanted.wait()
                continue
            self.error = None
            try:
                await self._once()
            except ClamshellError as error:
                self.error = error
                self.session.unreachable(self.session.texts.error(error))
            self.session.lost(_now())
            self._heard(None, [])
            if self.session.wants_connection:
                await self._pause()

    async def _once(self) -> None:
        """Open one connection and use it until it ends."""
        address = Address(self.join.host, self.join.port, self.join.fingerprint)
        async with await Connection.dial(
            address, headers=_forwarded(), largest=LARGEST_FRAME
        ) as connection:
            await self._converse(connection)

    async def _converse(self, connection: Connection) -> None:
        self._queue = asyncio.Queue()
        self.perform(self.session.opened())
        async with asyncio.TaskGroup() as tasks:
            helpers = [
                tasks.create_task(self._send(connection)),
                tasks.create_task(self._keep_alive()),
            ]
            try:
                await self._listen(connection)
            finally:
                for helper in helpers:
                    helper.cancel()

    async def _listen(self, connection: Connection) -> None:
        try:
            while True:
                message = await connection.receive_any()
                effects = self.session.receive(message, _now())
                if self.session.connected:
                    self._backoff.reset()
                self._heard(message, effects)
                self.perform(effects)
        except ConnectionLostError:
            return  # the loop in run() reconnects
        except ProtocolError as error:
            self._give_up(connection.unexpected(str(error)))
        except ClamshellError as error:
            self._give_up(error)

    def _give_up(self, error: ClamshellError) -> None:
        """Note that the coordinator broke the protocol."""
        self.error = error
        self.session.unreachable(self.session.texts.error(error))

    async def _send(self, connection: Connection) -> None:
        try:
            while (message := await self._queue.get()) is not None:
                await connection.send(message)
            await connection.close()
        except ConnectionLostError:
            return  # unsent answers are in the outbox, unsent labels on the screen

    async def _keep_alive(self) -> None:
        while True:
            deadline = self.session.deadline()
            now = _now()
            self.perform(self.session.tick(now))
            await asyncio.sleep(max(0.05, deadline - now) if deadline is not None else 0.05)

    async def _pause(self) -> None:
        if self._away:
            away, self._away = self._away, 0.0
            with suppress(TimeoutError):
                async with asyncio.timeout(away):
                    await self._back.wait()
            return
        await asyncio.sleep(self._backoff.next())

    def _write(self, effect: Remember | Forget | KeepSeat | GiveUpSeat) -> None:
        try:
            match effect:
                case Remember():
                    self._outbox.remember(effect.answer)
                case Forget():
                    self._outbox.forget(effect.assignment)
                case KeepSeat():
                    self._outbox.keep(self._seat(effect))
                case GiveUpSeat():
                    self._outbox.give_up()
        except OSError as error:
            self.session.problem = self.session.texts("connection.disk", why=error.strerror)

    def _seat(self, effect: KeepSeat) -> SeatKey:
        return SeatKey(
            host=self.join.host,
            port=self.join.port,
            fingerprint=self.join.fingerprint,
            code=self.join.code,
            run=self.session.run,
            worker=effect.worker,
            token=effect.token,
        )


def _forwarded() -> dict[str, str]:
    """Header by which a gateway names the participant's address, with a secret as proof."""
    address = os.environ.get("CLAMSHELL_FORWARDED", "")
    return {"X-Clamshell-Forwarded": address} if address else {}


def _now() -> float:
    return asyncio.get_running_loop().time()
