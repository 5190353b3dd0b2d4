"""``pytest scenarios`` in another project, with our plugin."""

from pathlib import Path

import pytest

import clamshell_tui.simulator.run_scenario  # noqa: F401  # pytester would unload numpy; it loads once
from tests.testing.conftest import TINY

pytest_plugins = ["pytester"]

# Not the plugin that may be installed with the project, but this checkout's.
PLUGIN = ("-p", "no:clamshell", "-p", "clamshell_tui.pytest_plugin")
WARN = (  # where warnings are errors, as here, it is one
    *("-W", "default::pytest.PytestWarning"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # before 9.2 there is one
)
HOLDS = '[[expect]]\nmetric = "labels.delivered"\nis = 45\n'
FAILS = '[[expect]]\nmetric = "labels.delivered"\nis = 46\nbecause = "we paid for 46"\n'


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a test, a pyproject.toml and a folder ``scenarios``."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n[crowd]\n")
    pytester.makepyfile(test_own="def test_own(): pass")
    (pytester.path / "scenarios").mkdir()
    return pytester


def add(project: pytest.Pytester, name: str, text: str) -> Path:
    path = project.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_scenarios_are_items_beside_ordinary_tests(project: pytest.Pytester) -> None:
    add(project, "scenarios/good.toml", TINY + HOLDS)
    add(project, "scenarios/settings.toml", "[tool]\nx = 1\n")
    add(project, "elsewhere/other.toml", TINY + FAILS)
    result = project.runpytest_inprocess(*PLUGIN, "--clamshell-seeds", "2", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["scenarios/good.toml::good PASSED*"])


def test_a_file_named_on_the_command_line_is_collected_wherever_it_lies(
    project: pytest.Pytester,
) -> None:
    path = add(project, "elsewhere/other.toml", TINY + HOLDS)
    project.runpytest_inprocess(*PLUGIN, "--clamshell-seeds=1", path).assert_outcomes(passed=1)


def test_other_folders_may_be_configured(project: pytest.Pytester) -> None:
    project.makepyprojecttoml(
        '[tool.pytest.ini_options]\nclamshell_scenarios = ["stories"]\nclamshell_seeds = "1"\n'
    )
    add(project, "stories/good.toml", TINY + HOLDS)
    add(project, "scenarios/bad.toml", TINY + FAILS)
    project.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=2)


