"""The text of a table."""

from msgspec.structs import replace

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.table import (
    PaperColumn,
    PaperRow,
    PaperTable,
    Range,
    Runs,
    between,
    value,
)
from clamshell_tui.experiments.table_text import as_text, figure
from clamshell_tui.experiments.verdicts import TableOutcome, judged
from clamshell_tui.report.chart import ChartSeries, Panel
from clamshell_tui.report.chart_terminal import sketch

TABLE = PaperTable(
    id="T-X",
    title="Something against nothing",
    where="§0",
    groups={"calm": (), "wild": (), "other": ()},
    beside=("other",),
    arms={"off": (), "on": ()},
    rows=(PaperRow("first", "on", "off"), PaperRow("hidden", "off", "on", shown=False)),
    row_title="arm",
    columns=(
        PaperColumn("time", "t", ratio=True, paper={"first": between(2, 3, "x")}),
        PaperColumn("cost", "c", "$", paper={"first": between(0, 100)}),
        PaperColumn("times the count", "n", ratio=True, inverse=True, pooled=True),
    ),
    observe=lambda _: {},
    panels=lambda *_: [],
    seeds=(2, 3),
)


def runs(**off_over_on: float) -> Runs:
    """Runs of three seeds, by how many times longer each group takes without."""
    seen = {}
    for group, times in off_over_on.items():
        seen[group, "off"] = [{"t": times * t, "c": 1.0, "n": 4.0} for t in (10.0, 20.0, 30.0)]
        seen[group, "on"] = [{"t": t * s, "n": n} for t, s, n in _ON]
    return Runs(seen, 3)


_ON = ((10.0, 1.0, 0.0), (20.0, 1.01, 4.0), (30.0, 0.99, 2.0))


def told(
    found: Runs,
    table: PaperTable = TABLE,
    *,
    unicode: bool = True,
    width: int | None = None,
    made_by: str = "",
) -> list[str]:
    cells = tuple(judged(table, found))
    outcome = TableOutcome(table, found, cells, {"time": "it is wild."}, (), made_by)
    return as_text(outcome, unicode=unicode, width=width).splitlines()


def test_figures_stand_beside_the_papers_with_a_mark() -> None:
    lines = told(runs(calm=2.5, wild=9.0, other=9.0))
    assert lines[:2] == [
        "T-X  Something against nothing",
        "Paper: §0. Here: mean and 95 % interval of 3 seeds.",
    ]
    assert lines[3].split("  ")[0] == "population"
    assert "2.5 ± 0.062 x  2-3 x ✓" in lines[4]
    assert "9 ± 0.22 x  2-3 x ↑" in lines[5]
    assert "2-3 x" not in lines[6]
    assert not any("hidden" in line for line in lines)


def test_what_differs_is_told_with_the_scenarios_reason() -> None:
    lines = told(runs(calm=2.5, wild=9.0, other=9.0))
    assert lines[-1] == "In all: agrees in 1 of 2, 1 higher"
    assert lines[-2] == (
        "time: agrees in 1 of 2 rows. differs, higher than the paper's: wild first. "
        "Why: it is wild."
    )


def test_what_agrees_everywhere_needs_no_reason() -> None:
    lines = told(runs(calm=2.5, wild=2.6, other=9.0))
    assert lines[-2:] == ["time: agrees in all 2 rows", "In all: agrees in 2 of 2"]


def test_two_groups_made_of_the_same_runs_have_one_verdict() -> None:
    lines = told(runs(calm=2.5, wild=2.5, other=2.5))
    assert "as calm" in lines[5]
    assert lines[-2:] == ["time: agrees", "In all: agrees in 1 of 1"]


def test_a_fitted_figure_has_no_verdict() -> None:
    fitted = PaperColumn(
        "time", "t", ratio=True, paper={"first": Range(2, 3, "2.4 x", fitted=True)}
    )
    table = replace(TABLE, columns=(fitted,))
    lines = told(runs(calm=2.5, wild=9.0, other=9.0), table)
    assert "2.4 x fitted" in lines[4]
    assert lines[-2:] == [
        "time: fitted to the paper's figure, no verdict: calm first; wild first",
        "In all: no verdicts; 2 fitted",
    ]


