"""How the stages of a study look; see ``test_snapshots`` for how to accept a change."""

from msgspec.structs import replace
from textual.pilot import Pilot

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    ConsentShown,
    DebriefShown,
    GateShown,
    PayLine,
    QuestionPart,
    QuestionsShown,
    RecordsShown,
    StagePart,
    StageShown,
    Tried,
    Try,
)
from tests.worker_client.pictures import LIGHT, Looks, same_textual
from tests.worker_client.scripted import joined
from tests.worker_client.still import StillApp
from worker_client.widgets.lines import KeyLine

pytestmark = same_textual

CONSENT = """# Labelling reviews

We study how **groups** of people label short texts.

- It takes about 45 minutes, and you are paid 5.00 EUR for coming.
- You may stop at any time: press `Esc`.

Questions? Dr A. Meyer, lab@example.org
"""
REVIEW = Record("r1", text="The camera alone is worth the price.")
MOOD = QuestionPart("mood", "choice", "How do you feel?", options=("good", "bad", "neither"))
RECEIPT = DebriefShown(
    "**Thank you!** This study was about groups.",
    (
        PayLine("show_up", 5_000_000),
        PayLine("records", 3_120_000),
        PayLine("waiting", 412_345),
        PayLine("rounding", 467_655),
    ),
    9_000_000,
    "EUR",
    "Q7XK-2F9X",
)


def enter(app: StillApp, shown: StagePart, owed: int = 0, grows: int = 0) -> None:
    """Take a seat in a study, and be shown this stage."""
    app.session.receive(Welcome(VERSION, "hurry", "s"), app.now)
    seat = joined(
        begun=True,
        worker="L06",
        title="Labelling reviews",
        classes=("positive", "negative", "neutral"),
        currency="EUR",
    )
    app.hear(seat, StageShown(3, 8, shown, owed, grows))


def test_consent_after_its_last_line(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, ConsentShown(CONSENT))

    looks(story)


def test_feedback_on_a_wrong_record(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, RecordsShown((REVIEW, REVIEW), feedback=True))
        await pilot.press("2")
        assert app.said == [Try(3, 0, 1)]
        app.hear(Tried(3, 0, False, 0, "The author praises the camera."))

    looks(story, colours=LIGHT)


def test_the_gate(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, GateShown(7, 18, 600.0, micros_per_minute=200_000), 5_000_000, 200_000)
        app.wait(60.0)

    looks(story)


def test_a_choice(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, QuestionsShown((MOOD, MOOD)))
        await pilot.press("3")

    looks(story)


def test_the_receipt(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, RECEIPT, RECEIPT.total_micros)

    looks(story)


def test_a_receipt_without_a_text_fills_the_screen(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, replace(RECEIPT, text="", outcome="declined", code=""))
        await pilot.pause()
        app.redraw()
        assert app.screen.query_one(KeyLine).region.bottom == app.size.height

    looks(story)


def test_the_receipt_in_ascii(looks: Looks) -> None:
    async def story(pilot: Pilot[None], app: StillApp) -> None:
        enter(app, RECEIPT, RECEIPT.total_micros)

    looks(story, plain="LANG=C")
