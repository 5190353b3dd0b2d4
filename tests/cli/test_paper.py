"""``clamshell paper`` end to end, with a few short runs of a small table."""

import csv
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.experiments.catalog import TABLES
from clamshell_tui.report import chart_matplotlib as drawing

Command = Callable[..., Any]

SHORT = ("--set", "stop.labels=60", "--set", "requester.records=100")
QUICK = ("T-TERM", *SHORT, "--seeds", "2", "--jobs", "1")
FILES = {"t-term.csv", "t-term-runs.csv", "t-term.txt"}
FIGURES = 3 * 2 * 4 * 4  # populations, supplies, rows, columns


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib, which takes longer than all runs."""
    monkeypatch.setattr("clamshell_tui.report.chart_matplotlib.find_spec", lambda _: None)


def test_a_table_stands_beside_the_papers_figures_with_its_verdicts(clamshell: Command) -> None:
    done = clamshell("paper", *QUICK)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("T-TERM  Workers replaced")
    assert lines[3].split()[:8] == [
        *("population,", "replacements", "mitigation", "and", "estimate"),
        *("replaced", "(workers)", "paper"),
    ]
    assert "about 30" in lines[4]
    assert any(line.startswith("replaced: ") for line in lines)
    assert done.err.startswith("T-TERM: 48 runs in ")


@pytest.mark.usefixtures("undrawn")
def test_the_files_do_not_depend_on_the_jobs(clamshell: Command) -> None:
    one = clamshell("paper", *QUICK, "--out", "one")
    two = clamshell("paper", *QUICK, "--out", "two", "--jobs", "2")
    assert (one.code, two.code, one.out) == (0, 0, two.out)
    for name in FILES:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()
    rows = list(csv.DictReader(Path("one/t-term.csv").read_text("utf-8").splitlines()))
    runs = list(csv.DictReader(Path("one/t-term-runs.csv").read_text("utf-8").splitlines()))
    assert len(rows) == FIGURES
    assert {row["seed"] for row in runs} == {"0", "1"}


@pytest.mark.skipif(not drawing.can_draw(), reason="needs matplotlib")
def test_figures_are_drawn_as_svg_and_png(clamshell: Command) -> None:
    assert clamshell("paper", *QUICK, "--out", "out").code == 0
    assert "<svg" in Path("out/t-term.svg").read_text("utf-8")
    assert Path("out/t-term.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("undrawn")
def test_without_matplotlib_the_tables_are_written_all_the_same(clamshell: Command) -> None:
    done = clamshell("paper", *QUICK, "--out", "out")
    assert done.code == 0
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert "pip install 'clamshell-tui[report]'" in done.err


@pytest.mark.usefixtures("undrawn")
def test_existing_tables_are_replaced_on_demand_only(clamshell: Command) -> None:
    assert clamshell("paper", *QUICK, "--out", "out").code == 0
    former = {path: path.read_bytes() for path in Path("out").iterdir()}
    done = clamshell("paper", *QUICK, "--out", "out", "--first-seed", "7")
    assert (done.code, done.out) == (2, "")
    assert "out has t-term.csv; replace it with --force" in done.err
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == former
    assert clamshell("paper", *QUICK, "--out", "out", "--force", "--first-seed", "7").code == 0
    assert all(path.read_bytes() != content for path, content in former.items())


@pytest.mark.parametrize("name", ["t-term.csv", "t-term-runs.csv", "t-term.txt", "t-term.png"])
def test_files_that_are_no_tables_are_never_replaced(clamshell: Command, name: str) -> None:
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    done = clamshell("paper", *QUICK, "--out", "out", "--force")
    assert (done.code, done.out) == (2, "")
    assert f"{name} is not our T-TERM and is not replaced" in done.err
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {name: "mine"}


@pytest.mark.usefixtures("undrawn")
def test_a_table_can_begin_with_another_seed_and_every_file_is_stamped(clamshell: Command) -> None:
    from_0 = ("T-TERM", *SHORT, "--seeds", "3", "--jobs", "1", "--out", "all")
    from_1 = ("T-TERM", *SHORT, "--seeds", "2", "--first-seed", "1", "--jobs", "1", "--out", "some")
    assert (clamshell("paper", *from_0).code, clamshell("paper", *from_1).code) == (0, 0)
    runs = {
        folder: [
            tuple(row.values())[:-1]  # without the stamp
            for row in csv.DictReader(Path(folder, "t-term-runs.csv").read_text().splitlines())
            if row["seed"] != "0"
        ]
        for folder in ("all", "some")
    }
    assert runs["all"] == runs["some"] != []
    command = (
        "clamshell paper T-TERM --seeds 2 --first-seed 1 --set stop.labels=60 "
        "--set requester.records=100 (seeds 1 to 2)"
    )
    stamp = f"clamshell-tui {version('clamshell-tui')}: {command}; numpy {version('numpy')}, "
    for name in FILES:
        assert stamp in " ".join(Path("some", name).read_text("utf-8").split())


def test_an_unknown_table_is_told_with_what_there_is(clamshell: Command) -> None:
    done = clamshell("paper", "T-SN")
    assert done.code == 2
    assert 'no table "T-SN" (did you mean "T-SM"?). There are T-SM, T-ROUTE' in done.err


def test_a_setting_that_no_table_can_have_is_told_before_anything_runs(clamshell: Command) -> None:
    done = clamshell("paper", "T-SM", "--set", "pool.sise=3", "--out", "out")
    assert (done.code, done.out) == (2, "")
    assert 'unknown key "sise" in [pool]' in done.err
    assert not Path("out").exists()


def test_the_list_has_a_line_for_each_table(clamshell: Command) -> None:
    done = clamshell("paper", "--list")
    assert [line.split()[0] for line in done.out.splitlines()] == list(TABLES)


def test_several_tables_end_with_a_line_on_each(clamshell: Command) -> None:
    quick = (*SHORT, "--seeds", "1", "--jobs", "1")
    out = clamshell("paper", "T-COMB", "T-SM", *quick).out.splitlines()
    assert [line.split()[0] for line in out[-2:]] == ["T-COMB", "T-SM"]
    assert out[-2].split(maxsplit=1)[1] == "no verdicts"  # the best of five of one seed
    assert f"In all: {out[-1].split(maxsplit=1)[1]}" in out


def test_json_holds_every_figure(clamshell: Command) -> None:
    (table,) = json.loads(clamshell("paper", *QUICK, "--json").out)
    assert (table["table"], table["seeds"]) == ("T-TERM", 2)
    assert len(table["figures"]) == FIGURES


def test_a_figure_can_be_drawn_in_the_terminal(clamshell: Command) -> None:
    done = clamshell("paper", *QUICK, "--plot")
    assert "replaced (workers)" in done.out
    assert "└" in done.out


def test_full_and_seeds_are_not_both_said(clamshell: Command) -> None:
    done = clamshell("paper", "T-SM", "--full", "--seeds", "3")
    assert done.code == 2
    assert "leave out --seeds" in done.err


def test_the_scenario_of_a_table_can_be_shown_and_run(clamshell: Command) -> None:
    assert clamshell("scenarios", "t-sm").out.startswith("# Straggler mitigation")
    assert clamshell("run", "t-sm", "--set", "stop.labels=30", "--no-progress").code == 0
