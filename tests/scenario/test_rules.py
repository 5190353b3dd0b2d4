"""A run made by other rules is recognised before a replay, and read as it was meant."""

import gzip
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.config import RULES
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario import rules
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.rules import SCENARIO, stored_scenario

OLDER = Path(__file__).parents[1] / "runfile" / "older" / "rules-1.db.gz"
"""A run of 24 labels that version 0.1.0 made."""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "older.db"
    with gzip.open(OLDER) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return path


def test_verify_checks_the_hashes_of_an_older_run_and_says_that_it_was_not_replayed(
    older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(older)]) == 3
    assert capsys.readouterr().err == (
        "clamshell: error: older.db: hashes right; made by rules 1, this program has "
        f"{RULES}, not replayed. Install clamshell-tui 0.1.0 for that: "
        "pip install clamshell-tui==0.1.0\n"
    )


def test_a_changed_entry_of_an_older_run_is_still_noticed(
    older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(connect(older)) as connection, connection:
        connection.execute("DROP TRIGGER journal_is_never_updated")
        connection.execute("UPDATE journal SET at = at + 1 WHERE seq = 40")
    assert main(["verify", str(older)]) == 3
    assert "journal entry 40 does not match its hash" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [("trace",), ("rerun",), ("advise",), ("replay",), ("watch",)], ids="".join
)
def test_no_command_replays_an_older_run(
    older: Path,
    command: Sequence[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In this order: the first imports the other.
    for module in ("operator_app.start", "terminal.capabilities"):
        monkeypatch.setattr(f"clamshell_tui.{module}.why_no_screen", str)
    assert main([*command, str(older)]) == 3
    said = capsys.readouterr().err
    assert f"made by rules 1, this program has {RULES}, not replayed" in said
    assert "pip install clamshell-tui==0.1.0" in said
    assert "damaged" not in said
    assert said.count("\n") == 1


def test_summary_and_report_read_an_older_run(
    older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summary", str(older)]) == 0
    assert "$2.68" in capsys.readouterr().out
    page = older.with_name("page.html")
    assert main(["report", str(older), "-o", str(page), "--csv", str(older.parent / "csv")]) == 0
    assert f"made by rules 1, this program has {RULES}: not replayed" in page.read_text()
    rows = (older.parent / "csv" / "labels_by_class.csv").read_text().splitlines()[1:]
    assert sum(int(row.split(",")[1]) for row in rows) == 24


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        1: {"qualification.time_limit": 17.0, "stop.accuracy": 0.5, "crowd.custom.mean": 1.0},
        2: {"qualification.time_limit": 18.0, "stop.labels": 9},
    }
    monkeypatch.setattr(rules, "FORMER_DEFAULTS", table)


@pytest.mark.parametrize(("number", "limit"), [("1", 17.0), ("2", 18.0)])
def test_an_absent_setting_keeps_the_value_of_the_rules_of_its_run(
    former: None, number: str, limit: float
) -> None:
    text = "[qualification]\npass_mark = 0.5\n[stop]\nlabels = 4\n"
    found = stored_scenario({"rules": number, SCENARIO: text}, "run.db")
    assert found.qualification.time_limit == limit
    assert found.qualification.pass_mark == 0.5
    assert found.stop.labels == 4
    assert found.stop.accuracy == (0.5 if number == "1" else None)


def test_a_section_that_the_rules_of_the_run_did_not_know_is_as_it_was_without_it(
    older: Path,
) -> None:
    with open_run(older) as file:
        found = stored_scenario(file.meta, "older")
    assert not found.maintenance.shrink
    assert found.conduct.fastest == 0.0
    assert found.conduct.max_skips > 24
    assert found.crowd.custom.mean == parse_scenario("", "today").crowd.custom.mean


def test_an_absent_setting_can_have_been_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FORMER_DEFAULTS", {1: {"requester.per_minute": None}})
    found = stored_scenario({"rules": "1", SCENARIO: "[requester]\ngold = 20\n"}, "run.db")
    assert found.requester.per_minute is None


def test_every_former_default_is_a_setting_and_a_value_that_it_may_have() -> None:
    everything = as_toml(parse_scenario("", "defaults"))
    for number, former in rules.FORMER_DEFAULTS.items():
        assert number <= RULES
        parse_scenario(everything, "with former defaults", absent=former)
        for key in former:
            *sections, _ = key.split(".")
            parse_scenario("".join([f"[{part}]\n" for part in sections]), key, absent=former)


def test_the_older_run_names_no_setting_that_is_unknown_now(older: Path) -> None:
    with open_run(older) as file:
        assert stored_scenario(file.meta, "older").qualification.time_limit == 3600.0


@pytest.mark.parametrize("number", ["", "two", "-1", "1e9", "9" * 5000, "\u0663"])
def test_rules_that_are_no_number_are_refused_in_one_line(
    older: Path, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(connect(older)) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('rules', ?)", (number,))
    for command in ("verify", "trace"):
        assert main([command, str(older)]) == 2
        assert "is not a number of rules" in capsys.readouterr().err


def test_a_run_of_later_rules_is_not_replayed(
    older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(connect(older)) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('rules', '99')")
        connection.execute("UPDATE meta SET value = '7.1' WHERE key = 'version'")
    assert main(["verify", str(older)]) == 3
    said = capsys.readouterr().err
    assert "made by rules 99" in said
    assert "clamshell-tui==7.1" in said
