"""Identifiers, and the phases of a run.

Records and classes index the dataset; the other ids count up within a run.
"""

from enum import StrEnum
from typing import NewType, TypeAlias

RecordId = NewType("RecordId", int)
"""Index of a record in its dataset, from 0."""

ClassIndex = NewType("ClassIndex", int)
"""Index of a class in ``RunConfig.classes``."""

TaskId = NewType("TaskId", int)
AssignmentId = NewType("AssignmentId", int)
BatchId = NewType("BatchId", int)
RequestId = NewType("RequestId", int)
"""Records sent to a machine once, as an assignment is a task sent to a worker."""

WorkerId = NewType("WorkerId", str)
"""Pseudonym of a worker, such as ``W7``: unique within a run, never a real name."""

Micros: TypeAlias = int
"""Money in integer micro-dollars: 20,000 is 2 cents."""


class Phase(StrEnum):
    """Phase of the run as a whole."""

    RECRUITING = "recruiting"  # before the first batch
    LABELLING = "labelling"
    DRAINING = "draining"  # work in hand is finished, nothing new is started
    FINISHED = "finished"
