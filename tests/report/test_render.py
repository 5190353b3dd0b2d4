"""Texts for people: nothing cut off, nothing dangerous, the right words."""

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console, RenderableType

from clamshell_tui.formats import (
    Numerals,
    coins,
    count,
    duration,
    exact_money,
    money,
    percent,
    price,
    wage,
)
from clamshell_tui.report.chart_terminal import sparkline
from clamshell_tui.report.compare import Comparison, compare
from clamshell_tui.report.render import render_comparison, render_summary
from clamshell_tui.run.fairness import FairnessMeasures
from clamshell_tui.run.summary import (
    BatchMeasures,
    CostMeasures,
    EvictionSummary,
    LabelMeasures,
    ModelMeasures,
    Summary,
    WarningNote,
    WorkerMeasures,
    WorkMeasures,
)

SUMMARY = Summary(
    meta={"scenario": "quickstart", "seed": "1", "finish_reason": "500 labels delivered"},
    seconds=761.0,
    labels=LabelMeasures(500, 500, 484, 0.968, 39.4, 250, 1, 0.91),
    model=ModelMeasures(
        9, 500, 0.881, False, 400, 0.11, tuple((n, 0.4 + n / 1000) for n in range(9))
    ),
    batches=BatchMeasures(
        34, 26.1, 44.7, 8.6, 74.3, 6.2, 7.9, 4.3, 5, 0.0, 0.2, tuple(map(float, range(40, 6, -1)))
    ),
    work=WorkMeasures(1_287, 137, 150, 131, 2, 3, 1, 1, 0, 4),
    workers=WorkerMeasures(
        46,
        38,
        6,
        2,
        4,
        tuple(EvictionSummary(f"W{n}", 61.0 * n, "latency", 11.25, 8.0, 0.93) for n in range(17)),
    ),
    cost=CostMeasures(
        21_430_000, 4_210_000, 410_000, 14_900_000, 1_900_000, 10_000, 2_100_000, 42_860.0
    ),
    fairness=FairnessMeasures(6.25, 3.1, 9.0, 0.125, 0.4, 3, 4.2),
    warnings=(WarningNote(310.0, "poison", "task 17 was set aside: 3 workers failed on it"),),
)
NOTHING = Summary(
    meta={},
    seconds=None,
    labels=LabelMeasures(0, 0, 0, None, None, 0, 0, None),
    model=ModelMeasures(0, 0, None, False, None, None, ()),
    batches=BatchMeasures(0, None, None, None, None, None, None, None, 0, None, None, ()),
    work=WorkMeasures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    workers=WorkerMeasures(0, 0, 0, 0, 0, ()),
    cost=CostMeasures(0, 0, 0, 0, 0, 0, 0, None),
    fairness=FairnessMeasures(None, None, None, None, None, None, None),
    warnings=(),
)


def printed(renderable: RenderableType, width: int = 80) -> str:
    """The output in a pipe of that width."""
    file = io.StringIO()
    Console(file=file, width=width).print(renderable)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize(
    "figure",
    [
        *("500 labels", "12 min 41 s", "96.8 %", "$21.43", "39.4 a minute", "$0.0428 a label"),
        *("$6.25", "$3.10 to $9.00", "12.5 %  40.0 % of all time was waiting", "evicted wrongly"),
        *("88.1 %", "26.1 s", "44.7 s", "1,287", "137 duplicates", "131 terminated"),
        *("$14.90", "$4.21", "$1.90", "$0.41", "$2.10", "0.91", "6 unqualified"),
        *("500 labels delivered", "and 13 more", "task 17 was set aside", "2 skipped"),
    ],
)
def test_no_figure_is_cut_off(figure: str, unicode: bool, width: int) -> None:
    text = printed(render_summary(SUMMARY, unicode=unicode), width)
    assert figure in text
    assert "\u2026" not in text
    assert max(map(len, text.splitlines())) <= width


def test_a_summary_fits_a_screenful() -> None:
    assert len(printed(render_summary(SUMMARY)).splitlines()) <= 46


def test_a_summary_without_unicode_is_pure_ascii() -> None:
    scenario = {"scenario": "caf\u00e9", "seed": "1"}
    text = printed(render_summary(msgspec.structs.replace(SUMMARY, meta=scenario), unicode=False))
    assert text.isascii()
    assert "caf\\xe9 - seed 1 ---" in text


