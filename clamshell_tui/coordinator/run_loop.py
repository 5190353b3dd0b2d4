"""The task that owns the engine and the file: drain, handle, commit the journal, send.

The tables follow from the journal: they are written after the messages, and lag behind by a second
or :data:`MOST_ENTRIES` at most. No other task touches engine or file. The task is never cancelled:
it is asked to stop, and stops after the current commit.
"""

import asyncio
import errno
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from math import inf
from typing import get_args

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.operator_handler import OperatorHandler
from clamshell_tui.coordinator.pulse import Pulse
from clamshell_tui.coordinator.requester_handler import RequesterHandler
from clamshell_tui.coordinator.sessions import ConnectedSessions, Gone, Peer
from clamshell_tui.coordinator.store import Store, is_full
from clamshell_tui.coordinator.take_over import TakeOvers
from clamshell_tui.coordinator.trainer import event_of
from clamshell_tui.coordinator.trainer_messages import Learnt
from clamshell_tui.coordinator.worker_handler import WorkerHandler
from clamshell_tui.core.events import (
    ClockSet,
    ClockStopped,
    LabelsKnown,
    StopRequested,
    TimePassed,
)
from clamshell_tui.core.ids import RecordId
from clamshell_tui.participant_texts import ENGLISH_TEXTS
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.tables import MetaRow
from clamshell_tui.runfile.backup import sealed_image
from clamshell_tui.runfile.meta import DIGEST
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.wire.messages import Authenticate, Error, Granted, Notice, ToServer
from clamshell_tui.wire.operator_messages import FromOperator
from clamshell_tui.wire.requester_messages import FromRequester
from clamshell_tui.wire.study_messages import FromParticipant, FromStudyOperator

TICK = 5.0  # wall-clock seconds: most paid time that is uncertain after a crash
PATIENCE = 0.5  # share of the last commit's time to wait for answers that are about to arrive
MOST_PATIENCE = 0.02  # seconds, however slow or full the disk was
MOST_ENTRIES = 1_000  # that the tables lag behind the journal
MOST_LAG = 1.0  # seconds that they do
RETRY = 1.0  # seconds between attempts to write to a full disk
DRIFT = 1.0  # seconds by which the date may differ from the run's clock unnoticed
_OF_A_STUDY = frozenset(get_args(FromParticipant) + get_args(FromStudyOperator))
_READING = 3  # turns of the event loop, to read what arrived meanwhile
PAUSED, GOING_ON = "refused.disk_full", "refused.disk_free"
"""Sentences about the disk, by key."""

Thunk = Callable[[float], None]
"""Work from another source than a client; its argument is the run's time."""


class RoleHandlers:
    """The handler of each role."""

    def __init__(
        self, worker: WorkerHandler, operator: OperatorHandler, requester: RequesterHandler
    ):
        self.worker = worker
        self.operator = operator
        self.requester = requester


