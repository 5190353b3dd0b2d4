"""The People page of a study: a row per participant, and how many are in which stage."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


class Remarks(LineWidget):
    """The alarms of the participant under the cursor; before anybody has come, what to do."""

    DEFAULT_CSS = "Remarks { height: 1; padding: 0 1; }"

    _said: tuple[tuple[Span, ...], ...] = ()

    def update(self, people: People, row: PersonRow | None) -> None:
        lines: tuple[tuple[Span, ...], ...] = ((),)
        if row is not None and row.alarms:
            lines = (
                (
                    (f"! {row.participant}  ", "bad bold"),
                    ("; ".join([each.partition(": ")[2] for each in row.alarms]), "text"),
                ),
            )
        elif all(each.stage == INVITED for each in people.rows):
            lines = tuple(_first_steps(people))
        if lines != self._said:
            self._said = lines
            self.styles.height = len(lines)
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        return [strip_of(line, width, palette) for line in self._said]


def _first_steps(people: People) -> Iterator[tuple[Span, ...]]:
    yield (
        ("Nobody has come yet. ", "text bold"),
        ("Rows fill in as participants enter their codes.", "text"),
    )
    yield (
        ("Slips with codes: ", "muted"),
        ("clamshell slips STUDY --db FOLDER -o slips.html", "accent"),
    )
    gate = "; x g, x t: open the gate" if people.gate is not None else ""
    yield ((f"x n: a new code; x m: a message for later{gate}", "muted"),)


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
        yield Remarks()

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
        rows = participants(people, study.age)
        counts = Counter(row.stage for row in people.rows)
        entitle(self.query_one("#flow"), _standing(rows), _gate(people))
        self.query_one(Meter).update(_parts(counts, people))
        self.query_one(Stages).update(_counts(counts, people))
        marks = f"{len(self.table.marked)} marked, Escape: none" if self.table.marked else ""
        self.table.entitle(f"People{self.note}", marks or _condition(study, people))
        self.table.update(_sections(rows), self.words)
        self._remark()

    def on_live_table_highlighted(self, _: LiveTable.Highlighted) -> None:
        self._remark()

    def _remark(self) -> None:
        if self._people is not None:
            cursor = self.table.cursor
            row = next((row for row in self._people.rows if row.participant == cursor), None)
            self.query_one(Remarks).update(self._people, row)


def _standing(rows: Sequence[Participant]) -> str:
    """How many people have come, are here and need help; the bots apart."""
    people = [row.seen for row in rows if not row.seen.bot]
    come = sum(row.stage != INVITED for row in people)
    parts = [f"{come} of {len(people)} have come", f"{sum(row.connected for row in people)} here"]
    if help_ := sum(row.needs_help for row in rows):
        parts.append(f"{help_} to look at")
    if bots := len(rows) - len(people):
        parts.append(count(bots, "bot"))
    return f"Study: {', '.join(parts)}"


def _gate(people: People) -> str:
    if people.gate is None:
        return ""
    here = f"{people.waiting} of {people.needed} here"
    if people.starts:
        here = f"{people.waiting} here, opens at {people.starts}"
    return f"gate: {here}; x g: start now, x t: at a time"


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
        MeterPart("before the work", sum(counts[stage] for stage in before), "yellow"),
        MeterPart("gone early", sum(counts[stage] for stage in OVER[1:]), "vermilion"),
    ]


def _sections(rows: Iterable[Participant]) -> Iterator[Participant | TableSection]:
    """Those who need help first, then those under way; nobody at all is drawn as an empty table."""
    groups: dict[str, list[Participant]] = {
        title: [] for title in ("to look at", "under way", "over", "not come yet", "bots")
    }
    for row in rows:
        groups[_group(row)].append(row)
    titled = bool(groups["to look at"])
    for title, group in groups.items():
        if group and (titled or title != "under way"):
            note = "" if title == "bots" else count(len(group), "participant")
            yield TableSection(title if note else count(len(group), "bot"), note)
        yield from group


def _group(row: Participant) -> str:
    if row.seen.bot:
        return "bots"
    if row.over:
        return "over"
    if row.seen.stage == INVITED:
        return "not come yet"
    return "to look at" if row.needs_help else "under way"
