"""What a timeline asks of whoever has the data, so that nothing needs to be copied for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """How a piece of work went."""

    COMPLETED = "completed"
    TERMINATED = "terminated"
    ACTIVE = "active"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of work, from ``start`` to ``end`` in seconds; None goes on until now.

    Bars of the same ``link`` (a task) belong together: a ``duplicate`` and its original.
    """

    id: str
    start: float
    end: float | None
    kind: Kind
    duplicate: bool = False
    link: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class GanttRow:
    """A line of the timeline (a slot). ``version`` must change whenever one of its bars does."""

    key: str
    label: str
    version: int = 0
    ink: str = "text"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that concerns every row, such as the beginning of a batch."""

    at: float
    label: str = ""


class GanttSource(Protocol):
    """Read a few times a second, so each answer should cost no more than what it holds."""

    def rows(self) -> Sequence[GanttRow]:
        """All rows, from top to bottom."""

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """The bars of a row that touch this time, by start; those of one row do not overlap.

        The times may be infinite, and a bar that touches ``end`` only is not in it.
        """

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """All bars of a task, each with the key of its row."""

    def marks(self, start: float, end: float) -> Sequence[Mark]:
        """The marks in this time."""

    def span(self) -> tuple[float, float]:
        """From when to when there is anything."""
