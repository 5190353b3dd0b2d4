"""The list of all settings: it is a scenario itself, and explains what it lists."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.reference import reference, remarks, summary


class Lamp(Struct):
    """A ``lamp``, on
    two lines.

    More of it.
    """

    # Not for those who set it.
    watts: int = 60  # how bright
    colour: Annotated[str, Meta(min_length=1)] = "white"  # in words
    plain: bool = True


class Torch(Lamp):
    """A lamp to carry."""

    plain: bool = False  # in a case


def test_a_field_is_explained_by_the_comment_beside_it() -> None:
    assert remarks(Lamp) == {"watts": "how bright", "colour": "in words"}
    assert remarks(Torch) == {"watts": "how bright", "colour": "in words", "plain": "in a case"}
    assert summary(Lamp) == "A lamp, on two lines."


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_whole_list_is_a_scenario_of_nothing_but_defaults(width: int) -> None:
    text = reference(width=width)
    assert parse_scenario(text, "all.toml", default_name="all") == Scenario(name="all")
    assert max(map(len, text.splitlines())) <= width


def test_keys_have_their_default_meaning_and_range() -> None:
    text = reference()
    for line in (
        "size = 15          # slots (Np); with autoscale, at the most [1 to 10,000]",
        "threshold = 8.0                 # PM_l, s per label; inf = off [above 0, auto]",
        'terminated = "full"  # when another worker\'s answer ends a task [full, prorated]',
        "# labels =    # when so many records are labelled [from 1]",
        '# kind = "cifar-10"',
        "# [[crowd.worker]]",
    ):
        assert line in text.splitlines()


def test_a_word_chooses_keys_in_all_tables() -> None:
    assert reference("gold").splitlines()[1:3] == [
        "[requester]",
        "gold = 20  # records whose answer is known [from 0]",
    ]
    assert [line for line in reference("gold").splitlines() if line.startswith("[")] == [
        "[requester]",
        "[quality]",
    ]
    assert reference("Maintenance").startswith("# Pool maintenance")


def test_a_word_of_no_setting_is_told_with_what_is_near() -> None:
    with pytest.raises(ScenarioError, match=r'no setting has "treshold".*did you mean "threshold"'):
        reference("treshold")
