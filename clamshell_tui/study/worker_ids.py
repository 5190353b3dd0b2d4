"""Names of participants as workers of an engine.

The first time that a participant is in the stage work the worker has the participant's label. An
engine lets nobody in again whose session is over, so after a readmission, or in another stage of
the kind work, it is another worker: ``L06/2``.
"""

from collections.abc import Sequence

from clamshell_tui.core.ids import WorkerId
from clamshell_tui.study.config import StageConfig
from clamshell_tui.study.people import Person

_MARK = "/"


def worker_ids(person: Person, stages: Sequence[StageConfig]) -> list[WorkerId]:
    """Return the workers that a participant was, in order; the last one may not be one yet."""
    times = sum(stages[visit.stage].kind == "work" for visit in person.stages)
    return [worker_id(person.label, time) for time in range(1, times + 1)]


def last_work(person: Person, stages: Sequence[StageConfig]) -> int | None:
    """Return the stage of the kind work that a participant entered last; None without any."""
    visited = [each.stage for each in person.stages if stages[each.stage].kind == "work"]
    return visited[-1] if visited else None


def worker_id(label: str, time: int) -> WorkerId:
    """Return the worker that a participant is the n-th time, from 1."""
    return WorkerId(label if time == 1 else f"{label}{_MARK}{time}")


def label_of(worker: WorkerId) -> str:
    """Return the label of a worker's participant."""
    return worker.partition(_MARK)[0]
