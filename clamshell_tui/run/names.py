"""Names of records and classes, and titles of runs, as screens and files show them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class RecordNames(NamedTuple):
    """Names for the numbers in events.

    ``classes`` by class index; ``external_ids`` by record, or None to use the record's number;
    ``truth`` holds each record's class index, None or -1 where unknown, or is None for none known.
    """

    classes: Sequence[str]
    external_ids: Sequence[str] | None = None
    truth: Sequence[int | None] | None = None

    def external_id(self, record: int) -> str:
        """Return the requester's id of a record."""
        return str(record) if self.external_ids is None else self.external_ids[record]

    def true_class(self, record: int) -> str | None:
        """Return the name of a record's true class, None where it is unknown."""
        index = None if self.truth is None else self.truth[record]
        return None if index is None or index < 0 else self.classes[index]


SCALE = "scale"
"""Key of ``meta``: the steps of a rating; absent where classes have no order."""

HELD_OUT, LARGEST_CLASS = "held_out", "held_out_largest_class"
"""Keys of a run's ``meta``: the records that the model is measured on, the share of one class."""

CURRENCY = "currency"
"""Key of ``meta``: the ISO 4217 code of all amounts; absent where it is USD."""

EVICTED_WRONGLY = "evicted_wrongly"
"""Key of a simulated run's ``meta``: evictions of workers who were quick enough in truth."""


class RecordName(NamedTuple):
    """The requester's id of a record, and the index of its true class where known."""

    id: str
    truth: int | None


class Title(NamedTuple):
    scenario: str
    description: str
    dataset: str
    population: str
    seed: str
    version: str
    held_out: str
    held_out_largest_class: str
    currency: str

    @classmethod
    def of(cls, meta: Mapping[str, str]) -> "Title":
        """Read the title from the ``meta`` of a run; what is missing is empty, a currency USD."""
        meta = {CURRENCY: "USD", **meta}
        return cls(*[meta.get(name, "") for name in cls._fields])
