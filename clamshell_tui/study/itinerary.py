"""The itinerary: a pure state machine that takes participants through the stages of a study.

Events go in, commands come out, time is an argument, as with the engine::

    itinerary = Itinerary(plan)
    commands = itinerary.handle(Arrived("L06", "ssh"), now=12.5)

The driver must carry out the commands in order, and call again when something happens, or with
:class:`TimePassed` when ``next_deadline`` is reached. The same plan and the same (time, event)
pairs give the same state on any machine, so their journal is the whole study.

A call first records the event, then what is due by now. So an answer, or a return, in the very
moment of a deadline still counts. Three kinds of facts are told apart:

- one that fits the state changes it;
- one that was true before (a page read twice, a message about a stage that is over) changes
  nothing: peers may send again what they are not sure of, and so may a driver after a crash;
- one that cannot be true raises :class:`InvalidEventError`, and the state is unchanged.
"""

from math import inf
from typing import assert_never

from msgspec import Struct

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.study import events as facts
from clamshell_tui.study.commands import Conclude, OfferBreak, ShowGate, ShowStage
from clamshell_tui.study.events import StudyEvent
from clamshell_tui.study.orders import Orders
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.progress import Gate, Out, Progress
from clamshell_tui.study.stage_facts import StageFacts


class GateView(Struct, frozen=True):
    """A gate as participants see it; ``seconds`` are left until the timeout.

    ``starts_at``: when it opens, in seconds since 1970; None: once enough are here.
    """

    present: int
    needed: int
    seconds: float
    may_leave: bool
    open: bool
    starts_at: float | None


