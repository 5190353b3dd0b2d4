"""Decisions of a bot in the stages of a study other than the work.

A bot agrees, reads at its reading speed, answers known records as in a training, corrects those
that were wrong, and draws the answers of a questionnaire: each valid value is equally likely.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    DebriefShown,
    FromParticipant,
    GateShown,
    GivenAnswer,
    GoOn,
    PagesShown,
    PausedShown,
    QuestionPart,
    QuestionsShown,
    Read,
    RecordsShown,
    StageShown,
    Tried,
    Try,
    Value,
)
from clamshell_tui.workforce.behaviour import Behaviour

BREAK = 60.0
"""Seconds of a bot's break."""
_DECIDE = 3.0  # seconds to choose an answer to a question, once it is read
_REMARK = "A bot has nothing to add."
_WIDE = 100  # of a range without one of its ends

Truth = Callable[[Sequence[Record]], Sequence[int]]


class StageMove(NamedTuple):
    """The bot's next action, in ``seconds`` of the run."""

    seconds: float
    message: FromParticipant


class StagePilot:
    """Plans one move after the other. ``truth`` returns the classes of records."""

    def __init__(self, behaviour: Behaviour, truth: Truth) -> None:
        self._behaviour = behaviour
        self._truth = truth
        self._stage: StageShown | None = None
        self._at = 0  # page or record that comes next

    def show(self, stage: StageShown) -> StageMove | None:
        """Plan the first move in a stage, or in its new state; None where a bot waits."""
        self._stage = stage
        match stage.shown:
            case ConsentShown(text=text):
                return StageMove(self._read(text), Consent(stage.number, True))
            case PagesShown(read=read):
                self._at = read
                return self.next()
            case RecordsShown(answered=answered):
                self._at = answered
                return self.next()
            case QuestionsShown(questions=questions):
                return self._questions(stage.number, questions)
            case BreakShown():
                return StageMove(BREAK, GoOn())
            case DebriefShown(text=text):
                return StageMove(self._read(text), Read(stage.number))
            case GateShown() | PausedShown():
                return None

    def next(self) -> StageMove | None:
        """Plan the move to the page or record that comes next; None after the last."""
        stage = self._stage
        if stage is None:
            return None
        shown, at = stage.shown, self._at
        if isinstance(shown, PagesShown) and at < len(shown.pages):
            self._at += 1
            return StageMove(self._read(shown.pages[at]), Read(stage.number, at))
        if isinstance(shown, RecordsShown) and at < len(shown.records):
            self._at += 1
            answer = self._behaviour.answer_gold(self._truth([shown.records[at]]))
            seconds = round(answer.seconds, 3)
            return StageMove(seconds, Try(stage.number, at, answer.labels[0], seconds))
        return None

    def learn(self, tried: Tried) -> StageMove | None:
        """Read the feedback; then correct the answer, or go on."""
        stage = self._stage
        if stage is None or stage.number != tried.number:
            return None
        reading = self._read(tried.why)
        if not tried.right:
            return StageMove(reading + _DECIDE, Try(tried.number, tried.record, tried.answer))
        self._at = tried.record + 1
        move = self.next()
        return move._replace(seconds=reading + move.seconds) if move is not None else None

    def is_in(self, stage: StageShown) -> bool:
        """Whether the moves planned are in this stage."""
        known = self._stage
        return (
            known is not None
            and known.number == stage.number
            and type(known.shown) is type(stage.shown)
        )

    @property
    def waits_for_feedback(self) -> bool:
        shown = self._stage.shown if self._stage is not None else None
        return isinstance(shown, RecordsShown) and shown.feedback

    def _questions(self, number: int, questions: Sequence[QuestionPart]) -> StageMove:
        seconds = sum(self._read(_words_of(each)) + _DECIDE for each in questions)
        answers = tuple([GivenAnswer(each.id, self._drawn(each)) for each in questions])
        return StageMove(seconds, Answers(number, answers))

    def _drawn(self, question: QuestionPart) -> Value:
        pick = self._behaviour.pick
        match question.kind:
            case "likert":
                return 1 + pick(question.steps)
            case "choice":
                return pick(len(question.options))
            case "number":
                return self._number(question)
            case "text":
                if question.optional and pick(2):
                    return None
                return _REMARK[: question.max_length or None].strip()

    def _number(self, question: QuestionPart) -> float | int:
        """Draw a whole number if the range has one, else its lower end."""
        low, high = question.minimum, question.maximum
        if low is None:
            low = high - _WIDE if high is not None else 0.0
        first = -int(-low // 1)
        last = int((high if high is not None else low + _WIDE) // 1)
        return first + self._behaviour.pick(last - first + 1) if first <= last else low

    def _read(self, text: str) -> float:
        words = len(text.split())
        return self._behaviour.read(words) if words else 0.0


def _words_of(question: QuestionPart) -> str:
    return " ".join([question.ask, question.low, question.high, *question.options])
