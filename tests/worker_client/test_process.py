"""``clamshell-worker`` as a process: errors in one line, and a terminal given back as it was."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clamshell_tui.wire.invitation import parse
from tests.worker_client.pseudo_terminal import DEADLINE, UTF_8, WORKER, PseudoTerminal
from worker_client.outbox import SeatKey, SeatStore

SLOW = pytest.mark.slow


def run(*args: str) -> subprocess.CompletedProcess[str]:
    """Run without a terminal."""
    return subprocess.run(
        [*WORKER, *args], capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("clam://127.0.0.1:7777/X",), "not a terminal; use --headless"),
        (("what?",), '"what?" is not a join string'),
        (("a/b", "c/d"), "one terminal takes one seat"),
        (("--headless",), "--headless needs the line to JOIN"),
        (("--count", "0"), "is not in the range x>=1"),
        (("--colour",), "No such option"),
        (("\x1b]0;x\x07",), '"\ufffd]0;x\ufffd" is not a join string'),
    ],
)
def test_a_mistake_is_told_in_one_line(args: tuple[str, ...], words: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("clamshell-worker: error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_is_quick_to_read_and_names_the_way_in() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "clamshell-worker clam://127.0.0.1:7777/K7QM-2F9X" in done.stdout


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[PseudoTerminal]:
    """The first screen of a worker without a line to join."""
    with PseudoTerminal(*WORKER, "--state", str(tmp_path)) as made:
        made.reads(b"Join a labelling session")
        yield made


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="TERM"),
        pytest.param(signal.SIGHUP, 129, id="HUP", marks=SLOW),  # quick: after a stop, below
        pytest.param(signal.SIGINT, 130, id="INT", marks=SLOW),
    ],
)
def test_a_signal_gives_the_terminal_back(
    screen: PseudoTerminal, number: signal.Signals, code: int
) -> None:
    assert b"1049" in screen.modes_left_on
    screen.send(number)
    assert screen.ends() == code
    assert screen.modes_left_on == set()
    assert screen.cursor_shown
    assert screen.echoes


def test_a_terminal_that_was_stopped_for_a_while_is_read_by_one_reader(
    screen: PseudoTerminal,
) -> None:
    """What hangs up also tells to continue; Textual would start to read once more."""
    for _ in range(3):
        screen.send(signal.SIGSTOP)
        screen.send(signal.SIGCONT)
    screen.press(b"what?\r")
    screen.reads(b"is not a join string")
    screen.send(signal.SIGCONT)
    screen.send(signal.SIGHUP)
    assert screen.ends() == 129
    assert screen.modes_left_on == set()


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(b"\x11", id="ctrl+q", marks=SLOW),
        pytest.param(b"\x03", id="ctrl+c"),
        pytest.param(b"\x1b", id="escape", marks=SLOW),
    ],
)
def test_before_there_is_a_seat_one_key_closes(screen: PseudoTerminal, keys: bytes) -> None:
    screen.press(keys)
    assert screen.ends() == 0
    assert screen.modes_left_on == set()
    assert screen.echoes


BUGS = {
    "while drawing": "from worker_client.widgets.lines import TopLine as Where; name = 'render'",
    "in a message": "from worker_client.screens.join import JoinScreen as Where; "
    "name = 'on_input_submitted'",
    "in the network's task": "from worker_client.driver import SessionDriver as Where; "
    "name = '_once'",
    "in the style sheet": "from worker_client.app import WorkerApp as Where; name = ''; "
    "Where.CSS = 'Screen { nonsense: 1; }'",
}
SEEDED = """\
import sys
{where}
def bug(self, *_):
    raise ValueError("a bug, \\x1b[31mred\\nand a second line")
if name:
    setattr(Where, name, bug)
from worker_client.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(where, id=name, marks=SLOW if name == "in a message" else ())
        for name, where in BUGS.items()
    ],
)
def test_a_bug_is_told_in_one_line_on_a_terminal_as_it_was(tmp_path: Path, where: str) -> None:
    (tmp_path / "seats").mkdir()
    command = [sys.executable, "-c", SEEDED.format(where=where), "--state", str(tmp_path / "seats")]
    with PseudoTerminal(*command, env=UTF_8 | {"XDG_STATE_HOME": str(tmp_path)}) as screen:
        screen.reads(b"\x1b[?1049h")
        if "_once" in where or "submitted" in where:
            screen.reads(b"Join a labelling session")
            screen.press(b"clam://127.0.0.1:9/AAAA-BBBB\r")
        assert screen.ends() == 1
        assert screen.modes_left_on == set()
        assert screen.echoes
        told = screen.shown.rpartition(b"\x1b[?1049l")[2].decode()
    (log,) = (tmp_path / "clamshell").rglob("crash-*.log")
    assert f"please report it with {log}" in told
    assert told.count("clamshell-worker: error: ") == 1
    assert told.rstrip("\r\n").count("\n") == 0
    assert "Traceback" not in screen.shown.decode()
    assert "Traceback" in log.read_text()


def test_a_seat_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    join = "clam://127.0.0.1:9/AAAA-BBBB"
    SeatStore(tmp_path).at(parse(join)).keep(SeatKey("h", 1, "", "c", "r", "P001", "t" * 16))
    (seat,) = tmp_path.glob("*/seat.json")
    seat.write_bytes(b"{")
    with PseudoTerminal(*WORKER, "--state", str(tmp_path), join) as screen:
        assert screen.ends() == 3
        assert screen.modes_left_on == set()
        told = screen.shown.rpartition(b"\x1b[?1049l")[2]
    assert b"seat.json cannot be read" in told
    assert told.count(b"\n") <= 2
    assert b"Traceback" not in screen.shown
