"""The command line as a process: imports, signals, pipes, a real terminal."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

CODE = "import sys; from clamshell_tui.cli import main; sys.exit(main())"
COMMAND = [sys.executable, "-c", CODE]
HEAVY = {"click", "numpy", "scipy", "sklearn", "textual", "rich", "msgspec", "sqlite3", "asyncio"}

ENDLESS = """\
dataset = {kind = "generated", records = 50_000, features = 2}
crowd.population = "fast-local"
learning.enabled = false
"""


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A scenario that takes minutes."""
    path = tmp_path / "endless.toml"
    path.write_text(ENDLESS)
    return path


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["run", "--sede"]])
def test_help_imports_next_to_nothing(args: list[str]) -> None:
    code = (
        "import sys; from clamshell_tui.cli import main; main(); "
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True)
    expected = {"--help": "[]", "--version": "['click']", "run": "['click', 'msgspec']"}[args[0]]
    assert done.stderr.endswith(f"{expected}\n")


def test_a_rehearsal_without_learning_imports_no_scikit_learn() -> None:
    code = (
        "import sys; from clamshell_tui.cli import main; assert main(sys.argv[1:]) == 0;"
        "print({'scipy', 'sklearn'} & {*sys.modules}, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "rehearse", "helped-or-alone", "--seeds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.endswith("set()\n"), "they take seconds"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
)
def test_a_signal_ends_a_run_tidily(endless: Path, number: signal.Signals, code: int) -> None:
    folder = endless.parent
    with _Terminal("run", str(endless), "--out", str(folder / "run.db")) as terminal:
        terminal.read_until("of 49,980 labels")
        assert len(list(folder.glob(".run.db-*.part"))) == 1
        terminal.process.send_signal(number)
        rest = terminal.read_all()
    assert terminal.process.returncode == code
    assert "Traceback" not in rest
    assert "\x1b[?25h" in rest
    assert list(folder.iterdir()) == [endless]


@pytest.mark.parametrize("args", [[], ["--help"], ["test", "-h"], ["scenarios", "stragglers"]])
def test_a_reader_that_goes_away_is_no_error(args: list[str]) -> None:
    with subprocess.Popen([*COMMAND, *args], stdout=-1, stderr=-1, text=True, bufsize=0) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk always full")
@pytest.mark.parametrize("args", [["scenarios"], []])
def test_a_full_disk_is_no_bug_of_ours(args: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *args], stdout=full, stderr=-1, text=True)
    assert done.returncode == 3
    assert done.stderr == "clamshell: error: cannot write: No space left on device. Make room\n"


def test_a_terminal_sees_the_run_go_on_and_gets_its_cursor_back(endless: Path) -> None:
    with _Terminal("run", str(endless), "--set", "stop.labels=20000") as terminal:
        drawn = terminal.read_all()
    assert "loading the records" in drawn
    assert "of 20,000 labels" in drawn
    assert "working" in drawn
    hidden, shown = drawn.rfind("\x1b[?25l"), drawn.rfind("\x1b[?25h")
    assert 0 <= hidden < shown
    assert "budget of labels reached" in drawn[shown:]


def test_the_screen_of_a_study_does_not_hide_the_codes_of_its_bots(tmp_path: Path) -> None:
    study = Path(__file__).parents[2] / "scenarios/study/helped-or-alone.toml"
    db = tmp_path / "run"
    with _Terminal("serve", str(study), "--db", str(db), "--bots", "2") as terminal:
        drawn = terminal.read_all()
    assert terminal.process.returncode == 2
    assert "Add --codes-file FILE, or --plain" in " ".join(drawn.split())
    assert not db.exists()


class _Terminal:
    """A process in a terminal of 80 x 24, and what it draws."""

    def __init__(self, *args: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        self.process = subprocess.Popen(
            [*COMMAND, *args], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)

    def read_until(self, text: str) -> None:
        """Returns when ``text`` is drawn; fails when it never is."""
        drawn = ""
        while text not in drawn:
            more = self._read()
            assert more, drawn
            drawn += more

    def read_all(self) -> str:
        """Everything up to the end of the process."""
        drawn = ""
        while more := self._read():
            drawn += more
        self.process.wait(timeout=60)
        return drawn

    def _read(self) -> str:
        try:
            return os.read(self._master, 65536).decode("utf-8", "replace")
        except OSError:  # Linux says so when the last writer has gone
            return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(timeout=60)
        os.close(self._master)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_scenarios(tmp_path: Path) -> None:
    program = tmp_path / "clamshell"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m clamshell_tui.cli "$@"\n')
    program.chmod(0o700)
    completions = {
        "clamshell tes": "test",
        "clamshell test --ju": "--junit",
        "clamshell run strag": "stragglers",
        "clamshell help rec": "recovery",
        "clamshell paper t-h": "T-HL",
        "clamshell test scenarios/plain.t": "",  # left to bash, which completes files
    }
    script = f"""
        compopt() {{ :; }}  # works only while a user types
        eval "$(_CLAMSHELL_COMPLETE=bash_source {program})"
        while read -r -a COMP_WORDS; do
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMPREPLY=()
            _clamshell_completion {program}
            echo "${{COMPREPLY[@]}}"
        done
    """
    done = subprocess.run(
        ["bash", "-c", script], input="\n".join([*completions, ""]), capture_output=True, text=True
    )
    assert done.stderr == ""
    assert dict(zip(completions, done.stdout.splitlines(), strict=True)) == completions
