"""How full pool and reserve were, and who came and went."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clamshell_tui.formats import count
from clamshell_tui.report_page.drawing import Drawing, Entry, Plot, counting, legend, passing
from clamshell_tui.report_page.drawing.plot import box
from clamshell_tui.report_page.drawing.rows import Rows
from clamshell_tui.report_page.markup import Markup, joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Section, figure, paragraph
from clamshell_tui.report_page.sheet import Sheet

_PEOPLE_DRAWN = 50
_ENDS = {
    "evicted": Entry("triangle", "f-vermilion", "evicted"),
    "left": Entry("diamond", "h-orange", "left"),
    "rejected": Entry("square", "h-grey", "not qualified, or not needed"),
    "released": Entry("circle", "f-grey", "released"),
}


class Career(NamedTuple):
    """When a worker was in training, in the reserve and in a slot; each ends where the next begins.

    Who gives up a slot and finishes the task in hand is out of the pool from then on.
    """

    worker: str
    joined: float
    admitted: float | None
    seated: float | None
    slot: int | None
    unseated: float | None  # None: not seated, or seated to the end of what is known
    ended: float | None
    state: str
    reason: str

    def stays(self, end: float) -> Iterator[tuple[str, float, float]]:
        """(``training``, ``reserve`` or ``pool``, from, to), up to ``end`` if it is not over."""
        ended = end if self.ended is None else self.ended
        yield "training", self.joined, ended if self.admitted is None else self.admitted
        if self.admitted is not None:
            yield "reserve", self.admitted, ended if self.seated is None else self.seated
        if self.seated is not None:
            yield "pool", self.seated, ended if self.unseated is None else self.unseated


def pool(material: Material) -> Section:
    """Numbers over time, then a row for each worker."""
    people = careers(material)
    history = occupancy(people, material.end)
    sheets = _history_sheet(history), _worker_sheet(people)
    if not people:
        return Section("pool", "Pool", paragraph("Nobody came."), sheets)
    told = (
        f"Workers in the {count(material.config.pool.size, 'slot')} of the pool, in the reserve "
        f"(of {count(material.config.pool.reserve)}) and in training."
    )
    body = [figure(_numbers(material, history), told, sheets[0])]
    most = f", the first {_PEOPLE_DRAWN} of them drawn" if len(people) > _PEOPLE_DRAWN else ""
    told = f"Who came and went: {count(len(people), 'worker')} in the order of coming{most}. "
    told += "Who gives up the slot finishes the task in hand before going."
    body.append(figure(_lives(material, people[:_PEOPLE_DRAWN]), told, sheets[1]))
    return Section("pool", "Pool", joined(*body), sheets)


def careers(material: Material) -> list[Career]:
    """Of everybody, in the order in which they came."""
    evicted = {row.worker: row.at for row in material.tables.evictions}
    successors = _successors(material)
    found: list[Career] = []
    for row in material.people:
        ends = [each for each in (evicted.get(row.id), successors.get(row.id), row.left_at) if each]
        unseated = min(ends, default=None) if row.seated_at is not None else None
        found.append(
            Career(
                row.id,
                row.joined_at,
                row.admitted_at,
                row.seated_at,
                row.slot,
                unseated,
                row.left_at,
                row.state,
                row.reason or "",
            )
        )
    return found


def _successors(material: Material) -> dict[str, float]:
    """By worker, when somebody else took the slot."""
    seated = [row for row in material.people if row.seated_at is not None]
    seated.sort(key=lambda row: row.seated_at or 0.0)
    holders: dict[int | None, str] = {}
    found: dict[str, float] = {}
    for row in seated:
        before = holders.get(row.slot)
        if before is not None:
            found[before] = row.seated_at or 0.0
        holders[row.slot] = row.id
    return found


def occupancy(people: Sequence[Career], end: float) -> list[tuple[float, int, int, int]]:
    """(time, in the pool, in the reserve, in training) from each change on."""
    changes: list[tuple[float, str, int]] = []
    for one in people:
        for where, start, stop in one.stays(end):
            changes += [(start, where, 1), (stop, where, -1)]
    numbers = {"pool": 0, "reserve": 0, "training": 0}
    found: list[tuple[float, int, int, int]] = []
    for at, where, by in sorted(changes):
        numbers[where] += by
        if found and found[-1][0] == at:
            found.pop()
        found.append((at, numbers["pool"], numbers["reserve"], numbers["training"]))
    return found


def _numbers(material: Material, history: Sequence[tuple[float, int, int, int]]) -> Markup:
    drawing = Drawing("Workers in the pool, in the reserve and in training")
    top = legend(drawing, [Entry("line", class_, name) for name, class_ in _LINES])
    x = passing(0.0, material.end)
    most = max(max(each[1:]) for each in history)
    plot = Plot(
        drawing, box(top + 18, 160), x, counting(0, max(most, material.config.pool.size), 5)
    )
    plot.axes(f"{x.unit} since the run began", "workers")
    if material.tables.assignments:
        plot.upright(material.start, "first task")
    for place, (_, class_) in reversed([*enumerate(_LINES, 1)]):
        points = [(0.0, 0.0), *[(each[0], float(each[place])) for each in history[:-1]]]
        points.append((material.end, points[-1][1]))
        drawing.stairs(plot.places(points), class_)
    return drawing.svg()


_LINES = (
    ("in the pool", "line-blue"),
    ("in the reserve", "line-green dashes"),
    ("in training", "line-orange dots"),
)


def _lives(material: Material, people: Sequence[Career]) -> Markup:
    drawing = Drawing("Careers of the workers")
    states = {one.state for one in people}
    entries = [
        Entry("bar", "h-orange", "training"),
        Entry("half", "f-green", "reserve"),
        Entry("bar", "f-blue", "pool"),
        *[entry for state, entry in _ENDS.items() if state in states],
    ]
    top = legend(drawing, entries)
    x = passing(0.0, material.end)
    rows = Rows(drawing, top + 8, [one.worker for one in people], x)
    rows.axis(f"{x.unit} since the run began")
    stays = [(nth, *stay) for nth, one in enumerate(people) for stay in one.stays(material.end)]
    for where, (class_, tall) in _STAYS.items():
        bars = [(nth, start, stop) for nth, name, start, stop in stays if name == where]
        rows.bars(class_, bars, tall)
    for state, entry in _ENDS.items():
        ends = [
            (one.ended, nth)
            for nth, one in enumerate(people)
            if one.state == state and one.ended is not None
        ]
        rows.marks(entry._replace(class_=f"{entry.class_} outlined"), ends, 3.2)
    return drawing.svg()


_STAYS = {"training": ("h-orange", 0.34), "reserve": ("f-green", 0.34), "pool": ("f-blue", 0.62)}


def _history_sheet(history: Sequence[tuple[float, int, int, int]]) -> Sheet:
    return Sheet("pool_history", ("at", "pool", "reserve", "training"), history)


def _worker_sheet(people: Sequence[Career]) -> Sheet:
    columns = (
        "worker", "joined_at", "admitted_at", "seated_at", "slot", "slot_left_at", "left_at",
        "state", "reason",
    )  # fmt: skip
    rows = [one._replace(slot=None if one.slot is None else one.slot + 1) for one in people]
    return Sheet("workers", columns, rows)
