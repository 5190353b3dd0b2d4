"""``clamshell serve`` with its screen: how both end after a signal to the coordinator."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coordinator.wire import PETS
from tests.live.operator_terminal import OperatorTerminal
from tests.live.processes import eventually, mentioning


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[OperatorTerminal]:
    """A run that waits for people, its screen showing it."""
    (tmp_path / "pets.toml").write_text(PETS)
    words = ("serve", str(tmp_path / "pets.toml"), "--db", str(tmp_path / "run.db"))
    with OperatorTerminal(*words, "--port", "0", size=(200, 40)) as terminal:
        terminal.until(lambda: b"connected" in terminal.lately, 60.0)
        yield terminal
    assert eventually(lambda: mentioning(tmp_path) == [])


def test_told_to_end_with_nobody_at_work_the_screen_goes_with_the_run(
    serving: OperatorTerminal,
) -> None:
    serving.send(signal.SIGTERM)
    assert serving.ends() == 0
    assert serving.restored
    assert b"the screen is closed; the run is over: clamshell watch" in serving.shown
    assert b"the run goes on" not in serving.shown


@pytest.mark.slow
def test_told_to_end_while_somebody_looks_at_the_end_it_ends(serving: OperatorTerminal) -> None:
    for keys, seen in (
        (b"x", b"Actions"),
        (b"S", b"cannot be undone"),
        (b"y", b"finished"),
    ):
        serving.press(keys)
        serving.reads(seen)
    serving.read_for(1.0)  # no event shows that the coordinator waits only for the screen
    serving.send(signal.SIGTERM)
    assert serving.ends() == 0
    assert b"the run is over: clamshell watch" in serving.shown


@pytest.mark.slow
def test_stopped_at_once_it_says_that_the_run_is_not_over(serving: OperatorTerminal) -> None:
    serving.send(signal.SIGINT)
    assert serving.ends() == 130
    assert serving.restored
    assert b"the run is stopped: clamshell serve" in serving.shown


@pytest.mark.slow
def test_closed_while_the_run_goes_on_it_says_so(serving: OperatorTerminal) -> None:
    serving.press(b"q")
    serving.reads(b"the screen is closed; the run goes on: clamshell watch")
    serving.send(signal.SIGTERM)
    assert serving.ends() == 0
