"""The stages of a study for the walk over all screens; no data in Latin letters either."""

from msgspec.structs import replace

from clamshell_tui.wire.study_messages import (
    BreakShown,
    ConsentShown,
    DebriefShown,
    GateShown,
    PagesShown,
    PausedShown,
    PayLine,
    QuestionPart,
    QuestionsShown,
    RecordsShown,
    StagePart,
    StageShown,
    Tried,
)
from clamshell_tui.wire.worker_messages import Over
from tests.worker_client.walk import MANY, ONE, STATEMENT, TASK, TWO, WAIT, Story, Visit

TEXT = "\u543e\u8f29\u306f\n\n" * 30
ASK = "\u543e\u8f29?"
QUESTIONS = QuestionsShown(
    (
        QuestionPart("1", "likert", ASK, steps=7),
        QuestionPart("2", "number", ASK, minimum=18, maximum=99),
        QuestionPart("3", "number", ASK, minimum=18),
        QuestionPart("4", "number", ASK, maximum=99),
        QuestionPart("5", "number", ASK),
        QuestionPart("6", "choice", ASK, options=("\u543e", "\u8f29")),
        QuestionPart("7", "text", ASK, max_length=2),
        QuestionPart("8", "choice", ASK, optional=True, options=("\u543e", "\u8f29")),
    )
)
KINDS = (
    *("show_up", "stages", "records", "waiting"),
    *("bonus", "top_up", "correction", "rounding"),
)
LINES = tuple(PayLine(kind, 1_000_000) for kind in KINDS)
DEBRIEF = DebriefShown("\u543e", LINES, 8_000_000, "EUR", "12345678")


def stage(shown: StagePart, number: int = 1) -> StageShown:
    return StageShown(number, 8, shown, 4_000_000)


async def begin(visit: Visit, shown: StagePart, **changes: object) -> None:
    await visit.seat(currency="EUR", **changes)
    await visit.hear(stage(shown))


async def consent(visit: Visit) -> None:
    await begin(visit, ConsentShown(TEXT))
    await visit.press("a")
    await visit.read()
    await visit.press("d")
    await visit.press("escape", "a")
    await visit.press("a")
    visit.app.lose("")
    await visit.hear(stage(ConsentShown("\u543e"), 2))


async def pages(visit: Visit) -> None:
    await begin(visit, PagesShown((TEXT, "\u543e")))
    await visit.press("enter")
    await visit.read()
    await visit.press("enter")
    await visit.read()
    await visit.press("left")
    await visit.hear(stage(BreakShown(50_000), 2))
    await visit.press("i")
    await visit.press("enter")


async def records(visit: Visit) -> None:
    for number, classes in enumerate(({}, {"classes": MANY}), start=1):
        await begin(visit, RecordsShown((ONE, TWO), feedback=True), **classes)
        keys = ("1",) if number == 1 else ("1", "0", "0", "1", "enter")
        await visit.press(*keys)
        await visit.hear(Tried(1, 0, False, 1, "\u543e"))
        await visit.press("enter")
        visit.session.cover = None
    await begin(visit, RecordsShown((ONE, TWO), feedback=True))
    await visit.press("1")
    await visit.hear(Tried(1, 0, True, 0, "\u543e"))
    await visit.refused(visit.session.try_record(0, 0.0))
    await visit.press("enter")
    visit.app._held_keys._quiet = 9.0
    await visit.press("1")
    visit.app._held_keys._quiet = 0.0
    await visit.refused(visit.session.try_record(9, 0.0))
    await visit.hear(stage(RecordsShown((ONE, TWO), feedback=False), 2))
    await visit.press("1")
    await visit.press("1")
    visit.app.lose("")
    await visit.look()


async def unreadable_records(visit: Visit) -> None:
    await visit.seat(currency="EUR")
    visit.session.encoding = "ascii"
    await visit.hear(stage(RecordsShown((ONE,), feedback=True)))


async def work(visit: Visit) -> None:
    """The test is passed, and the work begins at once, or after a gate; then it is over."""
    for after in (stage(GateShown(3, 12, 300.0), 2), WAIT):
        await begin(visit, RecordsShown((ONE,), feedback=False))
        await visit.press("1")
        await visit.hear(after)
        await visit.seat(currency="EUR", part=3, parts=8)
        await visit.hear(WAIT, TASK)
    await visit.hear(stage(QUESTIONS, 4))


async def gate(visit: Visit) -> None:
    for present, rate, leave in ((3, 50_000, False), (11, 0, True), (12, 0, False)):
        await begin(visit, GateShown(present, 12, 300.0, may_leave=leave, micros_per_minute=rate))
    for otherwise in ("start", "end"):
        await visit.hear(stage(GateShown(3, 12, 300.0, otherwise=otherwise)))
    await visit.hear(stage(GateShown(3, 12, 300.0, starts="14:30")))
    await visit.hear(stage(GateShown(3, 12, 0.0, may_leave=True)))
    await visit.press("l")
    await visit.press("escape")
    visit.app.lose("")
    await visit.press("l", "y")


async def breaks(visit: Visit) -> None:
    await begin(visit, BreakShown(50_000))
    await visit.refused(visit.session.consent(agreed=True))
    await visit.press("escape")
    await visit.press("s")
    await visit.press("k")
    await visit.press("escape")
    await visit.press("escape", "s", "d")
    await visit.press("escape")
    await visit.hear(stage(PausedShown(), 2))


async def questions(visit: Visit) -> None:
    await begin(visit, QUESTIONS)
    for right in (1, "19", "19", "19", "19", 0, "12"):
        await visit.press("tab")
        if right == "12":
            await visit.press("1", "2", "3")
            await visit.press("tab")
        visit.session.fill(right)
        visit.app.act(visit.session.next_question())
        await visit.look()
    await visit.press("1")
    await visit.press("delete")
    await visit.press("tab")
    await visit.press("enter")


async def receipt(visit: Visit) -> None:
    await begin(visit, DEBRIEF)
    for outcome in ("declined", "not-qualified", "withdrawn", "deleted", "dropped-out", "ended"):
        await visit.hear(stage(replace(DEBRIEF, outcome=outcome)))
    await visit.press("end")
    await visit.press("enter")
    await visit.hear(Over("left", STATEMENT))


STAGES: tuple[Story, ...] = (
    *(consent, pages, records, unreadable_records, work, gate, breaks, questions, receipt),
)