class Itinerary:
    """All participants of one study. Not thread-safe: one task owns it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.now = 0.0
        self.people: dict[str, Person] = {
            guest.label: Person(label=guest.label, stratum=guest.stratum, preset=guest.condition)
            for guest in plan.guests
        }
        """All who are invited or came, by label; bots from their arrival on."""
        self._awaited = len(self.people)
        self._progress = Progress(plan, self.people)
        self._stage_facts = StageFacts(self._progress)
        self._orders = Orders(self._progress)

    # -- what a driver calls --------------------------------------------------------------------

    def handle(self, event: StudyEvent, now: float) -> Out:
        """Record an event and return the decisions that follow.

        Raises :class:`InvalidEventError` if it is impossible; the state is then unchanged.
        """
        if not self.now <= now < inf:
            raise InvalidEventError(f"time runs backwards: {now} after {self.now}")
        out: Out = []
        self._record(event, now, out)
        self.now = now
        while key := self._progress.deadlines.pop(now):
            self._due(*key, now, out)
        return out

    @property
    def next_deadline(self) -> float:
        """When :class:`TimePassed` is due if nothing else happens; ``inf``: never."""
        return self._progress.deadlines.next

    @property
    def stopped(self) -> bool:
        """Whether an operator ended the study."""
        return self._progress.stopped

    @property
    def finished(self) -> bool:
        """Whether no participant is under way or awaited any longer."""
        return not self._progress.under_way and (self.stopped or not self._awaited)

    def awaited_at_work(self, condition: str) -> bool:
        """Return whether somebody who is not at work may still enter the work of a condition."""
        work = next(n for n, stage in enumerate(self.plan.stages) if stage.kind == "work")
        return not self.stopped and any(
            not (person.outcome or person.working)
            and (person.condition or person.preset or condition) == condition
            and (person.stage is None or person.stage <= work)
            for person in self.people.values()
        )

    @property
    def gates(self) -> dict[int, Gate]:
        """All gates by the number of their stage."""
        return self._progress.gates

    @property
    def closed_gate(self) -> int | None:
        """The stage of the gate that opens next; None if there is none, or all are open."""
        closed = [number for number, gate in self.gates.items() if gate.state == "closed"]
        waiting = [number for number in closed if self.gates[number].waiting]
        return min(waiting or closed, default=None)

    def gate(self, stage: int) -> GateView:
        """Return the state of a gate now; KeyError for a stage that is none."""
        gate = self.gates[stage]
        left = 0.0 if gate.timeout_at is None else max(0.0, gate.timeout_at - self.now)
        is_open = gate.state == "open"
        return GateView(gate.present, gate.needed, left, gate.may_leave, is_open, gate.starts_at)

    # -- the steps ------------------------------------------------------------------------------

    def _record(self, event: StudyEvent, now: float, out: Out) -> None:
        match event:
            case facts.TimePassed() | facts.ClockSet():
                pass
            case facts.Arrived():
                self._arrived(event, now, out)
            case facts.SeatTaken():
                self._back(self._here(event.participant), event.via, now, out)
            case facts.ConnectionLost():
                self._lost(self._here(event.participant), event, now, out)
            case facts.StartRequested():
                self._orders.start(event.stage, now, out)
            case facts.StartPlanned():
                self._orders.plan_start(event, now, out)
            case facts.StudyStopped():
                self._orders.stop(now, out)
            case facts.MessageSent() | facts.CodeReissued():  # also before the arrival
                self._orders.note(self._invited(event.participant), event, now)
            case (
                facts.Readmitted()
                | facts.ParticipantPaused()
                | facts.ParticipantResumed()
                | facts.ParticipantEnded()
                | facts.Credited()
                | facts.PaidOut()
                | facts.AlarmRaised()
            ):
                self._orders.apply(self._here(event.participant), event, now, out)
            case (
                facts.Consented()
                | facts.Declined()
                | facts.PageRead()
                | facts.RecordTried()
                | facts.QuestionsAnswered()
                | facts.TextSealed()
                | facts.WorkEntered()
                | facts.WorkEnded()
                | facts.BreakTaken()
                | facts.BreakEnded()
                | facts.GateLeft()
                | facts.Withdrew()
                | facts.NoticesRead()
            ):
                self._stage_facts.apply(self._here(event.participant), event, now, out)
            case _:
                assert_never(event)

    def _invited(self, label: str) -> Person:
        person = self.people.get(label)
        if person is None:
            raise InvalidEventError(f"{label} is not invited")
        return person

    def _here(self, label: str) -> Person:
        person = self._invited(label)
        if person.arrived_at is None:
            raise InvalidEventError(f"{label} has not come yet")
        return person

    # -- presence -------------------------------------------------------------------------------

    def _arrived(self, event: facts.Arrived, now: float, out: Out) -> None:
        bot = event.via == "bot"
        person = self.people.get(event.participant)
        if person is None:
            if not bot:
                raise InvalidEventError(f"{event.participant} is not invited")
            person = self.people[event.participant] = Person(label=event.participant, bot=True)
        elif person.bot != bot:
            raise InvalidEventError(f"{event.participant} is {'a' if person.bot else 'no'} bot")
        if person.arrived_at is not None:
            self._back(person, event.via, now, out)
            return
        self._awaited -= not bot
        self._progress.under_way += 1
        person.arrived_at = person.counted_until = now
        person.connected, person.via = True, event.via
        person.width, person.height, person.encoding = event.width, event.height, event.encoding
        if self.stopped:
            self._progress.end(person, "ended", now)
            self._progress.conclude(person, out)
        else:
            self._progress.advance(person, "", now, out)

    def _back(self, person: Person, via: str, now: float, out: Out) -> None:
        """Show the participant, at the old seat or another, what was there."""
        progress = self._progress
        returned = not person.connected
        progress.count(person, now)
        person.connected, person.via = True, via
        person.away_since = person.grace_ends_at = None
        person.counted_until = now
        if person.concluded:
            out.append(Conclude(person.label))
            return
        assert person.stage is not None
        gate = self.gates.get(person.stage)
        if gate is not None:
            gate.present += returned
            if gate.state == "open":
                progress.advance(person, "open", now, out)
                return
            out.append(ShowGate(person.stage))
            if gate.complete:
                progress.open_gate(person.stage, now, out)
        elif person.working or self.plan.stages[person.stage].kind != "work":
            out.append(ShowStage(person.label))
        else:
            progress.enter_work(person, out)

    def _lost(self, person: Person, event: facts.ConnectionLost, now: float, out: Out) -> None:
        """Stop the time that is paid, and begin the grace."""
        until = now if event.present_until is None else event.present_until
        if not until <= now:
            raise InvalidEventError(f"{person.label} was here until {until}, which is after {now}")
        if not person.connected:
            return
        until = max(until, person.counted_until)
        self._progress.count(person, until)
        person.connected, person.away_since = False, until
        if person.concluded:
            return
        self._progress.start_grace(person, until)
        gate = None if person.stage is None else self.gates.get(person.stage)
        if gate is not None and person.stage is not None:
            gate.present -= 1
            if gate.state == "closed":
                out.append(ShowGate(person.stage))

    # -- time -----------------------------------------------------------------------------------

    def _due(self, kind: str, name: str | int, now: float, out: Out) -> None:
        if isinstance(name, int):
            self._progress.gate_timed_out(name, now, out)
            return
        person = self.people[name]
        match kind:
            case "grace":
                self._grace_over(person, now, out)
            case "work":
                self._progress.end_work(person, "time", now, out)
            case "break":
                person.break_at, person.break_due = None, True
                out.append(OfferBreak(person.label))

    def _grace_over(self, person: Person, now: float, out: Out) -> None:
        person.grace_ends_at = None
        if person.concluded:
            return
        if person.outcome:
            self._progress.close_debrief(person, "absent", now, out)
        else:
            self._progress.finish(person, "dropped-out", now, out)
