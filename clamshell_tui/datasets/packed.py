"""A million short texts in little memory."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

_TOGETHER = 1000  # texts that are encoded at a time
_FOUR_GIB = 2**32


class PackedTexts(Sequence[str]):
    """An immutable sequence of texts, stored as UTF-8 in one piece.

    A string of its own costs 50 bytes besides its letters.
    """

    def __init__(self, raw: bytearray, ends: "array[int]") -> None:
        self._raw = raw
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        number = range(len(self._ends))[index]
        return self._raw[self._ends[number - 1] if number else 0 : self._ends[number]].decode()

    def __iter__(self) -> Iterator[str]:
        start = 0
        for end in self._ends:
            yield self._raw[start:end].decode()
            start = end

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # compares equal to lists


class TextPacker:
    """Collects texts for :class:`PackedTexts`."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._ends = array("I")
        self._waiting: list[str] = []

    def __len__(self) -> int:
        return len(self._ends) + len(self._waiting)

    def add(self, text: str) -> None:
        self._waiting.append(text)
        if len(self._waiting) == _TOGETHER:
            self._pack()

    def packed(self) -> PackedTexts:
        self._pack()
        return PackedTexts(self._raw, self._ends)

    def _pack(self) -> None:
        """Encode the texts that wait, together, which is quicker."""
        texts, self._waiting = self._waiting, []
        joined = "".join(texts)
        raw = joined.encode()
        ascii_only = len(raw) == len(joined)
        lengths = map(len, texts) if ascii_only else (len(text.encode()) for text in texts)
        ends = accumulate(lengths, initial=len(self._raw))
        next(ends)
        if len(self._raw) + len(raw) >= _FOUR_GIB and self._ends.typecode == "I":
            self._ends = array("Q", self._ends)
        self._ends.extend(ends)
        self._raw += raw
