"""``clamshell serve`` of a study: what it refuses before anything is written."""

import time
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.study.start_time import shown_time
from tests.coordinator.study.studies import write_study
from tests.coordinator.study.test_stages import GATE


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--seats", "3"), "a study invites by its guest list; for bots there is --bots"),
        (("--bot-seats", "3"), "a study invites by its guest list; for bots there is --bots"),
        (("--set", "pool.sise=3"), "pool.sise"),
        (("--start-at", "soon"), '"soon" is not a time of day. Write HH:MM, such as 9:30 or 14:05'),
        (("--start-at", "9:30"), 'no gate can open at 09:30 (--start-at): add { kind = "gate"'),
    ],
)
def test_what_does_not_fit_a_study_is_refused(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = write_study(tmp_path), tmp_path / "run"
    assert main(["serve", str(file), "--db", str(folder), "--headless", *options]) == 2
    assert said in capsys.readouterr().err
    assert not folder.exists()


def test_a_start_that_has_passed_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = write_study(tmp_path, GATE % (600.0, 20.0)), tmp_path / "run"
    passed = shown_time(time.time() - 90)  # noqa: TID251  # that of the command
    command = ["serve", str(file), "--db", str(folder), "--headless", "--port", "0"]
    assert main([*command, "--start-at", passed]) == 2
    assert f"--start-at: {passed} has passed: it is" in capsys.readouterr().err
    assert not folder.exists()


def test_bots_are_for_studies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "quickstart", "--db", str(tmp_path / "run.db"), "--bots", "2"]) == 2
    assert "--bots is for studies; a run has --bot-seats" in capsys.readouterr().err
    assert main(["serve", "quickstart", "--db", str(tmp_path / "a.db"), "--start-at", "9:00"]) == 2
    assert "--start-at opens the first gate of a study" in capsys.readouterr().err


def test_seats_of_gateways_need_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.memory.free_memory", lambda: 1e6)
    file, folder = write_study(tmp_path), tmp_path / "run"
    assert main(["serve", str(file), "--db", str(folder), "--headless", "--web", "0"]) == 2
    assert "3 seats need about 0.1 GB, 0.0 GB are free" in capsys.readouterr().err
    assert not folder.exists()


def test_a_run_file_is_no_folder_for_a_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, place = write_study(tmp_path), tmp_path / "run.db"
    place.write_text("something")
    command = ["serve", str(file), "--db", str(place), "--headless", "--port", "0"]
    assert main(command) == 2
    assert "is no folder. Name a folder for the study" in capsys.readouterr().err
    assert place.read_text() == "something"
