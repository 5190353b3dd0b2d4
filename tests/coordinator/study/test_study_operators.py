"""Operators of a study: the page of people, orders, and conditions."""

import time
from pathlib import Path

import pytest
from msgspec import structs

from clamshell_tui.study.events import StartPlanned
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.start_time import shown_time
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.operator_messages import (
    Describe,
    Described,
    Done,
    JournalRead,
    Order,
    ReadJournal,
)
from clamshell_tui.wire.study_messages import (
    ConsentShown,
    DebriefShown,
    GateShown,
    PausedShown,
    People,
    PeopleDone,
    PersonOrder,
    PersonResult,
    PersonRow,
    QuestionsShown,
    SelectCondition,
    StartAt,
    StartNow,
    WatchPeople,
)
from clamshell_tui.wire.worker_messages import (
    Join,
    TaskAssigned,
    Wait,
)
from tests.coordinator.study.studies import (
    Participant,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.study.test_stages import GATE, back
from tests.coordinator.wire import Talker, story, until


async def row_of(ann: Talker, label: str, stage: str) -> PersonRow:
    """The row of a participant, once it names this stage."""
    while True:
        people = await ann.hear_until(People)
        row = next(row for row in people.rows if row.participant == label)
        if row.stage == stage:
            return row


async def ordered(ann: Talker, order: PersonOrder) -> tuple[PersonResult, ...]:
    return (await ann.ask(order, PeopleDone)).results


@story
async def test_the_page_of_people_follows_them(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann = await place.staff()
        people = await ann.ask(WatchPeople(), People)
        assert [(row.participant, row.stage) for row in people.rows] == [
            ("P001", "invited"),
            ("P002", "invited"),
            ("P003", "invited"),
        ]
        assert people.conditions in {("A", "B"), ("B", "A")}, "blinded: letters only"
        assert people.currency == "EUR"
        one = await place.participant()
        row = await row_of(ann, "P001", "consent")
        assert (row.via, row.connected, row.micros) == ("terminal", True, 5_000_000)
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.shown(QuestionsShown)
        row = await row_of(ann, "P001", "questionnaire")
        assert (row.records, row.condition in {"A", "B"}) == (4, True)
        await one.talker.socket.close()
        while (row := await row_of(ann, "P001", "questionnaire")).connected:
            pass
        assert row.micros >= 5_080_000


@pytest.mark.parametrize("named", [False, True])
@story
async def test_operators_hear_letters_unless_the_study_is_open(tmp_path: Path, named: bool) -> None:
    file = write_study(tmp_path)
    text = file.read_text().replace('"two"', '"zebra"').replace('"one"', '"okapi"')
    file.write_text(text + f"study.open_label = {str(named).lower()}\n")
    async with running_study(study_options(tmp_path, file)) as place:
        ann = await place.staff()
        heard = [
            str(await ann.ask(WatchPeople(), People)),
            str(await ann.ask(Describe(), Described)),
        ]
        heard.append(str(await ann.ask(SelectCondition(1), Described)))
    assert ("zebra" in str(heard), "okapi" in str(heard)) == (named, named)


@story
async def test_a_paused_participant_goes_on_when_resumed(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        await ordered(ann, PersonOrder("pause", ("P001",)))
        await one.shown(PausedShown)
        await ordered(ann, PersonOrder("resume", ("P001",)))
        await one.shown(ConsentShown)


@story
async def test_a_participant_paused_at_work_finishes_the_task_in_hand(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        task = await one.learn()
        await ordered(ann, PersonOrder("pause", ("P001",)))
        await until(lambda: place.at_work("P001").paused)
        assert await one.work(task, 1) is None
        await one.shown(PausedShown)
        await ordered(ann, PersonOrder("resume", ("P001",)))
        await one.talker.hear_until(TaskAssigned)


@story
async def test_a_new_code_replaces_the_old_one(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        label, code, _ = structs.astuple(
            (await ordered(ann, PersonOrder("reissue", ("P001", "P002"))))[0]
        )
        assert label == "P001"
        assert (await one.talker.hear_until(Error)).code == "replaced"
        stranger = await place.connect()
        assert (await stranger.ask(Join(one.code), Error)).code == "code"
        again = Participant(await place.connect(), code)
        await again.join()
        await again.shown(ConsentShown)
    study = read_study(tmp_path / "run")
    assert study.itinerary.people["P001"].issue == 2


@story
async def test_pay_is_added_and_recorded(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        await ordered(ann, PersonOrder("bonus", ("P001",), "helped a neighbour", 2_000_000))
        await ordered(ann, PersonOrder("end", ("P001",), "fire alarm"))
        await ordered(ann, PersonOrder("paid", ("P001",)))
        person = place.person("P001")
        assert (person.outcome, person.paid_micros) == ("ended", 7_000_000)


@story
async def test_an_order_that_cannot_be_carried_out_is_refused(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann = await place.staff()
        for order in (
            PersonOrder("message", ("P001",)),
            PersonOrder("bonus", ("P001",), " ", 1_000_000),
            PersonOrder("correction", ("P001",), "", 1_000_000),
            StartNow(1),
            SelectCondition(7),
            Order("issue-code"),
            Order("dismiss", worker="P001"),
            Order("dismiss"),
        ):
            error = await ann.ask(order, Error)
            assert (error.code, error.fatal) == ("request", False)


@story
async def test_an_order_is_carried_out_for_those_it_is_possible_for(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        results = await ordered(ann, PersonOrder("pause", ("P002", "P001", "nobody", "P001")))
        assert [(each.participant, each.refused) for each in results] == [
            ("P002", "has not come yet"),
            ("P001", ""),
            ("nobody", "is not invited"),
        ]
        assert place.person("P001").paused


@story
async def test_an_order_about_a_worker_is_about_the_participant(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        await ann.ask(Order("dismiss", worker="P001/2", text="fire alarm"), Done)
        await one.shown(DebriefShown)
        assert place.person("P001").reason == "fire alarm"


@story
async def test_an_operator_opens_the_gate(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path, GATE % (600.0, 20.0)))
    async with running_study(options) as place:
        ann, one = await place.staff(), await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.shown(GateShown)
        people = await ann.ask(WatchPeople(), People)
        assert (people.gate, people.waiting, people.needed) == (2, 1, 2)
        await ann.ask(StartNow(2), Done)
        await one.talker.hear_until(TaskAssigned)
        for order in (StartNow(2), StartAt(2, in_seconds(3600))):
            assert "is open already" in (await ann.ask(order, Error)).message


def in_seconds(seconds: float) -> str:
    """The time of day so many seconds from now."""
    return shown_time(time.time() + seconds)  # noqa: TID251  # that of the coordinator


@story
async def test_the_gate_opens_at_the_time_that_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.study.service.WATCH_EVERY", 0.01)
    file = write_study(tmp_path, GATE % (600.0, 20.0))
    later = in_seconds(7200)
    async with running_study(study_options(tmp_path, file, start_at=later)) as place:
        ann, one = await place.staff(), await place.participant()
        people = await ann.ask(WatchPeople(), People)
        assert (people.gate, people.waiting, people.starts) == (2, 0, later)
        await one.shown(ConsentShown)
        await one.consent()
        assert (await one.shown(GateShown)).starts == later
        two = await place.participant(1)
        await two.shown(ConsentShown)
        await two.consent()
        assert (await two.shown(GateShown)).present == 2, "enough, and yet it is closed"
        passed = in_seconds(-90)
        assert "has passed" in (await ann.ask(StartAt(2, passed), Error)).message
        sooner = in_seconds(3600)
        await ann.ask(StartAt(2, sooner), Done)
        while (await one.shown(GateShown)).starts != sooner:
            pass
    async with running_study(study_options(tmp_path, file, start_at=later)) as place:
        again = await back(place, one)
        assert (await again.shown(GateShown)).starts == sooner, "the same command undoes nothing"
        come = StartPlanned(1, time.time() - 1, "ann")  # noqa: TID251
        place.service.run_loop.call(lambda now: place.run.apply(come, now))
        await again.talker.hear_until(TaskAssigned)


@story
async def test_the_time_of_the_first_gate_is_not_that_of_the_next(tmp_path: Path) -> None:
    first, work = '{kind = "gate", people = 1}', '{kind = "work"'
    stages = (GATE % (600.0, 20.0)).replace(work, f"{first},\n  {work}")
    options = study_options(tmp_path, write_study(tmp_path, stages), start_at=in_seconds(7200))
    async with running_study(options) as place:
        ann = await place.staff()
        assert (await ann.ask(WatchPeople(), People)).starts
        await ann.ask(StartNow(2), Done)
    async with running_study(options) as place:
        people = await (await place.staff()).ask(WatchPeople(), People)
        assert (people.gate, people.starts) == (3, "")


@story
async def test_the_time_that_was_set_for_a_gate_is_taken_back(tmp_path: Path) -> None:
    file, later = write_study(tmp_path, GATE % (600.0, 20.0)), in_seconds(7200)
    async with running_study(study_options(tmp_path, file, start_at=later)) as place:
        ann = await place.staff()
        assert (await ann.ask(WatchPeople(), People)).starts == later
        assert not (await ann.ask(StartAt(2, ""), Done)).detail
    async with running_study(study_options(tmp_path, file, start_at=later)) as place:
        ann, people = await place.staff(), [await place.participant(n) for n in (0, 1)]
        assert not (await ann.ask(WatchPeople(), People)).starts, "the command does not undo it"
        for each in people:
            await each.shown(ConsentShown)
            await each.consent()
        for each in people:
            await each.talker.hear_until(TaskAssigned)


@story
async def test_an_operator_follows_the_condition_that_was_selected(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann = await place.staff()
        first = await ann.ask(Describe(), Described)
        second = await ann.ask(SelectCondition(1), Described)
        assert "records_per_task = 2" in first.scenario
        assert "records_per_task = 1" in second.scenario
        assert {first.meta["file"], second.meta["file"]} == {"pets A", "pets B"}
        assert "pets-one" not in repr(second)
        await ann.ask(Order("pause"), Done)
        page = await ann.ask(ReadJournal(0), JournalRead)
        assert any(b"RunPaused" in bytes(entry.event) for entry in page.entries)
        await ann.ask(SelectCondition(0), Described)
        page = await ann.ask(ReadJournal(0), JournalRead)
        assert not any(b"RunPaused" in bytes(entry.event) for entry in page.entries)


@story
async def test_an_order_without_a_condition_goes_to_all(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann = await place.staff()
        await ann.ask(Order("pause"), Done)
        runs = [each.run for each in place.service.stages.conditions.values()]
        await until(lambda: all(run.engine.state.paused for run in runs))


@story
async def test_the_study_is_stopped_and_all_see_what_they_are_owed(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one, two = await place.staff(), await place.participant(), await place.participant(1)
        task = await one.learn()
        await two.shown(ConsentShown)
        await ann.ask(SelectCondition(1), Described)
        await ann.ask(Order("stop", key="study"), Done)  # not the run of this condition alone
        await one.work(task, 1)  # the task in hand is finished
        receipt = await one.shown(DebriefShown)
        assert receipt.total_micros >= 5_020_000
        await until(lambda: place.person("P002").concluded)
        assert place.person("P001").outcome == "ended"


@story
async def test_a_study_that_is_stopped_does_not_wait_for_who_is_away(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one, two = await place.staff(), await place.participant(), await place.participant(1)
        await one.learn()
        await two.shown(ConsentShown)
        for each in (one, two):
            await each.talker.socket.close()
        await until(lambda: not any(place.person(each).connected for each in ("P001", "P002")))
        await ann.ask(Order("stop"), Done)
        await until(lambda: place.person("P001").concluded and place.person("P002").concluded)
        assert (await ann.ask(WatchPeople(), People)).over
        assert place.person("P001").outcome == "ended"
        again = await back(place, one)
        assert (await again.shown(DebriefShown)).total_micros >= 5_000_000


@story
async def test_a_participant_who_ended_is_readmitted_to_the_work(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        task = await one.learn()
        await ordered(ann, PersonOrder("end", ("P001",), "by mistake"))
        assert (await ann.ask(WatchPeople(), People)).rows[0].ending
        await one.work(task, 1)
        await one.shown(DebriefShown)
        await ordered(ann, PersonOrder("readmit", ("P001",)))
        again = await one.talker.hear_until(TaskAssigned)
        assert place.at_work("P001").id == "P001/2"
        left = 4 - len(task.records)
        await one.work(again, left // len(again.records))
        await one.shown(QuestionsShown)
        assert place.person("P001").work.records == 4


@story
async def test_a_wait_of_the_engine_does_not_end_a_pause(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann, one = await place.staff(), await place.participant()
        task = await one.learn()
        await ordered(ann, PersonOrder("pause", ("P001",)))
        await until(lambda: place.at_work("P001").paused)
        await one.work(task, 1)
        await one.shown(PausedShown)
        await ann.ask(Order("pause"), Done)
        again = await back(place, one, token=True)
        message = await again.talker.hear()
        assert not isinstance(message, Wait)


@story
async def test_who_drops_out_of_the_work_is_readmitted_in_the_same_condition(
    tmp_path: Path,
) -> None:
    file = write_study(tmp_path)
    grace = "participants = {count = 3, grace = 0.2}"
    file.write_text(file.read_text().replace("participants.count = 3", grace))
    async with running_study(study_options(tmp_path, file)) as place:
        ann, one = await place.staff(), await place.participant()
        await one.learn()
        condition = place.person("P001").condition
        await one.talker.socket.close()
        await until(lambda: place.person("P001").concluded)
        assert place.person("P001").outcome == "dropped-out"
        again = await back(place, one)
        await again.shown(DebriefShown)
        await ordered(ann, PersonOrder("readmit", ("P001",)))
        await again.talker.hear_until(TaskAssigned)
        assert place.person("P001").condition == condition
