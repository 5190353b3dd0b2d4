"""The columns of a table, and which of them fit where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from clamshell_tui.operator_app.widgets.fitting import Align, Span

GAP = 1  # cells between columns


class Comparable(Protocol):
    """What sorts among its like."""

    def __lt__(self, other: Self, /) -> bool: ...


T = TypeVar("T")

# No slots in what is generic: Column[Row](...) would raise a TypeError on Python 3.11.


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column over rows of type ``T``.

    ``width`` is what it likes to have, ``minimum`` what it can do with (``width``, if 0), ``flex``
    its share of what is left over. Where not all fit, those of the highest ``priority`` go first
    (the most important has 0). A column without ``sort`` cannot be sorted by; rows whose sort key
    is None stand last, whichever way. ``spans`` draws a cell of several inks, in so many cells,
    instead of ``text`` and ``ink``.
    """

    key: str
    title: str
    text: Callable[[T], str]
    width: int
    minimum: int = 0
    flex: int = 0
    align: Align = "left"
    priority: int = 0
    ink: Callable[[T], str] | None = None
    sort: Callable[[T], Comparable | None] | None = None
    descending: bool = False  # the first time that it is sorted by
    spans: Callable[[T, int], Sequence[Span]] | None = None

    @property
    def least(self) -> int:
        """Cells below which it goes."""
        return self.minimum or self.width


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A column where it stands."""

    column: Column[T]
    x: int
    width: int


def place(columns: Sequence[Column[T]], width: int) -> list[Placed[T]]:
    """The columns that fit into ``width`` cells, in their order; the last one may be clipped."""
    kept = _fitting(columns, width)
    widths = {column.key: column.least for column in kept}
    spare = width - sum(widths.values()) - GAP * (len(kept) - 1)
    for column in sorted(kept, key=lambda column: column.priority):
        more = max(0, min(column.width - column.least, spare))
        widths[column.key] += more
        spare -= more
    _share_out(kept, widths, max(0, spare))
    placed, x = [], 0
    for column in kept:
        placed.append(Placed(column, x, min(widths[column.key], max(0, width - x))))
        x += widths[column.key] + GAP
    return placed


def _fitting(columns: Sequence[Column[T]], width: int) -> list[Column[T]]:
    """The least important go, the rightmost of equals first; one always stays."""
    kept = list(columns)
    while len(kept) > 1 and sum(column.least + GAP for column in kept) - GAP > width:
        index = max(range(len(kept)), key=lambda at: (kept[at].priority, at))
        del kept[index]
    return kept


def _share_out(kept: Sequence[Column[T]], widths: dict[str, int], spare: int) -> None:
    flexible = [column for column in kept if column.flex]
    total = sum(column.flex for column in flexible)
    for column in flexible:
        share = spare * column.flex // total
        widths[column.key] += share
        spare -= share
        total -= column.flex