def test_a_failure_is_the_report_without_a_traceback(project: pytest.Pytester) -> None:
    add(project, "scenarios/bad.toml", TINY + FAILS)
    result = project.runpytest_inprocess(*PLUGIN, "scenarios", "--clamshell-seeds=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*scenario bad*",
            "expected labels.delivered is 46",
            "*because we paid for 46",
            "*held in 0 of 2 seeds, must in 2",
            "*seed 0: got 45",
            "*replay: clamshell test *bad.toml --seed 0 --out bad-0.db",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_bad_scenario_is_an_error_of_collection_in_one_line(project: pytest.Pytester) -> None:
    add(project, "scenarios/bad.toml", TINY + HOLDS.replace("delivered", "delivred"))
    add(project, "scenarios/data.toml", 'dataset = {kind = "csv", path = "x.csv"}\n[crowd]\n')
    result = project.runpytest_inprocess(
        *PLUGIN, "scenarios", "--continue-on-collection-errors", *WARN
    )
    result.assert_outcomes(errors=1, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*bad.toml line * unknown metric*close: labels.delivered*"])
    result.stdout.fnmatch_lines(["no such file: x.csv*"])


def test_a_scenario_that_expects_nothing_warns(project: pytest.Pytester) -> None:
    add(project, "scenarios/empty.toml", TINY + "[crowd.custom]\n")
    result = project.runpytest_inprocess(*PLUGIN, "scenarios", "--clamshell-seeds=1", *WARN)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*empty.toml expects nothing*"])


def test_without_the_option_only_what_is_surely_a_scenario_is_collected(
    project: pytest.Pytester,
) -> None:
    others = {
        "game": "[crowd]\nsize = 3\n",
        "training": '[dataset]\nkind = "csv"\npath = "x.csv"\n[model]\n[optimizer]\n',
        "load": "[[expect]]\nstatus = 200\n",
        "data": '[dataset]\nkind = "huggingface"\n[pool]\n',
        "pool": "[pool]\nsize = 3\n[tasks]\nbuild = 1\n",
    }
    for name, text in others.items():
        add(project, f"scenarios/{name}.toml", text)
    add(project, "scenarios/torn.toml", TINY + HOLDS + "[pool\n")
    add(project, "scenarios/typo.toml", TINY + HOLDS + "[poool]\n")
    args = (*PLUGIN, "--collect-only", "--continue-on-collection-errors")
    result = project.runpytest_inprocess(*args, "scenarios")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*torn.toml line*not TOML*", '*did you mean "pool"*'])
    project.makepyprojecttoml('[tool.pytest.ini_options]\nclamshell_scenarios = ["scenarios"]\n')
    project.runpytest_inprocess(*args, "scenarios").assert_outcomes(errors=6)  # not training


def test_an_empty_list_of_folders_opts_out(project: pytest.Pytester) -> None:
    project.makepyprojecttoml("[tool.pytest.ini_options]\nclamshell_scenarios = []\n")
    path = add(project, "scenarios/bad.toml", TINY + FAILS)
    project.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)
    project.runpytest_inprocess(*PLUGIN, "--clamshell-seeds=1", path).assert_outcomes(failed=1)


def test_each_seed_is_an_item_on_request(project: pytest.Pytester) -> None:
    sometimes = '[[expect]]\nmetric = "worker(W1).labels"\nat_most = 9\nin = "1 of 4"\n'
    add(project, "scenarios/mine.toml", TINY + HOLDS + sometimes)
    args = (*PLUGIN, "scenarios", "--clamshell-seeds=4", "-v")
    result = project.runpytest_inprocess(*args, "--clamshell-per-seed")
    result.assert_outcomes(passed=5)
    lines = [f"scenarios/mine.toml::mine{item} PASSED*" for item in ("[[]0]", "[[]3]", "")]
    result.stdout.fnmatch_lines(lines)
    project.makepyprojecttoml("[tool.pytest.ini_options]\nclamshell_per_seed = true\n")
    add(project, "scenarios/mine.toml", TINY + FAILS)
    result = project.runpytest_inprocess(*args)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["*replay: clamshell test *mine.toml --seed 3 --out mine-3.db"])


def test_no_seed_at_all_is_refused(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess(*PLUGIN, "--clamshell-seeds=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_mistyped_folder_is_refused(project: pytest.Pytester) -> None:
    project.makepyprojecttoml('[tool.pytest.ini_options]\nclamshell_scenarios = ["scenaros"]\n')
    result = project.runpytest_inprocess(*PLUGIN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "clamshell_scenarios: there is no" in result.stderr.str()


@pytest.mark.slow
def test_it_works_with_xdist(project: pytest.Pytester) -> None:
    add(project, "scenarios/good.toml", TINY + HOLDS)
    add(project, "scenarios/bad.toml", TINY + FAILS)
    options = ("-p", "xdist", "-n", "2", "--clamshell-seeds=1")
    result = project.runpytest_subprocess(*PLUGIN, *options, "scenarios")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["expected labels.delivered is 46"])


def test_a_project_without_scenarios_pays_for_no_import(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_own="""
        import sys

        def test_nothing_of_ours_is_loaded():
            ours = {name for name in sys.modules if name.startswith("clamshell_tui")}
            assert ours == {"clamshell_tui", "clamshell_tui.pytest_plugin"}
        """
    )
    add(project, "elsewhere/settings.toml", "[crowd]\n")
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=1)
