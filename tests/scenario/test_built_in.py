"""The scenarios that are shipped: they load, run, and say truly what to try with them."""

import re
from pathlib import Path

import pytest

from clamshell_tui.report import Summary
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.runner import run_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
PATHS = sorted(FOLDER.glob("*.toml"))
STORIES = {"quickstart", "stragglers", "slow-pool", "hybrid-learning", "spammers", "drop-outs"}

_EXAMPLE = re.compile(r"^#     clamshell run (\S+)((?: --compare \S+)+)", re.MULTILINE)


def test_the_promised_stories_are_there() -> None:
    assert {path.stem for path in PATHS} >= STORIES


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_scenario_begins_with_a_title_and_what_to_watch(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert re.fullmatch(r"# \S.*\.", lines[0])
    assert lines[1] == "#"
    comment = " ".join(lines[: lines.index("")])
    assert re.search(r"\bWatch\b", comment)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_every_comparison_that_a_scenario_suggests_can_be_made(path: Path) -> None:
    examples = _EXAMPLE.findall(path.read_text("utf-8"))
    assert len(examples) >= 2
    for name, options in examples:
        assert name == path.stem
        changes = options.split(" --compare ")[1:]
        assert load_scenario(path, changes) != load_scenario(path)


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_scenario_runs_to_its_end(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.description
    summary = run_scenario(scenario, path.parent).summary
    if scenario.stop.labels is not None:
        assert summary.meta["finish_reason"] == "budget of labels reached"
        assert summary.labels.delivered == scenario.stop.labels
    else:
        assert summary.meta["finish_reason"].startswith("all ")
    assert summary.labels.accuracy is not None
    assert summary.labels.accuracy > 0.8


def test_the_stories_show_what_they_are_about() -> None:
    def told(name: str) -> Summary:
        path = FOLDER / f"{name}.toml"
        return run_scenario(load_scenario(path), FOLDER).summary

    assert len(told("slow-pool").workers.evicted) >= 5
    assert {each.reason for each in told("spammers").workers.evicted} == {"quality"}
    assert told("sleepers").labels.set_aside_tasks > 0
    assert told("sleepers").work.expired > 0
    assert told("stream").batches.count > 20
    assert told("drop-outs").workers.left > 5
