"""Many scenarios at many seeds: the same verdicts in one process or in several."""

import json
from collections.abc import Sequence
from pathlib import Path

import junitparser
import pytest
from msgspec.structs import replace

from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.testing.case import Case, SeedResult, UnusableFile
from clamshell_tui.testing.files import load_case, load_cases, looks_like_scenario, scenario_files
from clamshell_tui.testing.junit import SuiteRun, class_name, junit
from clamshell_tui.testing.report_text import annotations, explanation, headline
from clamshell_tui.testing.reports import (
    ScenarioReport,
    Shard,
    SuiteReport,
    as_json,
    merged,
    read_json,
    scenario_report,
    suite_report,
    unusable_report,
)
from clamshell_tui.testing.suite import SuiteOptions, run_suite
from clamshell_tui.testing.verdict import judge
from tests.testing.conftest import Try, Write

HOLDS = 'metric = "labels.delivered"\nis = 45'
FAILS = 'metric = "worker(W1).labels"\nat_most = 1\nbecause = "W1 & <others> share"'
RUN = SuiteRun("2026-01-02T03:04:05", "host", 1.5, {})


def suite(cases: Sequence[Case], seeds: Sequence[int], jobs: int = 1) -> SuiteReport:
    found = run_suite(cases, SuiteOptions(seeds=tuple(seeds), jobs=jobs))
    return suite_report([scenario_report(verdict) for _, verdict in found])


@pytest.mark.slow
def test_the_verdicts_do_not_depend_on_the_number_of_processes(write: Write) -> None:
    good = load_case(write(HOLDS, name="good"))
    bad = load_case(write(HOLDS, FAILS, name="bad"))
    alone = suite([good, bad], range(7), jobs=1)
    together = suite([good, bad], range(7), jobs=2)
    assert as_json(alone) == as_json(together)
    assert [each.passed for each in alone.scenarios] == [True, False]


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_expectation(write: Write) -> None:
    cases = [load_case(write(HOLDS, name="good")), load_case(write(HOLDS, FAILS, name="bad"))]
    text = junit(suite(cases, range(2)), RUN._replace(by_scenario={0: 0.5, 1: 1.0}))
    found = junitparser.JUnitXml.fromstring(text.encode())
    assert (found.tests, found.failures, found.errors, found.time) == (5, 1, 0, 1.5)
    good, bad = list(found)
    assert (good.name, good.tests, good.failures) == (cases[0].source, 2, 0)
    assert (good.timestamp, good.hostname, good.time) == (RUN.timestamp, "host", 0.5)
    runs, holds, fails = list(bad)
    assert (runs.name, runs.time, runs.is_passed, holds.is_passed) == (
        "every run ends well",
        1.0,
        True,
        True,
    )
    assert (fails.classname, fails.name) == ("bad", "worker(W1).labels at most 1")
    lines = Path(cases[1].source).read_text().splitlines()
    assert "W1" in lines[int(fails._elem.get("line"))]  # the one after the header
    assert lines[int(fails._elem.get("line")) - 1] == "[[expect]]"
    (failure,) = fails.result
    assert isinstance(failure, junitparser.Failure)
    assert (failure.type, failure.message) == (
        "UnmetExpectation",
        "held in 0 of 2 seeds, must in 2",
    )
    assert "because W1 & <others> share" in failure.text
    assert "replay: clamshell test " in failure.text


def test_a_class_name_has_the_folder_and_no_suffix() -> None:
    assert class_name("scenarios/reviews.toml") == "scenarios.reviews"
    assert class_name("./v1.2/a.b.toml") == "v1_2.a_b"
    assert class_name("../more/x.toml") == "more.x"
    assert class_name("/elsewhere/reviews.toml") == "reviews"
    assert class_name(str(Path.cwd() / "scenarios" / "x.toml")) == "scenarios.x"
    assert class_name("quickstart") == "quickstart"


def test_a_run_that_dies_is_an_error_and_the_others_are_judged(write: Write) -> None:
    case = load_case(write(HOLDS))
    died = SeedResult(1, broken="AssertionError: worker W1 is lost\nits story\x1b[31m")
    ((_, well),) = run_suite([case], SuiteOptions(seeds=(0,), jobs=1))
    report = scenario_report(judge(case, [*well.results, died]))
    assert not report.passed
    assert headline(report) == "FAIL  tiny: 1 of 2 seeds died"
    assert "the run died at seed 1: AssertionError: worker W1 is lost" in explanation(report)
    assert "\x1b" not in explanation(report)
    found = junitparser.JUnitXml.fromstring(junit(suite_report([report]), RUN).encode())
    assert (found.errors, found.failures, found.skipped) == (1, 0, 1)
    assert json.loads(as_json(suite_report([report])))["scenarios"][0]["died"][0]["seed"] == 1


