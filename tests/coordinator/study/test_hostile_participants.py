"""What participants, or programs in their place, may send, and what stays of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clamshell_tui.core.events import RecordsNoted, RecordsTimed
from clamshell_tui.core.ids import AssignmentId
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.sealed import is_text_name
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.study_messages import (
    Answers,
    ConsentShown,
    DebriefShown,
    GivenAnswer,
    PeopleDone,
    PersonOrder,
    QuestionsShown,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Draft,
    Join,
    Joined,
    RecordDetail,
    Skip,
    TaskAssigned,
)
from tests.coordinator.study.studies import (
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.study.test_stages import back
from tests.coordinator.wire import story, until

pytestmark = pytest.mark.slow


@story
async def test_comments_and_reasons_are_sealed_and_erased_on_request(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path))

    def files() -> bytes:
        return b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())

    def detail(comment: str) -> RecordDetail:
        return RecordDetail(0.1, 0.5, flagged=True, comment=comment)

    async with running_study(options) as place:
        one, two = await place.participant(), await place.participant(1)
        for each, text in ((one, "my son Ole has it"), (two, "this one is odd")):
            task = await each.learn()
            n = len(task.records)
            answer = Answer(task.assignment, (0,) * n, (detail(text),) * n)
            following = (await each.talker.ask(answer, Acknowledged)).next
            await each.talker.say(answer)  # again, as after a lost acknowledgement
            following = following or await each.talker.hear_until(TaskAssigned)
            skip = Skip(following.assignment, f"{text}: no")
            assert (await each.talker.ask(skip, AssignmentStopped)).reason == "skipped"
        await place.turn()
        assert b"my son Ole has it" in files()
        await one.talker.say(Withdraw(delete=True))
        await until(lambda: place.person("P001").deleted)
        await place.turn()
        assert b"my son Ole has it" not in files()
    study = read_study(tmp_path / "run")
    texts = {(row.participant, row.answer) for row in study.sealed}
    assert texts == {("P001", None), ("P002", "this one is odd"), ("P002", "this one is odd: no")}
    for arm in study.meta.plan.conditions:
        with open_run(study.run_file(arm.name)) as run:
            noted = [event for _, event in run.events() if isinstance(event, RecordsNoted)]
        for event in noted:
            for note in event.notes:
                assert note.what == "flag" or is_text_name(note.text)
    assert verify_study(tmp_path / "run").erased > 0


@story
async def test_a_number_that_no_file_can_keep_is_refused(tmp_path: Path) -> None:
    stages = """stage = [
      {kind = "consent", file = "consent.md"},
      {kind = "work", records = 4},
      {kind = "questionnaire", questions = [{id = "age", kind = "number", ask = "Age?"}]},
      {kind = "debrief", file = "debrief.md"}]
    """
    async with running_study(study_options(tmp_path, write_study(tmp_path, stages))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        task = await one.talker.hear_until(TaskAssigned)
        await one.work(task, 4 // len(task.records))
        await one.shown(QuestionsShown)
        for digits in ("9" * 400, "9" * 25, "-" + "9" * 25, str(2**63), "1e300"):
            answer = f'{{"id":"age","value":{digits}}}'
            frame = f'{{"type":"answers","number":{one.number},"answers":[{answer}]}}'
            await one.talker.socket.send(frame)
            assert not (await one.talker.hear_until(Error)).fatal
        await one.talker.say(Answers(one.number, (GivenAnswer("age", 2.5),)))
        await one.shown(DebriefShown)


WORK = """stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "work", records = 6%s},
  {kind = "debrief", file = "debrief.md"}]
