"""A timeline's bars in memory, for tests of the widget."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from clamshell_tui.operator_app.widgets.gantt_rows import Bar, GanttRow, TimeMark


class BarIndex:
    """A :class:`GanttSource` to which bars are added when they begin and replaced when they end.

    The bars of a row come in the order of their start; ValueError otherwise.
    """

    def __init__(self) -> None:
        self._rows: dict[str, GanttRow] = {}
        self._starts: dict[str, list[float]] = {}
        self._bars: dict[str, list[Bar]] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._links: defaultdict[str, list[str]] = defaultdict(list)
        self._marks: list[TimeMark] = []
        self._first = self._last = 0.0

    def row(self, key: str, label: str, ink: str = "text") -> None:
        """Add a row at the bottom, or call it something else."""
        version = self._rows[key].version + 1 if key in self._rows else 0
        self._rows[key] = GanttRow(key, label, version, ink)
        self._starts.setdefault(key, [])
        self._bars.setdefault(key, [])

    def mark(self, mark: TimeMark) -> None:
        """Marks come in the order of time."""
        self._marks.append(mark)

    def put(self, row: str, bar: Bar) -> None:
        """Add a bar, or replace it."""
        if bar.id in self._places:
            row, at = self._places[bar.id]
            self._bars[row][at] = bar
        else:
            self._append(row, bar)
        old = self._rows[row]
        self._rows[row] = GanttRow(row, old.label, old.version + 1, old.ink)
        self._last = max(self._last, bar.start if bar.end is None else bar.end)

    def rows(self) -> Sequence[GanttRow]:
        """In the order in which they were added."""
        return list(self._rows.values())

    def bars(self, row: str, start: float, end: float) -> Sequence[Bar]:
        """See :class:`GanttSource`; as bars do not overlap, their ends are in order too."""
        starts, bars = self._starts[row], self._bars[row]
        low = bisect_right(starts, start)
        while low > 0 and _reaches(bars[low - 1], start):
            low -= 1
        return bars[low : bisect_left(starts, end)]

    def linked(self, link: str) -> Sequence[tuple[str, Bar]]:
        """The original first."""
        places = (self._places[bar] for bar in self._links.get(link, ()))
        return [(row, self._bars[row][at]) for row, at in places]

    def marks(self, start: float, end: float) -> Sequence[TimeMark]:
        """Between these times."""
        low = bisect_left(self._marks, start, key=lambda mark: mark.at)
        return self._marks[low : bisect_right(self._marks, end, key=lambda mark: mark.at)]

    def span(self) -> tuple[float, float]:
        """From the first start to the last start or end."""
        return (self._first, self._last)

    def _append(self, row: str, bar: Bar) -> None:
        starts = self._starts[row]
        if starts and bar.start < starts[-1]:
            raise ValueError(f"bar {bar.id} of row {row} begins before the one before it")
        if not self._places:
            self._first = self._last = bar.start
        self._first = min(self._first, bar.start)
        self._places[bar.id] = (row, len(starts))
        starts.append(bar.start)
        self._bars[row].append(bar)
        if bar.link:
            self._links[bar.link].append(bar.id)


def _reaches(bar: Bar, time: float) -> bool:
    return bar.end is None or bar.end > time
