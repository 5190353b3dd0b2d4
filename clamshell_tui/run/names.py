"""Names of records and titles of runs, as people see them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class RecordNames(NamedTuple):
    """What the numbers in events stand for.

    ``classes`` by class index; ``external_ids`` by record, or None to use the record's number;
    ``truth`` holds each record's class index, None or -1 where unknown, or is None for none known.
    """

    classes: Sequence[str]
    external_ids: Sequence[str] | None = None
    truth: Sequence[int | None] | None = None

    def external_id(self, record: int) -> str:
        """The id that the requester's own data gave the record."""
        return str(record) if self.external_ids is None else self.external_ids[record]

    def true_class(self, record: int) -> str | None:
        """The name of the record's true class, None where it is not known."""
        index = None if self.truth is None else self.truth[record]
        return None if index is None or index < 0 else self.classes[index]


class RecordName(NamedTuple):
    """What a record's number stands for: the requester's id, and the true class where known."""

    id: str
    truth: int | None


class Title(NamedTuple):
    """What a run is called, and what it is about."""

    scenario: str
    description: str
    dataset: str
    population: str
    seed: str
    version: str

    @classmethod
    def of(cls, meta: Mapping[str, str]) -> "Title":
        """From the ``meta`` of a run."""
        names = ("scenario", "description", "dataset", "population", "seed", "version")
        return cls(*[meta.get(name, "") for name in names])
