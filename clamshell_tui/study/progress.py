"""How participants get from stage to stage: the decisions of the itinerary.

A participant under way is in exactly one stage. A stage ends when it is done, or when the
participant's study ends early (``finish``): then only the debrief is left, for those who consented.
The stage work ends in two steps, because the engine must give its last figures before anything is
paid: ``EndWork`` is decided first, and ``WorkEnded`` ends the stage.
"""

from typing import Final, Literal

from msgspec import Struct

from clamshell_tui.study.commands import (
    Conclude,
    EndWork,
    EnterWork,
    HoldWork,
    ShowGate,
    ShowStage,
    StudyCommand,
)
from clamshell_tui.study.config import DebriefStage, GateStage, WorkStage
from clamshell_tui.study.deadlines import Deadlines
from clamshell_tui.study.people import Outcome, Person, StageVisit
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.randomisation import Blocks

Out = list[StudyCommand]
Kind = Literal["grace", "work", "break", "gate"]

AT_ONCE: Final = ("withdrawn", "dropped-out")
"""Reasons to leave work without finishing the task in hand."""
_AFTER_STOP: Final = 60.0
"""Seconds that a place is kept once the study was stopped: a page may be loaded again."""
_STRENGTH: Final = ("", "time", "dropped-out", "ended", "withdrawn")
"""Reasons to leave work; a later one replaces an earlier one."""
_EARLY: Final[tuple[Outcome, ...]] = ("dropped-out", "declined")
"""Outcomes without a debrief."""


class Gate(Struct):
    """A gate stage. Once ``open`` it stays so, and later participants walk through."""

    needed: int
    state: Literal["closed", "open", "ended"] = "closed"
    waiting: dict[str, None] = {}  # labels, in the order of their arrival
    present: int = 0  # of them, connected
    timeout_at: float | None = None  # None: no participant waits, or it has passed
    may_leave: bool = False
    starts_at: float | None = None  # seconds since 1970: it opens then, by ``StartRequested``

    @property
    def complete(self) -> bool:
        """Whether it opens because enough participants are here."""
        return self.starts_at is None and self.present >= self.needed


