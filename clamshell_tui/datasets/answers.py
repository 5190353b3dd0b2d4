"""The known answers of a table: classes, the class of each record, and doubts about them."""

import json
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.checks import SourceLine, check_classes, class_index, listed, quoted
from clamshell_tui.datasets.config import TableConfig
from clamshell_tui.datasets.dataset import UNKNOWN
from clamshell_tui.datasets.values import MISSING, label_of, like_missing, matching, nearly_equal
from clamshell_tui.errors import DatasetError
from clamshell_tui.formats import count

_SHOWN = 5  # groups of classes in a note


class Answers:
    """Collects labels. A label is kept as a number, so that a million of them take little room."""

    def __init__(self, config: TableConfig) -> None:
        self.notes: list[str] = []
        self._config = config
        self._numbers: dict[str, int] = {}
        self._raw: dict[Any, int] = {"": UNKNOWN}  # cells that were read before
        self._lines: list[int] = []  # where each label stands first
        self._codes = array("i")
        self._several = 0

    def add(self, value: Any, place: SourceLine) -> None:
        code = self._raw.get(value) if isinstance(value, str) else None
        if code is None:
            code = self._number(value, place)
        self._codes.append(code)

    def _number(self, value: Any, place: SourceLine) -> int:
        self._several += isinstance(value, list | tuple) and len(value) > 1
        label = label_of(value, place)
        if label is None:
            return UNKNOWN
        code = self._numbers.setdefault(label, len(self._numbers))
        if code == len(self._lines):
            self._lines.append(place.line)
        if isinstance(value, str):
            self._raw[value] = code
        return code

    def settled(self, records: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return the classes, and the class of each of the records or ``UNKNOWN``."""
        config = self._config
        if config.label is None and not config.classes:
            raise DatasetError(
                f"{config.path}: no classes (dataset.classes). List them, or name the column of "
                "known answers with dataset.label"
            )
        if config.label is None:
            return self._named(), np.full(records, UNKNOWN, dtype=np.int64)
        codes = np.array(self._codes, dtype=np.int64)
        missing = self._missing(np.bincount(codes[codes != UNKNOWN], minlength=len(self._numbers)))
        found = [label for label in self._numbers if label not in missing]
        classes = self._named() if config.classes else self._found(found, codes)
        truth = self._indices(classes, missing)[codes]
        self._note(classes, truth)
        return classes, truth

    def _named(self) -> tuple[str, ...]:
        return check_classes(self._config.classes, "dataset.classes")

    def _found(self, labels: list[str], codes: NDArray[np.int64]) -> tuple[str, ...]:
        classes = check_classes(
            sorted(labels), f'{self._config.path}, column "{self._config.label}"'
        )
        for label in like_missing(classes):
            number = int((codes == self._numbers[label]).sum())
            self.notes.append(
                f"label {quoted(label)} ({count(number, 'record')}) may stand for a missing "
                f"answer: if it does, set dataset.na = {json.dumps([label], ensure_ascii=False)}"
            )
        return classes

    def _missing(self, counts: NDArray[np.int64]) -> set[str]:
        """Return the labels that mean unknown: those of the settings, or as programs write it."""
        config = self._config
        if config.na is not None:
            return set(config.na)
        found = {label for label in MISSING if label in self._numbers} - set(config.classes)
        if len(self._numbers) - len(found) < 2 and not config.classes:
            return set()  # what else would be the classes?
        for label in sorted(found):
            records = count(counts[self._numbers[label]], "record")
            self.notes.append(
                f"label {quoted(label)} ({records}) is taken as unknown; if it is a class, set "
                "dataset.na = []"
            )
        return found

    def _indices(self, classes: tuple[str, ...], missing: set[str]) -> NDArray[np.int64]:
        """Return the class of each label; the last entry is that of an unknown one."""
        known = {name: index for index, name in enumerate(classes)}
        by_number = self._by_number(classes)
        indices = [UNKNOWN] * (len(self._numbers) + 1)
        for label, code in self._numbers.items():
            if label in missing:
                continue
            place = SourceLine(self._config.path, self._lines[code])
            meant = matching(label, known)
            indices[code] = by_number[label] if by_number else class_index(meant, known, place)
        return np.array(indices, dtype=np.int64)

    def _by_number(self, classes: tuple[str, ...]) -> dict[str, int]:
        """Return the class of each label, if all of them are numbers of classes and none a name.

        Hugging Face writes classes as numbers, and -1 for none.
        """
        numbers = {str(index): index for index in range(len(classes))} | {"-1": UNKNOWN}
        labels = self._numbers.keys()
        if not labels or not labels <= numbers.keys() or labels & set(classes):
            return {}
        meant = ", ".join(f"{index} = {quoted(name)}" for index, name in enumerate(classes[:3]))
        self.notes.append(f"labels are taken as numbers of the classes: {meant}")
        return numbers

    def _note(self, classes: Sequence[str], truth: NDArray[np.int64]) -> None:
        if self._several:
            self.notes.append(
                f"{count(self._several, 'record')} with several labels, which are taken as unknown"
            )
        for group in nearly_equal(classes)[:_SHOWN]:
            self.notes.append(
                f"classes differ only by case, blanks or invisible characters: {_apart(group)}"
            )
        known = np.unique(truth[truth != UNKNOWN])
        if len(known) == 1:
            self.notes.append(
                f"all known answers are {quoted(classes[known[0]])}: there is no model to train "
                "on them"
            )


def _apart(labels: Sequence[str]) -> str:
    return ", ".join(map(quoted, labels)) if len(labels) < 8 else listed(labels)