"""


async def first_task(place: StudyPlace, number: int = 0) -> tuple[Participant, TaskAssigned]:
    """A participant who has consented, and the first task."""
    one = await place.participant(number)
    await one.shown(ConsentShown)
    await one.consent()
    return one, await one.talker.hear_until(TaskAssigned)


@story
async def test_a_skipped_last_task_does_not_end_the_work_short(tmp_path: Path) -> None:
    file = write_study(tmp_path, WORK % "")
    file.write_text(file.read_text().replace('"tasks.records_per_task=1"', '"tasks.votes=2"'))
    async with running_study(study_options(tmp_path, file)) as place:
        ann = await place.staff()
        one, task = await first_task(place)
        last = await one.work(task, 2)
        assert last is not None
        await one.talker.say(Skip(last.assignment))
        again = await one.talker.hear_until(TaskAssigned)
        await ann.ask(PersonOrder("pause", ("P001",)), PeopleDone)
        await ann.ask(PersonOrder("resume", ("P001",)), PeopleDone)
        await place.turn()
        done = await one.talker.ask(Answer(again.assignment, (0, 0)), Acknowledged)
        assert done.next is None, "no task beyond the limit"
        await one.shown(DebriefShown)
        assert place.person("P001").work.records == 6
        assert [v.outcome for v in place.person("P001").stages][1] == "records"


@story
async def test_a_bot_cannot_have_the_code_of_a_participant(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path), bots=1)
    async with running_study(options) as place:
        person, bot = place.secrets["seat"][0], place.secrets["bot"][0]
        program = await place.connect()
        error = await program.ask(Join(person, bot=True), Error)
        assert (error.code, error.fatal) == ("code", True)
        assert place.person("P001").arrived_at is None
        program = await place.connect()
        assert (await program.ask(Join(bot, bot=True), Joined)).bot


@story
async def test_the_size_of_the_terminal_is_journalled_at_the_arrival(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        talker = await place.connect()
        await talker.ask(Join(place.secrets["seat"][0], width=132, height=43), Joined)
    person = read_study(tmp_path / "run").itinerary.people["P001"]
    assert (person.width, person.height) == (132, 43)


@story
async def test_the_figures_of_the_condition_come_with_the_work(tmp_path: Path) -> None:
    file = write_study(tmp_path, WORK % "")
    file.write_text(file.read_text().replace("tasks.records_per_task=1", "pay.per_record=0.05"))
    async with running_study(study_options(tmp_path, file)) as place:
        before, after = [], []
        for number in range(3):  # both conditions, with blocks of any size from 2 to 6
            one = Participant(await place.connect(), place.secrets["seat"][number])
            before.append((await one.join()).micros_per_record)
            await one.shown(ConsentShown)
            await one.consent()
            heard: list[Joined] = []
            while not isinstance(message := await one.talker.hear(), TaskAssigned):
                heard += [message] if isinstance(message, Joined) else []
            told = heard[-1].micros_per_record if heard else before[-1]
            right = 50_000 if place.person(f"P00{number + 1}").condition == "one" else 20_000
            after.append((told, right))
        assert all(told == right for told, right in after)
        assert {right for _, right in after} == {20_000, 50_000}


@story
async def test_labels_not_sent_go_with_the_data_of_who_withdraws(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path, WORK % ""))) as place:
        one, task = await first_task(place)
        await one.talker.say(Draft(task.assignment, (1, *[None] * (len(task.records) - 1))))
        again = await back(place, one, token=True)
        assert (await again.talker.hear_until(TaskAssigned)).draft[0] == 1
        await again.talker.say(Withdraw(delete=True))
        await again.shown(DebriefShown)
        await place.turn()
    study, left = read_study(tmp_path / "run"), []
    for arm in study.meta.plan.conditions:
        with closing(sqlite3.connect(study.run_file(arm.name))) as run:
            left += [labels for (labels,) in run.execute("SELECT labels FROM draft")]
    assert all(labels in ("[]", b"[]") for labels in left), left


def _alarms(place: StudyPlace, label: str) -> list[str]:
    return [alarm.what for alarm in place.person(label).alarms]


@story
async def test_two_failed_checks_raise_an_alarm(tmp_path: Path) -> None:
    file = write_study(tmp_path, WORK % ", checks_every = 2".replace("6", "40"))
    file.write_text(file.read_text().replace("tasks.records_per_task=1", "tasks.votes=2"))
    async with running_study(study_options(tmp_path, file)) as place:
        ann = await place.staff()
        one, task = await first_task(place)
        while not place.person("P001").outcome and place.at_work("P001").checks_asked < 2:
            wrong = [int((record.text or "").startswith("meow")) for record in task.records]
            done = await one.talker.ask(Answer(task.assignment, tuple(wrong)), Acknowledged)
            if done.next is None:
                break
            task = done.next
        assert (await ann.hear_until(Notice)).text == "P001: 2 of 2 checks failed"
        await until(lambda: _alarms(place, "P001") == ["checks"])


@story
async def test_who_skips_a_fifth_of_the_records_raises_an_alarm(tmp_path: Path) -> None:
    file = write_study(tmp_path, (WORK % "").replace("records = 6", "minutes = 60"), work=60)
    file.write_text(file.read_text().replace("tasks.records_per_task=1", "tasks.votes=2"))
    async with running_study(study_options(tmp_path, file)) as place:
        one, task = await first_task(place)
        number = answered = 0
        while not _alarms(place, "P001"):
            number += 1
            skips = len(task.records) > 1 and number % 2 == 0
            labels = (number % 2, *[None if skips else 1 - number % 2] * (len(task.records) - 1))
            answered += len(labels)
            done = await one.talker.ask(Answer(task.assignment, labels), Acknowledged)
            task = done.next or await one.talker.hear_until(TaskAssigned)
            await place.turn()
        assert answered >= 20, "a few skips at the start say nothing"
        assert _alarms(place, "P001") == ["skips"]


@story
async def test_an_answer_that_is_sent_again_is_counted_once_for_alarms(tmp_path: Path) -> None:
    file = write_study(tmp_path, (WORK % "").replace("records = 6", "minutes = 60"), work=60)
    file.write_text(file.read_text().replace("tasks.records_per_task=1", "tasks.votes=2"))
    async with running_study(study_options(tmp_path, file)) as place:
        one, task = await first_task(place)
        for _ in range(9):
            await one.talker.ask(Answer(task.assignment, (1, 1)), Acknowledged)
        await place.turn()
        assert not _alarms(place, "P001")


@story
async def test_ten_records_in_no_time_raise_an_alarm(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path, WORK % ""))) as place:
        for number in range(3):
            await first_task(place, number)
        slow, fast = [place.at_work(f"P00{number}") for number in (1, 2)]
        for condition in place.service.stages.conditions.values():
            for worker, seconds, times in ((slow, 4.0, 30), (slow, 0.0, 10), (fast, 1.0, 10)):
                for number in range(times):
                    began = number * seconds
                    timed = RecordsTimed(
                        AssignmentId(0), worker.id, (began,), (began + seconds,), (0,)
                    )
                    condition.watch(timed, (), 0.0)
        await until(lambda: _alarms(place, "P002") == ["fast"])
        assert not _alarms(place, "P001")


@story
async def test_who_is_away_for_two_minutes_raises_an_alarm_once(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path, WORK % ""), speed=200.0)
    async with running_study(options) as place:
        one, _ = await first_task(place)
        await one.talker.socket.close()
        await until(lambda: bool(_alarms(place, "P001")))
        assert place.run.itinerary.now - (place.person("P001").away_since or 0) > 120
        assert _alarms(place, "P001") == ["absent"]
