"""State of each participant in the itinerary. Only the itinerary changes it."""

from typing import Literal

from msgspec import Struct

from clamshell_tui.study.events import Participant

Outcome = Literal["", "completed", "declined", "not-qualified", "withdrawn", "dropped-out", "ended"]
"""How the study ended for a participant; empty while under way, or before the arrival."""


class StageVisit(Struct):
    """A row of the log of stages; a stage is visited again after a readmission."""

    stage: int
    visit: int  # of this stage, from 1
    entered_at: float
    left_at: float | None = None
    outcome: str = ""
    seconds: float = 0.0  # without absence, up to the last change


class Credit(Struct, frozen=True):
    """Pay that an operator added."""

    at: float
    kind: Literal["bonus", "correction"]
    micros: int
    reason: str
    operator: str


class Payment(Struct, frozen=True):
    """Pay that was handed over."""

    at: float
    micros: int
    operator: str


class Alarm(Struct, frozen=True):
    at: float
    what: str
    text: str


class Notice(Struct, frozen=True):
    """A message of an operator to a participant."""

    at: float
    text: str
    operator: str


class WorkFigures(Struct, frozen=True):
    """Totals of the stage work as its engine reported them last."""

    records: int = 0
    checks_asked: int = 0
    checks_right: int = 0


class Person(Struct, kw_only=True):
    """A participant: invited, here, or done. Times are in seconds since the start of the study."""

    label: Participant
    bot: bool = False
    stratum: str = ""
    preset: str | None = None  # condition that the guest list sets
    # -- arrival and presence
    via: str = ""
    width: int = 0
    height: int = 0
    encoding: str = ""
    arrived_at: float | None = None
    connected: bool = False
    away_since: float | None = None
    grace_ends_at: float | None = None
    counted_until: float = 0.0  # presence is counted up to this time
    present_seconds: float = 0.0  # from consent to the end, without absence
    # -- the way through the stages
    consented_at: float | None = None
    text_sha256: str = ""  # of the consent text that was shown last
    stage: int | None = None  # None: not here yet, or over
    visit: int = 0  # of this stage, from 1
    pages_read: int = 0  # in this visit
    tried: dict[int, dict[str, list[int]]] = {}  # by stage and record, in order: the answers
    qualified: bool | None = None
    condition: str | None = None
    block: int = 0  # 0: set by the guest list, or no condition yet
    stages: list[StageVisit] = []
    # -- work
    working: bool = False  # from EnterWork to WorkEnded
    worked_since: float | None = None  # since WorkEntered
    work_ends_at: float | None = None
    work_left: float | None = None  # s of its minutes, while paused or after an early end
    work_seconds: float = 0.0  # at work and here, without breaks and pauses
    leaving: str = ""  # why EndWork was decided; the stage ends with WorkEnded
    work: WorkFigures = WorkFigures()
    break_at: float | None = None  # when the next break is due
    break_due: bool = False  # offered, and not taken yet
    on_break: bool = False
    break_left: float | None = None  # s until the next break, while paused
    paused: bool = False  # by an operator
    # -- the end
    outcome: Outcome = ""
    ended_at: float | None = None  # when nothing but the debrief was left
    reason: str = ""  # of the operator who ended it
    concluded: bool = False  # also the debrief is over
    stopped_in: int | None = None  # stage to go on with after a readmission
    withdrawn_at: float | None = None
    deleted: bool = False  # the data were erased on request
    # -- what others add
    credits: list[Credit] = []
    payments: list[Payment] = []
    alarms: list[Alarm] = []
    messages: list[Notice] = []
    messages_read: int = 0
    issue: int = 1  # of the code

    @property
    def under_way(self) -> bool:
        """Whether the participant arrived, and may still take part."""
        return self.arrived_at is not None and not self.outcome

    @property
    def gone(self) -> bool:
        """Whether the participant came, is away, and the place is not kept any longer."""
        return self.arrived_at is not None and not self.connected and self.grace_ends_at is None

    @property
    def current(self) -> StageVisit | None:
        """The visit that the participant is in."""
        return self.stages[-1] if self.stage is not None else None

    def present(self, now: float) -> float:
        """Return ``present_seconds`` up to ``now``."""
        running = self.connected and self.under_way
        return self.present_seconds + (max(0.0, now - self.counted_until) if running else 0.0)

    @property
    def paid_micros(self) -> int:
        """Pay that was handed over."""
        return sum(payment.micros for payment in self.payments)

    def first_right(self, stage: int, answers: dict[str, int]) -> int:
        """Return how many records of a stage were answered right at the first try."""
        tried = self.tried.get(stage, {})
        return sum(answers.get(record) == given[0] for record, given in tried.items())
