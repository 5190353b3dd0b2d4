"""No line is wider or narrower than its widget: any text, any number, any size."""

from operator import itemgetter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.gantt_rows import Bar, Kind, TimeMark, Window
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
from clamshell_tui.operator_app.widgets.plot import Figure, Guide, Plot, Series
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.table_layout import (
    Align,
    Column,
    RowPainter,
    SortOrder,
    TableSection,
    fit,
    fit_spans,
    ordered,
    place,
)
from tests.operator_app.widgets.bar_index import BarIndex
from tests.operator_app.widgets.stage import PALETTE, assert_exact

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("\u732b\U0001f408\u200d\ufe0f\u0301\x1b[]\u202e\u2764\U0001f1e9"),
    ),
    max_size=30,
)
NUMBERS = st.one_of(
    st.floats(-1e6, 1e6),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 1.7e308, -1.7e308, 5e-324, 0.0]),
)
SIZES = st.one_of(
    st.tuples(st.integers(1, 300), st.integers(1, 100)),
    st.tuples(st.integers(1, 30), st.integers(1, 12)),
)
GLYPHS = st.sampled_from([UNICODE, ASCII])
quick = settings(max_examples=30, deadline=None)


def check(widget: LineWidget, size: tuple[int, int]) -> None:
    assert_exact(widget.draw(*size, PALETTE), *size)


@quick
@given(TEXTS, st.integers(0, 60), st.sampled_from(["left", "right", "center"]))
def test_a_text_is_fitted_exactly(text: str, width: int, align: Align) -> None:
    assert cell_len(fit(text, width, align)) == width


@quick
@given(st.lists(st.tuples(TEXTS, st.just("text"))), st.integers(1, 60))
def test_spans_are_fitted_exactly(spans: list[tuple[str, str]], width: int) -> None:
    assert sum(cell_len(text) for text, _ in fit_spans(spans, width)) == width


@quick
@given(
    st.lists(
        st.tuples(TEXTS, st.integers(1, 40), st.integers(0, 9), st.integers(0, 3)), max_size=8
    ),
    st.lists(TEXTS, min_size=8, max_size=8),
    st.integers(1, 300),
    GLYPHS,
    st.booleans(),
)
def test_lines_of_a_table(
    columns: list[tuple[str, int, int, int]],
    row: list[str],
    width: int,
    glyphs: Glyphs,
    descending: bool,
) -> None:
    made = [
        Column[list[str]](
            str(n), title, itemgetter(n), cells, min(least, cells), flex, priority=n % 3
        )
        for n, (title, cells, least, flex) in enumerate(columns)
    ]
    painter = RowPainter(place(made, width), width, None, PALETTE, glyphs)
    order = SortOrder(made[-1], descending) if made else SortOrder[list[str]]()
    assert_exact([painter.header(order), painter.strip(painter.cells(row), "sky/30")], width, 2)


POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12).map(tuple)
SERIES = st.builds(
    Series, TEXTS, POINTS, st.sampled_from(["line", "step", "points"]), area=st.booleans()
)
FIGURES = st.builds(
    Figure,
    st.lists(SERIES, max_size=4).map(tuple),
    st.lists(st.builds(Guide, NUMBERS, TEXTS, st.sampled_from(["x", "y"])), max_size=3).map(tuple),
    TEXTS,
    TEXTS,
    log_x=st.booleans(),
    log_y=st.booleans(),
)


@quick
@given(FIGURES, SIZES, GLYPHS)
def test_a_plot(figure: Figure, size: tuple[int, int], glyphs: Glyphs) -> None:
    plot = Plot(empty="nothing yet", glyphs=glyphs)
    plot.update(figure)
    check(plot, size)


BARS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.floats(0, 20),
        st.one_of(st.none(), st.floats(0, 30)),
        st.sampled_from(Kind),
        st.booleans(),
        TEXTS,
    ),
    max_size=40,
)


