"""What participants, or programs in their place, may send, and what stays of it."""

from pathlib import Path

from clamshell_tui.core.events import RecordsNoted
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.sealed import is_text_name
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.operator_messages import Done
from clamshell_tui.wire.study_messages import (
    Answers,
    ConsentShown,
    DebriefShown,
    GivenAnswer,
    PersonOrder,
    QuestionsShown,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
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
from tests.coordinator.wire import story, until


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
        await ann.ask(PersonOrder("pause", ("P001",)), Done)
        await ann.ask(PersonOrder("resume", ("P001",)), Done)
        await place.turn()
        done = await one.talker.ask(Answer(again.assignment, (0, 0)), Acknowledged)
        assert done.next is None, "no task beyond the limit"
        await one.shown(DebriefShown)
        assert place.person("P001").work.records == 6
        assert [v.outcome for v in place.person("P001").stages][1] == "records"
