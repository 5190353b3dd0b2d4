"""Many scenarios at many seeds: the same verdicts in one process or in several."""

import json
from collections.abc import Sequence

import junitparser
import pytest
from msgspec.structs import replace

from clamshell_tui.errors import ScenarioError
from clamshell_tui.testing.case import Case, SeedResult
from clamshell_tui.testing.files import load_case, looks_like_scenario, scenario_files
from clamshell_tui.testing.report_text import explanation, headline
from clamshell_tui.testing.reports import as_json, junit
from clamshell_tui.testing.trial import tried as tried_in
from clamshell_tui.testing.verdict import TrialVerdict, judge
from tests.testing.conftest import Try, Write

HOLDS = 'metric = "labels.delivered"\nis = 45'
FAILS = 'metric = "worker(W1).labels"\nat_most = 1\nbecause = "W1 & <others> share"'


def verdicts(cases: Sequence[Case], seeds: Sequence[int], jobs: int) -> list[TrialVerdict]:
    results: list[list[SeedResult]] = [[] for _ in cases]
    for number, some in tried_in(cases, seeds, jobs):
        results[number] += some
    return [judge(case, found) for case, found in zip(cases, results, strict=True)]


@pytest.mark.slow
def test_the_verdicts_do_not_depend_on_the_number_of_processes(write: Write) -> None:
    good = load_case(write(HOLDS, name="good"))
    bad = load_case(write(HOLDS, FAILS, name="bad"))
    alone = verdicts([good, bad], range(7), jobs=1)
    together = verdicts([good, bad], range(7), jobs=2)
    assert as_json(alone) == as_json(together)
    assert [each.passed for each in alone] == [True, False]


def test_junit_is_read_back_by_a_parser_of_it(write: Write) -> None:
    cases = [load_case(write(HOLDS, name="good")), load_case(write(FAILS, name="bad"))]
    text = junit(verdicts(cases, range(2), jobs=1), seconds=1.5)
    found = junitparser.JUnitXml.fromstring(text.encode())
    assert (found.tests, found.failures, found.errors, found.time) == (2, 1, 0, 1.5)
    (suite,) = list(found)
    good, bad = list(suite)
    assert (good.name, good.is_passed) == ("good", True)
    assert min(good.time, bad.time) > 0.0
    assert bad.classname.endswith("bad.toml")
    (failure,) = bad.result
    assert isinstance(failure, junitparser.Failure)
    assert failure.message == "bad: 1 of 1 expectation failed, 2 seeds"
    assert "because W1 & <others> share" in failure.text
    assert "replay: clamshell test " in failure.text


def test_a_run_that_dies_is_an_error_and_the_others_are_judged(write: Write) -> None:
    case = load_case(write(HOLDS))
    died = SeedResult(1, broken="AssertionError: worker W1 is lost\nits story\x1b[31m")
    verdict = judge(case, [*[r for _, some in tried_in([case], [0], 1) for r in some], died])
    assert not verdict.passed
    assert headline(verdict) == "FAIL  tiny: 1 of 2 seeds died"
    assert "the run died at seed 1: AssertionError: worker W1 is lost" in explanation(verdict)
    assert "\x1b" not in explanation(verdict)
    found = junitparser.JUnitXml.fromstring(junit([verdict], 0.0).encode())
    assert (found.errors, found.failures) == (1, 0)
    assert json.loads(as_json([verdict]))["scenarios"][0]["died"][0]["seed"] == 1


def test_a_failure_tells_what_was_expected_and_found_and_how_to_see_it(tried: Try) -> None:
    compared = 'metric = "seconds"\ncompared_with = "pool.size=5"\nat_most = 0.1'
    verdict = tried(compared, FAILS, seeds=5)
    text = explanation(verdict)
    assert "expected seconds at most 0.1 times the same with pool.size=5" in text
    assert "held in 0 of 5 seeds, must in 5" in text
    assert " against " in text
    assert "... and 2 more seeds" in text
    overridden = replace(verdict, case=replace(verdict.case, overrides=("stop.labels=45",)))
    assert overridden.replay(3) == (
        f"clamshell test {verdict.case.source} --set stop.labels=45 --seed 3 --out tiny-3.db"
    )


def test_only_toml_with_a_table_of_scenarios_is_one(write: Write) -> None:
    scenario = write(HOLDS)
    folder = scenario.parent
    others = {
        "pyproject.toml": "[[expect]]\n[crowd]\n",
        "other.toml": "[tool.crowd]\nexpect = 1\n",
        "notes.txt": "[crowd]\n",
        "mise.toml": "[tasks.build]\nrun = 'make'\n",
        "training.toml": "dataset = 'a.csv'\n[learning]\nrate = 0.1\n[optimizer]\n[model]\n",
        "number.toml": "dataset = 5\n",
        "torn.toml": "[dataset]\nkind = \n[stop]\n",
    }
    for name, text in others.items():
        (folder / name).write_text(text)
    (folder / "plain.toml").write_text('crowd.population = "live"\n')
    (folder / "data.toml").write_text('dataset = {kind = "digits"}\n')
    (folder / "stop.toml").write_text('seed = 1\n[dataset]\nkind = "digits"\n[stop]\n[poool]\n')
    (folder / "worker.toml").write_text("[[crowd.worker]]\ncount = 2\n")
    found = scenario_files(folder)
    names = ["data.toml", "plain.toml", "stop.toml", "tiny.toml", "worker.toml"]
    assert [path.name for path in found] == names
    assert scenario_files(scenario) == [scenario]
    assert not looks_like_scenario(folder / "missing.toml")


def test_a_directory_without_scenarios_is_told(write: Write) -> None:
    write().unlink()
    with pytest.raises(ScenarioError, match="no scenario in"):
        scenario_files(write().parent / "..")
