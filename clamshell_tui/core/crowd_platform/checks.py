"""Checks: known answers among the work of each worker (``quality.checks_every``).

Some tasks are cut one record short. Each of their assignments is filled up with a check that is new
to its worker, at a random place, so two workers on one task get different checks. A worker who has
met them all gets a record that is labelled already instead (a *filler*), or one of another task
while none has a label: its answer is kept and decides nothing. So all tasks are of one size, and
nothing tells a check from a record; a worker who could tell would be careful with checks only.

The extra record belongs to the assignment, not to the task: votes, labels and batches are without
it, while the answer, its pay and the time per record are with it.
"""

from collections import deque
from collections.abc import Sequence
from random import Random

from clamshell_tui.core.crowd_platform.known_answers import KnownAnswers
from clamshell_tui.core.crowd_platform.work import Assignment, Worker
from clamshell_tui.core.ids import RecordId, WorkerId

_TRIES = 8  # random draws before all are looked at
_RECENT = 64  # records to fill up with while none has a label


class Checks:
    """Decides which tasks are cut short, and fills up their assignments.

    ``every``: one check in so many records asked of a worker, on average; 0: none.
    """

    def __init__(self, every: int, known: KnownAnswers, rng: Random) -> None:
        self.every = every
        self.labelled: list[RecordId] = []
        """Records with a label, to fill up tasks."""
        self._known = known
        self._rng = rng
        self._met: dict[WorkerId, set[RecordId]] = {}
        self._earlier: dict[WorkerId, set[RecordId]] = {}  # by workers without an assignment yet
        self._recent: deque[RecordId] = deque(maxlen=_RECENT)  # records of tasks given out
        self._asked = 0  # records of all tasks cut
        self._stretch = 0  # of ``every`` records each; one of them carries a check
        self._next = 0.0  # record that is a check
        self._due = 0

    def cut_short(self, size: int) -> bool:
        """Return whether the next task, of ``size`` records, is to be cut one short.

        A check falls on a random record of each stretch of ``every``. At regular distances, all of
        them could go to one worker of a pool that takes its tasks in turn.
        """
        if not self.every or not self._known.serving("check"):
            return False
        self._asked += size
        while self._next <= self._asked:
            self._due += self._stretch > 0
            self._next = (self._stretch + self._rng.random()) * self.every
            self._stretch += 1
        if not self._due:
            return False
        self._due -= 1
        return True

    def resume(self, worker: WorkerId, before: Worker) -> None:
        """Count what a worker has met in an earlier session, ``before``, as met."""
        met = self._met.get(before.id, set(before.gold))
        self._earlier[worker] = met | self._earlier.get(before.id, set())

    def fill(self, assignment: Assignment) -> None:
        """Give an assignment of a short task its extra record; note what the worker meets."""
        worker, records = assignment.worker, assignment.task.records
        met = self._met.get(worker.id)
        if met is None:
            met = self._met[worker.id] = {*worker.gold, *self._earlier.pop(worker.id, ())}
        met.update(records)
        if assignment.task.short:
            self._fill(assignment, met)
        self._recent.extend(records)

    def _fill(self, assignment: Assignment, met: set[RecordId]) -> None:
        records = assignment.task.records
        checks = self._known.serving("check")
        extra = self._new(checks, met)
        if extra is None:
            left = [record for record in checks if record not in met]
            extra = self._any(left) if left else self._filler(met, records)
        if extra is not None:
            met.add(extra)
            assignment.extra = extra
            assignment.place = int(self._rng.random() * (len(records) + 1))

    def _filler(self, met: set[RecordId], task: tuple[RecordId, ...]) -> RecordId | None:
        """Return a labelled record, or one of another task; a new one if that is easily found.

        An old one is better than a smaller task, and shows how a worker agrees with itself. None
        for the first task of all.
        """
        others = [record for record in self._recent if record not in task]
        found = self._new(self.labelled, met)
        if found is None:
            found = self._new(others, met)
        return self._any(self.labelled or others) if found is None else found

    def _any(self, records: Sequence[RecordId]) -> RecordId | None:
        return records[int(self._rng.random() * len(records))] if records else None

    def _new(self, records: Sequence[RecordId], met: set[RecordId]) -> RecordId | None:
        for _ in range(_TRIES if records else 0):
            record = records[int(self._rng.random() * len(records))]
            if record not in met:
                return record
        return None
