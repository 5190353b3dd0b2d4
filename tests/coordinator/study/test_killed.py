"""A coordinator in a process of its own is killed between the commits of its files."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from clamshell_tui.core.events import WorkerJoined
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.events import ClockSet, WorkEnded, WorkEntered
from clamshell_tui.study.reader import StudyRun, read_study
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.study_messages import ConsentShown, DebriefShown, Read
from clamshell_tui.wire.worker_messages import Over, TaskAssigned
from tests.coordinator.process import serving as coordinator
from tests.coordinator.study.studies import Participant, connected, write_study
from tests.coordinator.study.test_stages import GATE
from tests.coordinator.wire import story

SERVE = """\
import os, sys
from clamshell_tui.coordinator.study import stage_runner
def die(self, *given): os.kill(os.getpid(), 9)
if sys.argv[1]: setattr(stage_runner.StageRunner, sys.argv[1], die)
from clamshell_tui.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""Serves a study; kills itself in place of a method of ``StageRunner``, if one is named."""


class Server:
    def __init__(self, process: asyncio.subprocess.Process, said: dict[str, list[str]]) -> None:
        self.process = process
        self.said = said

    async def participant(self, number: int = 0) -> Participant:
        port = int(self.said["listening"][0].split()[1])
        participant = Participant(await connected(port), self.said["seat"][number])
        await participant.join()
        return participant

    async def ended(self) -> int:
        return await self.process.wait()


@asynccontextmanager
async def serving(folder: Path, *options: str, dies: str = "") -> AsyncIterator[Server]:
    async with coordinator(
        *(sys.executable, "-c", SERVE, dies, "serve", str(folder / "pets.toml")),
        *("--db", str(folder / "run"), "--headless", "--port", "0", "--max-rate", "10000"),
        *options,
        env=os.environ | {"XDG_STATE_HOME": str(folder / "state")},
    ) as (process, said):
        yield Server(process, said)


def joined(study: StudyRun) -> list[str]:
    """The workers that the engines of all conditions know."""
    found: list[str] = []
    for arm in study.meta.plan.conditions:
        with open_run(study.run_file(arm.name)) as run:
            run.verify_journal()
            found += [e.worker for _, e in run.events() if isinstance(e, WorkerJoined)]
    return found


@pytest.mark.slow
@story
async def test_a_study_goes_on_after_a_kill_before_the_engine_hears_of_the_work(
    tmp_path: Path,
) -> None:
    write_study(tmp_path, people=1)
    async with serving(tmp_path, dies="enter") as server:
        one = await server.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.read()
        await one.try_all()
        await one.try_all()
        assert await server.ended() == -signal.SIGKILL
        codes = server.said["seat"]
    study = read_study(tmp_path / "run")
    condition = study.itinerary.people["P001"].condition
    assert study.itinerary.people["P001"].working
    assert joined(study) == []
    async with serving(tmp_path, dies="ended") as server:
        assert server.said["seat"] == codes, "a code is good for the whole study"
        one = await server.participant()
        task = await one.talker.hear_until(TaskAssigned)
        await one.work(task, 4 // len(task.records))
        assert await server.ended() == -signal.SIGKILL  # the run has the end, the study has not
    async with serving(tmp_path, "--linger", "5") as server:
        one = await server.participant()
        await one.fill_in()
        await one.shown(DebriefShown)
        await one.talker.say(Read(one.number))
        await one.talker.hear_until(Over)
        await one.talker.socket.close()
        assert await server.ended() == 0
    study = read_study(tmp_path / "run")
    person = study.itinerary.people["P001"]
    assert (person.outcome, person.condition) == ("completed", condition)
    assert person.work.records == 4, "no answer is lost or counted twice"
    assert joined(study) == ["P001"]
    events = [entry.event for entry in study.entries]
    assert sum(isinstance(event, WorkEntered) for event in events) == 1
    assert sum(isinstance(event, WorkEnded) for event in events) == 1
    assert sum(isinstance(event, ClockSet) for event in events) == 3
    verify_study(tmp_path / "run")


@pytest.mark.slow
@story
async def test_a_changed_study_file_is_refused(tmp_path: Path) -> None:
    file = write_study(tmp_path, people=1)
    async with serving(tmp_path):
        pass
    (tmp_path / "consent.md").write_text("Something else")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVE, "", "serve", str(file), "--db", str(tmp_path / "run")),
        *("--headless", "--port", "0"),
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode().strip() == (
        "clamshell: error: consent.md has changed since this study began; restore it or use "
        "another folder"
    )


@pytest.mark.slow
@story
async def test_a_signal_interrupts_the_study_after_the_tasks_in_hand(tmp_path: Path) -> None:
    write_study(tmp_path, GATE % (600.0, 20.0), people=2)
    async with serving(tmp_path) as server:
        one, two = await server.participant(), await server.participant(1)
        for each in (one, two):
            await each.shown(ConsentShown)
            await each.consent()
        task: TaskAssigned | None = await one.talker.hear_until(TaskAssigned)
        await two.talker.hear_until(TaskAssigned)
        await two.talker.socket.close()
        server.process.send_signal(signal.SIGTERM)
        while task is not None:  # another one may be in hand before the signal is heard
            task = await one.work(task, 1)
        assert await server.ended() == 0
    async with serving(tmp_path) as server:
        one = await server.participant()
        await one.talker.hear_until(TaskAssigned)
    verify_study(tmp_path / "run")
