"""A study that is over: who completed, declined, failed, withdrew with all data, or never came."""

import asyncio
from pathlib import Path

from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.wire.study_messages import (
    Answers,
    ConsentShown,
    DebriefShown,
    GivenAnswer,
    PeopleDone,
    PersonOrder,
    Read,
    RecordsShown,
    StageShown,
    Try,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Over,
    RecordDetail,
    TaskAssigned,
)
from tests.coordinator.study.studies import (
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.wire import until
from worker_client.crowd_of_bots import crowd_named, run

SECRET = "my aunt Clementine hates this"
REMARK = "=1+1 is what I think"
BOTS = 4
STAGES = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "instructions", file = "codebook.md"},
  {kind = "training"},
  {kind = "qualification", pass_mark = 0.5},
  {kind = "work", records = 6, checks_every = 3},
  {kind = "questionnaire", questions = [
    {id = "strain", kind = "likert", ask = "How tiring?", steps = 5},
    {id = "pet", kind = "choice", ask = "Which?", options = ["cat", "dog"]},
    {id = "more", kind = "text", ask = "More?", optional = true}]},
  {kind = "debrief", file = "debrief.md"}]
"""


async def finish(folder: Path) -> list[str]:
    """Serve the study in a folder until five people and the bots are through; return all codes."""
    file = write_study(folder, STAGES, people=6, work=40, truth=True)
    file.write_text(file.read_text().replace('"tasks.records_per_task=1"', '"tasks.votes=2"'))
    limits = Limits(per_second=10_000.0, burst=10_000.0)
    options = study_options(folder, file, bots=BOTS, speed=100.0, limits=limits)
    async with running_study(options) as place:
        joins = [f"clam://127.0.0.1:{place.port}/{code}" for code in place.secrets["bot"]]
        people = [_completes(place, 0, "too long"), _completes(place, 1, SECRET, deletes=True)]
        await asyncio.gather(
            run(joins, crowd_named("fast-local"), seed=3),
            *people,
            _declines(place),
            _fails(place),
            _withdraws_in_the_work(place),
        )
        ann = await place.staff()
        await ann.ask(PersonOrder("bonus", ("P001",), "was kind", 1_500_000), PeopleDone)
        bots = [person for person in place.run.itinerary.people.values() if person.bot]
        await until(lambda: all(bot.concluded for bot in bots))
        return [*place.secrets["seat"], *place.secrets["bot"], place.secrets["operator"][0]]


async def _completes(place: StudyPlace, number: int, more: str, *, deletes: bool = False) -> None:
    one = await place.participant(number)
    await _work(one, await one.learn())
    given = (GivenAnswer("strain", 3), GivenAnswer("pet", 1), GivenAnswer("more", more))
    await one.talker.say(Answers(one.number, given))
    await one.shown(DebriefShown)
    if deletes:
        await one.talker.say(Withdraw(delete=True))
        label = f"P{number + 1:03}"
        await until(lambda: place.person(label).deleted)
    else:
        await one.talker.say(Read(one.number))
        await one.talker.hear_until(Over)
    await one.talker.socket.close()


async def _work(one: Participant, task: TaskAssigned) -> None:
    """Answer tasks until the questionnaire comes; flag the first record of each, with a remark."""
    while True:
        labels = tuple(int((each.text or "").startswith("woof")) for each in task.records)
        details = [RecordDetail(0.01, 0.05, 1, flagged=True, comment=REMARK)]
        details += [RecordDetail(0.05, 0.07)] * (len(labels) - 1)
        await one.talker.say(Answer(task.assignment, labels, tuple(details)))
        following = (await one.talker.hear_until(Acknowledged)).next
        while following is None:
            message = await one.talker.hear()
            if isinstance(message, StageShown):
                one.number = message.number
                return
            following = message if isinstance(message, TaskAssigned) else None
        task = following


async def _declines(place: StudyPlace) -> None:
    one = await place.participant(2)
    await one.shown(ConsentShown)
    await one.consent(agreed=False)
    await one.talker.hear_until(Over)


async def _fails(place: StudyPlace) -> None:
    """Fail the qualification, after a mistake in the training."""
    one = await place.participant(3)
    await one.shown(ConsentShown)
    await one.consent()
    await one.read()
    training = await one.shown(RecordsShown)
    await one.talker.say(Try(one.number, 0, 1, 2.0))  # a dog that says meow
    for number in range(len(training.records)):
        await one.talker.say(Try(one.number, number, number, 1.5))
    await one.try_all(right=False)
    await one.shown(DebriefShown)
    await one.talker.say(Read(one.number))
    await one.talker.hear_until(Over)


async def _withdraws_in_the_work(place: StudyPlace) -> None:
    one = await place.participant(4)
    task = await one.learn()
    labels = tuple([0] * len(task.records))
    await one.talker.ask(Answer(task.assignment, labels), Acknowledged)
    await one.talker.say(Withdraw(delete=False))
    await one.shown(DebriefShown)
    await one.talker.say(Read(one.number))
    await one.talker.hear_until(Over)
