"""Answers to a questionnaire: what can be sent, and in which form."""

import pytest

from clamshell_tui.wire.study_messages import GivenAnswer, QuestionPart, Value
from worker_client.form import Form, Problem, Typed

STRAIN = QuestionPart("strain", "likert", "How tiring?", steps=7)
AGE = QuestionPart("age", "number", "Age", minimum=18, maximum=99)
MOOD = QuestionPart("mood", "choice", "Mood", options=("good", "bad"))
MORE = QuestionPart("more", "text", "Anything else?", optional=True, max_length=10)


def problem(question: QuestionPart, typed: Typed | None) -> Problem | None:
    form = Form((question,))
    form.put(typed)
    return form.problem(question)


@pytest.mark.parametrize("typed", ["", " ", None, "ten", "17.99", "99.5", "nan", "1_8", "1e999"])
def test_a_number_outside_of_its_range_is_a_problem_that_names_the_range(typed: str) -> None:
    assert problem(AGE, typed) == ("number_between", {"low": "18", "high": "99"})


@pytest.mark.parametrize(
    ("typed", "value"), [("18", 18), (" 99 ", 99), ("20.5", 20.5), ("20,5", 20.5)]
)
def test_a_number_is_read_with_either_decimal_mark(typed: str, value: float) -> None:
    form = Form((AGE,))
    form.put(typed)
    assert form.problem(AGE) is None
    assert form.answers() == (GivenAnswer("age", value),)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"minimum": 1}, ("number_from", {"low": "1"})),
        ({"maximum": 0.5}, ("number_to", {"high": "0.5"})),
        ({}, ("number_any", {})),
    ],
)
def test_a_range_may_be_open(limits: dict[str, float], expected: Problem) -> None:
    question = QuestionPart("n", "number", "N", **limits)  # type: ignore[arg-type]  # limits only
    assert problem(question, "x") == expected


def test_only_an_optional_question_may_be_left_empty() -> None:
    assert problem(STRAIN, None) == ("choose_step", {"steps": 7})
    assert problem(MOOD, None) == ("choose_option", {})
    assert problem(MORE, "  ") is None


def test_a_long_text_is_a_problem_and_a_text_is_sent_without_blanks_around_it() -> None:
    assert problem(MORE, "a" * 11) == ("too_long", {"most": 10, "length": 11})
    form = Form((MORE,))
    form.put(" fine\n")
    assert form.answers() == (GivenAnswer("more", "fine"),)


def test_all_values_are_sent_in_order_and_an_empty_one_as_none() -> None:
    form = Form((STRAIN, AGE, MOOD, MORE))
    values: tuple[Typed | None, ...] = (7, "30", 0, "")
    for place, value in enumerate(values):
        assert form.at == place
        form.put(value)
        form.go_to(form.at + 1)
    assert (form.question, form.first_wrong) == (None, None)
    sent: list[Value] = [answer.value for answer in form.answers()]
    assert sent == [7, 30, 0, None]


def test_the_first_question_with_a_problem_is_found_again() -> None:
    form = Form((STRAIN, AGE))
    form.put(3)
    assert form.first_wrong == 1
    form.go_to(0)
    form.put(None)
    assert form.first_wrong == 0
