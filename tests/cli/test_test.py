"""``clamshell test``: four different, correct exits, and what is printed on the way."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import junitparser
import pytest

from clamshell_tui.cli.commands import COMMANDS

Command = Callable[..., Any]

LEARNING_OFF = "learning.enabled = false\n"
HOLDS = '[[expect]]\nmetric = "labels.delivered"\nis = 45\n'
FAILS = '[[expect]]\nmetric = "worker(W1).labels"\nat_most = 1\n'


@pytest.fixture
def scenario(tiny: Path) -> Callable[..., str]:
    """``scenario(HOLDS)``: the tiny scenario with these expectations, by its name."""
    text = tiny.read_text() + LEARNING_OFF

    def write(*expectations: str, name: str = "mine") -> str:
        tiny.with_name(f"{name}.toml").write_text(text + "".join(expectations))
        return f"{name}.toml"

    return write


def test_what_holds_is_a_line_and_exit_0(clamshell: Command, scenario: Callable[..., str]) -> None:
    done = clamshell("test", scenario(HOLDS), "--seeds", "3", "--jobs", "1")
    assert (done.code, done.out) == (0, "ok    mine: 1 expectation, 3 seeds\n")
    assert done.err.startswith("1 scenario passed in ")


def test_what_does_not_hold_is_exit_1_with_the_command_that_shows_why(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    done = clamshell("test", scenario(HOLDS, FAILS), "--seeds", "3", "--jobs", "1")
    assert done.code == 1
    assert done.out.startswith("FAIL  mine: 1 of 2 expectations failed, 3 seeds\n")
    assert "expected worker(W1).labels at most 1" in done.out
    assert done.err.startswith("1 of 1 scenario failed in ")
    replay = done.out.split("replay: clamshell ")[1].splitlines()[0].split()
    again = clamshell(*replay)
    assert again.code == 1
    assert "1 seed\n" in again.out
    assert "| W1 is " in again.out
    kept = tiny.with_name(replay[-1])
    assert f"kept in {kept.name}" in again.err
    assert clamshell("verify", kept.name).code == 0
    assert clamshell(*replay).code == 2  # the run that is there is not replaced ...
    assert clamshell(*replay, "--force").code == 1  # ... unless that is asked for


def test_reports_are_written_for_programs(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    reports = ("--junit", "out.xml", "--json", "out.json")
    files = (scenario(HOLDS, name="good"), scenario(FAILS, name="bad"))
    done = clamshell("test", *files, "--seeds", "2", "--jobs", "1", *reports)
    assert done.code == 1
    found = junitparser.JUnitXml.fromfile(str(tiny.with_name("out.xml")))
    assert (found.tests, found.failures) == (4, 1)
    told = json.loads(tiny.with_name("out.json").read_text())
    assert [each["passed"] for each in told["scenarios"]] == [True, False]
    assert set(told["scenarios"][0]["expectations"][0]["got"]) == {"0", "1"}


def test_the_others_run_beside_a_file_that_cannot_be_used(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    tiny.with_name("broken.toml").write_text("pool_sise = 3\n[[expect]]\n")
    good = scenario(HOLDS, name="good")
    args = ("test", "broken.toml", good, "--seeds", "2", "--jobs", "1", "--no-progress")
    reports = ("--junit", "out.xml", "--json", "out.json", "--annotations", "github")
    done = clamshell(*args, *reports)
    assert done.code == 2
    ok, annotation = done.out.splitlines()
    assert ok == "ok    good: 1 expectation, 2 seeds"
    assert annotation.startswith("::error file=broken.toml,line=1,title=unusable scenario::")
    first, last = done.err.splitlines()
    assert first.startswith("clamshell: error: broken.toml line 1:")
    assert last.startswith("1 of 2 scenarios cannot be used in ")
    found = junitparser.JUnitXml.fromfile(str(tiny.with_name("out.xml")))
    assert (found.tests, found.errors) == (3, 1)
    told = json.loads(tiny.with_name("out.json").read_text())
    assert [bool(each["error"]) for each in told["scenarios"]] == [True, False]
    assert clamshell(*args, "--fail-fast").out == ""


def test_fail_fast_leaves_out_the_rest(clamshell: Command, scenario: Callable[..., str]) -> None:
    files = (scenario(FAILS, name="bad"), scenario(HOLDS, name="good"))
    done = clamshell("test", *files, "--seeds", "1", "--jobs", "1", "--fail-fast")
    assert done.code == 1
    assert "good" not in done.out
    assert "1 of 1 scenario failed, 1 not tested in" in done.err


def test_merged_shards_are_the_report_of_one_run(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    files = [scenario(HOLDS, name=name) for name in ("a", "b")] + [scenario(FAILS, name="c")]
    args = ("test", *files, "--seeds", "1", "--jobs", "1")
    whole = clamshell(*args, "--json", "whole.json")
    parts = [f"{number}.json" for number in range(1, 5)]  # one more than there are scenarios
    codes = [
        clamshell(*args, "--shard", f"{number}/4", "--json", part).code
        for number, part in enumerate(parts, 1)
    ]
    assert codes == [0, 0, 1, 0]
    done = clamshell("test", "--merge", *parts, "--json", "merged.json", "--junit", "merged.xml")
    assert (done.code, done.out) == (1, whole.out)
    read = {name: tiny.with_name(f"{name}.json").read_bytes() for name in ("whole", "merged")}
    assert read["whole"] == read["merged"]
    assert junitparser.JUnitXml.fromfile(str(tiny.with_name("merged.xml"))).failures == 1


def test_a_tracked_metric_is_compared_with_an_earlier_report(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    track = '[[track]]\nmetric = "seconds"\nby = 0.5\n'
    args = ("test", scenario(HOLDS, track), "--seeds", "3", "--jobs", "1")
    assert clamshell(*args, "--json", "base.json").code == 0
    same = clamshell(*args, "--baseline", "base.json", "--json", "same.json")
    assert same.code == 0
    (told,) = json.loads(tiny.with_name("same.json").read_text())["scenarios"]
    assert told["tracked"][0]["baseline"]["worse"] == 0
    slow = (*args, "--baseline", "base.json", "--set", "pool.size=1", "--set", "pool.reserve=0")
    done = clamshell(*slow, "--json", "slow.json")
    assert done.code == 1
    assert "FAIL  mine: 1 tracked metric worse than the baseline, 3 seeds" in done.out
    merged = clamshell("test", "--merge", "slow.json", "--baseline", "base.json")
    assert (merged.code, merged.out) == (1, done.out)
    done = clamshell("test", scenario(HOLDS), "--seed=1", "--baseline", "base.json")
    assert done.code == 0
    assert "warning: no scenario has a [[track]]" in done.err
    assert clamshell(*args, "--baseline", "base.json", "--json", "base.json").code == 2


def test_a_directory_and_a_part_of_the_name_choose_scenarios(
    clamshell: Command, scenario: Callable[..., str], tiny: Path
) -> None:
    tiny.unlink()
    scenario(HOLDS, "[crowd.custom]\n", name="with-pay")
    scenario(HOLDS, "[crowd.custom]\n", name="without")
    done = clamshell("test", ".", "--seed", "1")
    assert (done.code, done.out.count("ok ")) == (0, 2)
    done = clamshell("test", ".", "-k", "pay", "--seed", "1")
    assert done.out == "ok    with-pay: 1 expectation, 1 seed\n"
    done = clamshell("test", ".", "-k", "nothing")
    assert done.code == 2
    assert 'no scenario has "nothing" in its name. There are with-pay, without' in done.err


def test_a_setting_may_be_changed_for_all(clamshell: Command, scenario: Callable[..., str]) -> None:
    done = clamshell("test", scenario(HOLDS), "--seed", "1", "--set", "stop.labels=40")
    assert done.code == 1
    assert "got 40" in done.out
    assert "--set stop.labels=40 --seed 1" in done.out


def test_a_scenario_that_expects_nothing_is_warned_about(
    clamshell: Command, scenario: Callable[..., str]
) -> None:
    done = clamshell("test", scenario(), "--seed", "1")
    assert done.code == 0
    assert done.out == "none  mine: nothing expected, 1 seed ran to the end\n"
    assert "warning: mine.toml expects nothing" in done.err


def test_all_metrics_are_listed(clamshell: Command) -> None:
    done = clamshell("test", "--metrics")
    assert done.code == 0
    words = {line.split()[0] for line in done.out.splitlines()}
    assert len(words) == len(done.out.splitlines()), "no metric has the name of another"
    assert "pay.least" in words
    assert words >= {"labels.accuracy", "evicted().first", "worker().state", "tasks.most_live"}


class Bad(NamedTuple):
    """Arguments, and the error that refuses them."""

    args: tuple[str, ...]
    code: int
    words: str


BAD = {
    "a mistyped metric": Bad(("typo.toml",), 2, "(close: labels.delivered"),
    "a seed and seeds": Bad(("good.toml", "--seed", "3", "--seeds", "4"), 2, "contradict"),
    "conformance in JUnit": Bad(
        ("good.toml", "--conformance", "--junit", "x.xml"), 2, "--conformance and --junit"
    ),
    "a part that is none": Bad(("good.toml", "--shard", "5/4"), 2, "for example, 1/4"),
    "a merge of a scenario": Bad(("--merge", "good.toml"), 2, "is no report"),
    "a merge into its part": Bad(("--merge", "x.json", "--json", "x.json"), 2, "is read by"),
    "a merge with seeds": Bad(("--merge", "x.json", "--seeds", "3"), 2, "--merge and --seeds"),
    "an empty device": Bad(("/dev/null",), 2, "/dev/null is no file"),
    "data that are missing": Bad(("data.toml", "--jobs", "1"), 2, "no such file: x.csv"),
    "data that are missing, in a process": Bad(
        ("data.toml", "--jobs", "2"), 2, "no such file: x.csv"
    ),
    "no such file": Bad(("missing.toml",), 2, "no such file: missing.toml"),
    "no path": Bad((), 2, "name a scenario"),
    "out of many seeds": Bad(("good.toml", "--out", "x.db"), 2, "--out keeps one run"),
    "out of many scenarios": Bad(
        ("good.toml", "good.toml", "--seed", "1", "--out", "x.db"), 2, "--out keeps one run"
    ),
    "no seeds": Bad(("good.toml", "--seeds", "0"), 2, "--seeds"),
    "a report in no place": Bad(("good.toml", "--junit", "no/out.xml"), 3, "no such directory"),
    "a report on a directory": Bad(("good.toml", "--json", "."), 3, "it is a directory"),
    "a run file in no place": Bad(
        ("good.toml", "--seed", "1", "--out", "no/x.db"), 3, "cannot write in no"
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_what_cannot_be_tested_is_told_in_one_line(
    clamshell: Command, scenario: Callable[..., str], tiny: Path, bad: Bad
) -> None:
    scenario(HOLDS, name="good")
    scenario(HOLDS.replace("delivered", "delivred"), name="typo")
    tiny.with_name("broken.toml").write_text("pool_sise = 3\n[[expect]]\n")
    tiny.with_name("data.toml").write_text(f'dataset = {{kind = "csv", path = "x.csv"}}\n{HOLDS}')
    done = clamshell("test", *bad.args)
    assert (done.code, done.out) == (bad.code, "")
    assert bad.words in done.err
    assert done.err.count("\n") == 1
    assert done.err.startswith("clamshell: error: ")


def test_the_installed_command_exits_with_the_verdict(
    scenario: Callable[..., str], tiny: Path
) -> None:
    """The real program in processes of its own, as a CI job runs it."""
    program = (
        sys.executable,
        "-c",
        "import sys; from clamshell_tui.cli import main; sys.exit(main())",
    )
    args = ("test", scenario(HOLDS, FAILS), "--seeds", "6", "--jobs", "2")
    done = subprocess.run([*program, *args], cwd=tiny.parent, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("FAIL  mine: 1 of 2 expectations failed, 6 seeds\n")
    assert "test" in COMMANDS
