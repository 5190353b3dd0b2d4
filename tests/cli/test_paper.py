"""``clamshell paper`` end to end, with a few runs of a small table."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.experiments.paper import drawing
from clamshell_tui.experiments.paper.tables import TABLES

Command = Callable[..., Any]

QUICK = ("--set", "stop.labels=60", "--set", "requester.records=100", "--seeds", "2")
FILES = {"t-sm.csv", "t-sm-runs.csv", "t-sm.txt"}


def test_a_table_stands_beside_the_papers_figures_with_its_verdicts(clamshell: Command) -> None:
    done = clamshell("paper", "t-sm", *QUICK, "--jobs", "1")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("T-SM  Straggler mitigation")
    assert lines[3].split() == [
        *("population", "R", "task", "std", "paper", "batch", "latency", "paper", "cost", "paper")
    ]
    assert "5-10 x" in lines[4]
    assert any(line.startswith("cost: ") for line in lines)
    assert done.err.startswith("T-SM: 80 runs in ")


def test_the_files_do_not_depend_on_the_jobs(clamshell: Command) -> None:
    one = clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--out", "one")
    two = clamshell("paper", "T-SM", *QUICK, "--jobs", "2", "--out", "two")
    assert (one.code, two.code, one.out) == (0, 0, two.out)
    names = {path.name for path in Path("one").iterdir()}
    assert names >= FILES
    for name in names:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()
    rows = list(csv.DictReader(Path("one/t-sm.csv").read_text("utf-8").splitlines()))
    runs = list(csv.DictReader(Path("one/t-sm-runs.csv").read_text("utf-8").splitlines()))
    assert len(rows) == 4 * 5 * 3
    assert {row["seed"] for row in runs} == {"0", "1"}


@pytest.mark.skipif(not drawing.can_draw(), reason="needs matplotlib")
def test_figures_are_drawn_as_svg_and_png(clamshell: Command) -> None:
    clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--out", "out")
    assert "<svg" in Path("out/t-sm.svg").read_text("utf-8")
    assert Path("out/t-sm.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_tables_are_written_all_the_same(
    clamshell: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.experiments.paper.drawing.find_spec", lambda _: None)
    done = clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--out", "out")
    assert done.code == 0
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert "pip install 'clamshell-tui[report]'" in done.err


def test_existing_tables_are_replaced_on_demand_only(clamshell: Command) -> None:
    Path("out").mkdir()
    Path("out/t-sm.csv").write_text("mine")
    done = clamshell("paper", "T-SM", *QUICK, "--out", "out")
    assert (done.code, done.out) == (2, "")
    assert "out has t-sm.csv; replace it with --force" in done.err
    assert clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--out", "out", "--force").code == 0
    assert Path("out/t-sm.csv").read_text("utf-8") != "mine"


def test_an_unknown_table_is_told_with_what_there_is(clamshell: Command) -> None:
    done = clamshell("paper", "T-SN")
    assert done.code == 2
    assert 'no table "T-SN" (did you mean "T-SM"?). There are T-SM' in done.err


def test_the_list_has_a_line_for_each_table(clamshell: Command) -> None:
    done = clamshell("paper", "--list")
    assert [line.split()[0] for line in done.out.splitlines()] == list(TABLES)


def test_json_holds_every_figure(clamshell: Command) -> None:
    done = clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--json")
    (table,) = json.loads(done.out)
    assert (table["table"], table["seeds"]) == ("T-SM", 2)
    assert len(table["figures"]) == 4 * 5 * 3


def test_a_figure_can_be_drawn_in_the_terminal(clamshell: Command) -> None:
    done = clamshell("paper", "T-SM", *QUICK, "--jobs", "1", "--plot")
    assert "R, slots per task" in done.out
    assert "┌" in done.out


def test_full_and_seeds_are_not_both_said(clamshell: Command) -> None:
    done = clamshell("paper", "T-SM", "--full", "--seeds", "3")
    assert done.code == 2
    assert "leave out --seeds" in done.err


def test_the_scenario_of_a_table_can_be_shown_and_run(clamshell: Command) -> None:
    assert clamshell("scenarios", "t-sm").out.startswith("# Straggler mitigation")
    assert clamshell("run", "t-sm", "--set", "stop.labels=30", "--no-progress").code == 0
