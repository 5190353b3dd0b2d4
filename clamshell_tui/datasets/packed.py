"""A million short texts in little memory."""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload


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
        self._ends = array("q")

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, text: str) -> None:
        self._raw += text.encode()
        self._ends.append(len(self._raw))

    def packed(self) -> PackedTexts:
        return PackedTexts(self._raw, self._ends)
