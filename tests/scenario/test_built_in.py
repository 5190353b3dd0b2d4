"""The scenarios that are shipped: they load, run, and say truly what to try with them."""

import re
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.scenario.expectation import sentence
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.trial import attempt

FOLDER = Path(__file__).parents[2] / "scenarios"
PATHS = sorted(FOLDER.glob("*.toml"))
STORIES = {
    "quickstart",
    "stragglers",
    "slow-pool",
    "hybrid-learning",
    "spammers",
    "drop-outs",
    "plain",
    "budget",
    "target-accuracy",
    "learner-fails",
    "killed-worker",
    "reconnects",
    "late-answers",
    "poison",
    "full-pay",
    "prorated-pay",
    "returning-worker",
    "slow-recruiting",
    "stream",
    "rush-hours",
    "person",
    "operator",
    "killed-client",
    "killed-terminal",
    "coordinator-restart",
}
WITH_PEOPLE = [path for path in PATHS if load_scenario(path).step]
SIMULATED = [path for path in PATHS if path not in WITH_PEOPLE]

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


@pytest.mark.parametrize("path", SIMULATED, ids=[path.stem for path in SIMULATED])
def test_a_scenario_runs_to_its_end_and_holds_what_it_expects_of_every_seed(path: Path) -> None:
    case = load_case(path)
    assert case.variants[()].description
    assert len(case.expectations) >= 3
    result = attempt(case, 0)
    assert not result.broken
    for expectation, finding in zip(case.expectations, result.findings, strict=True):
        assert finding.holds or expectation.in_, f"{sentence(expectation)}: got {finding.got}"


@pytest.mark.parametrize("path", WITH_PEOPLE, ids=[path.stem for path in WITH_PEOPLE])
def test_without_its_people_a_scenario_runs_to_its_end_as_well(path: Path) -> None:
    result = attempt(load_case(path), 0)
    assert not result.broken


@pytest.mark.slow
def test_every_scenario_holds_what_it_expects_of_twenty_seeds(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = main(["test", *map(str, SIMULATED)])
    assert code == 0, capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_every_scenario_holds_what_it_expects_live(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["test", "--live", str(path)])
    assert code == 0, capfd.readouterr().out
