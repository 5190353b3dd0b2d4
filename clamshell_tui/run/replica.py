"""A second engine that replays a journal for a reader: operator's screen, report.

Call :meth:`Replica.feed` with each entry of the journal in order; :meth:`Replica.snapshot_at`
returns the state at any moment up to the last entry. The replica only reads its engine, so looking
at a moment never changes a decision.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from math import inf
from zlib import compress, decompress

import msgspec
from msgspec.structs import replace

from clamshell_tui.core.commands import (
    Acknowledge,
    Command,
    Evict,
    Outcome,
    Reject,
    Release,
    Terminate,
)
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import AssignmentAnswered, ClockStopped, Event, WorkerDismissed
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.run.estimates import ObservedWorkers
from clamshell_tui.run.history import History
from clamshell_tui.run.log import EventKind
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.snapshot import (
    Snapshot,
    WorkerSnapshot,
    aged,
    take_snapshot,
    worker_snapshot,
)
from clamshell_tui.run.tables import Row
from clamshell_tui.run.totals import ModelView, RunTotals, threshold

_ROOM = 60_000  # workers in all snapshots together: about 10 MB compressed
_FEWEST, _MOST = 256, 4096

_decode = msgspec.msgpack.Decoder(Snapshot).decode
_encode = msgspec.msgpack.Encoder().encode


def _pack(snapshot: Snapshot) -> bytes:
    return compress(_encode(snapshot), 1)


class Keyframes:
    """Snapshots at regular steps of a journal, so that seeking needs no replay.

    At the limit every second one is dropped and the step doubles: memory stays bounded, and the
    whole run stays covered. Which ones are kept follows from the number of entries alone, so that
    any two replicas of a run show the same at each moment.

    ``first`` is the state before the first entry, ``slots`` the size of the pool, ``entries`` the
    expected length of the journal.
    """

    def __init__(self, first: Snapshot, slots: int, entries: int = 0) -> None:
        self._most = max(_FEWEST, min(_MOST, _ROOM // max(1, slots)))
        self.step = 1
        """Entries of the journal from one snapshot to the next."""
        while entries // self.step >= self._most:
            self.step *= 2
        self.times = array("d", [0.0])
        self._kept = [_pack(first)]

    def __len__(self) -> int:
        return len(self._kept)

    def due(self, entries: int) -> bool:
        """Whether to add a snapshot after so many entries."""
        return entries % self.step == 0

    def add(self, at: float, snapshot: Snapshot) -> None:
        self.times.append(at)
        self._kept.append(_pack(snapshot))
        if len(self._kept) > self._most:
            self.step *= 2
            self.times = self.times[::2]
            self._kept = self._kept[::2]

    def at(self, moment: float) -> Snapshot:
        """Return the last snapshot at or before ``moment``."""
        place = bisect_right(self.times, moment) - 1
        return _decode(decompress(self._kept[place]))


class _NoTables:
    """Sink of a reader that needs the history alone."""

    def put(self, row: Row) -> None:
        """Drop the row: the history keeps those that it indexes."""


class Replica:
    """``entries`` is the expected length of the journal, 0 if unknown: it spaces the keyframes.

    Without ``keyframes`` only the present can be shown, for readers without a screen.
    """

    def __init__(self, config: RunConfig, entries: int = 0, *, keyframes: bool = True) -> None:
        self.config = config
        self.engine = Engine(config)
        self.history = History(continuous=config.tasks.batching == "continuous")
        self.fed = 0
        """Number of journal entries so far."""
        self.on_commands: Callable[[float, list[Command]], None] | None = None
        """Called with the time and the engine's commands, after each entry."""
        self._model = RunModel(_NoTables(), RecordNames(config.classes), history=self.history)
        self._observed = ObservedWorkers(config.maintenance)
        self._leaving: dict[WorkerId, Worker] = {}  # without a slot, finishing a task
        self._keyframes: Keyframes | None = None
        if keyframes:
            self._keyframes = Keyframes(self._take(0.0), config.pool.size, entries)

    @property
    def end(self) -> float:
        """Time of the last entry, in seconds of the run."""
        return self.engine.now

    @property
    def finished(self) -> bool:
        return self.engine.state.phase == "finished"

    @property
    def settings(self) -> RunConfig:
        """The configuration as it is now: an operator may have changed it."""
        return self.engine.state.config

    def feed(self, at: float, event: Event) -> None:
        """Apply the next entry. Raises InvalidEventError for a journal of other rules."""
        commands = self.engine.handle(event, at)
        self.fed += 1
        self._model.apply(at, event, commands)
        if type(event) is WorkerDismissed:
            self._leaves(event.worker)
        elif type(event) is ClockStopped:
            self._observed.stood_still(at)
        for command in commands:
            self._observe(event, command)
        if self.on_commands is not None:
            self.on_commands(at, commands)
        if self._keyframes is not None and self._keyframes.due(self.fed):
            self._keyframes.add(at, self._take(at))

    def snapshot_at(self, at: float) -> Snapshot:
        """Return the run at ``at``: exact at its end, else from the last keyframe.

        Ages, and totals that the history has, are always as of ``at``.
        """
        if at >= self.engine.now or not self._keyframes:
            return self._take(max(at, self.engine.now))
        kept = aged(self._keyframes.at(at), at)
        return replace(kept, run=_corrected(kept.run, self.history, at))

    @property
    def threshold(self) -> float | None:
        """Current threshold of maintenance in seconds per label; None if it is off or has none."""
        found = threshold(self.engine)
        return found if found < inf else None

    def worker(self, name: str) -> WorkerSnapshot:
        """Return the latest state of a worker, also after the end of the session."""
        worker = self.engine.state.pool.workers[WorkerId(name)]
        limit = threshold(self.engine)
        return worker_snapshot(self.engine, worker, self._observed, limit, self.end)

    def _take(self, now: float) -> Snapshot:
        return take_snapshot(self.engine, self._observed, self._leaving.values(), now)

    def _observe(self, event: Event, command: Command) -> None:
        """Add to the evidence on workers, and note the workers about to leave."""
        match command:
            case Acknowledge():
                row = self._model.assignments[command.assignment]
                if command.outcome is Outcome.COUNTED:
                    self._observed.completed(row, self.history.size_of(row))
            case Terminate():
                assert isinstance(event, AssignmentAnswered), "an answer ends the others' attempts"
                row = self._model.assignments[command.assignment]
                records = self.history.size_of(row)
                self._observed.terminated(row, records, winner=event.worker)
            case Evict():
                self._leaves(command.worker)
            case Release() | Reject():
                self._leaving.pop(command.worker, None)
            case _:
                pass

    def _leaves(self, name: WorkerId) -> None:
        worker = self.engine.state.pool.workers[name]
        if worker.departing is not None and not worker.over:
            self._leaving[name] = worker


def _corrected(run: RunTotals, history: History, at: float) -> RunTotals:
    """Return the totals of a keyframe as of ``at``, as far as the history has them."""
    models = history.models_until(at)
    model = run.model
    if models:
        last = models[-1]
        age = at - last.trained_at
        model = ModelView(
            last.version, last.labels_used, last.accuracy, last.estimated, age, model.training
        )
    return replace(
        run,
        labels=history.labels_until(at),
        batches=len(history.batches_until(at)),
        assignments=history.assignments_until(at),
        duplicates=history.events_until(EventKind.DUPLICATE, at),
        evictions=history.events_until(EventKind.EVICTION, at),
        cost={kind: history.cost_until(kind, at) for kind in run.cost},
        model=model,
    )
