"""The records of a live run, as shown to workers."""

from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from math import prod
from struct import Struct

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from clamshell_tui.coordinator.trainer_messages import Loaded
from clamshell_tui.core.events import RecordsSubmitted
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.requester_messages import NewRecord

UNKNOWN = -1

Numbers = tuple[tuple[str, float], ...]


def ordered_numbers(record: NewRecord, names: Sequence[str]) -> Numbers:
    """Return a record's numbers in the order of ``names``; DatasetError if the names differ.

    A model knows its columns by position only, so two swapped numbers would be two wrong numbers.
    """
    numbers = dict(record.numbers)
    if len(numbers) < len(record.numbers):
        raise DatasetError(f"record {show(record.id)} has two numbers of one name")
    for name in names:
        if name not in numbers:
            raise DatasetError(
                f'record {show(record.id)} has no number "{show(name)}", as the others do'
            )
    if len(numbers) > len(names):
        odd = next(name for name in numbers if name not in names)
        raise DatasetError(
            f'record {show(record.id)} has a number "{show(odd)}", which the others do not have'
        )
    return tuple([(name, numbers[name]) for name in names])


class Records:
    """Grows when requesters submit records; all lists are indexed by record number."""

    def __init__(self, loaded: Loaded) -> None:
        self.name = loaded.name
        self.classes = loaded.classes
        self.notes = loaded.notes
        self.meta = loaded.meta
        self.ids: list[str] = list(loaded.ids)
        self.truth: list[int] = list(loaded.truth)
        self.gold = {
            RecordId(record): ClassIndex(label)
            for record, label in enumerate(loaded.truth[: loaded.seeds + loaded.gold])
            if record >= loaded.seeds
        }
        """Known answers in the loaded data, usable as gold records."""
        self.uses = {} if loaded.uses is UNSET else loaded.uses
        self.why = {} if loaded.why is UNSET else loaded.why
        self.seeds = tuple(map(ClassIndex, loaded.truth[: loaded.seeds]))
        """Labels of the first records, which are never asked."""
        self.digest = blake2b(msgspec.msgpack.encode(loaded), digest_size=16).hexdigest()
        self._loaded = len(self.ids)
        self._loaded_texts = loaded.texts
        self._show = _shower(loaded)
        self._submitted: list[Record] = []
        self.names: tuple[str, ...] = ()
        """Names of the numbers of each submitted record, once there is one."""
        self._number = {name: number for number, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def submission(self, first: RecordId, count: int, *, last: bool) -> RecordsSubmitted:
        """Return the event that submits some of the loaded records."""
        gold = {
            record: label for record, label in self.gold.items() if first <= record < first + count
        }
        uses = {record: use for record, use in self.uses.items() if record in gold}
        return RecordsSubmitted(first, count, gold, last, uses or UNSET)

    def record(self, record: RecordId, *, with_truth: bool) -> Record:
        """Return a record to send; ``with_truth`` for bots only."""
        submitted = record - self._loaded
        shown = self._submitted[submitted] if submitted >= 0 else self._show(record)
        truth = self.truth[record]
        return replace(shown, truth=truth) if with_truth and truth != UNKNOWN else shown

    @cached_property
    def letters(self) -> set[str]:
        """Characters that every worker's terminal must be able to show.

        They are those of the loaded records, the classes, and submitted gold records, without
        texts in pure ASCII.
        """
        texts = (*self.classes, *(self._loaded_texts or ()))
        return set().union(*(set(text) for text in texts if not text.isascii()))

    def number(self, name: str) -> RecordId | None:
        """Return the number of the record with this id, if there is one."""
        number = self._number.get(name)
        return None if number is None else RecordId(number)

    def submit(self, record: NewRecord) -> RecordId:
        """Add a submitted record with a new id; return its number."""
        number = RecordId(len(self.ids))
        self._number[record.id] = number
        self.ids.append(record.id)
        truth = record.gold if record.gold is not None else record.truth
        self.truth.append(UNKNOWN if truth is None else self.classes.index(truth))
        self.names = self.names or tuple([name for name, _ in record.numbers])
        self._submitted.append(Record(record.id, text=record.text, numbers=record.numbers))
        if record.gold is not None and record.text is not None and not record.text.isascii():
            self.letters.update(record.text)
        return number


def _shower(loaded: Loaded) -> Callable[[int], Record]:
    """Return a function that builds records on demand: large data stay compact in memory."""
    ids = loaded.ids
    if loaded.texts is not None:
        texts = loaded.texts
        return lambda number: Record(ids[number], text=texts[number])
    if loaded.image is not None:
        return _pictures(loaded, [loaded.image] * len(ids))
    if loaded.images:
        return _pictures(loaded, loaded.images)
    return _numbers(loaded)


def _pictures(loaded: Loaded, shapes: Sequence[tuple[int, int, int]]) -> Callable[[int], Record]:
    ids, pixels = loaded.ids, loaded.pixels
    ends = list(accumulate(map(prod, shapes), initial=0))

    def shown(number: int) -> Record:
        height, width, channels = shapes[number]
        seen = pixels[ends[number] : ends[number + 1]]
        return Record(ids[number], image=Image(width, height, 3 if channels == 3 else 1, seen))

    return shown


def _numbers(loaded: Loaded) -> Callable[[int], Record]:
    ids, values = loaded.ids, loaded.numbers
    row = Struct(f"{loaded.width}f")
    names = [f"f{column + 1}" for column in range(loaded.width)]

    def shown(number: int) -> Record:
        seen = zip(names, row.unpack_from(values, number * row.size), strict=True)
        return Record(ids[number], numbers=tuple([(name, float(f"{x:.6g}")) for name, x in seen]))

    return shown
