"""Output files: checked before the work, written completely or not at all."""

import os
import threading
from pathlib import Path

import pytest

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.runfile.output_path import appearing, check_place, new_run_file, write_text


def test_a_place_that_is_free_is_fine(tmp_path: Path) -> None:
    check_place(tmp_path / "new.txt", overwrite=False)


def test_what_is_there_is_replaced_only_when_it_is_said_and_of_the_kind(tmp_path: Path) -> None:
    file = tmp_path / "there.txt"
    file.write_text("mine")
    with pytest.raises(InputError, match=r"there\.txt exists; replace it with --force"):
        check_place(file, overwrite=False)
    with pytest.raises(InputError, match=r"there\.txt is not a report and is not replaced"):
        check_place(file, overwrite=True, ours=lambda _: False, kind="a report")
    check_place(file, overwrite=True, ours=lambda path: path == file, kind="a report")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "it is a directory. Name a file in it"),
        ("none/file", "no such directory"),
        ("there.txt/file", "not a directory"),
    ],
)
def test_where_there_is_no_place_it_is_said(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "there.txt").touch()
    with pytest.raises(EnvironmentFaultError, match=words):
        check_place(tmp_path / name, overwrite=True)


def test_a_file_that_is_not_finished_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    write_text(file, "old\r\n")
    with pytest.raises(KeyboardInterrupt):
        write_half_of(file)
    assert file.read_bytes() == b"old\r\n"
    assert list(tmp_path.iterdir()) == [file]
    write_text(file, "new")
    assert file.read_text() == "new"


def write_half_of(file: Path) -> None:
    with appearing(file) as hidden:
        hidden.write_text("half")
        raise KeyboardInterrupt


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "told")
    reader.join(60)
    assert heard == ["told"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("option", ["--db", "--out"])
def test_a_home_that_cannot_be_written_is_one_line_with_the_option_that_helps(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file, so that no folder can be made in it")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    with pytest.raises(EnvironmentFaultError, match=f"cannot write .*Name a file with {option}"):
        new_run_file("pets", option)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    assert new_run_file("pets", option).parent.is_dir()
