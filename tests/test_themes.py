"""Which colours suit a terminal."""

import pytest

from clamshell_tui.terminal.themes import light_terminal


@pytest.mark.parametrize(
    ("told", "light"), [("0;15", True), ("0;default;7", True), ("15;0", False), ("", False)]
)
def test_some_terminals_say_that_they_are_light(told: str, light: bool) -> None:
    assert light_terminal({"COLORFGBG": told} if told else {}) is light
