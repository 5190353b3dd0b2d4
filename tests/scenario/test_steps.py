"""``[[step]]``: what can be done, and what is refused with the step's number."""

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.step import people, whose

OPEN = '[[step]]\nwho = "ann"\nopen = "80x24"\n'


def refused(text: str) -> str:
    """Return the error."""
    with pytest.raises(ScenarioError) as error:
        parse_scenario(text, "steps.toml")
    return str(error.value)


def test_a_step_is_about_whoever_the_one_before_was_about() -> None:
    text = OPEN + '[[step]]\npress = "enter"\n[[step]]\nlabels = 3\n'
    steps = parse_scenario(text, "steps.toml").step
    assert list(whose(steps)) == ["ann", "ann", "ann"]
    assert [step.said for step in steps] == ["open 80x24", "press enter", "labels 3"]


def test_people_take_seats_in_the_order_in_which_they_open_their_terminals() -> None:
    text = OPEN.replace("ann", "bob") + OPEN + OPEN.replace("ann", "operator") + OPEN
    assert people(parse_scenario(text, "steps.toml").step) == ["bob", "ann"]


def test_steps_are_kept_with_the_scenario() -> None:
    scenario = parse_scenario(OPEN + '[[step]]\nreads = ["a", "b"]\n', "steps.toml")
    assert parse_scenario(as_toml(scenario), "again") == scenario


def test_an_expectation_may_be_about_a_person() -> None:
    expected = '[[expect]]\nmetric = "worker(ann).labels"\nis = 2\n'
    assert parse_scenario(OPEN + expected, "steps.toml").expect[0].metric == "worker(ann).labels"
    assert 'unknown worker "ann"' in refused(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[step]]\nwho = "ann"\n', "step 1: no action; write one of open, press"),
        ("[[step]]\nlabels = 1\nat = 2.0\n", "step 1: at and labels together"),
        ('[[step]]\npress = "enter"\n', 'step 1: who: no person is named; write who = "ann"'),
        ('[[step]]\nwho = "ann"\nkill = true\n', "step 1: ann has no terminal yet"),
        (
            OPEN.replace("ann", "operator") + '[[step]]\nlabel = "right"\n',
            "step 2: label: the operator's screen has none",
        ),
        (OPEN.replace("80x24", "large"), 'step 1.open: "large" does not look like'),
        (OPEN + '[[step]]\npres = "x"\n', '(did you mean "press"?)'),
    ],
)
def test_a_step_that_cannot_be_done_is_refused(text: str, words: str) -> None:
    assert words in refused(text)