def test_the_first_evictions_are_told_with_their_reason() -> None:
    lines = printed(render_summary(SUMMARY)).splitlines()
    assert " ".join(lines[[line[:8] for line in lines].index(" Evicted")].split()) == (
        "Evicted W0 0 s 11.2 s a label, limit 8.0 s a label"
    )


def test_a_run_of_nothing_can_still_be_shown() -> None:
    text = printed(render_summary(NOTHING))
    assert "no labels" in text
    assert "None" not in text
    assert "Evicted" not in text
    assert "Warnings" not in text


HOSTILE = "[bold][/]\x1b[2J\u202e[@click=app.quit]x"


def _poisoned(value: Any) -> Any:  # Any: a tree of plain JSON values
    """Every text in the tree replaced by a hostile one."""
    if isinstance(value, dict):
        return {key: _poisoned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_poisoned(inner) for inner in value]
    return HOSTILE if isinstance(value, str) else value


def test_text_from_data_is_neither_markup_nor_control_characters() -> None:
    poisoned = msgspec.convert(_poisoned(msgspec.to_builtins(SUMMARY)), Summary)
    text = printed(render_summary(poisoned), 120)
    assert "[bold][/]\ufffd[2J\ufffd[" in text
    assert not {"\x1b", "\u202e"} & set(text)
    text = printed(render_comparison(compare(poisoned, SUMMARY), HOSTILE, HOSTILE), 120)
    assert "[@click=app.quit]x" in text
    assert not {"\x1b", "\u202e"} & set(text)


def _slower(summary: Summary) -> Summary:
    replace = msgspec.structs.replace
    return replace(
        summary,
        batches=replace(summary.batches, mean=99.18, deviation=86.0, decision_mean=3.0),
        labels=replace(summary.labels, accuracy=0.942, per_minute=10.0),
        cost=replace(summary.cost, total=14_000_000),
        workers=replace(summary.workers, evicted=()),
        model=replace(summary.model, accuracy=None),
    )


def _by_name(rows: list[Comparison]) -> dict[str, Comparison]:
    return {row.name: row for row in rows}


@pytest.mark.parametrize(
    ("name", "words", "better"),
    [
        ("mean batch latency", "3.8x shorter", True),
        ("std of batch latency", "10.0x steadier", True),
        ("labels per minute", "3.9x higher", True),
        ("cost", "1.53x dearer", False),
        ("label accuracy", "2.6 points higher", True),
        ("model accuracy", "", None),
        ("evictions", "17 more", None),
        ("decision latency", "3.0 s shorter", True),
        ("p95 batch latency", "the same", None),
    ],
)
def test_a_comparison_says_what_the_first_run_is(
    name: str, words: str, better: bool | None
) -> None:
    row = _by_name(compare(SUMMARY, _slower(SUMMARY)))[name]
    assert (row.words, row.better) == (words, better)


def test_a_comparison_turned_round_says_the_opposite() -> None:
    row = _by_name(compare(_slower(SUMMARY), SUMMARY))["mean batch latency"]
    assert (row.words, row.better) == ("3.8x longer", False)
    assert row.ratio == pytest.approx(3.8)


def test_a_small_difference_is_not_made_much_of() -> None:
    a = msgspec.structs.replace(SUMMARY, seconds=760.0)
    assert _by_name(compare(a, SUMMARY))["time to the labels"].words == "about the same"


