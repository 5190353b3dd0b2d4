"""``trace``, ``rerun`` and ``advise`` end to end, on a kept tiny run."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli import output
from clamshell_tui.experiments.baseline import UNSEEN_TAILS

Command = Callable[..., Any]
OFF = "straggler_mitigation.enabled=false"


@pytest.fixture
def kept(clamshell: Command) -> str:
    """``run.db`` in the current directory."""
    assert clamshell("run", "tiny.toml", "--out", "run.db", "--no-progress").code == 0
    return "run.db"


def test_trace_writes_a_population_that_a_scenario_can_name(clamshell: Command, kept: str) -> None:
    done = clamshell("trace", kept, "-o", "workers.csv")
    assert (done.code, done.out) == (0, "")
    assert "s per label: workers.csv" in done.err
    with Path("workers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 4
    assert all(0.5 < float(row["mean"]) < 4 for row in rows)
    settings = ["--set", "crowd.population=trace", "--set", "crowd.trace=workers.csv"]
    assert clamshell("run", "tiny.toml", *settings, "--no-progress").code == 0
    assert clamshell("trace", kept).out == Path("workers.csv").read_text()


def test_trace_replaces_nothing_unless_that_is_asked_for(clamshell: Command, kept: str) -> None:
    there = Path("workers.csv")
    former = clamshell("trace", kept).out.replace("W1,", "another,")
    there.write_text(former)
    done = clamshell("trace", kept, "-o", "workers.csv")
    assert (done.code, there.read_text()) == (2, former)
    assert "workers.csv exists; replace it with --force" in done.err
    assert clamshell("trace", kept, "-o", "workers.csv", "--force").code == 0
    assert there.read_text() == clamshell("trace", kept).out


def test_rerun_prints_recorded_and_simulated_side_by_side(clamshell: Command, kept: str) -> None:
    done = clamshell("rerun", kept, "--set", OFF, "--seeds", "4")
    assert done.code == 0
    assert f"changed: {OFF}" in done.out
    assert "mean batch latency, min" in done.out
    assert "it was seen how long they would have taken" in done.out
    rows = json.loads(clamshell("rerun", kept, "--set", OFF, "--seeds", "4", "--json").out)
    by_name = {row["name"]: row for row in rows}
    assert by_name["duplicates"]["changed"] == [0, 0, 0]
    assert by_name["cost"]["recorded"] > 0


def test_advise_tries_settings_on_a_run_and_keeps_all_points(clamshell: Command, kept: str) -> None:
    vary = ["--vary", "pool.size=2,4", "--vary", "duplicates=off,1"]
    done = clamshell("advise", kept, *vary, "--seeds", "2", "--out", "points.csv")
    assert done.code == 0
    assert "5 settings, 2 seeds each, 45 labels" in done.out  # with the one as it is
    assert "best" in done.out
    with Path("points.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["pool.size"] for row in rows] == ["4", "2", "2", "4", "4"]
    assert sum(row["kind"] == "best" for row in rows) == 1


def test_advise_takes_a_scenario_that_nobody_has_run(clamshell: Command) -> None:
    vary = ["--vary", "pool.size=2,4"]
    done = clamshell("advise", "tiny.toml", *vary, "--seeds", "2", "--json")
    found = json.loads(done.out)
    assert len(found["points"]) == 2
    assert found["labels"] == 45


def test_advice_ends_with_a_line_that_can_be_pasted(clamshell: Command, kept: str) -> None:
    words = ["advise", kept, "--vary", "pool.size=2", "--beta", "0", "--seeds", "2"]
    lines = clamshell(*words, "--set", "tasks.lease=900").out.splitlines()
    (line,) = (line for line in lines if line.startswith("clamshell "))
    assert line == "clamshell rerun run.db --set tasks.lease=900 --set pool.size=2"
    assert clamshell(*line.split()[1:], "--seeds", "2").code == 0
    lines = clamshell("advise", "tiny.toml", *words[2:]).out.splitlines()
    assert "clamshell run tiny.toml --set pool.size=2" in lines
    assert any("Try --vary pool.size=1,2" in line for line in lines)


@pytest.mark.parametrize(
    "words", [("advise", "--vary", "duplicates=off"), ("rerun", "--set", OFF)], ids=str
)
def test_no_word_of_a_remark_is_broken_by_a_narrow_terminal(
    clamshell: Command, kept: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: 80)
    told = clamshell(words[0], kept, *words[1:], "--seeds", "2").out
    assert UNSEEN_TAILS in " ".join(told.splitlines())
    remark = told[told.index("Mitigation ended") :].splitlines()
    assert max(map(len, remark)) <= 80


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("trace", "gone.db"), "no such file"),
        (("trace", "tiny.toml"), "is not a CLAMShell run"),
        (("rerun", "run.db", "--set", "pool.sise=3"), "did you mean"),
        (("rerun", "run.db", "--set", "learning.selector=passive"), "needs the records"),
        (("advise", "run.db", "--vary", "pool.size"), "varies nothing"),
        (("advise", "run.db", "--vary", "pool.sise=3"), "pool.sise"),
        (("advise", "run.db", "--vary", "batches=weekly"), "Write continuous, or a number"),
        (("advise", "run.db", "--vary", "batches=0"), "batches=0 cannot be tried"),
        (("advise", "run.db", "--vary", "duplicates=many"), "Write off, a number from 1, or unli"),
        (("advise", "run.db", "--vary", "duplicates=0"), "duplicates=0 cannot be tried"),
        (("advise", "gone.toml"), "no such file"),
    ],
)
def test_what_the_user_gets_wrong_is_told_in_one_line(
    clamshell: Command, kept: str, args: tuple[str, ...], complaint: str
) -> None:
    done = clamshell(*args)
    assert done.code == 2
    assert complaint in done.err
    assert len(done.err.splitlines()) == 1


def test_a_place_that_cannot_be_written_is_the_machines_fault(
    clamshell: Command, kept: str
) -> None:
    done = clamshell("trace", kept, "-o", "no/such/folder.csv")
    assert done.code == 3
    assert "cannot write" in done.err


@pytest.mark.parametrize("words", [("trace",), ("advise", "--vary", "pool.size=2")])
def test_a_file_that_is_there_is_replaced_only_on_request(
    clamshell: Command, kept: str, words: tuple[str, ...]
) -> None:
    Path("mine.csv").write_text("precious")
    done = clamshell(*words, kept, "--out", "mine.csv")
    assert done.code == 2
    assert "mine.csv exists; replace it with --force" in done.err
    assert Path("mine.csv").read_text() == "precious"
