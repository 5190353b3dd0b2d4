"""A small study on disk, a coordinator that serves it in this process, and its participants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import connect

from clamshell_tui.coordinator.serve import Coordinator
from clamshell_tui.coordinator.study.opening import opened_study
from clamshell_tui.coordinator.study.service import StudyOptions, StudyService
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.study.invariants import check_study
from clamshell_tui.study.load import load_study
from clamshell_tui.study.people import Person
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Authenticate, Granted, Hello, Welcome
from clamshell_tui.wire.study_messages import (
    Answers,
    Consent,
    ConsentShown,
    GivenAnswer,
    PagesShown,
    QuestionsShown,
    Read,
    RecordsShown,
    StagePart,
    StageShown,
    Tried,
    Try,
)
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Join, Joined, TaskAssigned
from tests.coordinator.wire import Talker, patient

Part = TypeVar("Part", bound=StagePart)

STAGES = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "instructions", file = "codebook.md"},
  {kind = "training"},
  {kind = "qualification", pass_mark = 0.5},
  {kind = "work", records = 4},
  {kind = "questionnaire", questions = [
    {id = "strain", kind = "likert", ask = "How tiring?", steps = 5},
    {id = "more", kind = "text", ask = "More?", optional = true}]},
  {kind = "debrief", file = "debrief.md"}]
"""
REST = """\
condition = [{name = "two"}, {name = "one", set = ["tasks.records_per_task=1"]}]
participants.count = %(people)d
payment = {currency = "EUR", show_up = 5.0}
dataset = {kind = "csv", path = "pets.csv", text = "text", label = "pet", use = "use", why = "why"}
learning.enabled = false
tasks.records_per_task = 2
straggler_mitigation.enabled = false
"""
CHECKS = 12
PETS = """\
text,pet,use,why
meow one,cat,training,it meows
woof one,dog,training,it barks
meow two,cat,qualification,
woof two,dog,qualification,
"""


def write_study(
    folder: Path,
    stages: str = STAGES,
    *,
    people: int = 3,
    work: int = 40,
    truth: bool = False,
) -> Path:
    """Write a study about cats and dogs into a folder; return its file.

    With ``truth`` the answers of the work are known, as bots like it.
    """
    (folder / "consent.md").write_text("Do you take part?")
    (folder / "codebook.md").write_text("Cats meow.\n\n---\n\nDogs bark.\n")
    (folder / "debrief.md").write_text("Thank you.")
    sounds = [("meow", "cat") if n % 2 else ("woof", "dog") for n in range(work + CHECKS)]
    records = PETS
    for n, (sound, pet) in enumerate(sounds):
        use = "check" if n >= work else "work"
        records += f"{sound} {n + 10},{pet if truth or use == 'check' else ''},{use},\n"
    (folder / "pets.csv").write_text(records)
    file = folder / "pets.toml"
    file.write_text(stages + REST % {"people": people})
    return file


def study_options(folder: Path, file: Path, **given: Any) -> StudyOptions:
    """Options of a coordinator on a free port; its keys stay in the folder."""
    defaults: dict[str, Any] = {
        "study": load_study(file),
        "db": folder / "run",
        "port": 0,
        "headless": True,
        "linger": 5.0,
        "limits": patient(),
        "key_folder": folder / "keys",
    }
    return StudyOptions(**(defaults | given))


