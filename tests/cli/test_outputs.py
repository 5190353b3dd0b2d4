"""Files that commands write replace neither an input, nor each other, nor another kind of file."""

import os
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from clamshell_tui.runfile.output_path import write_text
from tests.kept import simulated

Command = Callable[..., Any]

PLAIN = """\
seed = 3
dataset = {kind = "csv", path = "points.csv", id = "name", label = "answer"}
requester.gold = 2
crowd.population = "fast-local"
pool = {size = 2, reserve = 1}
qualification.enabled = false
learning.enabled = false
tasks.records_per_task = 2
"""
POINTS = "name,x,answer\n" + "".join(f"r{n},{n}.5,{'ab'[n % 2]}\n" for n in range(12))
REPORTS = ("--junit", "out.xml", "--json", "out.json")
SWEEP = ("sweep", "plain.toml", "--vary", "pool.size=2", "--seeds", "1", "--no-progress")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the scenario, made once."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "points.csv").write_text(POINTS)
    return simulated(folder, PLAIN)


@pytest.fixture
def here(tiny: Path, kept: Path) -> Path:
    """A folder with a scenario, the data that it reads, a run of it, and files of other kinds."""
    folder = tiny.parent
    copyfile(kept, folder / "run.db")
    (folder / "plain.toml").write_text(PLAIN)
    (folder / "points.csv").write_text(POINTS)
    (folder / "notes.txt").write_text("mine")
    (folder / "notes.csv").write_text("mine,too\n1,2\n")
    (folder / "pay_by_kind.csv").write_text("month,pay\n1,2\n")
    (folder / "link").symlink_to("plain.toml")
    os.link(folder / "plain.toml", folder / "second-name")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("test", "plain.toml", "--junit", "plain.toml"), "plain.toml is read by this command"),
        (("test", "plain.toml", "--json", "points.csv"), "points.csv is read by this command"),
        (("test", "plain.toml", "--junit", "./x/../plain.toml"), "is read by this command"),
        (("test", "plain.toml", "--junit", "link"), "link is read by this command"),
        (("test", "plain.toml", "--junit", "second-name"), "second-name is read by this command"),
        (("test", "plain.toml", "--junit", "notes.txt"), "not a report in JUnit XML"),
        (("test", "plain.toml", "--json", "notes.txt"), "not a report in JSON"),
        (("test", "plain.toml", "--json", "new", "--junit", "./new"), "are both new"),
        (("test", ".", "-k", "plain", "--junit", "tiny.toml"), "tiny.toml is read"),
        (
            ("test", "plain.toml", "--seed", "1", "--out", "a.db", "--junit", "a.db"),
            "--junit and --out are both a.db",
        ),
        (("run", "plain.toml", "--out", "points.csv", "--force"), "points.csv is read"),
        (("run", "plain.toml", "--out", "/dev/null", "--force"), "/dev/null is not a file"),
        ((*SWEEP, "--out", "points.csv", "--force"), "points.csv is read by this command"),
        ((*SWEEP, "--out", "notes.csv", "--force"), "notes.csv is not such a table of a sweep"),
        ((*SWEEP, "--means", "notes.csv", "--force"), "notes.csv is not such a table of a sweep"),
        ((*SWEEP, "--out", "a.csv", "--means", "./a.csv"), "--out and --means are both a.csv"),
        ((*SWEEP, "--out", "a.csv", "--means", "a.csv.runs"), "are both a.csv.runs"),
        (("report", "run.db", "-o", "run.db", "--force"), "run.db is read by this command"),
        (("report", "run.db", "-o", "notes.txt", "--force"), "notes.txt is not a report"),
        (("report", "run.db", "-o", "pay.html", "--csv", ".", "--force"), "pay_by_kind.csv is not"),
        (("report", "run.db", "-o", "./new/pay_by_kind.csv", "--csv", "new"), "no such directory"),
        (("trace", "run.db", "-o", "run.db", "--force"), "run.db is read by this command"),
        (("trace", "run.db", "-o", "notes.csv", "--force"), "notes.csv is not a trace of a run"),
        (("advise", "run.db", "--out", "run.db", "--force"), "run.db is not our advice"),
        (("advise", "plain.toml", "--out", "notes.csv", "--force"), "notes.csv is not our advice"),
        (("serve", "plain.toml", "--db", "a.db", "--codes-file", "a.db"), "are both a.db"),
        (("serve", "plain.toml", "--db", "a.db", "--codes-file", "points.csv"), "points.csv is"),
        (
            ("serve", "plain.toml", "--db", "a.db", "--codes-file", "notes.txt"),
            "not a file of",
        ),
        (("serve", "plain.toml", "--db", "plain.toml"), "plain.toml is read by this command"),
        (("demo", "plain.toml", "--out", "points.csv", "--plain"), "points.csv is read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_path_that_would_do_harm_is_refused_and_nothing_is_written(
    clamshell: Command, here: Path, command: tuple[str, ...], reason: str
) -> None:
    before = contents(here)
    done = clamshell(*command)
    assert done.code in ((3,) if reason == "no such directory" else (2,))
    assert done.out == ""
    assert done.err.count("clamshell: error: ") == 1
    assert reason in done.err
    assert contents(here) == before


def test_a_former_report_of_the_same_kind_is_replaced(clamshell: Command, here: Path) -> None:
    """Twice each: once where there is none, or an empty file, and once over the first."""
    (here / "out.xml").touch()
    for _ in range(2):
        for command in (
            ("test", "plain.toml", "--seed", "1", *REPORTS),
            (*SWEEP, "--out", "runs.csv", "--means", "means.csv", "--force"),
            ("report", "run.db", "-o", "page.html", "--csv", "sheets", "--force"),
            ("trace", "run.db", "-o", "people.csv", "--force"),
            ("run", "plain.toml", "--out", "again.db", "--force", "--no-progress"),
        ):
            done = clamshell(*command)
            assert (done.code, "error" in done.err) == (0, False), (command, done.err)
    names = {path.name for path in here.iterdir()}
    assert {"out.xml", "out.json", "runs.csv", "means.csv", "page.html", "people.csv"} <= names


@pytest.mark.usefixtures("here")
def test_reports_may_go_to_devices_twice(clamshell: Command) -> None:
    done = clamshell(
        "test", "plain.toml", "--seed", "1", "--junit", "/dev/null", "--json", "/dev/null"
    )
    assert done.code == 0
    assert Path("/dev/null").is_char_device()


def test_a_report_of_one_kind_does_not_replace_one_of_another(
    clamshell: Command, here: Path
) -> None:
    assert clamshell("test", "plain.toml", "--seed", "1", *REPORTS).code == 0
    before = contents(here)
    done = clamshell("test", "plain.toml", "--seed", "1", "--junit", "out.json")
    assert done.code == 2
    assert "out.json is not a report in JUnit XML and is not replaced" in done.err
    assert contents(here) == before


def test_a_pipe_gets_the_text_in_place(tmp_path: Path) -> None:
    read, write = os.pipe()
    try:
        write_text(Path(f"/dev/fd/{write}"), "all of it")
        assert os.read(read, 100) == b"all of it"
    finally:
        os.close(read)
        os.close(write)
