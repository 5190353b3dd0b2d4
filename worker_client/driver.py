"""Driver of a session: carries out its effects on a WebSocket and an outbox.

It connects when the session wants a connection, and reconnects while there is a seat to return to.
The clock is the event loop's. The participant's app and the bots use the same driver.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from random import uniform

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from clamshell_tui.wire.codec import ProtocolError, decode_to_client, encode
from clamshell_tui.wire.connection import certificate_matches, unverified_context
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import Hello, ToClient
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

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds before each further attempt, plus or minus a quarter; the last one repeats. A worker with
a seat is back within 2 s of the network, and 30 workers do not connect at the same instant."""

_JITTER = (0.75, 1.25)
LARGEST_FRAME = 32 * 1024 * 1024  # a task of a hundred pictures of 256 x 256 pixels
_PATIENCE = 5.0  # seconds for a connection to open

Heard = Callable[[ToClient | None, list[Effect]], None]
"""Called after each message, before its effects are carried out (a bot adds some), and with None
after a connection has ended."""


class SessionDriver:
    """Connects one session to its coordinator; call ``run`` in a task."""

    def __init__(self, session: Session, join: JoinString, outbox: Outbox, heard: Heard) -> None:
        self.session = session
        self.join = join
        self.error: Exception | None = None
        """Why the last connection failed; None if it only ended."""
        self._outbox = outbox
        self._heard = heard
        self._wanted = asyncio.Event()
        self._queue: asyncio.Queue[Hello | FromWorker | None] = asyncio.Queue()
        self._away = 0.0
        self._back = asyncio.Event()
        self._attempts = 0

    def adopt(self, session: Session, join: JoinString, outbox: Outbox) -> None:
        """Switch to another session. Call it only while there is no seat."""
        self.session, self.join, self._outbox = session, join, outbox
        self._attempts = 0

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
            except (OSError, InvalidHandshake, InvalidMessage, ProtocolError) as error:
                self.error = error
                self.session.unreachable(_in_words(error, self.join))
            self.session.lost(_now())
            self._heard(None, [])
            if self.session.wants_connection:
                await self._pause()

    async def _once(self) -> None:
        """Open one connection and use it until it ends."""
        pinned = bool(self.join.fingerprint)
        async with connect(
            self.join.url,
            ssl=unverified_context() if pinned else None,
            compression=None,
            additional_headers=_forwarded(),
            open_timeout=_PATIENCE,
            close_timeout=1,
            ping_interval=10,
            ping_timeout=10,
            max_size=LARGEST_FRAME,
            proxy=None,
        ) as websocket:
            if pinned:
                self._check_certificate(websocket)
            await self._converse(websocket)

    def _check_certificate(self, websocket: ClientConnection) -> None:
        if not certificate_matches(websocket.transport, self.join.fingerprint):
            raise WrongCertificateError("the certificate is not the one that the join string names")

    async def _converse(self, websocket: ClientConnection) -> None:
        self._queue = asyncio.Queue()
        self.perform(self.session.opened())
        async with asyncio.TaskGroup() as tasks:
            helpers = [
                tasks.create_task(self._send(websocket)),
                tasks.create_task(self._keep_alive()),
            ]
            try:
                await self._listen(websocket)
            finally:
                for helper in helpers:
                    helper.cancel()

    async def _listen(self, websocket: ClientConnection) -> None:
        try:
            async for frame in websocket:
                message = decode_to_client(frame)
                effects = self.session.receive(message, _now())
                if self.session.connected:
                    self._attempts = 0
                self._heard(message, effects)
                self.perform(effects)
        except ConnectionClosed:
            return  # the loop in run() reconnects
        except ProtocolError as error:
            self.error = error
            self.session.unreachable(f"{self.join.place} said something strange: {error}")

    async def _send(self, websocket: ClientConnection) -> None:
        try:
            while (message := await self._queue.get()) is not None:
                await websocket.send(encode(message))
            await websocket.close()
        except ConnectionClosed:
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
        pause = PAUSES[min(self._attempts, len(PAUSES) - 1)]
        self._attempts += 1
        await asyncio.sleep(pause * uniform(*_JITTER))

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
            self.session.problem = (
                f"cannot keep answers on disk ({error.strerror}): do not close this window"
            )

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


class WrongCertificateError(OSError):
    """The server is not the coordinator that the join string names."""


def _forwarded() -> dict[str, str]:
    """Header by which a gateway names the participant's address, with a secret as proof."""
    address = os.environ.get("CLAMSHELL_FORWARDED", "")
    return {"X-Clamshell-Forwarded": address} if address else {}


def _now() -> float:
    return asyncio.get_running_loop().time()


def _in_words(error: Exception, join: JoinString) -> str:
    """Return the message for a failed connection."""
    match error:
        case WrongCertificateError():
            return f"{join.place} is not to be trusted: {error}. Ask for a new line to join"
        case ConnectionRefusedError():
            return f"{join.place} refused the connection: is the coordinator running?"
        case TimeoutError():
            return f"{join.place} does not answer"
        case socket.gaierror():
            return f"there is no host called {join.host}"
        case ssl.SSLError():
            return f"{join.place} does not speak TLS: leave out the part from # on"
        case ConnectionResetError() if join.fingerprint:
            return f"{join.place} hung up. If it does not speak TLS, leave out the part from # on"
        case InvalidHandshake() | InvalidMessage():
            return f"{join.place} is not a CLAMShell coordinator, or wants the line with # in it"
        case OSError():
            return f"{join.place} cannot be reached ({error.strerror or error})"
        case _:
            return f"{join.place}: {error}"