class Participant:
    """A participant's connection, with what is known of the way through the stages."""

    def __init__(self, talker: Talker, code: str) -> None:
        self.talker = talker
        self.code = code
        self.number = 0
        self.token = ""

    async def join(self) -> Joined:
        joined = await self.talker.ask(Join(self.code), Joined)
        self.token = joined.token
        return joined

    async def shown(self, kind: type[Part]) -> Part:
        """The next stage shown; other messages before it are passed over."""
        stage = await self.talker.hear_until(StageShown)
        self.number = stage.number
        assert isinstance(stage.shown, kind), stage.shown
        return stage.shown

    async def consent(self, *, agreed: bool = True) -> None:
        await self.talker.say(Consent(self.number, agreed))

    async def read(self) -> None:
        """Read all pages of the instructions."""
        pages = await self.shown(PagesShown)
        for page in range(len(pages.pages)):
            await self.talker.say(Read(self.number, page))

    async def try_all(self, *, right: bool = True) -> None:
        """Answer all records of the training or of the qualification."""
        asked = await self.shown(RecordsShown)
        for place, record in enumerate(asked.records):
            label = int((record.text or "").startswith("woof") == right)
            await self.talker.say(Try(self.number, place, label, 1.0))
            if asked.feedback:
                assert (await self.talker.hear_until(Tried)).right == right

    async def work(self, task: TaskAssigned, answers: int) -> TaskAssigned | None:
        """Answer so many tasks; return the next one, if it came with the acknowledgement."""
        following: TaskAssigned | None = task
        for number in range(answers):
            assert following is not None
            labels = tuple(int((r.text or "").startswith("woof")) for r in following.records)
            done = await self.talker.ask(Answer(following.assignment, labels), Acknowledged)
            following = done.next
            if following is None and number + 1 < answers:
                following = await self.talker.hear_until(TaskAssigned)
        return following

    async def learn(self) -> TaskAssigned:
        """Go from consent to the first task."""
        await self.shown(ConsentShown)
        await self.consent()
        await self.read()
        await self.try_all()
        await self.try_all()
        return await self.talker.hear_until(TaskAssigned)

    async def fill_in(self, strain: int = 3, more: str | None = "no") -> None:
        await self.shown(QuestionsShown)
        answers = (GivenAnswer("strain", strain), GivenAnswer("more", more))
        await self.talker.say(Answers(self.number, answers))


class StudyPlace:
    """A running coordinator, and how to get in."""

    def __init__(self, coordinator: Coordinator[StudyService]) -> None:
        self.coordinator = coordinator
        self.service = coordinator.service
        self.run = coordinator.service.run
        self.port = coordinator.address.port
        self.secrets: dict[str, list[str]] = {}
        for line in coordinator.lines:
            word, _, rest = line.partition(" ")
            self.secrets.setdefault(word, []).append(rest)

    def person(self, label: str) -> Person:
        return self.run.person(label)

    def at_work(self, label: str) -> Worker:
        """The engine's worker of a participant."""
        found = self.service.stages.engaged(label)
        assert found is not None
        worker = found[0].worker(found[1])
        assert worker is not None
        return worker

    async def turn(self) -> None:
        """Let the loop take in what was said up to now, and commit it."""
        taken = asyncio.Event()
        self.service.run_loop.call(lambda now: self.run.effects.append(taken.set))
        await taken.wait()

    async def connect(self, role: Any = "worker") -> Talker:
        return await connected(self.port, role)

    async def participant(self, number: int = 0, kind: str = "seat") -> Participant:
        """A participant who has joined and sees the first stage."""
        participant = Participant(await self.connect(), self.secrets[kind][number])
        await participant.join()
        return participant

    async def staff(self, name: str = "ann") -> Talker:
        talker = await self.connect("operator")
        await talker.ask(Authenticate(self.secrets["operator"][0], name), Granted)
        return talker


async def connected(port: int, role: Any = "worker") -> Talker:
    """A connection that has said hello."""
    socket = await connect(f"ws://127.0.0.1:{port}", compression=None, ping_interval=None)
    talker = Talker(socket)
    await talker.say(Hello(VERSION, role, "test/1"))
    await talker.hear_a(Welcome)
    return talker


@asynccontextmanager
async def running_study(options: StudyOptions) -> AsyncIterator[StudyPlace]:
    """A coordinator that serves until the block ends, or its study does."""
    async with opened_study(options) as coordinator:
        serving = asyncio.create_task(coordinator.service.until_over(coordinator.server))
        place = StudyPlace(coordinator)
        await place.turn()
        try:
            yield place
            check_study(place.run.itinerary)
        finally:
            coordinator.service.run_loop.stop()
            await serving
