"""The task that owns a journal: it handles messages in order, keeps the time, commits and sends.

:class:`RunLoop` and :class:`StudyLoop` are loops. No other task touches what a loop owns. The task
is never cancelled: it is asked to stop, and stops after the current commit.
"""

import asyncio
import errno
import sqlite3
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from math import inf
from pathlib import Path

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.driver import Driver
from clamshell_tui.coordinator.joining import Joining
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.pulse import Pulse
from clamshell_tui.coordinator.sessions import ConnectedSessions, Gone, Peer
from clamshell_tui.coordinator.store import is_full
from clamshell_tui.coordinator.take_over import TakeOvers
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.participant_texts import ENGLISH_TEXTS
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.wire.messages import Authenticate, Error, Granted, Notice, ToServer

TICK = 5.0  # wall-clock seconds: most paid time that is uncertain after a crash
RETRY = 1.0  # seconds between attempts to write to a full disk
DRIFT = 1.0  # seconds by which the date may differ from the loop's clock unnoticed
PAUSED, GOING_ON = "refused.disk_full", "refused.disk_free"
"""Sentences about the disk, by key."""

Thunk = Callable[[float], None]
"""Work from another source than a client; its argument is the loop's time."""


class Loop(ABC):
    """``path`` is the file that a full disk keeps from growing."""

    run: Driver

    def __init__(self, clock: RunClock, path: Path) -> None:
        self._clock = clock
        self._path = path
        self._inbox: deque[tuple[Peer, ToServer | Gone] | Thunk] = deque()
        self._wake = asyncio.Event()
        self._pulse = Pulse(clock.wall, lambda: self.peers, self._stood_still)
        self._epoch = -inf  # date at second 0, not known yet
        self._last_entry_at = clock.now()
        self.stopping = False
        """Whether the loop ends after the commit in hand."""
        self.draining = False
        """Whether the process ends after the work in hand."""
        self.paused_by_disk = False
        self.waits_for_disk = False
        """Whether to wait for space on a full disk; not before clients are served."""
        self.peers: Collection[Peer] = ()
        """All connections."""

    # -- what differs ------------------------------------------------------------------

    @property
    @abstractmethod
    def joining(self) -> Joining:
        """The handler of clients that take seats."""

    @abstractmethod
    def drain(self, why: str) -> None:
        """Finish the work in hand, and start nothing new."""

    @abstractmethod
    def _stood_still(self, seconds: float) -> None:
        """Take account of wall-clock seconds in which the process was stopped."""

    @abstractmethod
    def _next_deadline(self) -> float:
        """Return the time at which something is due that no client sends."""

    @abstractmethod
    def _pass_time(self, now: float) -> None:
        """Journal that the time has passed."""

    @abstractmethod
    def _set_clock(self, utc: float, now: float) -> None:
        """Journal the date."""

    @abstractmethod
    def _gone(self, peer: Peer, now: float) -> None:
        """Note that a connection ended."""

    @abstractmethod
    def _take(self, peer: Peer, message: ToServer, now: float) -> None:
        """Handle a message that the peer's role may send."""

    # -- called by others --------------------------------------------------------------

    @property
    def title(self) -> str:
        """Name for clients."""
        return self.run.title

    @property
    def sessions(self) -> ConnectedSessions:
        return self.run.sessions

    @property
    def take_overs(self) -> TakeOvers:
        return self.joining.take_overs

    def alert(self, text: str) -> None:
        """Notify the terminal and all operators; not part of the journal."""
        self.run.alert(text)

    def put(self, peer: Peer, message: ToServer | Gone) -> None:
        """Queue a message that the peer's role may send, or the end of its connection."""
        self._inbox.append((peer, message))
        self._wake.set()

    def call(self, thunk: Thunk) -> None:
        """Call ``thunk`` from the loop."""
        self._inbox.append(thunk)
        self._wake.set()

    def stop(self) -> None:
        """End the loop after the current commit."""
        self.stopping = True
        self._wake.set()

    # -- time --------------------------------------------------------------------------

    async def _wait(self, most: float = inf) -> None:
        """Wait for a message or the next deadline, but at most so many wall-clock seconds."""
        if self._inbox or self.stopping:
            return
        self._wake.clear()
        due = min(self._next_deadline(), self._next_tick())
        seconds = min(most, self._clock.wall_seconds_until(due))
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, self._wake.set) if seconds < inf else None
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _next_tick(self) -> float:
        """Time of the next entry that only records the time, so that a crash loses little of it.

        Infinite while no worker is connected.
        """
        if not any(session.peer for session in self.sessions.workers.values()):
            return inf
        return self._last_entry_at + TICK * self._clock.speed

    def _keep_time(self) -> None:
        now = self._clock.now()
        if min(self._next_deadline(), self._next_tick()) <= now:
            self._pass_time(now)
            self._note_date()

    def _note_date(self) -> None:
        """Journal the date at the start, and again if it is not what the clock says."""
        utc, now = round(time.time(), 3), self._clock.now()  # noqa: TID251  # a driver
        expected = self._epoch + now / self._clock.speed
        if abs(utc - expected) > DRIFT:
            self._epoch = utc - now / self._clock.speed
            self._set_clock(utc, now)

    # -- the disk ----------------------------------------------------------------------

    async def _with_space(self, write: Callable[[], Awaitable[None]]) -> None:
        while not await self._written(write):  # noqa: ASYNC110  # no event reports free space
            await asyncio.sleep(RETRY)

    async def _written(self, write: Callable[[], Awaitable[None]]) -> bool:
        """Try once; on a full disk notify all clients and return False."""
        try:
            await write()
        except (sqlite3.OperationalError, EnvironmentFaultError) as error:
            cause = error.__cause__ if isinstance(error, EnvironmentFaultError) else error
            if not isinstance(cause, sqlite3.OperationalError) or not is_full(cause):
                raise
            if self.stopping or not self.waits_for_disk:
                raise cannot_write(self._path, OSError(errno.ENOSPC, "")) from error
            if not self.paused_by_disk:
                self.paused_by_disk = True
                self._notify_all(PAUSED)
            return False
        if self.paused_by_disk:
            self.paused_by_disk = False
            self._notify_all(GOING_ON)
        return True

    def _notify_all(self, key: str) -> None:
        """Notify the terminal, the operators and all workers; not part of the journal."""
        say(f"clamshell: {ENGLISH_TEXTS(key)}")
        for peer in list(self.peers):
            if peer.session is not None:
                peer.send(Notice(self.joining.texts(key)))
            elif peer.role == "operator" and peer.authenticated:
                peer.send(Notice(ENGLISH_TEXTS(key)))

    # -- messages ----------------------------------------------------------------------

    def _drain(self) -> None:
        """Handle all messages queued up to now; later ones wait for the next commit."""
        inbox = self._inbox
        for _ in range(len(inbox)):
            item = inbox.popleft()
            now = self._clock.now()
            if not isinstance(item, tuple):
                item(now)
                continue
            peer, message = item
            if isinstance(message, Gone):
                self.sessions.authenticated.discard(peer)
                self._gone(peer, now)
            elif peer.closed or peer.refused:
                pass  # after a fatal error its messages are ignored
            elif isinstance(message, Authenticate):
                self._authenticate(peer, message)
            elif peer.role != "worker" and not peer.authenticated:
                self.run.send(peer, Error("protocol", "authenticate first"))
            else:
                self._take(peer, message, now)

    def _authenticate(self, peer: Peer, message: Authenticate) -> None:
        if self.sessions.authentic(peer.role, message.token):
            peer.name = message.name or peer.role
            self.sessions.authenticated.add(peer)
            self.run.send(peer, Granted(peer.role))  # type: ignore[arg-type]  # not a worker
        else:
            self.run.send(peer, Error("token", "token not accepted"))
