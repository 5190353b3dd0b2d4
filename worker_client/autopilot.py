"""Decisions of a bot: from a behaviour and the messages of a session to the next move."""

from collections.abc import Sequence
from hashlib import blake2b
from math import inf
from typing import NamedTuple

from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    Answers,
    Consent,
    FromParticipant,
    GoOn,
    Read,
    StageShown,
    Tried,
    Try,
    Value,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Joined,
    Leave,
    Over,
    Qualification,
    Qualified,
    Skip,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from clamshell_tui.workforce.behaviour import Attempt, Behaviour, Ending
from worker_client.effects import Effect
from worker_client.labelling import OPEN
from worker_client.lifecycle import SessionPhase
from worker_client.session import Session
from worker_client.stage_pilot import StageMove, StagePilot


class Move(NamedTuple):
    """The next action, due ``at`` a time: send ``message``, or drop the connection if it is None.

    ``away`` is in seconds of the run. Without a message: until the bot reconnects, infinite for
    never. With :class:`Leave`: until the same person joins again, 0 for never.
    """

    at: float
    message: Begin | Qualification | Answer | Skip | Leave | FromParticipant | None
    away: float = 0.0


STAGE_MOVES = (Consent, Read, Try, Answers, GoOn)
"""A bot's actions in the stages of a study."""


class Truthless(ValueError):  # noqa: N818  # names what the record is, as LookupError does not
    """The coordinator sent records without ``truth`` to a seat that is not one for bots."""