class RunLoop:
    """``submissions`` are the remaining (time, records) of the scenario."""

    def __init__(
        self,
        run: EngineDriver,
        handlers: RoleHandlers,
        store: Store,
        clock: RunClock,
        submissions: Iterator[tuple[float, int]],
    ) -> None:
        self.run = run
        self.handlers = handlers
        self._store = store
        self._clock = clock
        self._submissions = submissions
        self._next_submission = next(submissions, None)
        self._inbox: deque[tuple[Peer, ToServer | Gone] | Thunk] = deque()
        self._wake = asyncio.Event()
        self._wake_at = 1  # messages that are worth a commit
        self.stopping = False
        """Whether :meth:`serve` returns after the commit in hand."""
        self.draining = False
        """Whether the run ends after the work in hand."""
        self._last_entry_at = clock.now()
        self._pulse = Pulse(clock.wall, lambda: self.peers, self._stopped)
        self._epoch = -inf  # date at the run's second 0, not known yet
        self._stood_still = 0.0  # wall-clock seconds, not journalled yet
        self._tables_due = inf  # by time.perf_counter
        self._tables: asyncio.Task[None] | None = None  # that writes them
        self._ended = False  # whether the file was sealed at the end of the run
        self.commits = 0
        self.paused_by_disk = False
        self.waits_for_disk = False
        """Whether to wait for space on a full disk; not while the run is being assembled."""
        self.peers: Collection[Peer] = ()
        """All connections."""

    # -- called by others ------------------------------------------------------------

    @property
    def title(self) -> str:
        """Name of the run, for clients."""
        return self.run.title

    @property
    def sessions(self) -> ConnectedSessions:
        return self.run.sessions

    @property
    def take_overs(self) -> TakeOvers:
        return self.handlers.worker.take_overs

    def alert(self, text: str) -> None:
        """Notify the terminal and all operators; not part of the journal."""
        self.run.alert(text)

    def put(self, peer: Peer, message: ToServer | Gone) -> None:
        """Queue a message that the peer's role may send, or the end of its connection."""
        self._inbox.append((peer, message))
        if len(self._inbox) >= self._wake_at:
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
        """Finish the work in hand, start nothing new, and end the run."""
        self.draining = True
        self.call(lambda now: self.run.apply(StopRequested(why), now))

    def learnt(self, result: Learnt) -> None:
        """Queue a result of the trainer."""
        event = event_of(result)
        self.call(lambda now: self.run.apply(event, now))

    # -- the loop ---------------------------------------------------------------------

    async def serve(self) -> None:
        """Run until :meth:`stop`. Anything raised here is our bug, and ends the process."""
        self._pulse.start()
        self._note_date()
        while not self.stopping:
            await self._wait()
            if self._stood_still:
                await self._resume()
            self._drain()
            self._keep_time()
            self.handlers.requester.send_labels()
            began = time.perf_counter()  # to measure the disk
            await self.commit()
            took, sent = time.perf_counter() - began, len(self.run.messages)
            self.run.send_pending()
            if self._tables_are_due():
                self._tables = asyncio.create_task(self.write_tables())
                await asyncio.sleep(0)  # it takes the rows before anything else happens
            if self.run.copies_wanted:
                await self._copy()
            await self._gather(sent, took)
        self._pulse.stop()
        await self._tables_written()
        if self.run.finished and not self._store.sealed:
            await self.write_tables()

    def _stopped(self, seconds: float) -> None:
        """Note that the process stood still."""
        self._stood_still += seconds
        self.run.resumed_at = asyncio.get_running_loop().time()
        self._wake.set()

    async def _resume(self) -> None:
        """Move leases, graces and silences by the time of a stop, before anything is judged."""
        for _ in range(_READING):
            await asyncio.sleep(0)
        seconds, self._stood_still = self._stood_still, 0.0
        say(f"clamshell: this process stood still for {seconds:.0f} s")
        if not self.run.finished:
            self.run.apply(ClockStopped(seconds * self._clock.speed), self._clock.now())

    async def _gather(self, sent: int, took: float) -> None:
        """Wait for replies to the messages just sent, before the disk is busy again.

        Otherwise a reply that is a little late misses the next commit as well, and half of the
        workers wait for two. The wait is a share of the last commit's time: on a fast disk it is
        negligible.
        """
        if sent < 2 or self.stopping:
            return
        self._wake_at = len(self._inbox) + sent
        self._wake.clear()
        patience = min(took * PATIENCE, MOST_PATIENCE)
        timer = asyncio.get_running_loop().call_later(patience, self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake_at = 1

    async def commit(self) -> None:
        """Commit the journal; on a full disk wait for space, and send nothing meanwhile."""
        await self._tables_written()
        if not self._store.pending:
            return
        await self._with_space(self._store.commit)
        self.commits += 1
        if self._tables_due == inf:
            self._tables_due = time.perf_counter() + MOST_LAG

    async def write_tables(self) -> None:
        """Write all tables, and seal the file of a run that is over."""
        if self.run.finished:
            self._note_end()
            self._ended = True
        await self._with_space(partial(self._store.write_tables, seal=self.run.finished))
        self._tables_due = inf

    async def _tables_written(self) -> None:
        """Wait for the tables that are being written; answers are handled meanwhile."""
        if self._tables is not None:
            await self._tables
            self._tables = None

    async def _copy(self) -> None:
        """Copy the file at this commit; the copy is sealed beside the loop."""
        wanted, self.run.copies_wanted = self.run.copies_wanted, []
        await self._tables_written()
        await self.write_tables()
        copied = await self._store.copy()

        def give(done: asyncio.Future[bytes]) -> None:
            def hand_out(_now: float) -> None:
                for receive in wanted:
                    receive(done.result())

            self.call(hand_out)

        work = asyncio.get_running_loop().run_in_executor(None, sealed_image, copied)
        work.add_done_callback(give)

    def _tables_are_due(self) -> bool:
        if self.run.finished and not self._ended:
            return True
        late = time.perf_counter() >= self._tables_due
        return late or self._store.entries - self._store.tables_at >= MOST_ENTRIES

    async def _with_space(self, write: Callable[[], Awaitable[None]]) -> None:
        while not await self._written(write):  # noqa: ASYNC110  # no event reports free space
            await asyncio.sleep(RETRY)

    async def _written(self, write: Callable[[], Awaitable[None]]) -> bool:
        """Try once; on a full disk notify all clients and return False."""
        try:
            await write()
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            if self.stopping or not self.waits_for_disk:
                raise cannot_write(self._store.path, OSError(errno.ENOSPC, "")) from error
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
                peer.send(Notice(self.handlers.worker.texts(key)))
            elif peer.role == "operator" and peer.authenticated:
                peer.send(Notice(ENGLISH_TEXTS(key)))

    def _note_end(self) -> None:
        """Store the end of the journal, to detect truncation, and the digest of the final state."""
        end = self.run.journal.end | {DIGEST: state_digest(self.run.engine)}
        for key, value in end.items():
            self._store.put(MetaRow(key, value))

    async def _wait(self) -> None:
        """Wait for a message, or for the next deadline."""
        if self._inbox or self.stopping:
            return
        self._wake.clear()
        seconds = self._clock.wall_seconds_until(self._next_due())
        seconds = min(seconds, max(0.0, self._tables_due - time.perf_counter()))
        timer = None
        if seconds < inf:
            timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _next_due(self) -> float:
        due = min(self.run.engine.next_deadline, self._next_tick())
        return due if self._next_submission is None else min(due, self._next_submission[0])

    def _next_tick(self) -> float:
        """Time of the next entry that only records the time, so that a crash loses little of it.

        Infinite while no worker is connected.
        """
        if self.run.finished or not any(s.peer for s in self.run.sessions.workers.values()):
            return inf
        return self._last_entry_at + TICK * self._clock.speed

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

    def _note_date(self) -> None:
        """Journal the date at the start, and again if it is not what the run's clock says."""
        utc, now = round(time.time(), 3), self._clock.now()  # noqa: TID251  # a driver
        expected = self._epoch + now / self._clock.speed
        if abs(utc - expected) > DRIFT and not self.run.finished:
            self._epoch = utc - now / self._clock.speed
            self.run.apply(ClockSet(utc, self._clock.speed), now)

    def _keep_time(self) -> None:
        now = self._clock.now()
        while self._next_submission is not None and self._next_submission[0] <= now:
            self._submit(self._next_submission[1], now)
        if self.run.engine.next_deadline <= now or self._next_tick() <= now:
            self.run.apply(TimePassed(), now)
            self._note_date()
        if self._store.pending:
            self._last_entry_at = now

    def _submit(self, count: int, now: float) -> None:
        """Submit the next records of the scenario's data."""
        run = self.run
        self._next_submission = next(self._submissions, None)
        if run.finished:
            return
        if run.records.seeds and not run.engine.state.records.submitted:
            run.apply(LabelsKnown(RecordId(0), run.records.seeds), now)
        first = RecordId(run.engine.state.records.submitted)
        last = self._next_submission is None
        run.apply(run.records.submission(first, count, last=last), now)

    # -- messages ---------------------------------------------------------------------

    def _take(self, peer: Peer, message: ToServer | Gone, now: float) -> None:
        handlers = self.handlers
        if isinstance(message, Gone):
            self.run.sessions.authenticated.discard(peer)
            handlers.worker.gone(peer, now)
            handlers.operator.gone(peer)
            handlers.requester.gone(peer)
        elif peer.closed or peer.refused:
            pass  # after a fatal error its messages are ignored
        elif type(message) in _OF_A_STUDY:
            peer.send(Error("protocol", "this run is no study: it has no stages"))
        elif peer.role == "worker":
            handlers.worker.take(peer, message, now)  # type: ignore[arg-type]  # by ALLOWED
        elif isinstance(message, Authenticate):
            self._authenticate(peer, message)
        elif not peer.authenticated:
            self.run.send(peer, Error("protocol", "authenticate first"))
        elif isinstance(message, FromOperator):
            handlers.operator.take(peer, message, now)
        elif isinstance(message, FromRequester):
            handlers.requester.take(peer, message, now)

    def _authenticate(self, peer: Peer, message: Authenticate) -> None:
        if self.run.sessions.authentic(peer.role, message.token):
            peer.name = message.name or peer.role
            self.run.sessions.authenticated.add(peer)
            self.run.send(peer, Granted(peer.role))  # type: ignore[arg-type]  # not a worker
        else:
            self.run.send(peer, Error("token", "token not accepted"))
