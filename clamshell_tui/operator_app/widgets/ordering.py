"""The order of a table's rows: within sections, by a column, the unknown last."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from clamshell_tui.operator_app.widgets.columns import Column, Comparable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A line between rows, which says what follows."""

    title: str
    note: str = ""


@dataclass(frozen=True)
class Order(Generic[T]):
    """Sorted by this column; None is the order in which the rows came."""

    column: Column[T] | None = None
    descending: bool = False

    def by(self, column: Column[T]) -> "Order[T]":
        """The order after this column was chosen: once more turns it round."""
        if self.column is not None and self.column.key == column.key:
            return Order(column, not self.descending)
        return Order(column, column.descending)


Line: TypeAlias = T | Section


def ordered(lines: Iterable[Line[T]], order: Order[T]) -> list[Line[T]]:
    """The lines with the rows of each section sorted; equal rows keep their order."""
    sort = order.column.sort if order.column is not None else None
    if sort is None:
        return list(lines)
    result: list[Line[T]] = []
    block: list[T] = []
    rows: list[T]
    for line in lines:
        if isinstance(line, Section):
            rows = _sorted(block, sort, order.descending)
            result += [*rows, line]
            block = []
        else:
            block.append(line)
    rows = _sorted(block, sort, order.descending)
    return [*result, *rows]


def _sorted(rows: Sequence[T], sort: Callable[[T], Comparable | None], descending: bool) -> list[T]:
    keyed = [(sort(row), row) for row in rows]
    known = [(key, row) for key, row in keyed if key is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + [row for key, row in keyed if key is None]
