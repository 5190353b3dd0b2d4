"""Keys, money, join strings, pictures and tables: small and pure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.errors import InputError
from clamshell_tui.formats import clock
from clamshell_tui.wire.invitation import JoinString, code_typed, parse
from clamshell_tui.wire.parts import Image
from worker_client.keys import RESERVED, class_by_key, initials_of, keys_of
from worker_client.widgets.lines import brief, lines_of
from worker_client.widgets.picture import cells
from worker_client.widgets.record_view import number_table

BLACK, GREY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)


@pytest.mark.parametrize(
    ("classes", "keys", "initials"),
    [
        (("ape", "dog"), "12", "ad"),
        (("cat", "dog"), "12", ""),  # c comments
        (("yes", "no", "Maybe"), "123", "ynm"),
        (("spam", "ham"), "12", ""),  # s skips
        (("cat", "cow"), "12", ""),  # ambiguous
        (("cat", ""), "12", ""),
        (tuple("0123456789"), "0123456789", ""),
        (("7", "1"), "71", ""),
        (tuple("abcdefghijk"), "1234567890a", ""),
    ],
)
def test_keys(classes: tuple[str, ...], keys: str, initials: str) -> None:
    assert keys_of(classes) == list(keys)
    assert initials_of(classes) == list(initials)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=30, unique=True))
def test_every_class_has_a_key_of_its_own_and_no_command_loses_its(names: list[str]) -> None:
    assert len(set(keys_of(names))) == len(names)
    by_key = class_by_key(names)
    assert {by_key[key] for key in keys_of(names)} == set(range(len(names)))
    assert not set(by_key) & set(RESERVED)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-1, "0:00"), (59.9, "0:59"), (754, "12:34"), (3723, "1:02:03")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("clam://127.0.0.1:7777/K7QM-2F9X", JoinString("127.0.0.1", 7777, "K7QM-2F9X")),
        ("lab1:81/k7qm", JoinString("lab1", 81, "K7QM")),
        (" clam://lab1/ ", JoinString("lab1")),
        ("clam://[::1]:7777/X", JoinString("::1", 7777, "X")),
        ("clam://lab1:1/X#" + "AB:" * 7 + "CD", JoinString("lab1", 1, "X", "ab" * 7 + "cd")),
    ],
)
def test_join_strings(text: str, parts: JoinString) -> None:
    assert parse(text) == parts


SEAT = "clam://127.0.0.1:7777/K7QM-2F9X"
PRINT = "ab12" * 16


@pytest.mark.parametrize(
    "pasted",
    [
        f"clamshell-worker '{SEAT}'",
        f"\u201c{SEAT}\u201d",
        f"<{SEAT}>",
        f"({SEAT}), or ask me.",
        f"{SEAT}.",
        f"> {SEAT}\n> see you there",
        "clam://127.0.0.1:7777/\nK7QM-2F9X",
        "clam://127.0.0.1:7777/K7QM-\n2F9X\nbe there at nine",
        "clam://127.0.0.1:\r\n7777/K7QM-2F9X",
    ],
)
def test_a_join_string_is_found_in_what_was_pasted(pasted: str) -> None:
    assert parse(pasted) == JoinString("127.0.0.1", 7777, "K7QM-2F9X")


@pytest.mark.parametrize(
    ("pasted", "digits"),
    [
        (f"use {SEAT}#{PRINT}, thanks\nabc", 64),
        (f"{SEAT}\n#{PRINT}\nbe there", 64),
        (f"{SEAT}#{PRINT[:10]}\n{PRINT[10:]}\nabc", 64),
        (f"{SEAT}#{PRINT[:40]}\n{PRINT[40:]}", 40),  # enough to know the coordinator by
    ],
)
def test_a_fingerprint_broken_over_lines_is_not_lost(pasted: str, digits: int) -> None:
    assert parse(pasted) == JoinString("127.0.0.1", 7777, "K7QM-2F9X", PRINT[:digits])


def test_an_address_of_one_link_names_its_interface() -> None:
    for line in ("clam://[fe80::1%eth0]:7777/K7QM-2F9X", "fe80::1%eth0/k7qm-2f9x"):
        assert parse(line) == JoinString("fe80::1%eth0", 7777, "K7QM-2F9X")
    assert parse(f"clam://{parse(line).place}/X").host == "fe80::1%eth0"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a join string"),
        ("clam://lab 1:7777/X", "is not a join string"),
        ("http://lab1:7777/X", "is not a join string"),
        ("clam://lab1:0/X", "port 0"),
        ("clam://lab1:99999/X", "port 99999"),
        ("clam://lab1:1/X#abcd", "has 4 hex digits"),
        ("k7qm-2f9x", "is the code alone. Copy the whole line: clam://"),
    ],
)
def test_a_bad_join_string_is_explained(text: str, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        parse(text)


def test_where_a_join_string_leads() -> None:
    assert parse("lab1:81/X").place == "lab1:81"
    assert parse("clam://[::1]/X#" + "ab" * 16).place == "[::1]:7777"


@pytest.mark.parametrize("typed", ["k7qm 2f9x", " K7QM-2F9X ", "k7qm - 2f9x"])
def test_a_code_is_understood_as_typed(typed: str) -> None:
    assert code_typed(typed) == "K7QM-2F9X"


# -- pictures -------------------------------------------------------------------------------------


def test_two_pixels_are_one_cell() -> None:
    drawn = cells(Image(2, 2, 1, bytes([0, 255, 255, 0])), 2, 1)
    assert drawn is not None
    assert drawn.rows == [[(BLACK, WHITE), (WHITE, BLACK)]]


def test_colours_keep_their_channels() -> None:
    drawn = cells(Image(1, 2, 3, bytes([255, 0, 0, 0, 0, 255])), 1, 1)
    assert drawn is not None
    assert drawn.rows == [[((255, 0, 0), (0, 0, 255))]]


def test_a_small_picture_is_enlarged_smoothly() -> None:
    drawn = cells(Image(2, 1, 1, bytes([0, 255])), 4, 1)
    assert drawn is not None
    assert [upper[0] for upper, _ in drawn.rows[0]] == [0, 64, 191, 255]


def test_a_large_picture_is_averaged() -> None:
    checkers = bytes(255 * ((x + y) % 2) for y in range(64) for x in range(64))
    drawn = cells(Image(64, 64, 1, checkers), 8, 4)
    assert drawn is not None
    assert {colour[0] for row in drawn.rows for pair in row for colour in pair} <= set(
        range(120, 136)
    )


@pytest.mark.parametrize(("width", "height"), [(8, 8), (28, 28), (32, 32)])
def test_usual_pictures_fill_the_pane_of_a_small_terminal(width: int, height: int) -> None:
    drawn = cells(Image(width, height, 1, bytes(width * height)), 58, 17)
    assert drawn is not None
    assert (drawn.width, len(drawn.rows)) == (34, 17)


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(1, 60),
    st.integers(1, 30),
)  # fmt: skip
def test_any_picture_fits_and_stays_grey_if_it_was(
    width: int, height: int, channels: int, columns: int, rows: int
) -> None:
    image = Image(width, height, channels, bytes([77]) * (width * height * channels))  # type: ignore[arg-type]  # 1 or 3
    drawn = cells(image, columns, rows)
    assert drawn is not None
    assert 1 <= drawn.width <= columns
    assert 1 <= len(drawn.rows) <= rows
    assert {colour for row in drawn.rows for pair in row for colour in pair} == {(77, 77, 77)}


def test_a_picture_without_all_its_bytes_is_not_drawn() -> None:
    assert cells(Image(8, 8, 3, bytes(64)), 10, 10) is None


# -- text and numbers -----------------------------------------------------------------------------


def test_line_breaks_of_a_text_are_kept_and_nothing_else() -> None:
    assert lines_of("one\r\ntwo\n\x1b[2Jthree\r") == "one\ntwo\n\ufffd[2Jthree\ufffd"


def test_a_long_text_is_shown_in_part_first() -> None:
    assert brief("x" * 4000) == ("x" * 4000, False)
    assert brief("x" * 4001) == ("x" * 4000, True)


def test_numbers_are_aligned_and_take_a_second_column_when_the_first_is_full() -> None:
    table = number_table((("a", 1.0), ("long", -22.5), ("\u732b", 3.0)), width=40, height=2)
    assert table.plain.split("\n") == ["a         1    \u732b        3", "long  -22.5"]
