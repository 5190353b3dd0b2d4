"""Participants go through the stages of a study, over real sockets and real files."""

import asyncio
from pathlib import Path

from clamshell_tui.coordinator.study.opening import opened_study
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    DebriefShown,
    GateShown,
    GivenAnswer,
    GoOn,
    LeaveGate,
    PagesShown,
    QuestionsShown,
    Read,
    RecordsShown,
    Tried,
    Try,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Join,
    Joined,
    Occupied,
    Over,
    Rejoin,
    Stay,
    TakeOver,
    TaskAssigned,
)
from tests.coordinator.study.studies import (
    STAGES,
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.wire import story, until

GATE = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "gate", people = 2, timeout = %s, otherwise = "wait"},
  {kind = "work", break_every = %s},
  {kind = "debrief", file = "debrief.md"}]
"""


async def back(place: StudyPlace, before: Participant, *, token: bool = False) -> Participant:
    """The participant comes back on another connection."""
    again = Participant(await place.connect(), before.code)
    if token:
        again.token = (await again.talker.ask(Rejoin(before.token), Joined)).token
    else:
        await again.join()
    return again


@story
async def test_a_participant_goes_from_consent_to_the_receipt(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = Participant(await place.connect(), place.secrets["seat"][0])
        joined = await one.join()
        assert (joined.worker, joined.begun, joined.currency) == ("P001", True, "EUR")
        assert joined.instructions == "Cats meow.\n\nDogs bark."
        assert (await one.shown(ConsentShown)).text == "Do you take part?"
        await one.consent()
        await one.read()
        await one.try_all()
        await one.try_all()
        at_work = await one.talker.hear_until(Joined)
        assert (joined.part, at_work.part, at_work.parts) == (0, 5, 7)
        task = await one.talker.hear_until(TaskAssigned)
        assert place.person("P001").working
        await one.work(task, 4 // len(task.records))
        await one.fill_in()
        receipt = await one.shown(DebriefShown)
        assert receipt.text == "Thank you."
        assert receipt.total_micros >= 5_000_000 + 4 * 20_000
        assert receipt.code
        await one.talker.say(Read(one.number))
        over = await one.talker.hear_until(Over)
        assert over.statement.total_micros == receipt.total_micros
        person = place.person("P001")
        assert (person.outcome, person.work.records) == ("completed", 4)


@story
async def test_who_waits_for_the_votes_of_others_goes_on_once_nobody_can_come(
    tmp_path: Path,
) -> None:
    file = write_study(tmp_path, STAGES.replace("records = 4", "minutes = 60.0"), people=2)
    file.write_text(file.read_text() + "tasks.votes = 2\ntasks.batching = 'barrier'\n")
    async with running_study(study_options(tmp_path, file)) as place:
        one = await place.participant()
        task: TaskAssigned | None = await one.learn()
        while task is not None:
            task = await one.work(task, 1)
        await place.turn()
        assert place.person("P001").working  # P002 may still come
        two = await place.participant(1)
        await two.shown(ConsentShown)
        await two.consent(agreed=False)
        await one.fill_in()
        await one.shown(DebriefShown)
        assert 0 < place.person("P001").work.records < 40


@story
async def test_who_declines_gets_the_show_up_fee_and_no_condition(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent(agreed=False)
        receipt = await one.shown(DebriefShown)
        assert (receipt.outcome, receipt.code, receipt.total_micros) == ("declined", "", 5_000_000)
        over = await one.talker.hear_until(Over)
        assert (over.reason, over.statement.total_micros) == ("declined", 5_000_000)
        assert place.person("P001").condition is None
        again = await back(place, one)  # sees the same
        assert (await again.talker.hear_until(Over)).statement.total_micros == 5_000_000


@story
async def test_who_fails_the_qualification_goes_to_the_receipt(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.read()
        await one.try_all()
        await one.try_all(right=False)
        assert (await one.shown(DebriefShown)).outcome == "not-qualified"
        assert place.person("P001").outcome == "not-qualified"


@story
async def test_the_pay_so_far_is_that_of_all_parts_also_in_the_work(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.read()
        await one.try_all()
        await one.try_all()
        task = await one.talker.hear_until(TaskAssigned)
        await one.talker.say(Answer(task.assignment, (0,) * len(task.records)))
        stored = await one.talker.hear_until(Acknowledged)
        assert stored.owed_micros >= 5_000_000 + stored.micros > 5_000_000
        await one.talker.socket.close()
        again = Participant(await place.connect(), one.code)
        assert (await again.join()).owed_micros >= stored.owed_micros


@story
async def test_participants_are_told_what_is_left_of_the_work(tmp_path: Path) -> None:
    both = STAGES.replace("records = 4", "records = 6, minutes = 30.0")
    async with running_study(study_options(tmp_path, write_study(tmp_path, both))) as place:
        one = await place.participant()
        left = [await one.learn()]
        while len(left) < 3:
            following = await one.work(left[-1], 1)
            left.append(following or await one.talker.hear_until(TaskAssigned))
        assert all(each.seconds_left and 1700.0 < each.seconds_left <= 1800.0 for each in left)
        size = len(left[0].records)
        assert [each.records_left for each in left] == [6, 6 - size, 6 - 2 * size]


@story
async def test_who_returns_goes_on_where_they_were(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.shown(PagesShown)
        await one.talker.say(Read(one.number, 0))
        await place.turn()
        two = await back(place, one, token=True)
        assert (await two.shown(PagesShown)).read == 1
        await two.talker.say(Read(two.number, 1))
        training = await two.shown(RecordsShown)
        await two.talker.say(Try(two.number, 0, 1))  # "meow" is no dog
        wrong = await two.talker.hear_until(Tried)
        assert (wrong.right, wrong.answer, wrong.why) == (False, 0, "it meows")
        await two.talker.say(Try(two.number, 0, 0))
        assert (await two.talker.hear_until(Tried)).right
        await two.talker.socket.close()
        three = await back(place, two)  # on another machine, with the code
        shown = await three.shown(RecordsShown)
        assert (shown.answered, shown.records, shown.feedback) == (1, training.records, True)


@story
async def test_who_is_away_in_the_work_finds_the_task_again(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        task = await one.learn()
        await one.talker.socket.close()
        await until(lambda: not place.person("P001").connected)
        again = await back(place, one)
        found = await again.talker.hear_until(TaskAssigned)
        assert (found.assignment, found.records) == (task.assignment, task.records)
        await again.work(found, 4 // len(task.records))
        await again.shown(QuestionsShown)


@story
async def test_an_answer_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.shown(QuestionsShown)
        for value in (6, 0, "3", 2.5, None):
            error = await one.talker.ask(
                Answers(one.number, (GivenAnswer("strain", value),)), Error
            )
            assert not error.fatal
            assert error.message.startswith("strain:")
        await one.talker.say(Answers(one.number, (GivenAnswer("strain", 5),)))
        await one.shown(DebriefShown)
    values = {row.question: row for row in read_study(tmp_path / "run").sealed}
    assert (values["strain"].answer, values["more"].answer) == (5, None)


@story
async def test_what_is_not_possible_in_a_stage_is_refused_and_the_stage_comes_again(
    tmp_path: Path,
) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.talker.say(GoOn())
        assert (await one.talker.hear_a(Error)).code == "request"
        await one.shown(ConsentShown)
        await one.talker.say(Try(one.number, 0, 0))  # of another stage
        await one.shown(ConsentShown)
        await one.talker.say(Consent(one.number + 1, agreed=True))
        await one.shown(ConsentShown)


@story
async def test_who_has_labelled_all_goes_on_and_waits_for_nobody(tmp_path: Path) -> None:
    file = write_study(tmp_path, STAGES.replace("records = 4", "minutes = 60.0"), work=4)
    file.write_text(f"{file.read_text()}tasks.votes = 2\n")
    async with running_study(study_options(tmp_path, file)) as place:
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.shown(QuestionsShown)
        assert place.person("P001").work.records == 4
        two = await place.participant(1)
        await two.learn()


@story
async def test_a_gate_opens_when_enough_are_here(tmp_path: Path) -> None:
    gate = (GATE % (600.0, 20.0)).replace('otherwise = "wait"', 'otherwise = "end"')
    options = study_options(tmp_path, write_study(tmp_path, gate))
    async with running_study(options) as place:
        one, two = await place.participant(0), await place.participant(1)
        for each in (one, two):
            await each.shown(ConsentShown)
        await one.consent()
        waiting = await one.shown(GateShown)
        assert (waiting.present, waiting.needed, waiting.may_leave) == (1, 2, False)
        assert waiting.otherwise == "end"
        assert 590 < waiting.seconds <= 600
        await two.consent()
        for each in (one, two):
            await each.talker.hear_until(TaskAssigned)


@story
async def test_after_its_timeout_a_gate_can_be_left(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path, GATE % (0.2, 20.0)))
    async with running_study(options) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        assert not (await one.shown(GateShown)).may_leave
        assert (await one.shown(GateShown)).may_leave
        await one.talker.say(LeaveGate())
        await one.shown(DebriefShown)


@story
async def test_a_break_comes_between_two_tasks(tmp_path: Path) -> None:
    stages = (GATE % (600.0, 0.005)).replace("people = 2", "people = 1")
    async with running_study(study_options(tmp_path, write_study(tmp_path, stages))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        task = await one.talker.hear_until(TaskAssigned)
        await until(lambda: place.at_work("P001").paused)
        assert await one.work(task, 1) is None, "no further task is given"
        await one.shown(BreakShown)
        again = await back(place, one, token=True)
        await again.shown(BreakShown)
        await again.talker.say(GoOn())
        await again.talker.hear_until(TaskAssigned)


@story
async def test_who_withdraws_is_paid_and_leaves_no_answer(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path))
    async with running_study(options) as place:
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.fill_in(more="a secret of mine")
        await one.shown(DebriefShown)
        await one.talker.say(Withdraw(delete=True))
        assert (await one.shown(DebriefShown)).outcome == "deleted"
        assert place.person("P001").deleted
        await place.turn()
    assert all(row.erased for row in read_study(tmp_path / "run").sealed)
    everything = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert b"a secret of mine" not in everything


@story
async def test_who_withdraws_in_the_work_gives_the_task_back(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        task = await one.learn()
        await one.talker.say(Withdraw(delete=False))
        await one.shown(DebriefShown)
        person = place.person("P001")
        assert (person.outcome, person.working) == ("withdrawn", False)
        two = await place.participant(1)
        other = await two.learn()
        if place.person("P002").condition == person.condition:
            assert other.records == task.records


@story
async def test_messages_reach_those_who_were_away(tmp_path: Path) -> None:
    from clamshell_tui.wire.study_messages import NoticesSeen, PeopleDone, PersonOrder

    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.talker.socket.close()
        await until(lambda: not place.person("P001").connected)
        ann = await place.staff()
        await ann.ask(PersonOrder("message", ("P001",), "lunch is at noon"), PeopleDone)
        again = Participant(await place.connect(), one.code)
        await again.talker.ask(Join(one.code), Joined)
        assert (await again.talker.hear_a(Notice)).text == "lunch is at noon"
        await again.talker.say(NoticesSeen(1))
        await until(lambda: place.person("P001").messages_read == 1)


@story
async def test_a_code_in_use_is_asked_for(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        one = await place.participant()
        await one.shown(ConsentShown)
        other = await place.connect()
        await other.ask(Join(one.code), Occupied)
        await one.talker.hear_a(TakeOver)
        await one.talker.say(Stay())
        assert (await other.hear_a(Error)).code == "in-use"
        await one.consent()
        await one.shown(PagesShown)


@story
async def test_a_wrong_code_is_refused(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        stranger = await place.connect()
        assert (await stranger.ask(Join("AAAA-AAAA"), Error)).code == "code"


@story
async def test_a_study_ends_when_all_invited_are_through(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path, people=1))
    async with opened_study(options) as coordinator:
        serving = asyncio.create_task(coordinator.service.until_over(coordinator.server))
        place = StudyPlace(coordinator)
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent(agreed=False)
        await one.talker.hear_until(Over)
        await one.talker.socket.close()
        await serving
    verified = verify_study(tmp_path / "run")
    assert verified.finished
    assert all(run.finished for run in verified.runs.values())
    async with running_study(options) as place:  # again, for those who lost their receipt
        again = await place.participant()
        assert (await again.shown(DebriefShown)).total_micros == 5_000_000
    assert verify_study(tmp_path / "run").runs == verified.runs
