"""Answers to a questionnaire: each is checked against its question."""

from collections.abc import Sequence
from typing import assert_never

from clamshell_tui.study.config import (
    ChoiceQuestion,
    LikertQuestion,
    NumberQuestion,
    StudyQuestion,
    TextQuestion,
)
from clamshell_tui.wire.study_messages import GivenAnswer, Value

LARGEST = 2**53
"""Larger integers are not exact in every program that reads the data, nor can they be stored."""


_LONGEST_NUMBER = 40  # characters, as typed


class AnswerError(Exception):
    """An answer does not fit its question; the text is for the participant."""


def checked_answers(
    questions: Sequence[StudyQuestion], answers: Sequence[GivenAnswer]
) -> dict[str, Value]:
    """Return all answers in the order of the questions; AnswerError names the first bad one."""
    given = {answer.id: answer.value for answer in answers}
    known = {question.id for question in questions}
    if odd := next((name for name in given if name not in known), None):
        raise AnswerError(f"there is no question {odd} here")
    return {each.id: checked(each, given.get(each.id)) for each in questions}


def as_typed(question: StudyQuestion, value: Value) -> Value:
    """Return what may stand in a question before it is sent; a number is still a text."""
    if value is None or value == "":
        return None
    if not isinstance(question, NumberQuestion):
        return checked(question, value)
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        raise AnswerError(f"{question.id}: text of {_LONGEST_NUMBER} characters at most is needed")
    return value


def checked(question: StudyQuestion, value: Value) -> Value:
    """Return a valid value: a step, a number, the number of an option from 0, text, or None."""
    if value is None or value == "":
        if not question.optional:
            raise AnswerError(f"{question.id}: an answer is needed")
        return None
    match question:
        case LikertQuestion():
            return _whole(question, value, 1, question.steps)
        case ChoiceQuestion():
            return _whole(question, value, 0, len(question.options) - 1)
        case NumberQuestion():
            return _number(question, value)
        case TextQuestion():
            if not isinstance(value, str) or len(value) > question.max_length:
                raise AnswerError(
                    f"{question.id}: text of {question.max_length} characters at most is needed"
                )
            return value
        case _:
            assert_never(question)


def _whole(question: StudyQuestion, value: Value, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise AnswerError(f"{question.id}: a number from {least} to {most} is needed")
    return value


def _number(question: NumberQuestion, value: Value) -> float | int:
    if type(value) not in (int, float):
        raise AnswerError(f"{question.id}: a number is needed")
    assert isinstance(value, int | float)
    if not -LARGEST <= value <= LARGEST:  # also what is no number
        raise AnswerError(f"{question.id}: a smaller number is needed")
    if question.min is not None and value < question.min:
        raise AnswerError(f"{question.id}: {question.min:g} is the least")
    if question.max is not None and value > question.max:
        raise AnswerError(f"{question.id}: {question.max:g} is the most")
    return value
