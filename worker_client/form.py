"""Answers to a questionnaire, as far as the participant has typed them."""

from collections.abc import Iterable
from math import isfinite

from clamshell_tui.participant_texts import Figure
from clamshell_tui.wire.study_messages import GivenAnswer, QuestionPart, Value

Typed = str | int
"""Text as typed, or the step (from 1) or option (from 0) that is marked."""
Problem = tuple[str, dict[str, object]]
"""Error in a value: the key of a sentence, and its values."""
_LONGEST = 40  # characters of a number


class Form:
    """One question at a time, then a summary: ``at`` is the number of questions then."""

    def __init__(
        self, questions: tuple[QuestionPart, ...], typed: Iterable[GivenAnswer] = ()
    ) -> None:
        self.questions = questions
        before = {each.id: each.value for each in typed}
        self.typed: dict[str, Typed] = {
            each.id: value
            for each in questions
            if (value := _as_typed(each, before.get(each.id))) is not None
        }
        """Values by question; without an entry there is none."""
        self.changed: set[str] = set()
        """Questions whose value the coordinator does not know."""
        places = [at for at, each in enumerate(questions) if each.id in self.typed]
        self.at = places[-1] if places else 0

    @property
    def question(self) -> QuestionPart | None:
        """The question being answered; None in the summary."""
        return self.questions[self.at] if self.at < len(self.questions) else None

    def put(self, value: Typed | None) -> None:
        """Replace the value of the question being answered; None or a blank text removes it."""
        assert self.question is not None
        self.changed.add(self.question.id)
        if value is None or (isinstance(value, str) and not value.strip()):
            self.typed.pop(self.question.id, None)
        else:
            self.typed[self.question.id] = value

    def go_to(self, place: int) -> None:
        self.at = min(max(0, place), len(self.questions))

    def problem(self, question: QuestionPart) -> Problem | None:
        """Return what is wrong with the value of a question; None if it can be sent."""
        typed = self.typed.get(question.id)
        if typed is None:
            return None if question.optional else _missing(question)
        match question.kind:
            case "likert" | "choice":
                return None
            case "number":
                return _wrong_number(question, str(typed))
            case "text":
                surplus = len(str(typed)) - question.max_length
                if not question.max_length or surplus <= 0:
                    return None
                return "too_long", {"most": question.max_length, "length": len(str(typed))}

    @property
    def first_wrong(self) -> int | None:
        """Place of the first question that cannot be sent yet."""
        wrong = [at for at, each in enumerate(self.questions) if self.problem(each)]
        return wrong[0] if wrong else None

    def answers(self) -> tuple[GivenAnswer, ...]:
        """Return the values of all questions; none of them may have a problem."""
        return tuple([GivenAnswer(each.id, self._value(each)) for each in self.questions])

    def take_changes(self) -> list[GivenAnswer]:
        """Return values that the coordinator does not know; one that is too long stays here."""
        asked = [each for each in self.questions if each.id in self.changed]
        self.changed = set()
        changes = [(each, self.typed.get(each.id)) for each in asked]
        return [
            GivenAnswer(each.id, value)
            for each, value in changes
            if not isinstance(value, str) or len(value) <= (each.max_length or _LONGEST)
        ]

    def _value(self, question: QuestionPart) -> Value:
        typed = self.typed.get(question.id)
        if question.kind == "number" and isinstance(typed, str):
            return _number(typed)
        return typed.strip() if isinstance(typed, str) else typed


def _as_typed(question: QuestionPart, value: Value) -> Typed | None:
    """Return a value that was typed before; None if it does not fit the question."""
    match question.kind, value:
        case (("text" | "number"), str()):
            return value
        case "likert", int() if 1 <= value <= question.steps:
            return value
        case "choice", int() if 0 <= value < len(question.options):
            return value
    return None


def _missing(question: QuestionPart) -> Problem:
    match question.kind:
        case "likert":
            return "choose_step", {"steps": question.steps}
        case "choice":
            return "choose_option", {}
        case "number":
            return _range(question)
        case "text":
            return "write_something", {}


def _wrong_number(question: QuestionPart, typed: str) -> Problem | None:
    value = _number(typed)
    low, high = question.minimum, question.maximum
    too_low = value is not None and low is not None and value < low
    too_high = value is not None and high is not None and value > high
    return _range(question) if value is None or too_low or too_high else None


def _range(question: QuestionPart) -> Problem:
    low, high = question.minimum, question.maximum
    if low is not None and high is not None:
        return "number_between", {"low": Figure(f"{low:g}"), "high": Figure(f"{high:g}")}
    if low is not None:
        return "number_from", {"low": Figure(f"{low:g}")}
    if high is not None:
        return "number_to", {"high": Figure(f"{high:g}")}
    return "number_any", {}


def _number(typed: str) -> float | int | None:
    """Return the number, also with a decimal comma; None if it is not one."""
    text = typed.strip().replace(",", ".")
    try:
        value = float(text) if "_" not in text else float("nan")
    except ValueError:
        return None
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
