"""The task that owns the itinerary and the file of a study; it stands where a run's loop stands.

It commits the study's file before a decision is carried out, so that a condition's run never knows
more than the study. Answers in work go straight to the loop of the condition.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from math import inf
from typing import get_args

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.pulse import Pulse
from clamshell_tui.coordinator.run_loop import DRIFT, GOING_ON, PAUSED, RETRY, TICK
from clamshell_tui.coordinator.sessions import ConnectedSessions, Gone, Peer
from clamshell_tui.coordinator.store import is_full
from clamshell_tui.coordinator.study.free_texts import has_texts
from clamshell_tui.coordinator.study.operator_handler import StudyOperatorHandler
from clamshell_tui.coordinator.study.participant_handler import ParticipantHandler
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.study_driver import StudyDriver
from clamshell_tui.coordinator.take_over import TakeOvers
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.participant_texts import ENGLISH_TEXTS
from clamshell_tui.study.backup import KEY_NAME, archive
from clamshell_tui.study.events import ClockSet, TimePassed
from clamshell_tui.wire.messages import Authenticate, Error, Granted, Notice, ToServer
from clamshell_tui.wire.operator_messages import FromOperator
from clamshell_tui.wire.study_messages import FromParticipant, FromStudyOperator
from clamshell_tui.wire.worker_messages import Answer, Draft, FromWorker, Skip

_FROM_PARTICIPANTS = (*get_args(FromWorker), *get_args(FromParticipant))
_FROM_OPERATORS = (*get_args(FromOperator), *get_args(FromStudyOperator))

Thunk = Callable[[float], None]


class StudyLoop:
    """``handlers`` are made by the caller once the loop exists; see ``service``."""

    def __init__(self, driver: StudyDriver, clock: RunClock) -> None:
        self.run = driver
        self._clock = clock
        self._inbox: deque[tuple[Peer, ToServer | Gone] | Thunk] = deque()
        self._wake = asyncio.Event()
        self._pulse = Pulse(clock.wall, lambda: driver.peers, self._stood_still)
        self._epoch = -inf  # date at the study's second 0, not known yet
        self._last_entry_at = clock.now()
        self.stopping = False
        """Whether :meth:`serve` returns after the commit in hand."""
        self.draining = False
        """Whether the process ends after the tasks in hand; the study goes on another time."""
        self.paused_by_disk = False
        self.stages: StageRunner
        self.participants: ParticipantHandler
        self.operators: StudyOperatorHandler

    # -- for the server and others ----------------------------------------------------------------

    @property
    def title(self) -> str:
        """Name of the study, for clients."""
        return self.run.title

    @property
    def sessions(self) -> ConnectedSessions:
        return self.run.sessions

    @property
    def take_overs(self) -> TakeOvers:
        return self.participants.take_overs

    def alert(self, text: str) -> None:
        """Notify the terminal and all operators; not part of the journal."""
        self.run.alert(text)

    def now(self) -> float:
        """Return the study's time."""
        return self._clock.now()

    def put(self, peer: Peer, message: ToServer | Gone) -> None:
        """Queue a message that the peer's role may send, or the end of its connection."""
        if isinstance(message, Answer | Draft | Skip) and self._passed_on(peer, message):
            return
        self._inbox.append((peer, message))
        self._wake.set()

    def call(self, thunk: Thunk) -> None:
        """Call ``thunk`` from the loop."""
        self._inbox.append(thunk)
        self._wake.set()

    def stop(self) -> None:
        """Make :meth:`serve` return after the current commit."""
        self.stopping = True
        self._wake.set()

    def drain(self, why: str) -> None:
        """Let all finish the task in hand, and give no other. The study is not over."""
        self.draining = True
        self.stages.hold_all()

    def _passed_on(self, peer: Peer, message: Answer | Draft | Skip) -> bool:
        """Whether the message went to the engine of a participant who is at work."""
        if peer.session is None or peer.closed or peer.refused:
            return False
        if has_texts(message):
            return False  # the study keeps them
        found = self.stages.engaged(peer.session.worker)
        mine = None if found is None else found[0].peer(found[1])
        if found is None or mine is None or mine.peer is not peer:
            return False
        found[0].put(found[1], message)
        return True

    # -- the loop ---------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Run until :meth:`stop`. Anything raised here is our bug, and ends the process."""
        self._pulse.start()
        self._note_date()
        while not self.stopping:
            await self._wait()
            self._drain()
            self._keep_time()
            await self.commit()
            self.run.run_effects()
            await self._erase()
            if self.operators.copies_wanted:
                await self._copy()
        self._pulse.stop()

    def _stood_still(self, seconds: float) -> None:
        """Leave out the time in which nobody could be heard: no grace or minute passes in it."""
        self._clock.leave_out(seconds)
        self.call(lambda _: self._note_date())

    async def commit(self) -> None:
        """Commit the file; on a full disk wait for space, and send nothing meanwhile."""
        while self.run.file.pending:
            try:
                await self.run.file.commit()
            except sqlite3.OperationalError as error:
                if not is_full(error) or self.stopping:
                    raise
                self._pause_by_disk()
                await asyncio.sleep(RETRY)
        if self.paused_by_disk:
            self.paused_by_disk = False
            self._notify_all(GOING_ON)

    async def _erase(self) -> None:
        """Erase what participants wanted to be deleted; on a full disk likewise."""
        while self.run.to_erase:
            if self.run.file.pending:
                await self.commit()
            try:
                self.run.file.erase(self.run.to_erase[0])
            except EnvironmentFaultError as error:
                cause = error.__cause__
                full = isinstance(cause, sqlite3.OperationalError) and is_full(cause)
                if not full or self.stopping:
                    raise
                self._pause_by_disk()
                await asyncio.sleep(RETRY)
            else:
                self.run.to_erase.pop(0)
                await self.commit()

    async def _copy(self) -> None:
        """Copy the folder. Nobody enters a run meanwhile, so that its files agree."""
        wanted, self.operators.copies_wanted = self.operators.copies_wanted, []
        file = self.run.file
        files = {file.path.name: file.image()}
        for condition in self.stages.conditions.values():
            files[condition.file.name] = await condition.image()
        name = file.path.with_name(KEY_NAME)
        copied = archive(files | {KEY_NAME: name.read_bytes()})
        for receive in wanted:
            receive(copied)

    def _pause_by_disk(self) -> None:
        if not self.paused_by_disk:
            self.paused_by_disk = True
            self._notify_all(PAUSED)

    def _notify_all(self, key: str) -> None:
        """Notify the terminal, the operators and all participants; not part of the journal."""
        say(f"clamshell: {ENGLISH_TEXTS(key)}")
        for peer in list(self.run.peers):
            if peer.session is not None:
                peer.send(Notice(self.participants.texts(key)))
            elif peer.authenticated:
                peer.send(Notice(ENGLISH_TEXTS(key)))

    async def _wait(self) -> None:
        if self._inbox or self.stopping or self.run.effects or self.run.file.pending:
            return
        self._wake.clear()
        due = min(self.run.itinerary.next_deadline, self._next_tick())
        seconds = self._clock.wall_seconds_until(due)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, self._wake.set) if seconds < inf else None
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _next_tick(self) -> float:
        """Time of the next entry that only records the time, so that a crash loses little of it."""
        if not any(session.peer for session in self.sessions.workers.values()):
            return inf
        return self._last_entry_at + TICK * self._clock.speed

    def _keep_time(self) -> None:
        now = self._clock.now()
        if min(self.run.itinerary.next_deadline, self._next_tick()) <= now:
            self.run.apply(TimePassed(), now)
            self._note_date()
        if self.run.file.pending:
            self._last_entry_at = now

    def _note_date(self) -> None:
        """Journal the date at the start, and again if it is not what the study's clock says."""
        utc, now = round(time.time(), 3), self._clock.now()  # noqa: TID251  # a driver
        expected = self._epoch + now / self._clock.speed
        if abs(utc - expected) > DRIFT:
            self._epoch = utc - now / self._clock.speed
            self.run.apply(ClockSet(utc, self._clock.speed), now)

    def _drain(self) -> None:
        """Handle all messages queued up to now; later ones wait for the next commit."""
        inbox = self._inbox
        for _ in range(len(inbox)):
            item = inbox.popleft()
            now = self._clock.now()
            if isinstance(item, tuple):
                self._take(*item, now)
            else:
                item(now)

    def _take(self, peer: Peer, message: ToServer | Gone, now: float) -> None:
        if isinstance(message, Gone):
            self.sessions.authenticated.discard(peer)
            self.participants.gone(peer, now)
            self.operators.gone(peer)
        elif peer.closed or peer.refused:
            pass  # after a fatal error its messages are ignored
        elif isinstance(message, _FROM_PARTICIPANTS):
            self.participants.take(peer, message, now)
        elif isinstance(message, Authenticate):
            self._authenticate(peer, message)
        elif not peer.authenticated:
            self.run.send(peer, Error("protocol", "authenticate first"))
        elif isinstance(message, _FROM_OPERATORS):
            self.operators.take(peer, message, now)
        else:
            self.run.send(peer, Error("request", "a study takes no records from requesters"))

    def _authenticate(self, peer: Peer, message: Authenticate) -> None:
        if self.sessions.authentic(peer.role, message.token):
            peer.name = message.name or peer.role
            self.sessions.authenticated.add(peer)
            self.operators.follow(peer)
            self.run.send(peer, Granted(peer.role))  # type: ignore[arg-type]  # not a worker
        else:
            self.run.send(peer, Error("token", "token not accepted"))
