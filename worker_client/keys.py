"""Mapping from keys to classes, and the rule for keys that are held down."""

from collections.abc import Sequence
from math import inf

RESERVED = "sfcuv"
"""Skip, flag, comment, undo, view the full text: letters that are never the key of a class."""

_DIGITS = "1234567890"
_LETTERS = "".join(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED)


def keys_of(classes: Sequence[str]) -> list[str]:
    """One key per class, as shown: ``1`` to ``9`` and ``0``, then letters, as far as they go.

    Classes that are digits keep their own key: 3 labels a record as 3.
    """
    if all(len(name) == 1 and name in _DIGITS for name in classes):
        return list(classes)
    return list((_DIGITS + _LETTERS)[: len(classes)])


def must_be_typed(classes: Sequence[str]) -> bool:
    """Whether there are more classes than keys, so that names are typed."""
    return len(classes) > len(_DIGITS + _LETTERS)


def initials_of(classes: Sequence[str]) -> list[str]:
    """The first letter of every class as a second key; empty unless all of them are unambiguous."""
    initials = [name[:1].lower() for name in classes]
    usable = all(letter.isascii() and letter in _LETTERS for letter in initials if letter)
    if len(classes) > len(_DIGITS) or not all(initials) or not usable:
        return []
    return initials if len(set(initials)) == len(initials) else []


def class_by_key(classes: Sequence[str]) -> dict[str, int]:
    """The class that each key stands for."""
    by_key = {letter: index for index, letter in enumerate(initials_of(classes))}
    by_key.update((key, index) for index, key in enumerate(keys_of(classes)))
    return by_key


QUIET = 0.15
"""Seconds without a key before one counts on a new record. Terminals repeat a held key every 30 to
50 ms, and do not mark the repetition; a fast typist leaves 0.2 to 0.4 s between two keys. Nobody
reads a record in this time: a key that meets one so young was meant for what stood there before."""


class HeldKeys:
    """Decides which keys count: a key held down must not answer one record after the other."""

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._pressed = self._shown_at = -inf  # times of the last key and of the last new record
        self._shown: object = None
        self._record: object = None  # the record on which a key counted last

    def show(self, record: object, now: float) -> None:
        """Note what came into view."""
        if record != self._shown:
            self._shown, self._shown_at = record, now

    def press(self, record: object, now: float) -> bool:
        """Note a key. Return whether it counts on ``record``, which may be new."""
        if now - max(self._pressed, self._shown_at) >= self._quiet:
            self._record = record
        self._pressed = now
        return record == self._record
