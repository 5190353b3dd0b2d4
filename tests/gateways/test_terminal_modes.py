"""The modes of a terminal, gathered from output that may be cut anywhere."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.gateways.terminal_modes import TerminalModes

START = b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006;2004h\x1b[>1u\x1b[?2026h text \x1b[?2026l"


def replayed(*parts: bytes) -> bytes:
    modes = TerminalModes()
    for part in parts:
        modes.feed(part)
    return modes.replay()


def test_a_new_terminal_gets_the_modes_that_are_on_and_the_keyboard_protocol() -> None:
    assert replayed(START) == (b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[>1u")


def test_a_mode_that_was_left_is_not_entered_again() -> None:
    assert replayed(START, b"\x1b[?1049l\x1b[<u") == (
        b"\x1b[?1049l\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h"
    )


@given(st.lists(st.integers(0, len(START)), max_size=8))
def test_the_modes_are_the_same_wherever_the_output_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(START)]
    parts = [START[a:b] for a, b in itertools.pairwise(edges)]
    modes = TerminalModes()
    passed_on = b"".join(map(modes.feed, parts))
    assert passed_on == START
    assert modes.replay() == replayed(START)


def test_no_part_of_a_sequence_is_passed_on_before_its_rest() -> None:
    modes = TerminalModes()
    assert modes.feed(b"a\x1b[38;5") == b"a"
    assert modes.feed(b";3mb") == b"\x1b[38;5;3mb"


def test_a_question_that_some_terminals_print_is_left_out() -> None:
    modes = TerminalModes()
    assert modes.feed(b"a\x1b[?2026") + modes.feed(b"$pb") == b"ab"