def test_a_mistake_in_one_file_does_not_hide_the_others(write: Write) -> None:
    typo = write(HOLDS.replace("delivered", "delivred"), name="typo")
    missing = typo.with_name("missing.toml")
    paths = [str(typo), str(write(HOLDS, name="good")), str(missing), "no-such-scenario"]
    bad, good, gone, unknown = load_cases(paths, ())
    assert isinstance(good, Case)
    for each, reason in ((bad, "unknown metric"), (gone, "no such file"), (unknown, "Built in")):
        assert isinstance(each, UnusableFile)
        assert reason in each.reason
    assert isinstance(bad, UnusableFile)
    report = suite_report([unusable_report(bad)])
    assert not report.passed
    found = junitparser.JUnitXml.fromstring(junit(report, RUN).encode())
    ((case,),) = [list(each) for each in found]
    (error,) = case.result
    assert isinstance(error, junitparser.Error)
    assert (error.type, case.classname) == ("UnusableFile", "typo")
    assert "delivred" in typo.read_text().splitlines()[int(case._elem.get("line")) - 1]
    assert "unknown metric" in error.message


def test_data_that_cannot_be_read_make_a_scenario_unusable(write: Write) -> None:
    path = write(HOLDS, name="data")
    text = path.read_text().partition("\n")[2]
    path.write_text(f'dataset = {{kind = "csv", path = "x.csv"}}\n{text}')
    (report,) = suite([load_case(path)], range(2)).scenarios
    assert report.error.startswith("no such file: x.csv")
    assert headline(report).startswith(f"{path}: no such file: x.csv")


def test_annotations_stand_at_the_line_of_the_expectation(write: Write) -> None:
    path = write(FAILS)
    report = suite([load_case(path)], range(2))
    (line,) = annotations(report)
    number = path.read_text().splitlines().index("[[expect]]") + 1
    title = "worker(W1).labels at most 1"
    assert line.startswith(f"::error file={path},line={number},title={title}::expected")
    assert "%0A    because W1 & <others> share%0A" in line
    assert "\n" not in line


def scenario(name: str, *, passed: bool = True) -> ScenarioReport:
    return ScenarioReport(name, f"{name}.toml", passed)


def test_merged_shards_equal_one_run() -> None:
    names = "abcdefghij"
    whole = suite_report([scenario(name, passed=name != "c") for name in names])
    shards = [
        suite_report(whole.scenarios[number - 1 :: 4], Shard(number, 4)) for number in range(1, 5)
    ]
    assert as_json(merged(shards)) == as_json(whole)
    assert as_json(merged(shards[::-1])) == as_json(whole)
    assert [each.passed for each in shards] == [True, True, False, True]
    with pytest.raises(InputError, match="shard 2/4 is missing"):
        merged([shards[0], *shards[2:]])
    with pytest.raises(InputError, match="shard 1/4 is there twice"):
        merged([*shards, shards[0]])
    with pytest.raises(InputError, match="not the shards of one suite"):
        merged([*shards, whole])
    two = suite_report([scenario("x"), scenario("y")])
    assert merged([suite_report([scenario("x")]), suite_report([scenario("y")])]) == two


def test_a_report_is_read_back_and_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report = suite_report([scenario("x")], Shard(1, 1))
    path.write_text(as_json(report))
    assert read_json(path) == report
    path.write_text(as_json(report).replace('"version": 1', '"version": 2'))
    with pytest.raises(InputError, match="has the schema clamshell-test 2, not clamshell-test 1"):
        read_json(path)
    for text in ("", "{}", '{"passed": true, "scenarios": []', "[1]"):
        path.write_text(text)
        with pytest.raises(InputError, match="is no report of clamshell test --json"):
            read_json(path)
    with pytest.raises(InputError, match="cannot read"):
        read_json(tmp_path / "missing.json")


def test_a_failure_tells_what_was_expected_and_found_and_how_to_see_it(tried: Try) -> None:
    compared = 'metric = "seconds"\ncompared_with = "pool.size=5"\nat_most = 0.1'
    verdict = tried(compared, FAILS, seeds=5)
    text = explanation(scenario_report(verdict))
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
