"""Bots go through a whole study, without a screen and with one."""

import asyncio

import pytest

from clamshell_tui.wire.messages import ToServer
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    GateShown,
    GoOn,
    PagesShown,
    QuestionPart,
    QuestionsShown,
    Read,
    RecordsShown,
    StageShown,
    Try,
)
from clamshell_tui.wire.worker_messages import Answer, TaskAssigned
from clamshell_tui.workforce.behaviour import READING_SPEED
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import coordinator, joined, texts
from tests.worker_client.scripted_study import QUESTIONS, WAIT, stage, whole_study
from tests.worker_client.terminal import terminal
from worker_client.autopilot import Autopilot
from worker_client.bot import Bot
from worker_client.crowd_of_bots import named
from worker_client.form import Form
from worker_client.outbox import SeatStore
from worker_client.screen_bot import ScreenBot

EXPECTED: list[type] = [Consent, Read, Read, Try, Try, Try, Try, Answer, GoOn, Answers, Read]


def kinds(sent: list[ToServer]) -> list[type]:
    return [type(message) for message in sent]


def test_a_bot_goes_through_every_stage_of_a_study(play: Play) -> None:
    async def story() -> None:
        async with coordinator() as server:
            bot = Bot(server.join, lambda classes: named("mturk", seed=3, n_classes=classes))
            living = asyncio.create_task(bot.live())
            await server.seat(joined(begun=True, bot=True, speed=2000.0))
            assert kinds(await whole_study(server)) == EXPECTED
            assert (await living).reason == "completed"

    play(story())


def test_a_bot_on_the_screen_goes_through_every_stage_and_shows_the_receipt(
    play: Play, store: SeatStore
) -> None:
    bot = ScreenBot(lambda classes: Autopilot(named("mturk", seed=3, n_classes=classes)))

    async def story() -> None:
        async with terminal(store, bot=bot) as screen:
            await screen.server.seat(joined(begun=True, bot=True, speed=500.0))
            assert kinds(await whole_study(screen.server)) == EXPECTED
            await screen.reads("You can close this window", "Q 7 X K")

    play(story())


def pilot(seed: int = 1) -> Autopilot:
    """A bot with a seat in a study of two classes."""
    autopilot = Autopilot(named("mturk", seed=seed, n_classes=2))
    autopilot.receive(joined(begun=True, bot=True), 0.0)
    return autopilot


def test_a_long_text_takes_as_long_as_reading_it() -> None:
    minutes = []
    for seed in range(200):
        autopilot = pilot(seed)
        autopilot.receive(stage(1, ConsentShown("word " * 1190)), 60.0)
        assert autopilot.plan is not None
        minutes.append((autopilot.plan.at - 60.0) / 60.0)
    assert sorted(minutes)[100] == pytest.approx(1190 / READING_SPEED, rel=0.05)


@pytest.mark.parametrize("seed", range(30))
def test_drawn_answers_are_valid_and_differ(seed: int) -> None:
    odd = (
        QuestionPart("share", "number", "Share", minimum=0.25, maximum=0.5),
        QuestionPart("low", "number", "Low", maximum=-3),
        QuestionPart("any", "number", "Any"),
        QuestionPart("more", "text", "More", optional=True, max_length=3),
    )
    autopilot = pilot(seed)
    autopilot.receive(stage(7, QuestionsShown((*QUESTIONS, *odd))), 0.0)
    message = autopilot.carry_out().message
    assert isinstance(message, Answers)
    form = Form((*QUESTIONS, *odd))
    for answer in message.answers:
        question = form.question
        assert question is not None
        value = str(answer.value) if isinstance(answer.value, float | int) else answer.value
        form.put(int(value or 0) if question.kind in ("likert", "choice") else value)
        assert form.problem(question) is None, answer
        form.go_to(form.at + 1)


def test_every_step_of_a_scale_is_drawn() -> None:
    drawn = set()
    for seed in range(100):
        autopilot = pilot(seed)
        autopilot.receive(stage(7, QuestionsShown(QUESTIONS[:1])), 0.0)
        message = autopilot.carry_out().message
        assert isinstance(message, Answers)
        drawn.add(message.answers[0].value)
    assert drawn == set(range(1, 8))


def test_a_stage_that_is_told_again_does_not_begin_again() -> None:
    autopilot = pilot()
    shown = stage(2, PagesShown(("one " * 500, "two")))
    autopilot.receive(shown, 0.0)
    plan = autopilot.plan
    autopilot.receive(shown, 1.0)
    assert autopilot.plan is plan


def test_a_bot_waits_at_the_gate_and_drops_what_it_planned_when_the_stage_changes() -> None:
    autopilot = pilot()
    autopilot.receive(stage(1, GateShown(1, 2, 60.0)), 0.0)
    assert autopilot.plan is None
    autopilot.receive(stage(2, BreakShown()), 0.0)
    autopilot.receive(WAIT, 1.0)
    assert autopilot.plan is None
    autopilot.receive(stage(2, BreakShown()), 2.0)
    autopilot.receive(TaskAssigned("a1", texts("meow"), 60.0), 3.0)
    assert autopilot.plan is not None
    assert not isinstance(autopilot.plan.message, GoOn)


def test_a_record_that_was_answered_before_a_reconnection_is_not_answered_again() -> None:
    autopilot = pilot()
    records = RecordsShown(texts("meow", "woof"), feedback=False, answered=1)
    autopilot.receive(StageShown(4, 8, records), 0.0)
    message = autopilot.carry_out().message
    assert isinstance(message, Try)
    assert message.record == 1
    assert autopilot.plan is None
