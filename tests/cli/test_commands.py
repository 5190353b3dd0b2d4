"""The commands end to end, on a tiny scenario."""

import json
import re
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli import main
from clamshell_tui.cli.commands import COMMANDS
from clamshell_tui.cli.group import LazyGroup
from clamshell_tui.cli.group import clamshell as group
from clamshell_tui.scenario.shipped import stories, studies
from clamshell_tui.study.load import load_study

Command = Callable[..., Any]


# texts


def test_texts_prints_a_complete_file_and_checks_another(
    clamshell: Command, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.toml"
    for language in ("en", "de"):
        mine.write_text(clamshell("texts", language).out, "utf-8")
        done = clamshell("texts", "--check", str(mine))
        assert re.fullmatch(r"mine.toml: all \d+ sentences are there\n", done.out)
    mine.write_text(mine.read_text("utf-8").replace("[hint]", "[hints]"), "utf-8")
    done = clamshell("texts", "--check", str(mine))
    assert (done.code, done.out) == (2, "")
    assert 'mine.toml: hints.help is not known (did you mean "hint.help"?)' in done.err
    assert clamshell("texts", "fr").code == 2


# run


def test_run_prints_a_summary_on_stdout_and_progress_on_stderr(clamshell: Command) -> None:
    done = clamshell("run", "tiny.toml")
    assert done.code == 0
    assert done.out.splitlines()[1].startswith("tiny · population fast-local · seed 3 ─")
    assert "45 labels" in done.out
    assert re.search(  # on a slow machine, after a line for every five seconds
        r"(?m)^tiny: 45 of 45 labels after .*, batch \d+, model [\d.]+ %, \$[\d.]+, "
        r"budget of labels reached\n\Z",
        done.err,
    )
    assert "\x1b" not in done.out + done.err


def test_run_without_progress_says_nothing_on_stderr(clamshell: Command) -> None:
    assert clamshell("run", "tiny.toml", "--no-progress").err == ""


def test_run_json_prints_one_object_for_one_scenario_and_an_array_for_several(
    clamshell: Command,
) -> None:
    one = json.loads(clamshell("run", "tiny.toml", "--json").out)
    assert one["labels"]["delivered"] == 45
    assert one["meta"]["seed"] == "3"
    several = json.loads(clamshell("run", "tiny.toml", "tiny.toml", "--json", "--seed", "8").out)
    assert [each["meta"]["seed"] for each in several] == ["8", "8"]
    assert several[0] == several[1] != one


def test_run_set_and_seed_and_check_change_the_scenario(clamshell: Command) -> None:
    done = clamshell(
        "run", "tiny.toml", "--json", "--seed", "9", "--check", "--set", "stop.labels=30"
    )
    meta = json.loads(done.out)["meta"]
    assert "seed = 9" in meta["scenario_toml"]
    assert "check = true" in meta["scenario_toml"]
    assert "labels = 30" in meta["scenario_toml"]


def test_a_preset_wins_over_the_file_and_a_setting_over_the_preset(clamshell: Command) -> None:
    cap = "straggler_mitigation.max_duplicates=1"
    plain = clamshell("run", "tiny.toml", "--set", cap, "--json", "--no-progress")
    done = clamshell("run", "tiny.toml", "--preset", "paper", "--json", "--no-progress")
    both = clamshell("run", "tiny.toml", "--preset", "paper", "--set", cap, "--json")
    cases = [(plain, 1, "censored"), (done, "unlimited", "termest"), (both, 1, "termest")]
    for each, duplicates, estimator in cases:
        scenario = tomllib.loads(json.loads(each.out)["meta"]["scenario_toml"])
        assert scenario["straggler_mitigation"]["max_duplicates"] == duplicates
        assert scenario["maintenance"]["latency_estimator"] == estimator


def test_an_unknown_preset_is_refused_in_one_line(clamshell: Command) -> None:
    done = clamshell("run", "tiny.toml", "--preset", "papre")
    assert done.code == 2
    assert done.err == (
        'clamshell: error: setting preset=papre: unknown preset "papre" (did you mean "paper"?). '
        "Known: paper\n"
    )


def test_compare_runs_both_and_prints_the_ratios(clamshell: Command) -> None:
    done = clamshell("run", "tiny.toml", "--compare", "straggler_mitigation.enabled=false")
    assert done.code == 0
    assert "B  the same with straggler_mitigation.enabled=false" in done.out
    assert re.search(r"^ mean batch latency +[\d.]+ s +[\d.]+ s +\S+", done.out, re.MULTILINE)
    assert "tiny (A: as it is)" in done.err
    assert "tiny (B: straggler_mitigation.enabled=false)" in done.err


def test_compare_as_json_holds_both_summaries_and_the_comparison(clamshell: Command) -> None:
    change = "straggler_mitigation.enabled=false"
    found = json.loads(clamshell("run", "tiny.toml", "--json", "--compare", change).out)
    assert found["changed"] == [change]
    assert found["a"]["work"]["duplicates"] > 0 == found["b"]["work"]["duplicates"]
    assert found["comparison"][0]["name"] == "time to the labels"


def test_out_keeps_the_run_for_summary_and_verify(clamshell: Command, tiny: Path) -> None:
    done = clamshell("run", "tiny.toml", "--out", "run.db", "--json")
    assert done.code == 0
    assert done.err.endswith("kept in run.db\n")
    summary = clamshell("summary", "run.db", "--json")
    a, b = json.loads(done.out), json.loads(summary.out)
    assert {**a, "meta": None} == {**b, "meta": None}
    assert a["meta"].items() <= b["meta"].items()
    assert "45 labels" in clamshell("summary", "run.db").out
    verified = clamshell("verify", "run.db")
    assert verified.code == 0
    assert "every hash is right" in verified.out
    assert f"recorded final state ({a['meta']['state_digest']})" in verified.out
    assert sorted(path.name for path in tiny.parent.iterdir()) == ["run.db", "tiny.toml"]


def test_out_is_only_replaced_with_force(clamshell: Command, tiny: Path) -> None:
    out = tiny.with_name("run.db")
    clamshell("run", "tiny.toml", "--out", "run.db")
    kept = out.read_bytes()
    refused = clamshell("run", "tiny.toml", "--seed", "4", "--out", "run.db")
    assert refused.code == 2
    assert "run.db exists; replace it with --force" in refused.err
    assert out.read_bytes() == kept
    assert clamshell("run", "tiny.toml", "--seed", "4", "--out", "run.db", "--force").code == 0
    assert out.read_bytes() != kept


# verify


def test_verify_tells_of_a_changed_journal_and_of_a_changed_end(
    clamshell: Command, tiny: Path
) -> None:
    clamshell("run", "tiny.toml", "--out", "run.db")
    with sqlite3.connect(tiny.with_name("run.db")) as connection:
        connection.execute("UPDATE meta SET value = 'x' WHERE key = 'state_digest'")
    connection.close()
    done = clamshell("verify", "run.db")
    assert (done.code, done.out) == (3, "")
    assert "table meta, row state_digest, column value: expected '" in done.err
    assert "', found 'x'." in done.err
    with sqlite3.connect(tiny.with_name("run.db")) as connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("UPDATE journal SET at = at + 1 WHERE seq = 7")
    connection.close()
    done = clamshell("verify", "run.db")
    assert done.code == 3
    assert "journal entry 7 does not match its hash" in done.err


def test_verify_refuses_a_run_without_its_configuration(clamshell: Command, tiny: Path) -> None:
    clamshell("run", "tiny.toml", "--out", "run.db")
    with sqlite3.connect(tiny.with_name("run.db")) as connection:
        connection.execute("DELETE FROM meta WHERE key = 'classes'")
    connection.close()
    done = clamshell("verify", "run.db")
    assert done.code == 3
    assert "table meta: expected the digest " in done.err


# scenarios, help, version


def test_scenarios_lists_quickstart_first_with_its_title(clamshell: Command) -> None:
    lines = clamshell("scenarios").out.splitlines()
    assert len(lines) == len(stories()) + len(studies())
    assert re.fullmatch(r"quickstart +\S.*", lines[0])


def test_scenarios_shows_one(clamshell: Command) -> None:
    assert clamshell("scenarios", "quickstart").out == stories()["quickstart"].read_text("utf-8")


def test_a_study_is_copied_with_its_files_and_nothing_is_replaced(
    clamshell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert clamshell("scenarios", "helped-or-alone", "-o", "mine").code == 0
    original = load_study(studies()["helped-or-alone"])
    copy = load_study(tmp_path / "mine" / "helped-or-alone.toml")
    assert copy.digests == original.digests
    assert len(list((tmp_path / "mine").iterdir())) == len(copy.digests) == 6
    again = clamshell("scenarios", "helped-or-alone", "-o", "mine")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "exists" in again.err
    assert clamshell("scenarios", "-o", "mine").code == 2


def test_a_bare_call_prints_the_help(clamshell: Command) -> None:
    done = clamshell()
    assert (done.code, done.err) == (0, "")
    assert all(name in done.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_examples(clamshell: Command, name: str) -> None:
    done = clamshell(name, "-h")
    assert done.code == 0
    assert f"clamshell {name}" in done.out.rpartition("Example")[2]
    assert isinstance(group, LazyGroup)
    command = group.get_command(None, name)  # type: ignore[arg-type]  # the context is not used
    assert command is not None
    assert command.get_short_help_str(100) == COMMANDS[name].help


def test_version(clamshell: Command) -> None:
    assert re.fullmatch(r"clamshell \d+\.\d+\.\d+\n", clamshell("--version").out)


# Bugs of ours


def test_an_unexpected_error_is_told_in_one_line_and_logged_in_full(
    clamshell: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.terminal.crash.user_log_path", lambda *_, **__: tiny.parent)
    monkeypatch.setattr("clamshell_tui.simulator.run_scenario.prepare", lambda *_: 1 / 0)
    done = clamshell("run", "tiny.toml", "--out", "run.db", "--no-progress")
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(
        r"clamshell: error: ZeroDivisionError: division by zero\. This is a bug .*\.log\n", done.err
    )
    log = Path(done.err.split()[-1])
    assert "Traceback (most recent call last)" in log.read_text("utf-8")
    assert not tiny.with_name("run.db").exists()


def test_ctrl_c_ends_with_130_and_leaves_nothing(
    clamshell: Command, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("clamshell_tui.simulator.run_scenario.prepare", interrupt)
    done = clamshell("run", "tiny.toml", "--out", "run.db", "--no-progress")
    assert done.code == 130
    assert done.err.strip() == "clamshell: interrupted; nothing half-written is left"
    assert list(tiny.parent.iterdir()) == [tiny]


def test_main_reads_the_arguments_of_the_process(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["clamshell", "scenarios"])
    assert main() == 0
    assert "quickstart" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["watch", "replay"])
def test_a_file_that_is_not_there_is_told_without_a_terminal_too(
    clamshell: Command, command: str
) -> None:
    done = clamshell(command, "nope.db")
    assert done.code == 2
    assert "no such file: nope.db" in done.err