@quick
@given(
    BARS,
    st.lists(TEXTS, min_size=6, max_size=6),
    st.integers(-50, 50),
    st.sampled_from([0.01, 0.5, 3, 70, 5000]),
    SIZES,
    GLYPHS,
)
def test_a_timeline(
    bars: list[tuple[int, float, float | None, Kind, bool, str]],
    labels: list[str],
    first: int,
    step: float,
    size: tuple[int, int],
    glyphs: Glyphs,
) -> None:
    index = BarIndex()
    for n, label in enumerate(labels):
        index.row(str(n), label)
    time = [0.0] * 6
    for n, (row, gap, lasts, kind, duplicate, label) in enumerate(bars):
        start = time[row] + gap
        time[row] = start + (lasts or 0.0)
        end = None if lasts is None else time[row]
        index.put(str(row), Bar(str(n), start, end, kind, duplicate, label[:1], label))
        index.mark(TimeMark(float(n), label))
    gantt = Gantt(glyphs=glyphs)
    gantt.update(index, 60.0)
    gantt.show_window(Window(first, step))
    for slot in index.rows():
        for bar in index.bars(slot.key, 0, 1000)[:1]:
            gantt.select(slot.key, bar)
    check(gantt, size)


@quick
@given(st.lists(NUMBERS, max_size=40), SIZES, GLYPHS)
def test_small_bars(values: list[float], size: tuple[int, int], glyphs: Glyphs) -> None:
    width, height = size
    assert [len(line) for line in bars(values, width, height, glyphs)] == [width] * height


@quick
@given(
    st.lists(st.builds(MeterPart, TEXTS, st.floats(0, 1e6)), max_size=6),
    SIZES,
    GLYPHS,
)
def test_a_meter(parts: list[MeterPart], size: tuple[int, int], glyphs: Glyphs) -> None:
    meter = Meter(glyphs=glyphs)
    meter.update(parts)
    check(meter, size)


@quick
@given(
    st.lists(
        st.builds(Fact, TEXTS, TEXTS, note=TEXTS, curve=st.lists(NUMBERS).map(tuple)), max_size=20
    ),
    SIZES,
    GLYPHS,
)
def test_facts(facts: list[Fact], size: tuple[int, int], glyphs: Glyphs) -> None:
    widget = Facts(glyphs=glyphs)
    widget.update(facts)
    check(widget, size)


@quick
@given(
    st.lists(st.builds(BarItem, TEXTS, NUMBERS, TEXTS), max_size=20),
    st.one_of(st.none(), st.just(5.0)),
    SIZES,
    GLYPHS,
)
def test_a_list_of_bars(
    items: list[BarItem], most: float | None, size: tuple[int, int], glyphs: Glyphs
) -> None:
    chart = BarList(most=most, glyphs=glyphs)
    chart.update(items)
    check(chart, size)


@quick
@given(st.lists(TEXTS, max_size=12), st.randoms(use_true_random=False), SIZES, GLYPHS)
def test_a_confusion_matrix(
    classes: list[str], rng: Random, size: tuple[int, int], glyphs: Glyphs
) -> None:
    matrix = ConfusionMatrix(glyphs=glyphs)
    matrix.update(classes, [[rng.randrange(2000) for _ in classes] for _ in classes])
    check(matrix, size)


@quick
@given(
    st.lists(st.one_of(st.integers(0, 9), st.builds(TableSection, TEXTS)), max_size=30),
    st.booleans(),
)
def test_sorting_keeps_every_row_in_its_section(
    lines: list[int | TableSection], descending: bool
) -> None:
    column = Column[int]("n", "n", str, 3, sort=lambda row: row or None, descending=descending)
    result = ordered(lines, SortOrder(column, descending))
    assert [line for line in result if isinstance(line, TableSection)] == [
        line for line in lines if isinstance(line, TableSection)
    ]
    for before, after in zip(_blocks(lines), _blocks(result), strict=True):
        known = [row for row in after if row]
        assert known == sorted((row for row in before if row), reverse=descending)
        assert after[len(known) :] == [0] * before.count(0)


def _blocks(lines: list[int | TableSection]) -> list[list[int]]:
    blocks: list[list[int]] = [[]]
    for line in lines:
        if isinstance(line, TableSection):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return blocks
