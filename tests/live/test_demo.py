"""``clamshell demo`` from its first line to the last process gone."""

import asyncio
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.messages import Error, Hello
from clamshell_tui.wire.worker_messages import Begin, Join, Over, TaskAssigned
from tests.live.operator_terminal import OperatorTerminal
from tests.live.processes import COMMAND, clamshell, eventually, mentioning

SCENARIO = """\
dataset = {kind = "generated", records = 200, features = 4}
crowd = {population = "fast-local", instructions = 2.0, abandonment = 0.0}
requester.gold = 5
qualification = {records = 3, pass_mark = 0.6}
tasks.records_per_task = 2
learning.enabled = false
stop.labels = LABELS
"""


NO_QUALIFICATION = "qualification.enabled = false"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "short.toml").write_text(SCENARIO.replace("LABELS", "40"))
    (tmp_path / "long.toml").write_text(SCENARIO.replace("LABELS", "150"))
    return tmp_path


def words(folder: Path, name: str, speed: int) -> list[str]:
    scenario, out = str(folder / f"{name}.toml"), str(folder / "run.db")
    return ["demo", scenario, "--bots", "4", "--speed", str(speed), "--out", out]


def test_a_demo_shows_how_to_join_runs_to_its_end_and_leaves_a_run_file(folder: Path) -> None:
    done = clamshell(*words(folder, "short", 40))
    assert done.returncode == 0, done.stderr
    joins = re.findall(
        r"clamshell-worker clam://127\.0\.0\.1:\d+/[0-9A-Z-]{9}$", done.stderr, re.MULTILINE
    )
    assert len(joins) == 2
    assert "40 labels" in done.stdout
    assert "budget of labels reached" in done.stdout
    assert f"kept in {folder / 'run.db'}" in done.stderr
    assert mentioning(folder) == []
    verified = clamshell("verify", str(folder / "run.db"))
    assert "gives every table, and exactly the recorded final state" in verified.stdout


@pytest.mark.slow
def test_a_person_who_joins_gets_a_slot_although_bots_stand_by(folder: Path) -> None:
    text = (folder / "long.toml").read_text()
    (folder / "long.toml").write_text(re.sub("qualification = .*", NO_QUALIFICATION, text))
    process = _started(folder)
    assert process.stderr is not None
    join = process.stderr.readline().split("clam://")[1].strip()
    assert asyncio.run(_a_persons_first_task(*join.split("/"))) == 2
    process.terminate()
    process.communicate(timeout=60)


async def _a_persons_first_task(address: str, code: str) -> int:
    """Join, and wait for a task; returns the number of its records."""
    async with asyncio.timeout(60), connect(f"ws://{address}", proxy=None) as socket:
        for said in (Hello(VERSION, "worker"), Join(code), Begin()):
            await socket.send(encode(said))
        while True:
            message = decode_to_client(await socket.recv())
            assert not isinstance(message, Error | Over), message
            if isinstance(message, TaskAssigned):
                return len(message.records)


def test_q_ends_a_demo_gently_in_a_terminal(folder: Path) -> None:
    with OperatorTerminal(*words(folder, "long", 8)) as demo:
        demo.reads(b"labelling")
        where_it_fits = b"clamshell-worker clam://127.0.0.1", b"to see how to join"
        assert any(words in demo.shown for words in where_it_fits)
        demo.press(b"q")
        assert demo.ends() == 0
        assert b"stopped by" in demo.lately
        assert b"kept in" in demo.lately
        assert demo.restored
    assert mentioning(folder) == []


@pytest.mark.slow
def test_a_demo_whose_screen_is_killed_goes_on_in_lines_with_the_terminal_as_it_was(
    folder: Path,
) -> None:
    with OperatorTerminal(*words(folder, "long", 8)) as demo:
        demo.reads(b"labelling")
        (screen,) = [pid for pid in children_of(demo.process.pid) if watches(pid)]
        demo.forget()
        os.kill(screen, signal.SIGKILL)
        demo.reads(b"the screen has gone (-9); the run goes on")
        assert demo.restored
        demo.reads(b" labels")  # in a line
        demo.send(signal.SIGTERM)
        assert demo.ends() == 128 + signal.SIGTERM
        assert demo.restored
    assert mentioning(folder) == []


def children_of(pid: int) -> list[int]:
    """Processes that it started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def watches(pid: int) -> bool:
    """Whether it is the operator's screen."""
    return b"watch" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGTERM, signal.SIGHUP)]
)
def test_a_signal_ends_a_demo_at_once_and_leaves_no_process(
    folder: Path, number: signal.Signals
) -> None:
    process = _started(folder)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    assert mentioning(folder) == []


@pytest.mark.slow
def test_a_killed_demo_leaves_no_process(folder: Path) -> None:
    process = _started(folder)
    assert len(mentioning(folder)) >= 2
    process.kill()
    process.communicate(timeout=60)
    assert eventually(lambda: mentioning(folder) == [])


def test_what_the_coordinator_complains_about_is_told_in_one_line(folder: Path) -> None:
    (folder / "run.db").write_text("not a run")
    done = clamshell(*words(folder, "short", 40))
    assert done.returncode == 2
    assert re.search(r"^clamshell: error: the coordinator: .*run\.db", done.stderr, re.MULTILINE)
    assert (folder / "run.db").read_text() == "not a run"


def _started(folder: Path) -> "subprocess.Popen[str]":
    """A demo that is going on."""
    process = subprocess.Popen([*COMMAND, *words(folder, "long", 1)], stderr=-1, text=True)
    assert process.stderr is not None
    assert "join with" in process.stderr.readline()
    return process
