"""Base class of bots and machines: a seat that no person holds, from joining to the end.

It asks for its seat again while the coordinator is busy or full, returns to it after a lost
connection, and gives up when there has been no coordinator for a while.
"""

import asyncio
from contextlib import suppress
from math import inf
from random import uniform

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import LATER, Error, ToClient
from worker_client.driver import SessionDriver
from worker_client.effects import Effect
from worker_client.outbox import NoDisk
from worker_client.session import Session

PATIENCE = 30.0  # wall seconds without a coordinator until a seat is given up
ASK_AGAIN = 15.0  # seconds of the run between requests for a seat in a full pool
_KNOCK_AGAIN = 1.0, 2.0  # wall seconds between requests to a coordinator that is busy
_CONNECT_AGAIN = 0.2  # wall seconds between connection attempts without a seat


class UnattendedSeat:
    """A subclass acts in ``_act``, at the latest at the time ``_next``, and hears in ``_receive``.

    ``_failure`` ends it; set ``_changed`` after setting it.
    """

    def __init__(self, join: JoinString, *, patience: float) -> None:
        self.worker = ""
        self.place = join.place
        self._join = join
        self._patience = patience
        self._speed = 1.0  # seconds of the run per wall second
        self._session = Session(join.code, review=False, bot=True)
        self._driver = SessionDriver(self._session, join, NoDisk(), self._heard)
        self._failure: Exception | None = None
        self._run_over = False
        self._gone = False
        self._away = 0.0  # wall seconds of a deliberate absence that has begun
        self._give_up_at = inf  # wall time
        self._ask_at = inf  # wall time of the next request for a seat
        self._changed = asyncio.Event()

    # -- for subclasses ---------------------------------------------------------------------------

    def _act(self, now: float) -> None:
        """Do what is due; called while there is a connection."""

    def _next(self) -> float:
        """Wall time of the next thing to do."""
        return inf

    def _receive(self, message: ToClient, now: float, effects: list[Effect]) -> None:
        """Follow a message that the session has received; ``effects`` may be added to."""

    def _settled(self) -> None:
        """Note that there is no seat for now."""

    # -- its life ---------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Work until the session is over; raise the failure if there is one."""
        self._gone = False
        self._give_up_at = wall_time() + self._patience
        connection = asyncio.create_task(self._driver.run())
        connection.add_done_callback(lambda _: self._changed.set())
        try:
            while self._failure is None and not self._gone and not connection.done():
                self._changed.clear()
                self._ask(wall_time())
                if self._session.connected:
                    self._act(wall_time())
                await self._until(self._next() if self._session.connected else self._ask_at)
            if connection.done():
                await connection  # raises its error, which is our bug
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
            self._session.lost(wall_time())
        if self._failure is not None:
            raise self._failure
        if self._session.failure and not self._gone and not self._run_over:
            raise ClamshellError(f"{self.place}: {show(self._session.failure)}")

    async def _until(self, when: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(when if when < inf else None):
                await self._changed.wait()

    def _ask(self, now: float) -> None:
        if self._ask_at <= now:
            self._ask_at = inf
            self._driver.perform(self._session.enter_code(self._join.code))

    def _heard(self, message: ToClient | None, effects: list[Effect]) -> None:
        now = wall_time()
        match message:
            case None:
                self._disconnected(now)
            case Error(fatal=True):
                self._refused(message, now)
            case _:
                if self._session.connected:
                    self._give_up_at = inf
                self._receive(message, now, effects)
        self._changed.set()

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


def wall_time() -> float:
    """Time of the event loop, in seconds."""
    return asyncio.get_running_loop().time()
