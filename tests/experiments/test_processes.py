"""Processes that work for another one, and end with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PIECES = """
import os, threading
from pathlib import Path
from tempfile import TemporaryDirectory

def wait(path):
    path.write_text(str(os.getpid()))
    with TemporaryDirectory(dir=path.parent):
        threading.Event().wait(60)

def square(number):
    return number * number

"""
OWNER = """
import os, sys, threading
from pathlib import Path
from pieces import square, wait
from clamshell_tui.experiments.processes import in_processes

def interrupt():
    sys.stdin.read()
    os.kill(os.getpid(), 2)

# Without a test of __name__, as in a plain script.
if sys.argv[2] == "square":
    print(list(in_processes(square, range(20), 2, ordered=True, preload=())))
    sys.exit()
threading.Thread(target=interrupt, daemon=True).start()
try:
    paths = [Path(sys.argv[1]) / f"{name}.pid" for name in ("a", "b", "never")]
    list(in_processes(wait, paths, 2, preload=()))
except KeyboardInterrupt:
    print("interrupted")
"""
DEADLINE = 60  # seconds
PAUSE = threading.Event()


def owner(folder: Path, do: str) -> subprocess.Popen[str]:
    """Start a program whose processes do some work; the end of its input interrupts it."""
    script = folder / "owner.py"
    script.write_text(OWNER)
    (folder / "pieces.py").write_text(PIECES)
    pipe, environment = subprocess.PIPE, os.environ | {"PYTHONPATH": os.getcwd()}
    command = [sys.executable, str(script), str(folder), do]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


def until(folder: Path, pattern: str, count: int) -> list[Path]:
    give_up = time.perf_counter() + DEADLINE
    while len(found := list(folder.glob(pattern))) != count or not all(map(_filled, found)):
        assert time.perf_counter() < give_up, found
        PAUSE.wait(0.02)
    return found


def _filled(path: Path) -> bool:
    return path.is_dir() or bool(path.read_text())


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


def test_results_come_in_order_from_several_processes(tmp_path: Path) -> None:
    out, _ = owner(tmp_path, "square").communicate(timeout=DEADLINE)
    assert out == f"{[number * number for number in range(20)]}\n"


def test_work_that_is_interrupted_closes_what_it_has_open(tmp_path: Path) -> None:
    process = owner(tmp_path, "wait")
    until(tmp_path, "[ab].pid", 2)
    until(tmp_path, "tmp*", 2)
    out, _ = process.communicate(timeout=DEADLINE)
    assert (out, process.returncode) == ("interrupted\n", 0)
    assert list(tmp_path.glob("tmp*")) == []
    assert not (tmp_path / "never.pid").exists()


def test_processes_end_with_a_killed_owner(tmp_path: Path) -> None:
    process = owner(tmp_path, "wait")
    pids = [int(path.read_text()) for path in until(tmp_path, "*.pid", 2)]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=DEADLINE)
    give_up = time.perf_counter() + DEADLINE
    while not all(map(gone, pids)):
        assert time.perf_counter() < give_up
        PAUSE.wait(0.02)
