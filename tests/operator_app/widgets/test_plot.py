"""Plots: what is drawn for which figure."""

from math import nan

import pytest
from textual.pilot import Pilot

from clamshell_tui.operator_app.widgets.plot import Axis, Figure, Guide, Plot, Series, axes
from clamshell_tui.operator_app.widgets.style import (
    ASCII,
    clock,
    log_ticks,
    number,
    numbers,
    ticks,
    time_step,
)
from tests.operator_app.widgets.samples import learning_figure
from tests.operator_app.widgets.stage import PALETTE, play, texts


def lines(figure: Figure, width: int = 40, height: int = 12) -> list[str]:
    plot = Plot(empty="a curve appears with the first model", glyphs=ASCII)
    plot.update(figure)
    return [strip.text.rstrip() for strip in plot.draw(width, height, PALETTE)]


RISING = Figure(
    (Series("", ((0, 0), (10, 10))),), x_label="labels", x_range=(0, 10), y_range=(0, 10)
)


def test_a_line_between_axes() -> None:
    assert lines(RISING) == [
        "10 +                                 ..o",
        "   |                             ..''",
        "   |                         ..''",
        "   |                      ..'",
        " 5 +                  ..''",
        "   |              ..''",
        "   |           .''",
        "   |       ..''",
        "   |   ..''",
        " 0 +.''",
        "   ++-----------------+-----------------",
        "    0                 5           labels",
    ]


def test_series_differ_in_marker_and_the_legend_says_which_is_which() -> None:
    drawing = "\n".join(lines(learning_figure(), 60, 16))
    assert "o active" in drawing
    assert "x passive" in drawing
    assert drawing.count("o") > 3
    assert "target 0.9" in drawing
    assert ":batch 12" in drawing


def test_steps_hold_their_value() -> None:
    step = Figure((Series("", ((0, 0), (5, 10), (10, 10)), "step"),), y_range=(0, 10))
    foot = lines(step, 40, 12)[9]
    assert foot.count(".") >= 17


def test_points_are_not_joined() -> None:
    points = Figure((Series("", ((0, 0), (10, 10)), "points"),))
    assert "".join(lines(points)).count("o") == 2
    assert "'" not in "".join(lines(points))


def test_an_area_is_shaded() -> None:
    flat = ((0.0, 9.0), (10.0, 9.0))
    bare = Figure((Series("", flat),), y_range=(0, 10))
    area = Figure((Series("", flat, area=True),), y_range=(0, 10))
    assert _dots(lines(area)) > 2 * _dots(lines(bare))


def _dots(drawing: list[str]) -> int:
    return sum(line[3:].count(dot) for line in drawing[:-2] for dot in ".':")


def test_a_logarithm_needs_positive_numbers() -> None:
    figure = Figure((Series("", ((1, 1), (2, 10), (3, 0), (4, 1000))),), log_y=True)
    labels = [line.split("+")[0].strip() for line in lines(figure)]
    assert [label for label in labels[:-2] if label.isdigit()] == ["1000", "100", "10", "1"]


@pytest.mark.parametrize(
    "figure",
    [Figure(), Figure((Series("x", ()),)), Figure((Series("x", ((nan, 1), (1, nan))),))],
)
def test_nothing_to_show_says_what_will_be_here(figure: Figure) -> None:
    assert "a curve appears with the first model" in "\n".join(lines(figure))


def test_an_equal_figure_is_not_drawn_again() -> None:
    drawings = []

    class Counting(Plot):
        def redraw(self) -> None:
            drawings.append(1)
            super().redraw()

    plot = Counting()

    async def story(pilot: Pilot[None], heard: list[tuple[object, ...]]) -> None:
        plot.update(learning_figure())
        plot.update(learning_figure())
        assert len(drawings) == 1
        assert "● active" in "\n".join(texts(plot))
        plot.update(learning_figure(31))
        assert len(drawings) == 2

    play(plot, story)


def test_guides_outside_the_axes_are_left_out() -> None:
    figure = Figure(RISING.series, (Guide(99, "far"), Guide(-99, "low", "y")), y_range=(0, 10))
    assert "far" not in "\n".join(lines(figure))
    assert "low" not in "\n".join(lines(figure))


@pytest.mark.parametrize(
    ("low", "high", "count", "names"),
    [
        (0, 1, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 0.07, 4, ["0.00", "0.02", "0.04", "0.06"]),
        (3, 18, 4, ["5", "10", "15"]),
        (0, 25_000, 3, ["0", "10k", "20k"]),
        (-4, 4, 2, ["0"]),
        (2, 2, 4, ["2"]),
    ],
)
def test_ticks_are_round(low: float, high: float, count: int, names: list[str]) -> None:
    assert numbers(ticks(low, high, count)) == names


def test_ticks_of_a_logarithm() -> None:
    assert log_ticks(1, 1000, 4) == [1, 10, 100, 1000]
    assert log_ticks(1, 10, 5) == [1, 2, 5, 10]
    assert len(log_ticks(1e-9, 1e9, 5)) <= 5


@pytest.mark.parametrize(
    ("seconds", "step", "shown"),
    [
        (0, 1, "0:00"),
        (75, 15, "1:15"),
        (3723, 60, "1:02:03"),
        (7.26, 0.2, "0:07.3"),
        (-5, 1, "-0:05"),
    ],
)
def test_times_read_like_a_clock(seconds: float, step: float, shown: str) -> None:
    assert clock(seconds, step) == shown


def test_customary_spans_of_time() -> None:
    assert [time_step(least) for least in (0.03, 12, 40, 5000, 100_000)] == [
        0.1,
        15,
        60,
        7200,
        172_800,
    ]


def test_numbers_are_short() -> None:
    assert [number(value) for value in (0.25, 12, 1500, 12_000, 3e6)] == [
        "0.25",
        "12",
        "1.5k",
        "12k",
        "3M",
    ]


def test_a_flat_line_at_zero_has_no_axis_below_zero() -> None:
    flat = Figure((Series("", ((0.0, 0.0), (10.0, 0.0)), "step", area=True),))
    assert axes(flat) == (Axis(0.0, 10.0), Axis(0.0, 1.0))
    assert not any("-1" in line for line in lines(flat))
