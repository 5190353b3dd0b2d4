"""Nothing in data can act on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from clamshell_tui.text import charset, describe_character, first_unencodable, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("caf\u00e9 \u732b \U0001f408", "caf\u00e9 \u732b \U0001f408"),
        ("a\tb", "a b"),
        ("two\nlines\r", "two\ufffdlines\ufffd"),
        ("\x1b]52;c;cm0=\x07", "\ufffd]52;c;cm0=\ufffd"),
        ("\x9b2J\x7f\x00", "\ufffd2J\ufffd\ufffd"),
        ("\u202eevil\u202c \u2066x\u2069 \u200f\u200e\u061c", "�evil� �x� ���"),
        ("a\u2028b\u2029c", "a�b�c"),
        ("\ud800", "\ufffd"),
        ("[bold]as is[/]", "[bold]as is[/]"),
    ],
)
def test_only_what_is_harmful_is_replaced(text: str, shown: str) -> None:
    assert show(text) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("straggler", 9, "straggler"),
        ("straggler", 8, "straggl\u2026"),
        ("straggler", 1, "\u2026"),
        ("straggler", 0, ""),
        ("\u732b\u732b\u732b", 6, "\u732b\u732b\u732b"),
        ("\u732b\u732b\u732b", 5, "\u732b\u732b\u2026"),
        ("\u732b\u732b\u732b", 4, "\u732b\u2026"),
        ("two words", 5, "two\u2026"),
        ("", 3, ""),
    ],
)
def test_text_is_clipped_by_cells_not_characters(text: str, width: int, shown: str) -> None:
    assert show(text, width) == shown


@given(st.text(st.characters(exclude_categories=())), st.integers(0, 40))
def test_any_text_is_one_harmless_line_that_fits(text: str, width: int) -> None:
    shown = show(text, width)
    assert cell_len(shown) <= width
    assert shown.isprintable() or not set(shown) & {chr(c) for c in [*range(32), *range(127, 160)]}
    assert len(shown.splitlines()) <= 1
    shown.encode()


def test_a_megabyte_is_clipped_like_a_word() -> None:
    assert show("x" * 1_000_000, 5) == "xxxx\u2026"
    assert cell_len(show("e" + "\u0301" * 1_000_000, 5)) <= 5


@pytest.mark.parametrize(
    ("text", "encoding", "missing"),
    [
        ("plain", "ascii", ""),
        ("two\nlines\r\nand\ttabs", "ascii", ""),
        ("it\u2019s \u201cfine\u201d \u2013 really \u2014 so", "ascii", ""),  # their twins are
        ("caf\u00e9", "ascii", "\u00e9"),
        ("caf\u00e9", "iso8859-1", ""),
        ("\u0436", "iso8859-1", "\u0436"),
        ("\u0436", "koi8-r", ""),
        ("\u4f60\u597d \U0001f600", "utf-8", ""),
        ("esc\x1b[31m", "ascii", "\ufffd"),  # it would be drawn as something else
    ],
)
def test_what_a_terminal_cannot_show_is_named(text: str, encoding: str, missing: str) -> None:
    assert first_unencodable(text, charset(encoding)) == missing


@pytest.mark.parametrize("name", ["zip", "idna", "nonsense", "\x00", "punycode", "", "a" * 200])
def test_an_encoding_that_no_terminal_has_is_ascii(name: str) -> None:
    assert charset(name) == "ascii"


def test_a_character_is_named_in_ascii() -> None:
    assert describe_character("\u0416") == "U+0416 CYRILLIC CAPITAL LETTER ZHE"
    assert describe_character("\ue000") == "U+E000"
