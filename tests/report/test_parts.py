"""The small parts: markup, scales, survival curves, CSV."""

import csv
import re
from io import StringIO
from math import log10
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from clamshell_tui.report.chart import ChartSeries, Panel, counting, linear, logarithmic, passing
from clamshell_tui.report.chart_svg import draw_panel
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import ROWS_SHOWN, HtmlColumn, Markup, element, joined, number, table
from clamshell_tui.report.sections.latencies import kaplan_meier, quantile


def test_plain_strings_become_text_and_markup_stays_markup() -> None:
    inner = element("b", "a < b & c")
    assert inner == "<b>a &lt; b &amp; c</b>"
    assert joined("<", inner) == "&lt;<b>a &lt; b &amp; c</b>"
    assert element("td", "x", class_='"><script>') == '<td class="&quot;&gt;&lt;script&gt;">x</td>'
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert isinstance(inner, Markup)


def test_control_characters_never_reach_a_page() -> None:
    assert "\x1b" not in element("p", "\x1b[31mred", title="\x00")


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.001, "0"), (1.0, "1"), (1.256, "1.26"), (120.5, "120.5")]
)
def test_coordinates_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_a_long_table_says_how_much_of_it_is_shown() -> None:
    made = table([HtmlColumn("n")], [[str(n)] for n in range(ROWS_SHOWN + 5)], "Numbers.")
    assert made.count("<tr>") == ROWS_SHOWN + 1
    assert f"The first {ROWS_SHOWN} of {ROWS_SHOWN + 5} are shown." in made


def test_a_sheet_reads_back_as_it_was() -> None:
    sheet = CsvSheet("x", ("a", "b", "c"), [('say "hi",\nyou', 1.5, None), ("\u00fc", True, 7)])
    assert list(csv.reader(StringIO(sheet.to_csv()))) == [
        ["a", "b", "c"],
        ['say "hi",\nyou', "1.5", ""],
        ["\u00fc", "1", "7"],
    ]


finite = st.floats(-1e6, 1e6)


@settings(max_examples=40, deadline=None)
@given(finite, finite)
def test_a_linear_axis_covers_its_values_with_few_ticks(one: float, other: float) -> None:
    low, high = sorted((one, other))
    scale = linear(low, high)
    hair = 1e-8 * (scale.high - scale.low)
    assert scale.low <= low + hair
    assert scale.high >= high - hair
    assert 2 <= len(scale.ticks) <= 9
    assert len({tick.label for tick in scale.ticks}) == len(scale.ticks)


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1e5), st.floats(1.0, 1e6))
def test_a_logarithmic_axis_covers_its_values_and_has_ticks(low: float, ratio: float) -> None:
    scale = logarithmic(low, low * ratio)
    assert scale.low <= low <= low * ratio <= scale.high
    assert scale.ticks
    assert all(scale.low <= tick.value <= scale.high for tick in scale.ticks)
    middle = 10 ** ((log10(scale.low) + log10(scale.high)) / 2)
    assert scale.share(middle) == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 1e7))
def test_an_axis_of_time_has_whole_ticks_within_it(start: float, length: float) -> None:
    scale = passing(start, start + length)
    assert len(scale.ticks) <= 10
    assert all(scale.low - 1e-3 <= tick.value <= scale.high + 1e-3 for tick in scale.ticks)


def test_time_is_told_in_the_unit_that_suits() -> None:
    assert passing(0, 50).unit == "s"
    assert passing(0, 2000).unit == "min"
    assert [tick.label for tick in passing(0, 3600 * 8).ticks] == [str(n) for n in range(9)]
    assert passing(0, 86_400 * 30).unit == "days"


def test_a_counting_axis_has_whole_numbers_only() -> None:
    assert [tick.value for tick in counting(1, 3).ticks] == [1, 2, 3]
    assert counting(0, 500).high == 500


def test_without_bounds_the_curve_is_the_empirical_distribution() -> None:
    curve = kaplan_meier([1.0, 2.0, 2.0, 4.0], [])
    assert curve == [(1.0, 0.25), (2.0, pytest.approx(0.75)), (4.0, 1.0)]
    assert quantile(curve, 0.5) == 2.0


def test_bounds_count_as_at_least_so_long() -> None:
    # 6 of 21 patients each at 6 and so on: Freireich et al. 1963, as in any textbook.
    done = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    bounds = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = dict(kaplan_meier(done, bounds))
    lasting = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {at: round(1 - share, 3) for at, share in curve.items()} == lasting


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_equals_that_of_scipy(seed: int) -> None:
    random = Random(seed)
    done = [round(random.expovariate(0.5), 1) for _ in range(40)]  # rounded, so that there are ties
    bounds = [round(random.expovariate(0.4), 1) for _ in range(random.randrange(30))]
    found = ecdf(CensoredData(uncensored=done, right=bounds)).cdf
    curve = kaplan_meier(done, bounds)
    assert [duration for duration, _ in curve] == sorted(set(done))
    assert [share for _, share in curve] == pytest.approx(
        found.evaluate([duration for duration, _ in curve])
    )


def test_a_share_that_is_never_reached_has_no_quantile() -> None:
    assert quantile(kaplan_meier([1.0], [2.0, 3.0]), 0.5) is None
    assert quantile(kaplan_meier([], [2.0]), 0.5) is None


def test_series_of_an_svg_panel_differ_in_more_than_colour() -> None:
    xs = tuple(map(float, range(300)))
    few = tuple(ChartSeries(f"few {n}", xs[:3], xs[:3]) for n in range(3))
    marks = set(re.findall(r'd="M[^"]*z" class="f-(\w+)"', svg_of(few)))
    assert marks == {"blue", "orange", "green"}
    many = tuple(ChartSeries(f"many {n}", xs, xs) for n in range(3))
    assert set(re.findall(r'<polyline[^>]*class="([^"]*)"', svg_of(many))) == {
        "line-blue",
        "line-orange dashes",
        "line-green dots",
    }


def test_an_svg_panel_has_its_reference_level_and_values_in_place() -> None:
    drawn = svg_of((ChartSeries("a", (0.0, 10.0), (0.0, 10.0)),), level=5.0, level_name="half")
    assert "half 5" in drawn
    found = re.search(r'<polyline points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"', drawn)
    level = re.search(r'<line x1="[\d.]+" y1="([\d.]+)"[^>]*class="dashed"', drawn)
    assert found is not None
    assert level is not None
    left, low, right, high = map(float, found.groups())
    assert (right > left, low > high) == (True, True)
    assert float(level[1]) == pytest.approx((low + high) / 2, abs=0.1)


def svg_of(
    series: tuple[ChartSeries, ...], *, level: float | None = None, level_name: str = ""
) -> str:
    panel = Panel("Title", "x", "y", series, level=level, level_name=level_name)
    most = max(max(each.xs) for each in series)
    return draw_panel(panel, linear(0.0, most), linear(0.0, most)).drawing.svg()
