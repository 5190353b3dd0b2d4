"""Rows and columns of the page of people."""

from dataclasses import dataclass

from clamshell_tui.formats import clock, coins
from clamshell_tui.operator_app.widgets.table_layout import Column
from clamshell_tui.wire.study_messages import People, PersonRow

_NOTHING = "-"
_HOUR = 3600
_LONG_AWAY = 20  # seconds: who reloads a page is back by then

INVITED = "invited"
OVER = ("done", "declined", "withdrawn", "dropped-out", "ended")
"""Where those are whose study is over, in the order of the counts."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A row: what the coordinator sent, and the time since."""

    seen: PersonRow
    place: int  # of the stage, in the order of the study
    currency: str
    away: int  # seconds
    staying: int  # seconds in the stage

    @property
    def key(self) -> str:
        return self.seen.participant

    @property
    def over(self) -> bool:
        return self.seen.stage in OVER

    @property
    def needs_help(self) -> bool:
        """Whether an operator should go there: away, or with an alarm other than a past absence."""
        if self.over or self.seen.stage == INVITED or self.seen.bot:
            return False
        told = [alarm for alarm in self.seen.alarms if not alarm.startswith("absent")]
        return bool(told) or self.away >= _LONG_AWAY


def participants(people: People, age: float) -> list[Participant]:
    """The rows, ``age`` seconds after the message."""
    order = [INVITED, *people.stages, *OVER]
    places = {stage: place for place, stage in reversed(list(enumerate(order)))}
    return [
        Participant(
            row,
            places.get(row.stage, len(order)),
            people.currency,
            0 if row.connected else int(row.away_seconds + age),
            int(row.stage_seconds + age),
        )
        for row in people.rows
    ]


def stage_ink(stage: str) -> str:
    """The colour of a stage, or of an outcome."""
    match stage:
        case "work":
            return "sky"
        case "done":
            return "good"
        case "gate":
            return "warning"
        case "declined" | "withdrawn" | "dropped-out" | "ended":
            return "vermilion"
        case "invited":
            return "muted"
        case _:
            return "text"


def row_ink(row: Participant) -> str:
    return "muted" if row.over or row.seen.stage == INVITED else "text"


def _time(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR)
    return f"{hours} h {rest // 60:02}" if hours else clock(rest)


def _here(row: Participant) -> str:
    if row.over or row.seen.stage == INVITED:
        return "here" if row.seen.connected else _NOTHING
    if not row.seen.connected:
        return f"away {_time(row.away)}"
    if row.seen.ending:
        return "ending"
    return "paused" if row.seen.paused else "break" if row.seen.on_break else "here"


def _here_ink(row: Participant) -> str:
    state = _here(row).partition(" ")[0]
    inks = {"here": "good", "break": "good", "paused": "warning", "away": "bad"}
    return inks.get(state, "muted")


def _speed(row: Participant) -> str:
    seconds = row.seen.seconds_per_record
    return _NOTHING if seconds is None else f"{seconds:.1f}"


def _checks(row: Participant) -> str:
    asked = row.seen.checks_asked
    return f"{row.seen.checks_right}/{asked}" if asked else _NOTHING


def _share_right(row: Participant) -> float | None:
    return row.seen.checks_right / row.seen.checks_asked if row.seen.checks_asked else None


def _checks_ink(row: Participant) -> str:
    share = _share_right(row)
    return "warning" if share is not None and share < 0.5 else row_ink(row)


def _alarmed(row: Participant) -> str:
    return f"!{len(row.seen.alarms)}" if row.seen.alarms else ""


COLUMNS: tuple[Column[Participant], ...] = (
    Column(
        "participant",
        "Label",
        lambda row: row.key,
        10,
        minimum=6,
        ink=lambda row: "bad bold" if row.needs_help else row_ink(row),
        sort=lambda row: row.key,
    ),
    Column(
        "alarms",
        "!",
        _alarmed,
        2,
        ink=lambda row: "bad bold",
        sort=lambda row: len(row.seen.alarms) or None,
        descending=True,
    ),
    Column(
        "stage",
        "Stage",
        lambda row: row.seen.stage,
        13,
        ink=lambda row: stage_ink(row.seen.stage),
        sort=lambda row: row.place,
    ),
    Column(
        "here",
        "Now",
        _here,
        10,
        minimum=9,
        priority=1,
        ink=_here_ink,
        sort=lambda row: row.away or None,
        descending=True,
    ),
    Column(
        "for",  # how long in the stage
        "For",
        lambda row: "" if row.over or row.seen.stage == INVITED else _time(row.staying),
        7,
        align="right",
        priority=10,
        ink=lambda row: "muted",
        sort=lambda row: row.staying or None,
        descending=True,
    ),
    Column(
        "via",
        "Via",
        lambda row: row.seen.via or _NOTHING,
        8,
        priority=5,
        sort=lambda row: row.seen.via or None,
    ),
    Column(
        "condition",
        "Cond",
        lambda row: row.seen.condition or _NOTHING,
        12,
        minimum=4,
        priority=4,
        sort=lambda row: row.seen.condition or None,
    ),
    Column(
        "records",
        "Rec",
        lambda row: str(row.seen.records) if row.seen.records else _NOTHING,
        4,
        align="right",
        priority=1,
        sort=lambda row: row.seen.records,
        descending=True,
    ),
    Column(
        "speed",
        "s/rec",
        _speed,
        5,
        align="right",
        priority=3,
        sort=lambda row: row.seen.seconds_per_record,
        descending=True,
    ),
    Column(
        "checks",  # right / asked
        "Checks",
        _checks,
        6,
        align="right",
        priority=1,
        ink=_checks_ink,
        sort=_share_right,
    ),
    Column(
        "pay",
        "Pay",
        lambda row: coins(row.seen.micros, row.currency) if row.seen.micros else _NOTHING,
        8,
        minimum=6,
        align="right",
        priority=1,
        sort=lambda row: row.seen.micros,
        descending=True,
    ),
    Column(
        "paid",
        "Paid",
        lambda row: "paid" if row.seen.paid else "",
        4,
        priority=8,
        ink=lambda row: "good",
        sort=lambda row: row.seen.paid,
        descending=True,
    ),
    Column(
        "unread",
        "Msg",  # not read yet
        lambda row: str(row.seen.unread) if row.seen.unread else "",
        3,
        align="right",
        priority=6,
        ink=lambda row: "accent",
        sort=lambda row: row.seen.unread,
        descending=True,
    ),
    Column(
        "alarm",
        "Last alarm",
        lambda row: row.seen.alarms[-1].partition(": ")[2] if row.seen.alarms else "",
        60,
        minimum=30,
        flex=1,
        priority=9,
        ink=lambda row: "bad",
    ),
)
