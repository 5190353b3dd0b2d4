"""Mapping from keys to classes."""

from collections.abc import Sequence

RESERVED = "sfuv"
"""Skip, flag, undo, view the full text: letters that are never the key of a class."""

_DIGITS = "1234567890"
_LETTERS = "".join(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED)


def keys_of(classes: Sequence[str]) -> list[str]:
    """One key per class, as shown: ``1`` to ``9`` and ``0``, then letters.

    Classes that are digits keep their own key: 3 labels a record as 3.
    """
    if all(len(name) == 1 and name in _DIGITS for name in classes):
        return list(classes)
    return list((_DIGITS + _LETTERS)[: len(classes)])


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
