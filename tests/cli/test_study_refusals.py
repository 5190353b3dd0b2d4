"""The commands of a study refuse the same mistakes with the same line, and leave nothing behind."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from clamshell_tui.study.access import study_key
from clamshell_tui.study.file import StudyFile
from tests.study.files import StudyFiles
from tests.study.kept_study import META

Command = Callable[..., Any]
SERVE = ("serve", "s.toml", "--db", "d", "--headless", "--port", "0")
SLIPS = ("slips", "s.toml", "--db", "d", "--address", "127.0.0.1")
REHEARSE = ("rehearse", "s.toml", "--no-progress")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFiles:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.with_name(f"{tmp_path.name}-state")))
    return StudyFiles(tmp_path)


def refusal(clamshell: Command, *arguments: str) -> tuple[int, str]:
    """Return the code and the only line of a command that must change nothing in the folder."""
    before = sorted(Path().rglob("*"))
    done = clamshell(*arguments)
    assert (done.out, done.err.count("\n")) == ("", 1)
    assert sorted(Path().rglob("*")) == before
    return done.code, done.err.removeprefix("clamshell: error: ").rstrip()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("s.toml", "show_up = 5.00", "show_up = nan"),
        ("people.csv", "L04", "l01"),
        ("reviews.csv", ",,work,", ",good,check,"),
    ],
)
def test_a_mistake_is_the_same_line_everywhere(
    files: StudyFiles, clamshell: Command, file: str, old: str, new: str
) -> None:
    files.replace(old, new, file)
    found = {refusal(clamshell, *each) for each in (REHEARSE, SLIPS, SERVE)}
    ((code, line),) = found
    assert code == 2
    assert line.startswith("s.toml line ")


def test_a_port_in_use_is_found_before_the_study_begins(
    files: StudyFiles, clamshell: Command
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--ssh", "--web"):
            code, line = refusal(clamshell, *SERVE, "--force", option, port)
            assert (code, line) == (3, f"port {port} is in use; try {option} 0")


def test_a_port_given_twice_is_found_before_the_study_begins(
    files: StudyFiles, clamshell: Command
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = str(taken.getsockname()[1])
    for one, other in (("--port", "--web"), ("--ssh", "--web")):
        code, line = refusal(clamshell, *SERVE, "--force", one, free, other, free)
        assert (code, line) == (2, f"{one} and {other} are both {free}. Choose two ports")


@pytest.fixture
def begun(files: StudyFiles) -> Path:
    """The folder of a study that nobody has come to yet."""
    folder = Path("d")
    study_key(folder)
    with StudyFile.create(folder, replace(META, digests=dict(files.load().digests))):
        pass
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "consent.md",
            "may stop",
            "must stay",
            "consent.md has changed since this study began; re",
        ),
        ("reviews.csv", "Text 7", "Text 70", "reviews.csv has changed since this study began; res"),
        ("people.csv", "L04,,,Dan", "L04,,,Dan\nL05,,,Eve", "people.csv has changed since this "),
        ("s.toml", '"debrief.md"', '"codebook.md"', "this study began with debrief.md, which is "),
        ("s.toml", "show_up = 5.00", "show_up = 6.00", "s.toml has changed since this study began"),
    ],
)
def test_a_file_that_changed_after_the_start_is_named(
    files: StudyFiles, begun: Path, clamshell: Command, file: str, old: str, new: str, message: str
) -> None:
    files.replace(old, new, file)
    for command in (SLIPS, SERVE):
        code, line = refusal(clamshell, *command)
        assert (code, line[: len(message)]) == (2, message)


def test_a_folder_with_half_a_study_is_not_served(begun: Path, clamshell: Command) -> None:
    assert refusal(clamshell, *SERVE) == (
        2,
        "d has study.db but no helped.db; restore it from a back-up, or use another folder",
    )
    (begun / "study.db").rename(begun / "alone.db")
    assert refusal(clamshell, *SERVE) == (
        2,
        "d has alone.db but no study.db; restore it from a back-up, or use another folder",
    )


@pytest.mark.parametrize("command", ["pay", "verify", "summary", "backup", "export"])
def test_a_folder_without_a_study_is_named(
    files: StudyFiles, clamshell: Command, command: str
) -> None:
    more = ("-o", "out") if command in ("backup", "export") else ()
    Path("empty").mkdir()
    assert refusal(clamshell, command, "empty", *more) == (
        2,
        "empty is a directory without a study. Name the one that serve has as --db",
    )
    study_key(Path("d"))  # as slips make it
    assert refusal(clamshell, command, "d", *more) == (
        2,
        "d holds no study yet. clamshell serve STUDY --db d begins it",
    )