class Autopilot:
    """Plan of one bot: its next move, if any. ``over`` is set when the session ends."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.plan: Move | None = None
        self.over: Over | None = None
        self.afterthoughts: list[Answer] = []
        """Answers to assignments that have ended, due immediately."""
        self._behaviour = behaviour
        self._stages = StagePilot(behaviour, self._truth)
        self._interrupted = False
        self._free_since: float | None = None
        self._assignment = ""
        self._afterthought: tuple[int, ...] = ()  # to the assignment in hand
        self._asleep_until = 0.0
        self._draws = 0  # classes among which that of an unknown record is drawn
        self._gold: tuple[str, ...] = ()
        self._sent: Qualification | Answer | Skip | Leave | None = None  # and not yet confirmed

    def receive(self, message: ToClient, now: float) -> None:
        """Apply a message of the coordinator; it may replace ``plan``."""
        match message:
            case Joined():
                self._joined(message, now)
            case TrainingAssigned():
                self._train(message.records, now)
            case Qualified():
                self._sent, self._free_since = None, now
            case Wait():
                self._wait(now)
            case TaskAssigned():
                self._take(message, now)
            case Acknowledged():
                self._acknowledged(message, now)
            case AssignmentStopped():
                self._stopped(message)
            case StageShown():
                self._shown(message, now)
            case Tried():
                self._planned_in_stage(self._stages.learn(message), now)
            case Over():
                self._regret()
                self.plan, self.over = None, message

    def carry_out(self) -> Move:
        """Return the plan and clear it. There must be one."""
        move, self.plan = self.plan, None
        assert move is not None, "there is no plan"
        match move.message:
            case Read() | Try() if not self._stages.waits_for_feedback:
                self._planned_in_stage(self._stages.next(), move.at)
            case Qualification() | Answer() | Skip() | Leave() | None:
                self._sent = move.message
        return move

    def sleep(self, now: float, seconds: float) -> None:
        """Delay the plan, and plans made meanwhile, by ``seconds``."""
        self._asleep_until = now + seconds
        if self.plan is not None:
            self.plan = self.plan._replace(at=self.plan.at + seconds)

    def _joined(self, message: Joined, now: float) -> None:
        self._draws = len(message.classes) if message.bot else 0
        if not message.begun:
            self.plan = Move(now, Begin())
        elif isinstance(self._sent, Leave):  # it may be lost
            self.plan = Move(now, self._sent)

    def _train(self, records: Sequence[Record], now: float) -> None:
        gold = tuple([record.id for record in records])
        if gold == self._gold:  # assigned again after a lost connection
            self._send_again(now)
            return
        self._gold = gold
        attempt = self._behaviour.train(self._truth(records))
        self.plan = Move(now + attempt.seconds, Qualification(attempt.labels))

    def _shown(self, stage: StageShown, now: float) -> None:
        """Plan the first move in a stage; one that is sent again does not hurry the bot."""
        again = isinstance(self.plan and self.plan.message, STAGE_MOVES)
        if again and self._stages.is_in(stage):
            return
        self._done()
        self._interrupted = False
        self._planned_in_stage(self._stages.show(stage), now)

    def _planned_in_stage(self, move: StageMove | None, now: float) -> None:
        if move is not None:
            at = max(now, self._asleep_until) + move.seconds
            self.plan = Move(at, move.message)

    def _leave_stage(self) -> None:
        if self.plan is not None and isinstance(self.plan.message, STAGE_MOVES):
            self.plan = None

    def _wait(self, now: float) -> None:
        self._leave_stage()
        if self._assignment and self.plan is None and self._sent is None:
            self._interrupted = True  # it was finished by another while the bot was away
            self._assignment = ""
        if self._free_since is None and not self._assignment:
            self._free_since = now

    def _take(self, task: TaskAssigned, now: float) -> None:
        self._leave_stage()
        waited = 0.0
        if task.assignment == self._assignment:  # the same one again, after a lost connection
            self._send_again(now)
            if self.plan is not None:
                return
        elif self._free_since is not None:
            waited = now - self._free_since
        self._assignment, self._sent, self._free_since = task.assignment, None, None
        names = [record.id for record in task.records]
        seen = self._behaviour.seen(names, self._truth(task.records))
        attempt = self._behaviour.attempt(seen, waited=waited, interrupted=self._interrupted)
        self._interrupted = False
        self.plan = self._planned(attempt, now)

    def _planned(self, attempt: Attempt, now: float) -> Move | None:
        self._afterthought = attempt.afterthought
        at = max(now, self._asleep_until) + attempt.seconds
        match attempt.ending:
            case Ending.ANSWER:
                return Move(at, Answer(self._assignment, attempt.labels))
            case Ending.LEAVE:
                return Move(at, Leave(), attempt.away)
            case Ending.SKIP:
                return Move(at, Skip(self._assignment))
            case Ending.DISCONNECT:
                return Move(at, None, attempt.away)
            case Ending.SLEEP:
                return Move(inf, None)

    def _acknowledged(self, message: Acknowledged, now: float) -> None:
        if message.assignment == self._assignment:
            self._done()
        if message.next is not None:
            self._take(message.next, now)

    def _stopped(self, message: AssignmentStopped) -> None:
        if message.assignment == self._assignment:
            self._regret()
            self._interrupted = message.reason == "finished-by-another"
            self._done()

    def _regret(self) -> None:
        """Keep the answer that an adversary sends although the assignment has ended."""
        if self._assignment and self._afterthought:
            self.afterthoughts.append(Answer(self._assignment, self._afterthought))
            self._afterthought = ()

    def _done(self) -> None:
        """Forget the assignment in hand."""
        self._assignment, self._sent, self._free_since = "", None, None
        self.plan = None

    def _truth(self, records: Sequence[Record]) -> list[int]:
        """The classes of the records; an unknown one is drawn, the same for all bots.

        So any study can be rehearsed: bots agree and err as they do on records that are known.
        """
        if not self._draws and any(record.truth is None for record in records):
            raise Truthless("the records carry no truth: bots need the code of a bot seat")
        return [_drawn(each, self._draws) if each.truth is None else each.truth for each in records]

    def _send_again(self, now: float) -> None:
        if self.plan is None and self._sent is not None:
            self.plan = Move(now, self._sent)


def _drawn(record: Record, n_classes: int) -> int:
    """A class for a record, each equally likely; one record always has the same."""
    digest = blake2b(record.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % n_classes


def press(session: Session, label: int | None, now: float) -> list[Effect]:
    """Label the current record, or skip it."""
    return session.skip(now) if label is None else session.label(label, now)


def keys_for(session: Session, move: Move, now: float) -> list[Effect]:
    """Carry out a move on the session as the keys would; return the effects for the driver."""
    effects = session.dismiss(now) if session.cover is not None else []
    match move.message:
        case Begin():
            effects += session.accept()
        case Answer(labels=labels) | Qualification(labels=labels):
            for _ in labels:
                if session.sheet is not None and session.phase in OPEN:
                    effects += press(session, labels[session.sheet.at], now)
            if session.phase is SessionPhase.REVIEWING:
                effects += session.submit(now)
        case Skip(reason=reason):
            for _ in session.sheet.records if session.sheet is not None else ():
                effects += session.skip(now, reason)
            if session.phase is SessionPhase.REVIEWING:
                effects += session.submit(now)
        case Leave():
            effects += session.leave()
        case Consent(agreed=agreed):
            session.show_end()
            effects += session.consent(agreed=agreed)
        case Read():
            session.show_end()
            effects += session.see_receipt() if session.receipt else session.turn_page()
        case Try(record=record, label=label):
            if session.stage is not None and session.stage.at == record:
                effects += session.try_record(label, now)
        case Answers(answers=answers):
            for place, answer in enumerate(answers):
                effects += fill(session, place, answer.value)
            effects += [*session.go_to_question(len(answers)), *session.send_answers()]
        case GoOn():
            effects += session.go_on()
    return effects


def fill(session: Session, place: int, value: Value) -> list[Effect]:
    """Answer a question of the questionnaire as the keys would."""
    stage = session.in_stage
    effects = session.go_to_question(place)
    question = stage.form.question if stage is not None else None
    typed = str(value) if question is not None and question.kind == "number" else value
    return [*effects, *session.fill(int(typed) if isinstance(typed, float) else typed)]
