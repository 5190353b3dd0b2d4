"""Identifiers: records and classes index the dataset, the others count up within a run."""

from typing import NewType, TypeAlias

RecordId = NewType("RecordId", int)
"""Index of a record in its dataset, from 0."""

ClassIndex = NewType("ClassIndex", int)
"""Index of a class in ``RunConfig.classes``."""

TaskId = NewType("TaskId", int)
AssignmentId = NewType("AssignmentId", int)
BatchId = NewType("BatchId", int)

WorkerId = NewType("WorkerId", str)
"""Pseudonym of a worker, such as ``W7``: unique within a run, never a real name."""

Micros: TypeAlias = int
"""Money in integer micro-dollars: 20,000 is 2 cents."""
