"""Every assignment as a bar in its slot's row: the paper's Figure 13."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from clamshell_tui.formats import count
from clamshell_tui.report.chart import Scale, passing
from clamshell_tui.report.chart_svg import LETTER, WIDTH, Drawing, LegendEntry, legend
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import HtmlSection, Markup, figure, joined, paragraph
from clamshell_tui.report.material import Material
from clamshell_tui.run.tables import AssignmentRow

_LEFT, _RIGHT = 40.0, WIDTH - 6
_COMFORT = 7.0  # pixels that the median assignment should be wide
_DENSER = 3  # times, before anything is left out
_MOST_ROWS = 150
_MOST_STRIPS = 6  # of a pool of 15; a larger one has fewer
_ROW_BUDGET = 120  # rows of all strips together
_APART = 10.0  # pixels between two numbers
_ROOM = 230.0  # pixels for the rows of a strip, if they can be had
_LOST = frozenset({"skipped", "not-shown", "left", "lost", "abandoned", "expired", "preempted"})


class TimelineBar(NamedTuple):
    """An assignment; ``kind`` is one of the legend's."""

    slot: int
    start: float
    end: float
    kind: str
    duplicate: bool


def timeline(material: Material) -> HtmlSection:
    """In as many strips, one below the other, as keep single assignments apart."""
    bars = _bars(material)
    sheet = _sheet(material)
    if not bars:
        return HtmlSection(
            "timeline", "Timeline", paragraph("No worker was given a task."), (sheet,)
        )
    slots = sorted({bar.slot for bar in bars})
    strips, left_out = divided(material.start, bars, min(len(slots), _MOST_ROWS))
    drawn = _draw(material, bars, slots[:_MOST_ROWS], strips)
    told = _caption(len(bars), len(slots), strips, left_out)
    return HtmlSection("timeline", "Timeline", figure(drawn, told, sheet), (sheet,))


def _caption(bars: int, slots: int, strips: "list[Scale]", left_out: int) -> str:
    told = [
        f"{count(bars, 'assignment')} in {count(slots, 'slot')} of the pool, a row each; time runs "
        f"to the right{' and goes on in the next strip' if len(strips) > 1 else ''}. A tall bar "
        "was answered and counted; a low one was ended by another answer, or lost. "
        "Thin lines are the batches' beginnings."
    ]
    if slots > _MOST_ROWS:
        told.append(f" The first {_MOST_ROWS} slots are drawn.")
    if left_out:
        told.append(f" {count(left_out, 'strip')} of the middle left out.")
    return "".join(told)


def _bars(material: Material) -> list[TimelineBar]:
    workers = material.tables.workers
    found: list[TimelineBar] = []
    for row in material.tables.assignments.values():
        slot = workers[row.worker].slot
        if slot is not None:
            end = material.end if row.ended_at is None else row.ended_at
            kind = "lost" if row.state in _LOST else row.state
            found.append(TimelineBar(slot, row.started_at, end, kind, row.duplicate))
    return found


