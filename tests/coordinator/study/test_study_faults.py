"""A study on a full disk, with a stopped process, and with orders beyond all measure."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.study_messages import (
    ConsentShown,
    DebriefShown,
    PeopleDone,
    PersonOrder,
    Withdraw,
)
from tests.coordinator.study.studies import Participant, running_study, study_options, write_study
from tests.coordinator.wire import story, until

pytestmark = pytest.mark.slow

RETRY = "clamshell_tui.coordinator.loop.RETRY"


@story
async def test_a_full_disk_pauses_a_study_which_goes_on_when_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RETRY, 0.01)
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        connection = place.run.file._connection
        connection.execute("PRAGMA max_page_count = 1")  # no page more than there are
        for number in range(40):
            await ann.say(PersonOrder("message", ("P002",), f"{number:03}" * 300))
        await one.consent()
        while not (await one.talker.hear_until(Notice)).text.startswith("PAUSED: disk full"):
            pass
        connection.execute("PRAGMA max_page_count = 100000")
        assert "space on the disk again" in (await one.talker.hear_until(Notice)).text
        await until(lambda: place.person("P001").consented_at is not None)
        for _ in range(40):
            await ann.hear_until(PeopleDone)
    assert len(read_study(tmp_path / "run").itinerary.people["P002"].messages) == 40
    verify_study(tmp_path / "run")


@story
async def test_a_disk_too_full_to_erase_pauses_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RETRY, 0.01)
    space, erase = asyncio.Event(), StudyFile.erase

    def erase_with_space(file: StudyFile, participant: str) -> int:
        if space.is_set():
            return erase(file, participant)
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise EnvironmentFaultError("cannot write study.db: no space") from error

    monkeypatch.setattr(StudyFile, "erase", erase_with_space)
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.fill_in(more="a secret of mine")
        await one.shown(DebriefShown)
        await one.talker.say(Withdraw(delete=True))
        assert (await one.talker.hear_until(Notice)).text.startswith("PAUSED: disk full")
        space.set()
        assert "space on the disk again" in (await one.talker.hear_until(Notice)).text
    assert all(row.erased for row in read_study(tmp_path / "run").sealed)
    verify_study(tmp_path / "run")


@story
async def test_amounts_that_no_message_can_say_are_refused(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        for order in ("bonus", "correction"):
            for micros in (0, 2**53):
                typed = PersonOrder(order, ("P001",), "typed too much", micros)
                if micros:
                    await ann.ask(typed, Error)
                else:
                    assert (await ann.ask(typed, PeopleDone)).results[0].refused
        await ann.ask(PersonOrder("bonus", ("P001",), "rich", 10**12), PeopleDone)
        await ann.ask(PersonOrder("end", ("P001",)), PeopleDone)
        assert (await one.shown(DebriefShown)).total_micros >= 10**12


@story
async def test_200_participants_get_new_codes_at_once(tmp_path: Path) -> None:
    file = write_study(tmp_path, people=200)
    async with running_study(study_options(tmp_path, file)) as place:
        ann, labels = await place.staff(), tuple(f"P{number:03}" for number in range(1, 201))
        done = await ann.ask(PersonOrder("reissue", labels), PeopleDone)
        assert tuple(each.participant for each in done.results) == labels
        assert len({each.code for each in done.results}) == 200
        last = Participant(await place.connect(), done.results[-1].code)
        assert (await last.join()).worker == "P200"