def test_up_to_is_judged_by_the_largest_figure_alone() -> None:
    best = PaperColumn(
        "time", "t", ratio=True, paper={"first": Range(8, 12, "up to 10 x", best=True)}
    )
    lines = told(runs(calm=2.5, wild=9.0, other=9.5), replace(TABLE, columns=(best,)))
    assert ["up to 10 x ✓" in line for line in lines[4:6]] == [False, True]
    assert lines[-1] == "In all: agrees in 1 of 1"


def test_the_stamp_stands_below_the_table() -> None:
    stamp = "clamshell-tui 1: clamshell paper T-X"
    assert told(runs(calm=2.5, wild=9.0, other=9.0), made_by=stamp)[-1] == stamp


def test_in_a_narrow_terminal_the_columns_stand_below_each_other_with_their_rows() -> None:
    found = runs(calm=2.5, wild=9.0, other=9.0)
    wide, narrow = told(found), told(found, width=48)
    assert max(map(len, wide)) > 48 >= max(map(len, narrow))
    assert sum(line.startswith("population") for line in narrow) == 3
    assert sum(line.startswith("calm") for line in narrow) == 3
    words = " ".join(wide).split()
    assert set(words) == set(" ".join(narrow).split())


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    text = "\n".join(told(runs(calm=2.5, wild=9.0, other=9.0), unicode=False)[4:])
    assert text.isascii()
    assert "2.5 +- 0.062 x  2-3 x =" in text


def test_a_measure_that_most_runs_cannot_tell_has_no_figure() -> None:
    assert figure(value(runs(calm=2.5), "calm", TABLE.rows[0], TABLE.columns[1])) == "-"


def test_a_pooled_ratio_counts_runs_in_which_nothing_happened() -> None:
    found = value(runs(calm=2.5), "calm", TABLE.rows[0], TABLE.columns[2])
    assert found is not None
    assert found.mean == 0.5  # 0, 4 and 2 of 4, 4 and 4
    assert found.low < 0.5 < found.high


def test_a_single_value_and_a_certain_one_have_no_spread() -> None:
    assert figure(Interval(3.0, float("-inf"), float("inf")), "x") == "3 x"
    assert figure(Interval(1234.5, 1234.5, 1234.5)) == "1,234"


def test_series_differ_without_colour_in_the_terminal() -> None:
    lines = tuple(
        ChartSeries(name, (0.0, 1.0), (start, 2.0)) for name, start in (("a", 1.0), ("b", 0.0))
    )
    drawn = sketch(Panel("A title", "across", "up", lines), 60, unicode=False)
    assert drawn.isascii()
    assert all(text in drawn for text in ("A title", "across", "up", "o a", "x b"))
    bars = tuple(ChartSeries(name, (0.0, 1.0), (1.0, 2.0), kind="bars") for name in ("a", "b"))
    drawn = sketch(Panel("", "", "", bars, x_names={0.0: "left", 1.0: "right"}), 60)
    assert "left" in drawn.splitlines()[-1]
    assert "ooo" in drawn
    assert "xxx" in drawn


def test_the_best_and_the_worst_of_five_are_taken_among_each_five_seeds() -> None:
    ratios = [2.0, 9.0, 3.0, 4.0, 5.0, 6.0, 2.0, 7.0, 8.0, 1.0, 99.0]  # the last is left over
    seen = {
        ("calm", "off"): [{"t": 10.0 * ratio} for ratio in ratios],
        ("calm", "on"): [{"t": 10.0}] * len(ratios),
    }
    found = {
        pick: value(Runs(seen, 11), "calm", TABLE.rows[0], replace(TABLE.columns[0], of_five=pick))
        for pick in ("best", "worst")
    }
    assert {pick: each and each.mean for pick, each in found.items()} == {"best": 8.5, "worst": 1.5}
    few = {place: each[:4] for place, each in seen.items()}
    best = replace(TABLE.columns[0], of_five="best")
    assert value(Runs(few, 4), "calm", TABLE.rows[0], best) is None
