"""The task that owns the engine and the file: drain, handle, commit the journal, send.

The tables follow from the journal: they are written after the messages, and lag behind by a second
or :data:`MOST_ENTRIES` at most.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from math import inf
from typing import get_args

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.joining import Joining
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.loop import Loop
from clamshell_tui.coordinator.operator_handler import OperatorHandler
from clamshell_tui.coordinator.requester_handler import RequesterHandler
from clamshell_tui.coordinator.sessions import Gone, Peer
from clamshell_tui.coordinator.store import Store
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
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.tables import MetaRow
from clamshell_tui.runfile.backup import sealed_image
from clamshell_tui.runfile.meta import DIGEST
from clamshell_tui.wire.messages import Error, ToServer
from clamshell_tui.wire.operator_messages import FromOperator
from clamshell_tui.wire.requester_messages import FromRequester
from clamshell_tui.wire.study_messages import FromParticipant, FromStudyOperator

PATIENCE = 0.5  # share of the last commit's time to wait for answers that are about to arrive
MOST_PATIENCE = 0.02  # seconds, however slow or full the disk was
MOST_ENTRIES = 1_000  # that the tables lag behind the journal
MOST_LAG = 1.0  # seconds that they do
_OF_A_STUDY = frozenset(get_args(FromParticipant) + get_args(FromStudyOperator))
_READING = 3  # turns of the event loop, to read what arrived meanwhile


class RoleHandlers:
    """The handler of each role."""

    def __init__(
        self, worker: WorkerHandler, operator: OperatorHandler, requester: RequesterHandler
    ):
        self.worker = worker
        self.operator = operator
        self.requester = requester


class RunLoop(Loop):
    """``submissions`` are the remaining (time, records) of the scenario."""

    run: EngineDriver

    def __init__(
        self,
        run: EngineDriver,
        handlers: RoleHandlers,
        store: Store,
        clock: RunClock,
        submissions: Iterator[tuple[float, int]],
    ) -> None:
        super().__init__(clock, store.path)
        self.run = run
        self.handlers = handlers
        self._store = store
        self._submissions = submissions
        self._next_submission = next(submissions, None)
        self._wake_at = 1  # messages that are worth a commit
        self._stopped_for = 0.0  # wall-clock seconds, not journalled yet
        self._tables_due = inf  # by time.perf_counter
        self._tables: asyncio.Task[None] | None = None  # that writes them
        self._ended = False  # whether the file was sealed at the end of the run
        self.commits = 0

    @property
    def joining(self) -> Joining:
        return self.handlers.worker

    def put(self, peer: Peer, message: ToServer | Gone) -> None:
        self._inbox.append((peer, message))
        if len(self._inbox) >= self._wake_at:
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
            await self._wait(max(0.0, self._tables_due - time.perf_counter()))
            if self._stopped_for:
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

    def _stood_still(self, seconds: float) -> None:
        self._stopped_for += seconds
        self.run.resumed_at = asyncio.get_running_loop().time()
        self._wake.set()

    async def _resume(self) -> None:
        """Move leases, graces and silences by the time of a stop, before anything is judged."""
        for _ in range(_READING):
            await asyncio.sleep(0)
        seconds, self._stopped_for = self._stopped_for, 0.0
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
        self._last_entry_at = self._clock.now()
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

    def _note_end(self) -> None:
        """Store the end of the journal, to detect truncation, and the digest of the final state."""
        end = self.run.journal.end | {DIGEST: state_digest(self.run.engine)}
        for key, value in end.items():
            self._store.put(MetaRow(key, value))

    def _next_deadline(self) -> float:
        due = self.run.engine.next_deadline
        return due if self._next_submission is None else min(due, self._next_submission[0])

    def _next_tick(self) -> float:
        return inf if self.run.finished else super()._next_tick()

    def _keep_time(self) -> None:
        now = self._clock.now()
        while self._next_submission is not None and self._next_submission[0] <= now:
            self._submit(self._next_submission[1], now)
        super()._keep_time()

    def _pass_time(self, now: float) -> None:
        self.run.apply(TimePassed(), now)

    def _set_clock(self, utc: float, now: float) -> None:
        if not self.run.finished:
            self.run.apply(ClockSet(utc, self._clock.speed), now)

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

    def _gone(self, peer: Peer, now: float) -> None:
        self.handlers.worker.gone(peer, now)
        self.handlers.operator.gone(peer)
        self.handlers.requester.gone(peer)

    def _take(self, peer: Peer, message: ToServer, now: float) -> None:
        if type(message) in _OF_A_STUDY:
            peer.send(Error("protocol", "this run is no study: it has no stages"))
        elif peer.role == "worker":
            self.handlers.worker.take(peer, message, now)  # type: ignore[arg-type]  # by ALLOWED
        elif isinstance(message, FromOperator):
            self.handlers.operator.take(peer, message, now)
        elif isinstance(message, FromRequester):
            self.handlers.requester.take(peer, message, now)
