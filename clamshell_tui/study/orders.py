"""Orders of operators: open gates, pause, end and readmit participants, add pay, send messages."""

from typing import assert_never

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.study import events as facts
from clamshell_tui.study.commands import GoOn, HoldWork, ShowGate, ShowStage
from clamshell_tui.study.people import Alarm, Credit, Notice, Payment, Person
from clamshell_tui.study.progress import Gate, Out, Progress

_UNDONE = ("dropped-out", "ended", "withdrawn", "declined")
"""Outcomes that a readmission undoes; a failed test and deleted data are final."""

Order = (
    facts.Readmitted
    | facts.ParticipantPaused
    | facts.ParticipantResumed
    | facts.ParticipantEnded
    | facts.Credited
    | facts.PaidOut
    | facts.AlarmRaised
)


class Orders:
    """Applies orders to the progress of participants.

    Orders about those whose study is over change nothing: operators send one to many at a time.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, stage: int, now: float, out: Out) -> None:
        """Open a gate."""
        if self._gate(stage).state == "closed":
            self._progress.open_gate(stage, now, out)

    def plan_start(self, event: facts.StartPlanned, now: float, out: Out) -> None:
        """Let a gate open at a time, in place of the number of people and the timeout, or not."""
        gate = self._gate(event.stage)
        if gate.state != "closed" or gate.starts_at == event.utc:
            return
        gate.starts_at, gate.timeout_at = event.utc, None
        if gate.waiting:
            self._progress.start_timeout(event.stage, now)
        out.append(ShowGate(event.stage))
        if gate.complete:
            self._progress.open_gate(event.stage, now, out)

    def _gate(self, stage: int) -> Gate:
        gate = self._progress.gates.get(stage)
        if gate is None:
            raise InvalidEventError(f"stage {stage} is no gate")
        return gate

    def stop(self, now: float, out: Out) -> None:
        """End the study of all participants under way; that of the absent at once."""
        self._progress.stopped = True
        for person in list(self._progress.people.values()):
            if person.under_way or not (person.connected or person.concluded):
                self._end(person, person.reason, now, out)

    def note(
        self, person: Person, event: facts.MessageSent | facts.CodeReissued, now: float
    ) -> None:
        """Keep a message, or count the issues of a code."""
        match event:
            case facts.MessageSent():
                person.messages.append(Notice(now, event.text, event.operator))
            case facts.CodeReissued():
                person.issue += 1

    def apply(self, person: Person, event: Order, now: float, out: Out) -> None:
        """Apply an order to a participant who has come."""
        match event:
            case facts.Readmitted():
                self._readmit(person, now, out)
            case facts.ParticipantPaused():
                self._pause(person, now, out)
            case facts.ParticipantResumed():
                self._resume(person, now, out)
            case facts.ParticipantEnded():
                self._end(person, event.reason, now, out)
            case facts.Credited():
                self._credit(person, event, now)
            case facts.PaidOut():
                self._pay(person, event, now)
            case facts.AlarmRaised():
                person.alarms.append(Alarm(now, event.what, event.text))
            case _:
                assert_never(event)

    def _readmit(self, person: Person, now: float, out: Out) -> None:
        if not person.outcome:
            return
        if person.outcome not in _UNDONE or person.deleted or person.stopped_in is None:
            raise InvalidEventError(f"{person.label} cannot go on: {person.outcome}")
        if self._progress.stopped:
            raise InvalidEventError(f"{person.label} cannot go on: the study is over")
        if not person.connected:
            person.away_since = now
            self._progress.start_grace(person, now)
        self._progress.enter_again(person, now, out)

    def _pause(self, person: Person, now: float, out: Out) -> None:
        if person.paused or not person.under_way:
            return
        self._progress.count(person, now)
        person.paused = True
        if person.working:
            self._progress.stop_clocks(person, now)
            out.append(HoldWork(person.label))
        else:
            out.append(ShowStage(person.label))

    def _resume(self, person: Person, now: float, out: Out) -> None:
        if not person.paused:
            return
        self._progress.count(person, now)
        person.paused = False
        if not person.working:
            out.append(ShowStage(person.label))
            return
        if not person.leaving:
            self._progress.start_clocks(person, now)
        if not person.on_break:
            out.append(GoOn(person.label))

    def _end(self, person: Person, reason: str, now: float, out: Out) -> None:
        """Send a participant to the debrief, or end it; who is away is not awaited."""
        if person.concluded or person.arrived_at is None:
            return
        if not person.connected:
            person.grace_ends_at = None
        if person.outcome:  # in the debrief
            self._progress.close_debrief(person, "ended", now, out)
            return
        person.reason = reason
        self._progress.finish(person, "ended", now, out)

    def _credit(self, person: Person, event: facts.Credited, now: float) -> None:
        if event.micros <= 0:
            raise InvalidEventError(f"{person.label}: a {event.kind} of {event.micros}")
        person.credits.append(Credit(now, event.kind, event.micros, event.reason, event.operator))

    def _pay(self, person: Person, event: facts.PaidOut, now: float) -> None:
        if person.bot:
            raise InvalidEventError(f"{person.label} is a bot, which is never paid")
        if not person.outcome or event.micros < 0:
            raise InvalidEventError(f"{person.label} is under way, and is paid after it")
        person.payments.append(Payment(now, event.micros, event.operator))
