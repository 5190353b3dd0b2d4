"""A scripted coordinator that takes one participant through a whole study."""

from clamshell_tui.wire.messages import ToServer
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    DebriefShown,
    GateShown,
    GoOn,
    PagesShown,
    PausedShown,
    PayLine,
    QuestionPart,
    QuestionsShown,
    Read,
    RecordsShown,
    StagePart,
    StageShown,
    Tried,
    Try,
)
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Over, TaskAssigned, Wait
from tests.worker_client.scripted import Coordinator, statement

KNOWN = (Record("r1", text="lovely", truth=0), Record("r2", text="awful", truth=1))
UNKNOWN = (Record("r3", text="well"), Record("r4", text="so so"))
QUESTIONS = (
    QuestionPart("strain", "likert", "How tiring?", steps=7),
    QuestionPart("age", "number", "Age", minimum=18, maximum=99),
    QuestionPart("mood", "choice", "Mood", options=("good", "bad", "neither")),
    QuestionPart("more", "text", "Anything else?", max_length=200),
)
WAIT = Wait("available", 0, 0)


def stage(number: int, shown: StagePart) -> StageShown:
    return StageShown(number, 8, shown)


async def whole_study(server: Coordinator) -> list[ToServer]:
    """Show every kind of stage, first to last; return what the participant sent."""
    sent: list[ToServer] = []

    async def hears(kind: type[ToServer]) -> ToServer:
        sent.append(await server.expect(kind))
        return sent[-1]

    await server.say(stage(1, ConsentShown("Take part?")))
    await hears(Consent)
    await server.say(stage(2, PagesShown(("First page.", "Second page."))))
    await hears(Read)
    await hears(Read)
    await server.say(stage(3, RecordsShown(KNOWN, feedback=True)))
    await _train(server, sent)
    await server.say(stage(4, RecordsShown(KNOWN, feedback=False)))
    for _ in KNOWN:
        await hears(Try)
    await server.say(stage(5, GateShown(1, 2, 60.0)), stage(5, PausedShown()), WAIT)
    await server.say(TaskAssigned("a1", UNKNOWN, 600.0))
    await hears(Answer)
    await server.say(Acknowledged("a1", "counted", 0, 0), stage(6, BreakShown()))
    await hears(GoOn)
    await server.say(stage(7, QuestionsShown(QUESTIONS)))
    await hears(Answers)
    await server.say(stage(8, DebriefShown("Thanks.", (PayLine("show_up", 5),), 5, "EUR", "Q7XK")))
    await hears(Read)
    await server.say(Over("completed", statement()))
    return sent


async def _train(server: Coordinator, sent: list[ToServer]) -> None:
    """Give feedback until each answer is right: the first one is said to be wrong once."""
    for place, record in enumerate(KNOWN):
        answer = record.truth or 0
        tried = await server.expect(Try)
        assert tried.record == place
        wrong = tried.label != answer or not place
        if wrong:
            await server.say(Tried(3, place, False, answer, "because"))
            tried = await server.expect(Try)
            assert (tried.record, tried.label) == (place, answer)
        await server.say(Tried(3, place, True, answer))
        sent.append(tried)
