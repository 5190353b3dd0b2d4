"""``clamshell test --live``: real processes, sockets and clients, and the exits of a test."""

import re
import socket
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.shipped import find
from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.live.conformance import compare, drawn

SCENARIO = """\
dataset = {kind = "generated", records = 240}
requester.gold = 0
pool = {size = 4, reserve = 1, grace = 30.0}
qualification.enabled = false
tasks = {records_per_task = 2, lease = 600.0}
straggler_mitigation.enabled = false
maintenance.threshold = inf
learning.enabled = false
[crowd]
population = "fast-local"
abandonment = 0.0
"""

PERSON = """
[[crowd.worker]]
name = "leaver"
at = 0.0
[[crowd.worker]]
name = "wanderer"
at = 0.0
[[crowd.script]]
at = 80.0
worker = "leaver"
do = "leave"
[[crowd.script]]
at = 60.0
worker = "wanderer"
do = "disconnect"
[[crowd.script]]
at = 70.0
worker = "wanderer"
do = "reconnect"
[live]
speed = 20.0
[[step]]
who = "ann"
open = "80x24"
[[step]]
reads = "I have read this"
[[step]]
press = "enter"
[[step]]
bots = "come"
[[step]]
label = "right"
[[step]]
press = "enter"
[[step]]
reads = "stored and paid"
[[step]]
kill = true
[[step]]
open = "100x30"
[[step]]
screen = "task"
[[step]]
press = ["escape", "l"]
[[step]]
reads = ["Thank you", "Records, 1 task"]
[[expect]]
metric = "worker(ann).labels"
is = 2
[[expect]]
metric = "disconnected(ann).count"
is = 1
[[expect]]
metric = "left(leaver).count"
is = 1
[[expect]]
metric = "reconnected(wanderer).count"
is = 1
[[expect]]
metric = "left(wanderer).count"
is = 0
[[expect]]
metric = "records.left"
is = 0
"""

NEVER = """
[[step]]
who = "ann"
open = "80x24"
[[step]]
reads = "I have read this"
[[step]]
reads = "a thing that it never says"
within = 0.2
because = "we want to see it fail"
[[step]]
bots = "come"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_people_and_bots_do_what_is_written_and_the_run_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person at the real terminal is killed and comes back; bots leave, and disconnect."""
    (folder / "mine.toml").write_text(SCENARIO + PERSON)
    code = main(["test", "mine.toml", "--seed", "0", "--out", "run.db"])
    assert (code, capsys.readouterr().out) == (0, "ok    mine: 6 expectations, 1 seed\n")
    with open_run(folder / "run.db") as file:
        assert set(file.tables().workers) >= {"P001", "P002", "P003"}


@pytest.mark.slow
def test_a_step_that_fails_says_what_was_expected_and_what_the_screen_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "never.toml").write_text(SCENARIO + NEVER)
    assert main(["test", "never.toml"]) == 1
    said = capsys.readouterr().out
    assert "seed 0: step 3 (ann: reads a thing that it never says): not within 0.2 s" in said
    assert "because we want to see it fail" in said
    assert "expected on the screen: a thing that it never says" in said
    assert 'the screen "instructions" of 80x24 says' in said
    assert re.search(r"\|.*I have read this and want to take part", said)


def test_a_coordinator_that_cannot_listen_is_the_machines_fault(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine.toml").write_text(SCENARIO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["test", "--live", "mine.toml", "--port", port]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert re.search(
        rf"^clamshell: error: the coordinator: port {port} is in use", said.err, re.MULTILINE
    )


@pytest.mark.slow
def test_simulated_and_live_agree_within_the_tolerances() -> None:
    found = compare(load_case(find("three-clocks")), 2, speed=30.0)
    assert found.agrees, drawn(found)
    assert drawn(found).endswith("the clocks agree in all 14")


@pytest.mark.slow
def test_the_three_clocks_agree(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", "--conformance", "three-clocks", "--seed", "2"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert "live 1x" in said