def divided(start: float, bars: Sequence[TimelineBar], rows: int) -> tuple[list[Scale], int]:
    """Stretches of time of equal length, and how many of them are left out in the middle.

    As many as keep the median bar some pixels wide; of a long run they are denser first, and then
    only the first and the last ones are kept.
    """
    span = max(max(bar.end for bar in bars) - start, 1e-6)
    usual = max(median([bar.end - bar.start for bar in bars]), span / 1e6)
    wanted = max(1, round(span / usual * _COMFORT / (_RIGHT - _LEFT)))
    most = max(2, min(_MOST_STRIPS, _ROW_BUDGET // rows))
    if wanted > most:
        wanted = max(most, wanted // _DENSER)
    length = span / wanted
    chosen = list(range(wanted))
    if wanted > most:
        chosen = [*chosen[: most // 2], *chosen[-(most - most // 2) :]]
    scales = [passing(start + n * length, start + (n + 1) * length) for n in chosen]
    return scales, wanted - len(chosen)


def _draw(
    material: Material, bars: Sequence[TimelineBar], slots: Sequence[int], strips: Sequence[Scale]
) -> Markup:
    """A drawing for each strip, so that a printer can turn the page between them."""
    return joined(
        *[
            _draw_strip(material, bars, slots, scale, first=not nth, last=scale is strips[-1])
            for nth, scale in enumerate(strips)
        ]
    )


def _draw_strip(
    material: Material,
    bars: Sequence[TimelineBar],
    slots: Sequence[int],
    scale: Scale,
    *,
    first: bool,
    last: bool,
) -> Markup:
    drawing = Drawing("Assignments by slot over time")
    top = legend(drawing, _entries(material, bars), _LEFT) if first else 0.0
    strip = _Strip(drawing, scale, top + 18, slots)
    strip.frame(material, f"{scale.unit} since the run began" if last else "")
    strip.bars(bars)
    strip.evictions(material)
    return drawing.svg()


def _entries(material: Material, bars: Sequence[TimelineBar]) -> list[LegendEntry]:
    kinds = {bar.kind for bar in bars}
    entries = [entry for kind, entry in _LEGEND.items() if kind in kinds]
    if any(bar.duplicate for bar in bars):
        entries.append(LegendEntry("tick", "f-ink", "begun as a duplicate"))
    if material.tables.evictions:
        entries.append(LegendEntry("triangle", "f-vermilion", "eviction"))
    return entries


_LEGEND = {
    "completed": LegendEntry("bar", "f-blue", "completed"),
    "terminated": LegendEntry("half", "f-orange", "terminated"),
    "lost": LegendEntry("half", "f-purple", "skipped, lost or preempted"),
    "active": LegendEntry("bar", "h-grey", "still in hand"),
}


class _Strip:
    """One stretch of time: ``top`` is where its rows begin."""

    def __init__(self, drawing: Drawing, scale: Scale, top: float, slots: Sequence[int]) -> None:
        self._drawing, self._scale, self._top = drawing, scale, top
        self._row = min(14.0, max(3.0, _ROOM / len(slots)))
        self._slots = {slot: place for place, slot in enumerate(slots)}
        self._bottom = top + self._row * len(slots)

    def frame(self, material: Material, title: str) -> None:
        """Ticks of time, numbers of slots, and the batches."""
        self._time(title)
        self._numbers()
        self._batches(material)

    def _time(self, title: str) -> None:
        draw = self._drawing
        draw.reach(self._bottom + (34 if title else 22))
        draw.line((_LEFT, self._bottom), (_RIGHT, self._bottom), "frame")
        for tick in self._scale.ticks:
            x = self._x(tick.value)
            draw.line((x, self._bottom), (x, self._bottom + 4), "frame")
            draw.text(x, self._bottom + 15, tick.label, "tick", "middle")
        draw.text((_LEFT + _RIGHT) / 2, self._bottom + 31, title, "axis", "middle")

    def _numbers(self) -> None:
        every = 1 if self._row >= 9 else 5 if self._row >= 3.5 else 10
        for slot, place in self._slots.items():
            if (place + 1) % every == 0 or place == 0:
                y = self._y(slot) + self._row / 2 + 3.5
                self._drawing.text(_LEFT - 6, y, str(slot + 1), "tick", "end")

    def _batches(self, material: Material) -> None:
        """A thin line where each begins, with its number where there is room."""
        free = 0.0
        for batch in material.tables.batches.values():
            if batch.started_at is not None and self._has(batch.started_at):
                x, name = self._x(batch.started_at), f"{batch.id + 1}"
                self._drawing.line((x, self._top - 3), (x, self._bottom), "grid")
                if x >= free:
                    self._drawing.text(x, self._top - 6, name, "tick", "middle")
                    free = x + LETTER * len(name) + _APART

    def bars(self, bars: Sequence[TimelineBar]) -> None:
        """Those that were in hand at some time of the strip."""
        here = [
            bar
            for bar in bars
            if bar.slot in self._slots
            and bar.end > self._scale.low
            and bar.start < self._scale.high
        ]
        for kind, entry in _LEGEND.items():
            boxes = [self._box(bar, low=entry.shape == "half") for bar in here if bar.kind == kind]
            self._drawing.bars(boxes, entry.class_)
        width = min(1.6, self._row / 5)
        ticks = [
            (self._x(bar.start), self._y(bar.slot) + self._row * 0.08, width, self._row * 0.84)
            for bar in here
            if bar.duplicate and self._has(bar.start)
        ]
        self._drawing.bars(ticks, "f-ink")

    def evictions(self, material: Material) -> None:
        """Replacements: worker, time and slot."""
        workers = material.tables.workers
        found = [
            (self._x(row.at), self._y(slot) + self._row / 2)
            for row in material.tables.evictions
            if self._has(row.at) and (slot := workers[row.worker].slot) in self._slots
            if slot is not None
        ]
        self._drawing.marks("triangle", found, "f-vermilion outlined", min(5.0, self._row / 2.2))

    def _box(self, bar: TimelineBar, *, low: bool) -> tuple[float, float, float, float]:
        start, end = self._x(bar.start), self._x(bar.end)
        gap = min(0.7, (end - start) / 4)  # to separate neighbours
        height = self._row * (0.4 if low else 0.78)
        top = self._y(bar.slot) + self._row * 0.89 - height
        return start, top, max(0.3, end - start - gap), height

    def _has(self, at: float) -> bool:
        return self._scale.low <= at < self._scale.high

    def _x(self, at: float) -> float:
        return _LEFT + self._scale.share(at) * (_RIGHT - _LEFT)

    def _y(self, slot: int) -> float:
        return self._top + self._slots[slot] * self._row


def _sheet(material: Material) -> CsvSheet:
    columns = (
        "assignment", "task", "batch", "worker", "slot", "duplicate", "state",
        "started_at", "ended_at", "records", "seconds_per_label", "micros",
    )  # fmt: skip
    return CsvSheet("timeline", columns, [_line(material, row) for row in _in_order(material)])


def _line(material: Material, row: AssignmentRow) -> tuple[str | int | float | bool | None, ...]:
    tables = material.tables
    task, slot = tables.tasks[row.task], tables.workers[row.worker].slot
    records = tables.size_of(row)
    pace = None if row.ended_at is None else (row.ended_at - row.started_at) / records
    return (
        row.id, row.task, task.batch + 1, row.worker, None if slot is None else slot + 1,
        row.duplicate, row.state, row.started_at, row.ended_at, records, pace, row.micros,
    )  # fmt: skip


def _in_order(material: Material) -> list[AssignmentRow]:
    return sorted(material.tables.assignments.values(), key=lambda row: row.id)
