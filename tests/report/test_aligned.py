"""Tables of text in wide and in narrow terminals."""

from clamshell_tui.report.aligned import aligned

ROWS = [
    ["group", "way", "time", "paper", "cost"],
    ["calm", "fast", "1", "about 2", "10"],
    ["", "slow", "10", "", "9"],
]


def test_figures_end_and_words_begin_below_each_other() -> None:
    assert list(aligned(ROWS, left={0, 1, 3})) == [
        "group  way   time  paper    cost",
        "calm   fast     1  about 2    10",
        "       slow    10              9",
    ]


def test_what_is_too_wide_comes_in_parts_that_all_have_the_names() -> None:
    assert list(aligned(ROWS, left={0, 1, 3}, names=2, tied={3}, width=26)) == [
        "group  way   time  paper",
        "calm   fast     1  about 2",
        "       slow    10",
        "",
        "group  way   cost",
        "calm   fast    10",
        "       slow     9",
    ]


def test_there_is_no_room_for_less_than_a_column_with_what_is_tied_to_it() -> None:
    parts = "\n".join(aligned(ROWS, names=1, tied={3}, width=1)).split("\n\n")
    assert [part.splitlines()[0].split() for part in parts] == [
        ["group", "way"],
        ["group", "time", "paper"],
        ["group", "cost"],
    ]