class Progress:
    """Stages, gates, conditions and deadlines of all participants."""

    def __init__(self, plan: Plan, people: dict[str, Person]) -> None:
        self.plan = plan
        self.people = people
        self.stopped = False
        self.under_way = 0  # participants who arrived, and whose study is not concluded
        self.gates = {
            number: Gate(stage.people)
            for number, stage in enumerate(plan.stages)
            if isinstance(stage, GateStage)
        }
        self.deadlines: Deadlines[tuple[Kind, str | int]] = Deadlines(self._moment)
        self._blocks: dict[str, Blocks] = {}
        self._tasks = tuple(isinstance(stage, WorkStage) for stage in plan.stages)

    # -- stages ---------------------------------------------------------------------------------

    def advance(self, person: Person, outcome: str, now: float, out: Out) -> None:
        """End the present stage, if any, and enter the next one that this participant has."""
        after = -1 if person.stage is None else person.stage
        self._leave(person, outcome, now, out)
        for number in range(after + 1, len(self.plan.stages)):
            if self._has(person, number):
                self._enter(person, number, now, out)
                return
        self.end(person, "completed", now)
        self.conclude(person, out)

    def finish(self, person: Person, outcome: Outcome, now: float, out: Out) -> None:
        """End the participant's study early: what is left is the debrief.

        In the stage work this is decided now, and happens when the engine has released the worker.
        """
        if person.working:
            self.end_work(person, outcome, now, out)
            return
        stage = person.stage
        assert stage is not None
        self._leave(person, outcome, now, out)
        person.stopped_in = stage
        self.end(person, outcome, now)
        debrief = self._debrief(person) if outcome not in _EARLY else None
        if debrief is None or person.gone or not self.takes_part(person):
            self.conclude(person, out)
        else:
            self._enter(person, debrief, now, out)

    def takes_part(self, person: Person) -> bool:
        """Whether a participant consented, if that is asked."""
        return person.consented_at is not None or not self.plan.asks_consent

    def enter_again(self, person: Person, now: float, out: Out) -> None:
        """Take back a participant whose study had ended early."""
        assert person.stopped_in is not None
        if person.concluded:
            self.under_way += 1
            person.concluded = False
        else:
            self._leave(person, "readmitted", now, out)
        person.outcome, person.reason, person.ended_at = "", "", None
        person.withdrawn_at = None
        person.counted_until = now
        self._enter(person, person.stopped_in, now, out)
        person.stopped_in = None

    def close_debrief(self, person: Person, outcome: str, now: float, out: Out) -> None:
        """End the debrief, and with it the study of a participant."""
        self._leave(person, outcome, now, out)
        self.conclude(person, out)

    def _has(self, person: Person, number: int) -> bool:
        """Return whether a participant has a stage; assign the condition if that decides."""
        only = self.plan.stages[number].only
        if only or self._tasks[number]:
            self._assign(person)
        return not only or person.condition in only

    def _enter(self, person: Person, number: int, now: float, out: Out) -> None:
        before = sum(visit.stage == number for visit in person.stages)
        person.stage, person.visit, person.pages_read = number, before + 1, 0
        person.stages.append(StageVisit(number, person.visit, now))
        stage = self.plan.stages[number]
        match stage.kind:
            case "debrief" if not person.outcome:
                self.end(person, "completed", now)
            case "training" | "qualification" if not self.plan.known(number):
                self.advance(person, "done", now, out)
                return
            case "gate":
                self._wait(person, number, now, out)
                return
            case "work":
                if not before:
                    person.work_left = None
                self.enter_work(person, out)
                return
        out.append(ShowStage(person.label))

    def _leave(self, person: Person, outcome: str, now: float, out: Out) -> None:
        visit = person.current
        if visit is None:
            return
        self.count(person, now)
        visit.left_at, visit.outcome = now, outcome
        gate = self.gates.get(visit.stage)
        if gate is not None and person.label in gate.waiting:
            del gate.waiting[person.label]
            gate.present -= person.connected
            if not gate.waiting:
                gate.timeout_at = None
            elif gate.state == "closed":
                out.append(ShowGate(visit.stage))
        person.stage, person.visit = None, 0

    def _debrief(self, person: Person) -> int | None:
        """Return the debrief of a participant; one for other conditions is none."""
        for number, stage in enumerate(self.plan.stages):
            if isinstance(stage, DebriefStage) and (
                not stage.only or person.condition in stage.only
            ):
                return number
        return None

    def end(self, person: Person, outcome: Outcome, now: float) -> None:
        """Set how the study ended for a participant, whose pay is complete now."""
        if not person.outcome:
            self.count(person, now)
            person.outcome, person.ended_at, person.paused = outcome, now, False

    def conclude(self, person: Person, out: Out) -> None:
        """Close the study of a participant for good, unless readmitted."""
        person.concluded = True
        self.under_way -= 1
        out.append(Conclude(person.label))

    # -- conditions -----------------------------------------------------------------------------

    def _assign(self, person: Person) -> None:
        if person.condition is not None:
            return
        if person.preset is not None:
            person.condition = person.preset
            return
        stream = "bots" if person.bot else f"people/{person.stratum}"
        blocks = self._blocks.get(stream)
        if blocks is None:
            blocks = Blocks(self.plan.seed, stream, self.plan.conditions)
            self._blocks[stream] = blocks
        person.condition, person.block = blocks.next()

    # -- gates ----------------------------------------------------------------------------------

    def _wait(self, person: Person, number: int, now: float, out: Out) -> None:
        gate = self.gates[number]
        if gate.state == "open" and person.connected:
            self.advance(person, "open", now, out)
            return
        if gate.state == "ended":
            self.finish(person, "ended", now, out)
            return
        if not gate.waiting and gate.state == "closed":
            self.start_timeout(number, now)
        gate.waiting[person.label] = None
        gate.present += person.connected
        if gate.state == "closed":
            out.append(ShowGate(number))
            if gate.complete:
                self.open_gate(number, now, out)

    def start_timeout(self, number: int, now: float) -> None:
        """Limit the time for which a closed gate waits for enough people, if it does."""
        gate, stage = self.gates[number], self.plan.stages[number]
        assert isinstance(stage, GateStage)
        if not gate.may_leave and gate.starts_at is None:
            gate.timeout_at = now + stage.timeout
            self.deadlines.push(gate.timeout_at, ("gate", number))

    def open_gate(self, number: int, now: float, out: Out) -> None:
        """Let all participants here go on; the others follow when they are back."""
        gate = self.gates[number]
        gate.state, gate.timeout_at, gate.may_leave = "open", None, False
        for label in list(gate.waiting):
            if self.people[label].connected:
                self.advance(self.people[label], "open", now, out)

    def gate_timed_out(self, number: int, now: float, out: Out) -> None:
        """Do what the study says for a gate whose time is over."""
        gate, stage = self.gates[number], self.plan.stages[number]
        assert isinstance(stage, GateStage)
        gate.timeout_at = None
        match stage.otherwise:
            case "start":
                self.open_gate(number, now, out)
            case "wait":
                gate.may_leave = True
                out.append(ShowGate(number))
            case "end":
                gate.state = "ended"
                for label in list(gate.waiting):
                    self.finish(self.people[label], "ended", now, out)

    # -- work -----------------------------------------------------------------------------------

    def enter_work(self, person: Person, out: Out) -> None:
        """Let an engine have the participant, who must be here for that."""
        if person.working or not person.connected:
            return
        assert person.condition is not None
        person.working = True
        out.append(EnterWork(person.label, person.condition))
        if person.paused:
            out.append(HoldWork(person.label))

    def end_work(self, person: Person, reason: str, now: float, out: Out) -> None:
        """Decide that the work ends, unless that is decided for a stronger reason.

        An absent participant, whose grace is over, will not finish the task in hand.
        """
        stronger = _STRENGTH.index(reason) > _STRENGTH.index(person.leaving)
        if stronger:
            person.leaving = reason
            self.stop_clocks(person, now)
        if stronger or person.gone:
            at_once = person.gone or reason in AT_ONCE
            out.append(EndWork(person.label, person.leaving, at_once))

    def start_clocks(self, person: Person, now: float) -> None:
        """Let the minutes of the work and the time to the next break run."""
        if person.work_left is not None:
            person.work_ends_at = now + person.work_left
            self.deadlines.push(person.work_ends_at, ("work", person.label))
        if person.break_left is not None:
            person.break_at = now + person.break_left
            self.deadlines.push(person.break_at, ("break", person.label))
        person.work_left = person.break_left = None

    def stop_clocks(self, person: Person, now: float) -> None:
        """Keep what is left of both; the time of absence is not used up."""
        until = now if person.away_since is None else person.away_since
        if person.work_ends_at is not None:
            person.work_left = max(0.0, person.work_ends_at - until)
        if person.break_at is not None:
            person.break_left = max(0.0, person.break_at - until)
        person.work_ends_at = person.break_at = None

    # -- presence and time ----------------------------------------------------------------------

    def count(self, person: Person, now: float) -> None:
        """Count the time since the last call as present, if the participant was."""
        if person.connected:
            seconds = max(0.0, now - person.counted_until)
            person.counted_until = max(now, person.counted_until)
            if not person.outcome:
                person.present_seconds += seconds
            if person.current is not None:
                person.current.seconds += seconds
            if person.worked_since is not None and not (person.on_break or person.paused):
                person.work_seconds += seconds

    def start_grace(self, person: Person, since: float) -> None:
        """Keep the place of an absent participant for the grace; after a stop, for a moment."""
        seconds = min(self.plan.grace, _AFTER_STOP) if self.stopped else self.plan.grace
        person.grace_ends_at = since + seconds
        self.deadlines.push(person.grace_ends_at, ("grace", person.label))

    def _moment(self, key: tuple[Kind, str | int]) -> float | None:
        kind, name = key
        if isinstance(name, int):
            return self.gates[name].timeout_at
        person = self.people[name]
        match kind:
            case "grace":
                return person.grace_ends_at
            case "work":
                return person.work_ends_at
            case _:
                return person.break_at
