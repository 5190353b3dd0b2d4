"""Expectations of studies: found, judged and reported as those of scenarios."""

from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.scenario.expectation import sentence
from clamshell_tui.testing.files import (
    is_surely_scenario,
    load_case,
    looks_like_scenario,
    scenario_files,
)
from clamshell_tui.testing.trial import attempt
from tests.study.files import StudyFiles

SHIPPED = Path(__file__).parents[2] / "scenarios" / "study" / "helped-or-alone.toml"


def test_a_study_that_expects_nothing_is_left_to_be_rehearsed(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    assert looks_like_scenario(SHIPPED)
    assert is_surely_scenario(SHIPPED)
    expects_nothing = text[: text.index("[[expect]]")]
    (tmp_path / "a.toml").write_text(f'{expects_nothing}[crowd]\npopulation = "mturk"\n')
    (tmp_path / "b.toml").write_text('[crowd]\npopulation = "mturk"\n')
    assert scenario_files(tmp_path) == [tmp_path / "b.toml"]


@pytest.fixture
def study(tmp_path: Path) -> StudyFiles:
    """A study of four people, with an expectation that fails and some that hold."""
    files = StudyFiles(tmp_path)
    expected = {
        "participants.arrived": "is = 4",
        "pay.least": "at_least = 5",
        "alone:labels.delivered": "is = 12",
        "helped:participants.completed": "above = 4",
        "pay.total": 'at_most = 1\ncompared_with = "payment.show_up=9"',
    }
    more = "".join(f'[[expect]]\nmetric = "{name}"\n{what}\n' for name, what in expected.items())
    files.toml.write_text(files.toml.read_text() + more)
    return files


def test_the_expectations_of_a_study_are_judged_as_those_of_a_scenario(
    study: StudyFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    junit = study.folder / "out.xml"
    command = [
        "test",
        str(study.folder),
        "--seeds",
        "2",
        "--jobs",
        "1",
        "--no-progress",
        "--junit",
        str(junit),
    ]
    assert main(command) == 1
    shown = capsys.readouterr().out
    assert "FAIL  s: 1 of 5 expectations failed, 2 seeds" in shown
    assert "expected helped:participants.completed above 4\n" in shown
    assert f"replay: clamshell test {study.toml} --seed 0\n" in shown
    assert 'tests="6" failures="1" errors="0"' in junit.read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "pay.least",
            "pay.lest",
            'expect 2: unknown metric "pay.lest" (did you mean "pay.least"?)',
        ),
        (
            "alone:",
            "",
            'expect 3: unknown metric "labels.delivered"; that of a run needs a conditi',
        ),
        (
            "alone:",
            "lone:",
            'expect 3: lone:labels.delivered: no condition "lone" (did you mean "al',
        ),
        ("alone:l", "alone:w(L09).l", "expect 3: unknown metric"),
        ("at_least = 5", 'at_least = "six"', "expect 2.at_least: "),
        ("at_least = 5", "", "expect 2: no comparison; write one of is"),
        ("payment.show_up=9", "payment.show=9", "compared_with: setting payment.show=9: unknown k"),
    ],
)
def test_a_mistake_in_an_expectation_of_a_study_is_named(
    study: StudyFiles, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    study.replace(old, new)
    assert main(["test", str(study.toml), "--no-progress"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("clamshell: error: s.toml")
    assert message in told


def test_the_study_that_ships_holds_what_it_expects() -> None:
    case = load_case(SHIPPED)
    result = attempt(case, 0)
    assert (result.broken, result.refused) == ("", "")
    for expectation, finding in zip(case.expectations, result.findings, strict=True):
        assert finding.holds, f"{sentence(expectation)}: got {finding.got}"


@pytest.mark.slow
def test_the_study_that_ships_holds_what_it_expects_of_twenty_seeds() -> None:
    assert main(["test", str(SHIPPED), "--no-progress"]) == 0
