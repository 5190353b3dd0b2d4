"""Panels in characters: values in their places, within the width, in Unicode and in ASCII."""

import pytest
from msgspec.structs import replace

from clamshell_tui.report.chart import ChartSeries, Panel
from clamshell_tui.report.chart_terminal import sketch

PLACES = (0.0, 1.0, 2.0)
NAMES = {0.0: "one copy more", 1.0: "longest-running", 2.0: "random"}
LINES = Panel(
    "Title",
    "across",
    "up",
    (ChartSeries("a", PLACES, (0.0, 1.0, 2.0)), ChartSeries("b", PLACES, (2.0, 1.5, 1.0))),
)
BARS = Panel(
    "Bars",
    "",
    "",
    tuple(
        ChartSeries(name, PLACES, (1.0, height, 4.0), kind="bars")
        for name, height in (("a", 2.0), ("b", 3.0))
    ),
    x_names=NAMES,
)


def plot_rows(panel: Panel, width: int = 80) -> list[str]:
    """The rows between the axes in ASCII, without their labels."""
    lines = sketch(panel, width, unicode=False).splitlines()
    return [line.partition("|")[2] for line in lines if "|" in line]


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("panel", [LINES, BARS, Panel("Empty", "", "", ())])
def test_a_chart_fits_into_its_width_and_is_ascii_on_request(panel: Panel, width: int) -> None:
    for unicode in (True, False):
        text = sketch(panel, width, unicode=unicode)
        assert max(map(len, text.splitlines())) <= min(width, 100)
        assert text.isascii() or unicode


def test_markers_stand_where_their_values_are() -> None:
    rows = plot_rows(LINES)
    width = 80 - len("2.0 |")
    assert (rows[-1][0], rows[0][0]) == ("o", "x")  # 0 at the bottom left, 2 at the top left
    assert rows[0].rstrip()[-1] == "o"
    assert len(rows[0].rstrip()) == width
    middle = next(n for n, row in enumerate(rows) if row[width // 2] == "o")
    assert middle == pytest.approx((len(rows) - 1) / 2, abs=0.6)


def test_bars_are_as_high_as_their_values() -> None:
    rows = plot_rows(BARS)
    heights = [
        sum(column < len(row) and row[column] != " " for row in rows) for column in range(77)
    ]
    assert max(heights[:20]) == pytest.approx(len(rows) / 4, abs=0.8)
    middle = rows[-1][26:50].strip()
    assert set(middle) == {"o", "x"}
    o, x = (26 + rows[-1][26:50].index(sign) for sign in "ox")
    assert heights[x] / heights[o] == pytest.approx(3 / 2, rel=0.15)


def test_bars_too_many_for_a_column_each_become_marks_at_their_ends() -> None:
    many = tuple(replace(BARS.series[0], name=str(n)) for n in range(8))
    rows = plot_rows(replace(BARS, series=many), 20)
    assert not rows[-1].strip()
    assert any(row.strip() for row in rows)


def test_names_below_the_axis_are_folded_and_do_not_touch() -> None:
    below = sketch(BARS, 36, unicode=False).partition("+-")[2].splitlines()[1:]
    words = [word for line in below for word in line.split()]
    assert sorted(words) == sorted(["one", "copy", "more", "longest-", "running", "random"])


@pytest.mark.parametrize("kind", ["line", "steps", "dashes"])
def test_a_line_reaches_from_its_first_to_its_last_value(kind: str) -> None:
    line = ChartSeries("a", (0.0, 50.0), (0.0, 1.0), kind=kind)  # type: ignore[arg-type] # parametrised
    grid = plot_rows(replace(LINES, series=(line,)))
    columns = {column for row in grid for column, sign in enumerate(row) if sign != " "}
    assert len(columns) > (30 if kind == "dashes" else 70)
    steps = sum(sign != " " for sign in grid[-1])
    assert (steps > 70) == (kind == "steps")


def test_band_and_level_of_the_paper_are_drawn_behind_the_lines() -> None:
    panel = replace(LINES, band=(0.5, 1.0), level=1.5)
    rows = plot_rows(panel)
    assert "/ the paper" in sketch(panel, 80, unicode=False)
    shaded = [n for n, row in enumerate(rows) if "/" in row]
    assert shaded == list(range(7, 11))  # 1.0 to 0.5 of 2.0 in 14 rows
    assert [n for n, row in enumerate(rows) if "--" in row] == [3]


def test_logarithmic_axes_space_equal_ratios_equally_and_leave_out_zero() -> None:
    series = ChartSeries("a", (1.0, 10.0, 100.0, 0.0), (1.0, 10.0, 100.0, 5.0))
    rows = plot_rows(Panel("", "", "", (series, series), x_log=True, y_log=True))
    at = [(row.index("x"), n) for n, row in enumerate(rows) if "x" in row]
    assert len(at) == 3
    assert at[0][0] - at[1][0] == pytest.approx(at[1][0] - at[2][0], abs=1)


def test_the_points_of_one_series_are_dots_and_of_several_are_markers() -> None:
    points = ChartSeries(
        "a", tuple(map(float, range(20))), tuple(map(float, range(20))), kind="points"
    )
    alone = "".join(plot_rows(replace(LINES, series=(points,))))
    assert "o" not in alone
    two = "".join(plot_rows(replace(LINES, series=(points, LINES.series[1]))))
    assert two.count("o") > 10
