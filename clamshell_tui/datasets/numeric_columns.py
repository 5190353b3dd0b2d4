"""Which columns the model sees where no setting says so: decided over the whole file.

A column is numeric if at least half of what it holds is like a number; then each cell has to be
one, and an empty cell is an error. The rest is left out, and named with the reason. A column that
only numbers the rows is left out as well: a model that sees it learns the order of the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.checks import SourceLine, is_index, quoted

_ROW = re.compile(r"id|idx|row|row[ _]?(id|no|number)", re.IGNORECASE)
_NAMED = 10  # columns left out that get a note of their own
_COUNTED = 20  # rows that count up by one: such a column is an index, whatever its name
_BY_NAME = "name it in dataset.features if the model is to see it"


@dataclass(slots=True)
class _Column:
    """What was seen of a column: cells like numbers, others, and the first other one."""

    numeric: int = 0
    other: int = 0
    example: str = ""
    line: int = 0


class Survey:
    """The columns of a file as its rows are read; ``others`` are no features in any case."""

    def __init__(self, others: set[str | None], like_a_number: Callable[[Any], bool]) -> None:
        self._others = others
        self._like_a_number = like_a_number
        self._columns: dict[str, _Column] = {}

    def add(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        """Take in a row."""
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
        """The columns that have to be numbers throughout, in the order of the file."""
        return tuple([n for n, seen in self._columns.items() if seen.numeric > 0 and _mostly(seen)])

    def left_out(self) -> Iterator[str]:
        """One sentence for each other column; of very many, for the first ones."""
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
    """True for a number and for a list of them; text is none, whatever it says."""
    if isinstance(value, list):
        return bool(value) and all(map(number_in_json, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def index_columns(matrix: NDArray[np.float32], names: list[str]) -> dict[int, str]:
    """The columns that number the rows, each with a sentence for the user; never all of them."""
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