@pytest.mark.parametrize("unicode", [True, False])
def test_a_comparison_shows_both_runs_and_the_ratio(unicode: bool) -> None:
    rows = compare(SUMMARY, _slower(SUMMARY))
    changed = "straggler_mitigation.enabled=false"
    text = printed(render_comparison(rows, "as asked", changed, unicode=unicode))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "mean batch latency 26.1 s 1 min 39 s 3.8x shorter" in lines
    assert "cost $21.430 $14.000 1.53x dearer" in lines
    assert f"B {changed}" in lines
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.0, "0 s"),
        (0.085, "85 ms"),
        (0.0996, "0.1 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (761.0, "12 min 41 s"),
        (3599.7, "1 h 00 min"),
        (3840.0, "1 h 04 min"),
        (183_600.0, "2 d 03 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        *((None, "-"), (0, "$0.000"), (42_860, "$0.042"), (123_000, "$0.123"), (999, "$0.000")),
        *((1_204_500_000, "$1,204.500"), (99_999, "$0.099"), (999_999_999, "$999.999")),
        *((-1_500_000, "-$1.500"), (-999, "$0.000"), (1_500_999.9, "$1.500")),
    ],
)
def test_an_amount_has_three_decimals_and_is_never_rounded_up(
    micros: float | None, text: str
) -> None:
    assert money(micros) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        *((None, "-"), (0, "$0.00"), (20_000, "$0.02"), (12_500, "$0.0125"), (100_000, "$0.10")),
        *((42_857.1, "$0.0428"), (50_000_000, "$50.00"), (30_099, "$0.03"), (123_000, "$0.123")),
    ],
)
def test_a_price_has_the_decimals_that_it_needs(micros: float | None, text: str) -> None:
    assert price(micros) == text


def test_a_proof_shows_every_digit_and_a_currency_without_a_sign_stands_in_front() -> None:
    assert exact_money(1_234_567) == "$1.234567"
    assert (money(3_000_000, "EUR"), money(3_000_000, "CHF")) == ("\u20ac3.000", "CHF 3.000")
    assert (wage(None), wage(9.126), wage(9.0, "CHF")) == ("-", "$9.13", "CHF 9.00")


def test_a_summary_names_all_amounts_in_its_currency() -> None:
    text = printed(render_summary(msgspec.structs.replace(SUMMARY, meta={"currency": "CHF"})), 120)
    assert "$" not in text
    assert "CHF 6.25" in text, "the hourly wage"


@pytest.mark.parametrize(
    ("micros", "currency", "paid", "one"),
    [
        (5_000_000, "EUR", "\u20ac5.00", "\u20ac5.00"),
        (2_509_999, "EUR", "\u20ac2.50", "\u20ac2.5099"),
        (12_500, "USD", "$0.01", "$0.0125"),
        (1_200_900_000, "JPY", "JPY 1,200", "JPY 1,200.9"),
        (50_000_000, "JPY", "JPY 50", "JPY 50"),
    ],
)
def test_people_are_paid_in_coins_and_a_price_has_parts_of_one(
    micros: int, currency: str, paid: str, one: str
) -> None:
    assert (coins(micros, currency), price(micros, currency)) == (paid, one)


@pytest.mark.parametrize(
    ("currency", "german", "french"),
    [
        ("EUR", "1.204,50 \u20ac", "\u20ac 1\u202f204,50"),
        ("CHF", "1.204,50 CHF", "CHF 1\u202f204,50"),
    ],
)
def test_an_amount_is_written_as_its_reader_writes_it(
    currency: str, german: str, french: str
) -> None:
    written = [
        coins(1_204_500_000, currency, Numerals(*numerals))
        for numerals in ((".", ",", "{number} {sign}"), ("\u202f", ",", "{sign} {number}"))
    ]
    assert written == [german, french]
    assert price(42_900, "EUR", Numerals(".", ",", "{number} {sign}")) == "0,0429 \u20ac"
    assert money(-42_900, "EUR", Numerals(".", ",", "{number} {sign}")) == "-0,042 \u20ac"


def test_counts_and_shares_read_as_words() -> None:
    assert [count(n, "label") for n in (0, 1, 1_200)] == ["no labels", "1 label", "1,200 labels"]
    assert (percent(0.9684), percent(None)) == ("96.8 %", "-")


@pytest.mark.parametrize(
    ("values", "width", "bars"),
    [
        ([], 8, ""),
        ([0.0, 7.0], 8, "▁█"),
        ([5.0, 5.0, 5.0], 8, "▄▄▄"),
        (list(range(8)), 8, "▁▂▃▄▅▆▇█"),
        ([0.0, 0.0, 4.0, 4.0, 7.0, 7.0], 3, "▁▅█"),
    ],
)
def test_a_sparkline_reaches_from_smallest_to_largest(
    values: list[float], width: int, bars: str
) -> None:
    assert sparkline(values, width) == bars


def test_a_sparkline_keeps_to_ascii_where_it_must() -> None:
    assert sparkline([0.0, 7.0], 2, unicode=False) == "_@"
