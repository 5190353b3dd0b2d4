"""Selection of a class by typing a part of its name, for more classes than there are keys."""

import re
from collections.abc import Sequence

_SEPARATOR = re.compile(r"[\s_\-./:]+")


def _plain(text: str) -> str:
    """Return the text in lower case, with one space for any separator."""
    return _SEPARATOR.sub(" ", text).casefold().lstrip()


class ClassQuery:
    """The text typed so far, the classes that match, best first, and the one marked among them.

    Every part of the text must occur in the name: ``card fee`` finds ``card_payment_fee``. Names
    that begin with the text come first, then those in which each part begins a word.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self.text = ""
        self.matches: Sequence[int] = range(len(self.names))
        self.marked: int | None = None  # place in ``matches``; None before a key
        self._plain = [_plain(name) for name in self.names]

    @property
    def chosen(self) -> int | None:
        """The class marked, by index; None without one."""
        return self.matches[self.marked] if self.marked is not None else None

    def write(self, text: str) -> None:
        """Replace the text, and mark the best match."""
        self.text = text
        wanted = _plain(text)
        ranked = [(self._rank(index, wanted), index) for index in range(len(self.names))]
        self.matches = [index for rank, index in sorted(ranked) if rank < _NO_MATCH]
        self.marked = 0 if wanted and self.matches else None

    def move(self, step: int) -> None:
        """Mark another match; from either end to the other."""
        if self.matches:
            at = self.marked if self.marked is not None else (-1 if step > 0 else 0)
            self.marked = (at + step) % len(self.matches)

    def complete(self) -> None:
        """Extend the text as far as all names that begin with it agree."""
        wanted = _plain(self.text)
        found = [index for index in self.matches if self._plain[index].startswith(wanted)]
        found = found or list(self.matches[:1])
        if wanted and found:
            names = [self._plain[index] for index in found]
            first, last = min(names), max(names)  # in order: the others lie between them
            same = [one == other for one, other in zip(first, last, strict=False)]
            shared = same.index(False) if False in same else len(same)
            if shared > len(wanted):
                self.write(first[:shared])

    def _rank(self, index: int, wanted: str) -> int:
        name, parts = self._plain[index], wanted.split()
        if name == wanted.rstrip():
            return 0
        if name.startswith(wanted):
            return 1
        if all(f" {part}" in f" {name}" for part in parts):
            return 2
        return 3 if all(part in name for part in parts) else _NO_MATCH


_NO_MATCH = 4
