"""Small bars, meters, facts, bars and the confusion matrix, read as text."""

from math import nan

import pytest
from textual.pilot import Pilot

from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.panels import (
    BarItem,
    BarList,
    ConfusionMatrix,
    Fact,
    Facts,
    Meter,
    MeterPart,
    bars,
)
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE
from clamshell_tui.operator_app.widgets.table_layout import centred
from tests.operator_app.widgets.stage import PALETTE, play


def lines(widget: LineWidget, width: int, height: int) -> list[str]:
    return [strip.text.rstrip() for strip in widget.draw(width, height, PALETTE)]


def test_small_bars_end_at_the_right() -> None:
    values = [0, 2, 4, nan, 8]
    assert bars(values, 7, 1, UNICODE) == ["  ▁▂▄ █"]
    assert bars(values, 7, 2, UNICODE) == ["      █", "  ▁▄█ █"]


def test_a_series_of_zeros_is_a_line_at_the_floor() -> None:
    assert bars([0, 0, 0], 3, 1, UNICODE) == ["▁▁▁"]
    assert bars([0.9, 0.9, 0.9], 3, 1, UNICODE, low=None) == ["▄▄▄"]  # no floor is known


def test_an_empty_state_is_wrapped_rather_than_cut() -> None:
    def drawn(width: int, height: int) -> list[str]:
        strips = centred(["Labels appear here."], width, height, PALETTE)
        return [strip.text.strip() for strip in strips]

    assert drawn(14, 4) == ["", "Labels appear", "here.", ""]
    assert drawn(30, 1) == ["Labels appear here."]
    assert drawn(14, 1) == ["Labels appear…"]


def test_a_long_series_is_averaged() -> None:
    assert bars([0] * 50 + [10] * 50, 4, 1, ASCII) == ["__@@"]


PARTS = [
    MeterPart("done", 31, "green"),
    MeterPart("working", 12, "sky"),
    MeterPart("late", 1, "orange"),
]


def test_a_meter_shows_every_part_however_small() -> None:
    meter = Meter(glyphs=ASCII)
    meter.update([*PARTS, MeterPart("waiting", 0)])
    assert lines(meter, 16, 1) == ["###########%%%%="]
    assert lines(meter, 60, 2)[1] == "# 31 done  % 12 working  = 1 late"


def test_the_legend_of_a_meter_wraps() -> None:
    meter = Meter(glyphs=ASCII)
    meter.update(PARTS)
    assert lines(meter, 22, 4)[1:] == ["# 31 done", "% 12 working  = 1 late"]


def test_an_empty_meter_is_a_line() -> None:
    meter = Meter(glyphs=ASCII)
    meter.update([])
    assert lines(meter, 8, 1) == ["--------"]


FACTS = [
    Fact("labels", "1,284", note="of 5,000"),
    Fact("cost", "$48.21"),
    Fact("model", "0.913", curve=(0, 1, 2, 3)),
]


def test_facts_are_aligned_and_curves_take_what_is_left() -> None:
    facts = Facts(glyphs=ASCII)
    facts.update(FACTS)
    assert lines(facts, 24, 3) == [
        "labels  1,284  of 5,000",
        "cost   $48.21",
        "model   0.913       _-+@",
    ]


def test_facts_take_a_second_column_when_the_first_is_full() -> None:
    facts = Facts(glyphs=ASCII)
    facts.update(FACTS)
    assert lines(facts, 50, 2) == [
        "labels  1,284  of 5,000   model 0.913        _-+@",
        "cost   $48.21",
    ]


def test_a_narrow_fact_keeps_its_figure() -> None:
    facts = Facts()
    facts.update(FACTS)
    assert [line.strip() for line in lines(facts, 6, 3)] == ["1,284", "$48.21", "0.913"]


def test_bars_have_labels_and_values() -> None:
    chart = BarList(most=1.0, glyphs=ASCII)
    chart.update([BarItem("cat", 0.5), BarItem("dog", 0.95, "95 %"), BarItem("cow", nan)])
    assert lines(chart, 30, 3) == [
        "cat ##########-           0.50",
        "dog ####################  95 %",
        "cow                        nan",
    ]


def test_bars_that_do_not_fit_are_counted() -> None:
    chart = BarList()
    chart.update([BarItem(str(n), n) for n in range(10)])
    assert lines(chart, 20, 4)[-1] == "7 more"


def test_counts_are_written_as_they_are() -> None:
    chart = BarList(glyphs=ASCII)
    chart.update([BarItem("low", 1200), BarItem("high", 4)])
    assert lines(chart, 20, 2) == ["low  ######### 1,200", "high               4"]


CLASSES = ["cat", "dog", "cow"]
COUNTS = [[70, 3, 0], [12, 60, 1], [0, 0, 9]]


def test_a_confusion_matrix() -> None:
    matrix = ConfusionMatrix(glyphs=ASCII)
    matrix.update(CLASSES, COUNTS)
    assert lines(matrix, 24, 4) == [
        "truth   cat   dog   cow",
        "cat      70     3     -",
        "dog      12    60     1",
        "cow       -     -     9",
    ]


def test_where_the_grid_does_not_fit_the_worst_mistakes_are_listed() -> None:
    matrix = ConfusionMatrix()
    matrix.update(CLASSES, COUNTS)
    assert lines(matrix, 40, 3) == [
        "139 of 155 right; taken for",
        "   12 dog as cat",
        "    3 cat as dog",
    ]


def test_counts_must_be_square() -> None:
    with pytest.raises(ValueError, match="3 classes need as many rows and columns"):
        ConfusionMatrix().update(CLASSES, COUNTS[:2])


def test_words_in_the_frame_are_never_markup() -> None:
    facts = Facts()
    facts.styles.border = ("round", "white")

    async def story(pilot: Pilot[None], heard: list[tuple[object, ...]]) -> None:
        facts.entitle("[@click=app.quit]x[/] [/", "\x1b]0;owned\x07")
        await pilot.pause()
        top = facts.render_lines(facts.size.region)[0].text
        assert "[@click=app.quit]x[/] [/" in top

    play(facts, story)


def test_a_theme_changes_the_colours_at_once() -> None:
    facts = Facts()
    facts.update(FACTS)

    async def story(pilot: Pilot[None], heard: list[tuple[object, ...]]) -> None:
        before = facts.render_lines(facts.size.region)
        pilot.app.theme = "textual-light"
        await pilot.pause()
        after = facts.render_lines(facts.size.region)
        assert before[0].text == after[0].text
        assert before[0] != after[0]

    play(facts, story)
