"""The People page of a study: a row per participant, and how many are in which stage."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip

from clamshell_tui.client.operator import FollowedStudy
from clamshell_tui.formats import count
from clamshell_tui.operator_app.pages.people_rows import (
    COLUMNS,
    INVITED,
    OVER,
    Participant,
    participants,
    row_ink,
    stage_ink,
)
from clamshell_tui.operator_app.pages.table_page import TablePage
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import LineWidget, entitle
from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.panels import Meter, MeterPart
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, TableSection, strip_of, width_of
from clamshell_tui.wire.study_messages import People, PersonRow

_NOBODY = "nobody has come yet; codes are on the slips: clamshell slips STUDY"
_BAR_FROM = 30  # lines of the terminal that leave room for the bar
_WORKED = frozenset({"questionnaire", "debrief"})  # stages that may follow the work


class Stages(LineWidget):
    """How many are in each stage, in the order of the study; the lines wrap."""

    DEFAULT_CSS = "Stages { width: 1fr; height: 2; }"

    _counts: tuple[tuple[str, int], ...] = ()

    def update(self, counts: Iterable[tuple[str, int]]) -> None:
        if (fresh := tuple(counts)) != self._counts:
            self._counts = fresh
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        lines: list[list[Span]] = [[]]
        for stage, number in self._counts:
            ink = f"{stage_ink(stage)} bold" if number else "faint"
            spans = [(f"{number} ", ink), (f"{stage}  ", "text" if number else "faint")]
            if lines[-1] and width_of([*lines[-1], *spans]) > width + 2:
                lines.append([])
            lines[-1] += spans
        return [strip_of(line, width, palette) for line in lines[:height]]


class AlarmLine(LineWidget):
    """The alarms of the participant under the cursor, or what to do if nobody has come."""

    DEFAULT_CSS = "AlarmLine { height: 1; padding: 0 1; }"

    _spans: tuple[Span, ...] = ()

    def update(self, row: PersonRow | None, *, come: bool) -> None:
        spans: tuple[Span, ...] = () if come else ((_NOBODY, "accent"),)
        if row is not None and row.alarms:
            spans = ((f"! {row.participant}  ", "bad bold"), ("; ".join(row.alarms), "text"))
        if spans != self._spans:
            self._spans = spans
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        return [strip_of(self._spans, width, palette)]


class PeoplePage(TablePage):
    """Shows the present, also while the other pages look back."""

    ID: ClassVar[str] = "people"
    TITLE: ClassVar[str] = "People"
    ROWS: ClassVar[str] = "participants"
    DEFAULT_CSS = """
    PeoplePage { layout: vertical; }
    PeoplePage #flow { height: 6; }
    PeoplePage.-short #flow { height: 4; }
    PeoplePage.-short #flow Meter { display: none; }
    PeoplePage #people { height: 1fr; }
    """

    _people: People | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="flow", classes="box"):
            yield Meter()
            yield Stages()
        yield LiveTable(
            COLUMNS,
            lambda row: row.key,
            empty="nobody is invited: the study has neither guests nor bots",
            row_ink=row_ink,
            id="people",
            classes="box",
        )
        yield AlarmLine()

    @property
    def people(self) -> People | None:
        """The people as they were shown last."""
        return self._people

    @property
    def chosen(self) -> tuple[PersonRow, ...]:
        """The marked participants, else the one under the cursor."""
        rows = () if self._people is None else self._people.rows
        return tuple([row for row in rows if row.participant in self.wanted])

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.height < _BAR_FROM, "-short")

    def show(self, view: View) -> None:
        study = view.source.study
        people = None if study is None else study.people
        if study is None or people is None:
            return
        self._people = people
        counts = Counter(row.stage for row in people.rows)
        come = len(people.rows) - counts[INVITED]
        here = sum(row.connected for row in people.rows)
        entitle(
            self.query_one("#flow"),
            f"Study: {come} of {len(people.rows)} have come, {here} here",
            _gate(people),
        )
        self.query_one(Meter).update(_parts(counts, people))
        self.query_one(Stages).update(_counts(counts, people))
        marks = f"{len(self.table.marked)} marked, Escape: none" if self.table.marked else ""
        self.table.entitle(f"People{self.note}", marks or _condition(study, people))
        self.table.update(_sections(participants(people, study.age)), self.words)
        self._show_alarms()

    def on_live_table_highlighted(self, _: LiveTable.Highlighted) -> None:
        self._show_alarms()

    def _show_alarms(self) -> None:
        rows = () if self._people is None else self._people.rows
        cursor = self.table.cursor
        row = next((row for row in rows if row.participant == cursor), None)
        come = any(row.stage != INVITED for row in rows)
        self.query_one(AlarmLine).update(row, come=come)


def _gate(people: People) -> str:
    if people.gate is None:
        return ""
    opens = f"opens at {people.starts}" if people.starts else f"{people.needed} open it"
    return f"gate: {people.waiting} here, {opens}; x g: start now"


def _condition(study: FollowedStudy, people: People) -> str:
    """Which condition the other pages show, and which one orders about its run go to."""
    if len(people.conditions) < 2:
        return ""
    if study.selected is None:
        return f"pages 2-6 show {people.conditions[0]}, their orders go to all; c: next"
    return f"pages 2-6 show {people.conditions[study.selected]}, as their orders; c: next"


def _counts(counts: Counter[str], people: People) -> Iterator[tuple[str, int]]:
    for stage in dict.fromkeys((INVITED, *people.stages, *OVER)):
        if counts[stage] or stage in (*people.stages, "done"):
            yield stage, counts[stage]


def _parts(counts: Counter[str], people: People) -> list[MeterPart]:
    before = set(people.stages) - _WORKED - {"work"}
    return [
        MeterPart("done", counts["done"], "good"),
        MeterPart("after the work", sum(counts[stage] for stage in _WORKED), "purple"),
        MeterPart("at work", counts["work"], "sky"),
        MeterPart("before", sum(counts[stage] for stage in before), "yellow"),
        MeterPart("gone early", sum(counts[stage] for stage in OVER[1:]), "vermilion"),
    ]


def _sections(rows: Iterable[Participant]) -> Iterator[Participant | TableSection]:
    """Those under way first; nobody at all is drawn as an empty table."""
    groups: dict[str, list[Participant]] = {"": [], "over": [], "not come yet": [], "bots": []}
    for row in rows:
        title = "over" if row.over else "not come yet" if row.seen.stage == INVITED else ""
        groups["bots" if row.seen.bot else title].append(row)
    for title, group in groups.items():
        if group and title:
            yield TableSection(title, count(len(group), "participant"))
        yield from group
