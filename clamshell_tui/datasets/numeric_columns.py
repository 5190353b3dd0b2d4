"""Chooses the feature columns of a file, if no setting names them.

A column is numeric if at least half of its non-empty cells look like numbers; then every cell must
be one, and an empty cell is an error. Other columns are left out, with a note. A column that only
numbers the rows is left out too, because a model would learn the order of the file from it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.checks import SourceLine, is_index, like_a_number, quoted

_ROW = re.compile(r"id|idx|row|row[ _]?(id|no|number)", re.IGNORECASE)
_NAMED = 10  # columns left out with a note for each
_COUNTED = 20  # rows; a longer column that counts up by one is an index, whatever its name
_BY_NAME = "name it in dataset.features if the model is to see it"


@dataclass(slots=True)
class _Column:
    """Counts of a column's cells that are like numbers, of others, and the first other one."""

    numeric: int = 0
    other: int = 0
    example: str = ""
    line: int = 0


class Survey:
    """Counts cells by column while the rows are read; ``others`` are never features."""

    def __init__(self, others: set[str | None], like: Callable[[Any], bool]) -> None:
        self._others = others
        self._like_a_number = like
        self._columns: dict[str, _Column] = {}
        self._of_texts = like is like_a_number
        self._all_numbers = 0  # rows in which each column is a number, not yet counted by column

    def add(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        if self._columns and self._of_texts:
            try:  # most rows of most files; a look at each cell takes longer
                list(map(float, map(row.__getitem__, self._columns)))
            except ValueError:
                self._add_each(place, row)
            else:
                self._all_numbers += 1
        else:
            self._add_each(place, row)

    def _add_each(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        known = self._columns
        for name, value in row.items():
            column = known.get(name)
            if column is None:
                if name in self._others:
                    continue
                column = known[name] = _Column()
            if self._like_a_number(value):
                column.numeric += 1
            elif value is not None and not (isinstance(value, str) and not value.strip()):
                column.other += 1
                if column.other == 1:
                    column.example, column.line = str(value), place.line

    def numeric(self) -> tuple[str, ...]:
        """Return the numeric columns, in the order of the file."""
        for seen in self._columns.values():
            seen.numeric += self._all_numbers
        self._all_numbers = 0
        return tuple([n for n, seen in self._columns.items() if seen.numeric > 0 and _mostly(seen)])

    def left_out(self) -> Iterator[str]:
        """Yield a sentence for each other column, up to a limit, and one for the rest."""
        columns = [(n, seen) for n, seen in self._columns.items() if not _mostly(seen)]
        columns += [(n, seen) for n, seen in self._columns.items() if not seen.numeric | seen.other]
        for name, seen in columns[:_NAMED]:
            reason = "it is empty"
            if seen.other:
                reason = f"{quoted(seen.example)} (line {seen.line}) is not a number"
            yield f"the model does not see column {quoted(name)}: {reason}"
        if len(columns) > _NAMED:
            names = ", ".join(quoted(name) for name, _ in columns[_NAMED:])
            yield f"the model does not see these columns either, which hold no numbers: {names}"


def _mostly(seen: _Column) -> bool:
    return seen.numeric >= seen.other


def number_in_json(value: Any) -> bool:
    """Return whether a JSON value is a number or a list of numbers; text never is."""
    if isinstance(value, list):
        return bool(value) and all(map(number_in_json, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def index_columns(matrix: NDArray[np.float32], names: list[str]) -> dict[int, str]:
    """Return the columns that number the rows, each with a note; none if all of them do."""
    found = {
        index: f"the model does not see column {quoted(name)}: it numbers the rows; {_BY_NAME}"
        for index, name in enumerate(names)
        if _numbers_rows(matrix[:, index], name)
    }
    return found if len(found) < len(names) else {}


def _numbers_rows(values: NDArray[np.float32], name: str) -> bool:
    if len(values) >= _COUNTED and values[0] in (0, 1) and bool((np.diff(values) == 1).all()):
        return True
    whole = bool((values == np.floor(values)).all())
    if is_index(name):
        return whole
    return whole and _ROW.fullmatch(name) is not None and len(np.unique(values)) == len(values)
