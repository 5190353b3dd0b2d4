"""The screens of a study's stages: what is sent first, what is seen second."""

import pytest

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Notice, Welcome
from clamshell_tui.wire.parts import Record
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
    NoticesSeen,
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
    TypedReply,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Over, Rejoin
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import joined, statement, texts
from tests.worker_client.still import StillApp
from tests.worker_client.terminal import TASK, WAIT, Terminal, terminal
from worker_client.outbox import SeatStore
from worker_client.widgets.lines import KeyLine

LONG = "\n\n".join(["# Taking part", *(f"Line {n} of the text." for n in range(30)), "The end."])
QUESTIONS = QuestionsShown(
    (
        QuestionPart("strain", "likert", "How tiring?", steps=7, low="not at all", high="very"),
        QuestionPart("age", "number", "Age", minimum=18, maximum=99),
        QuestionPart("mood", "choice", "Mood", options=("good", "bad", "neither")),
        QuestionPart("more", "text", "Anything else?", optional=True, max_length=200),
    )
)
DEBRIEF = DebriefShown(
    "**Thank you**, this was about crowds.",
    (PayLine("show_up", 5_000_000), PayLine("bonus", 2_000_000, "accuracy"), PayLine("records", 0)),
    7_000_000,
    "EUR",
    "Q7XK2F9X",
)
CLASSES = ("positive", "negative")


def stage(shown: StagePart, number: int = 1, owed: int = 0) -> StageShown:
    return StageShown(number, 8, shown, owed)


async def begin(screen: Terminal, shown: StagePart, owed: int = 0, **changes: object) -> None:
    """Take a seat in a study, and be shown its first stage."""
    seat = {"begun": True, "classes": CLASSES, "currency": "EUR"} | changes
    await screen.server.seat(joined(**seat))
    await screen.server.say(stage(shown, owed=owed))


@pytest.mark.slow
def test_from_the_consent_to_the_receipt(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            server = screen.server
            await begin(screen, ConsentShown("Take **part**?"))
            await screen.reads("Part 1 of 8", "Take part?", "a I agree")
            await screen.press("a")
            assert await server.expect(Consent) == Consent(1, True)
            await server.say(stage(PagesShown(("First page.", "Second page.")), 2))
            await screen.reads("page 1 of 2", "First page.", "Enter next page")
            await screen.press("enter")
            assert await server.expect(Read) == Read(2, 0)
            await screen.reads("page 2 of 2", "Second page.", "go on")
            await screen.press("enter")
            assert await server.expect(Read) == Read(2, 1)
            await server.say(stage(RecordsShown(texts("lovely"), feedback=True), 3))
            await screen.reads(
                "Part 3 of 8", "Training: record 1 of 1", "lovely", "0 of 1 answered"
            )
            await screen.press("1")
            assert (await server.expect(Try)).label == 0
            await server.say(Tried(3, 0, True, 0, "A kind word."))
            await server.say(stage(GateShown(2, 3, 60.0, micros_per_minute=60_000), 4, 5_000_000))
            await screen.reads("Part 3 of 8", "Right: positive", "A kind word.", "Enter goes on")
            await screen.press("enter")
            await screen.reads("2 of 3 are here", "1 more is needed", "\u20ac5.00", "\u20ac0.06 a")
            seat = {"begun": True, "classes": CLASSES, "currency": "EUR"}
            await server.say(joined(**seat, part=6, parts=8), WAIT, TASK)
            await screen.reads("Part 6 of 8", "Record 1 of 3", "meow", "The work begins now.")
            await screen.press("1", "2", "1", "enter")
            await server.expect(Answer)
            await server.say(Acknowledged("a1", "counted", 60_000, 60_000), stage(QUESTIONS, 7))
            await _answer_all(screen)
            assert await server.expect(Answers) == Answers(7, ANSWERS)
            await server.say(stage(DEBRIEF, 8))
            await screen.reads("Thank you", "Coming here", "\u20ac5.00", "Bonus: accuracy")
            await screen.reads(
                "Total for P001", "\u20ac7.00", "Q 7 X K 2 F 9 X", "Please show this"
            )
            await screen.press("enter")
            assert await server.expect(Read) == Read(8)
            await server.say(Over("completed", statement()))
            await screen.reads("You can close this window", "Q 7 X K 2 F 9 X", "not connected")

    play(story())


ANSWERS = (
    GivenAnswer("strain", 5),
    GivenAnswer("age", 20),
    GivenAnswer("mood", 2),
    GivenAnswer("more", "fine\n1 a"),
)


async def _answer_all(screen: Terminal) -> None:
    await screen.reads("Question 1 of 4", "How tiring?", "not at all")
    await screen.press("enter")
    await screen.reads("please choose a step from 1 to 7")
    await screen.press("5", "enter")
    await screen.reads("Question 2 of 4", "Age")
    await screen.press("1", "7", "enter")
    await screen.reads("please type a number from 18 to 99")
    await screen.press("backspace", "backspace", "2", "0", "enter")
    await screen.reads("Question 3 of 4", "neither")
    await screen.press("down", "down", "down", "enter")
    await screen.reads("Question 4 of 4", "may be left empty")
    await screen.press("f", "i", "n", "e", "enter", "1", "space", "a", "tab")
    await screen.reads("Your answers", "5 / 7", "neither", "fine 1 a")
    await screen.press("enter")


def test_consent_takes_named_keys_and_only_after_the_last_line(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, ConsentShown(LONG), 5_000_000)
            await screen.reads("more lines below", "Please read to the end")
            await screen.press("a", "d", "enter")
            await screen.reads("please read to the last line first")
            await screen.press("end")
            await screen.reads("The end.", "Press a to agree")
            await screen.until(lambda: "please read to the last line" not in screen.text)
            await screen.press("enter", "space")
            await screen.server.nothing_more()
            await screen.press("home", "d")
            await screen.reads("Decline?", "You are still paid \u20ac5.00 for coming.")
            await screen.press("escape")
            await screen.server.nothing_more()
            await screen.press("d", "y")
            assert await screen.server.expect(Consent) == Consent(1, False)

    play(story())


def test_the_help_names_the_keys_of_the_stage(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, ConsentShown("line\n\n" * 40))
            await screen.press("question_mark")
            await screen.reads("Help", "I agree and take part", "I do not take part", "leave, for")
            assert "undo" not in screen.text
            await screen.press("enter")
            await screen.server.say(stage(RecordsShown(texts("lovely"), feedback=True), 3))
            await screen.reads("Training: record 1 of 1")
            await screen.press("question_mark")
            await screen.reads("label the record with that class", "light or dark")
            assert "I agree" not in screen.text

    play(story())


def test_a_text_that_fits_into_a_larger_terminal_need_not_be_scrolled(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store, size=(120, 80)) as screen:
            await begin(screen, ConsentShown(LONG))
            await screen.reads("The end.", "Press a to agree")
            await screen.press("a")
            await screen.server.expect(Consent)

    play(story())


def test_html_in_a_text_is_shown_and_does_nothing(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, PagesShown(("A <b>word</b> and \x1b[31mred.",)))
            await screen.reads("<b>word</b>", "\ufffd[31mred")

    play(story())


def test_a_page_is_read_to_its_end_and_can_be_looked_at_again(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, PagesShown((LONG, "Second page.")))
            await screen.reads("page 1 of 2", "more lines below")
            await screen.press("enter")
            await screen.reads("please read to the last line first")
            await screen.press("end")
            await screen.reads("The end.", "Enter next page")
            await screen.press("enter")
            await screen.reads("Second page.")
            await screen.press("left")
            await screen.reads("page 1 of 2", "Line 1 of the text")
            await screen.press("enter")
            await screen.reads("Second page.")
            assert await screen.server.expect(Read) == Read(1, 0)
            await screen.server.nothing_more()

    play(story())


def test_a_wrong_record_of_the_training_can_be_tried_again(play: Play, store: SeatStore) -> None:
    records = RecordsShown(texts("lovely", "awful"), feedback=True)

    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, records)
            await screen.reads("Training: record 1 of 2", "Each answer is explained")
            await screen.press("2")
            await screen.server.expect(Try)
            await screen.server.say(Tried(1, 0, False, 0, "It is praise."))
            await screen.reads("You said negative; the answer is positive", "It is praise.")
            await screen.press("1")
            again = await screen.server.expect(Try)
            assert (again.record, again.label) == (0, 0)
            await screen.server.say(Tried(1, 0, True, 0))
            await screen.reads("Right: positive")
            await screen.press("enter")
            await screen.reads("Training: record 2 of 2", "awful", "1 of 2 answered")

    play(story())


def test_a_record_with_many_classes_is_answered_by_typing(play: Play, store: SeatStore) -> None:
    classes = tuple(f"class {n:02}" for n in range(60))

    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, RecordsShown(texts("x", "y"), feedback=False), classes=classes)
            await screen.reads("Test: record 1 of 2")
            await screen.press("4", "2", "enter")
            assert (await screen.server.expect(Try)).label == 42
            await screen.reads("Test: record 2 of 2", "1 of 2 answered")

    play(story())


def test_the_gate_is_left_by_a_key_that_is_asked_once_more(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, GateShown(2, 18, 61.0))
            await screen.reads("16 more are needed", "until you can leave", "This wait is not paid")
            await screen.press("l")
            await screen.server.say(stage(GateShown(2, 18, 61.0, otherwise="start")))
            await screen.reads("it goes on without them in 1:0")
            await screen.server.say(stage(GateShown(2, 18, 61.0, otherwise="end")))
            await screen.reads("the study ends")
            await screen.server.say(stage(GateShown(2, 18, 0.0, starts="14:05")))
            await screen.reads("It starts at 14:05, with all who are here by then: 2 now.")
            await screen.server.say(stage(GateShown(2, 18, 0.0, may_leave=True)))
            await screen.reads("l leave with your pay")
            await screen.press("l")
            await screen.reads("Stop waiting?")
            await screen.server.nothing_more()
            await screen.press("y")
            await screen.server.expect(LeaveGate)

    play(story())


def test_a_break_ends_with_enter_and_a_pause_by_itself(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, PausedShown())
            await screen.reads("The experimenter has paused the study for you")
            await screen.press("enter")
            await screen.server.say(stage(BreakShown(200_000)))
            await screen.reads("You have earned a break", "0:00", "\u20ac0.20 a minute")
            await screen.press("enter")
            await screen.server.expect(GoOn)
            await screen.server.say(WAIT)
            await screen.reads("Waiting room", "\u20ac0.12")

    play(story())


def test_what_is_being_typed_is_still_there_after_a_reconnection(
    play: Play, store: SeatStore
) -> None:
    question = QuestionPart("more", "text", "Anything else?")
    number = QuestionPart("age", "number", "Age")

    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, QuestionsShown((number, question)))
            await screen.reads("Question 1 of 2")
            await screen.press("4", "2", "enter")
            await screen.reads("Question 2 of 2")
            await screen.press(*"half a s")
            await screen.server.hang_up()
            assert isinstance(await screen.server.seat(joined(begun=True)), Rejoin)
            await screen.server.say(stage(QuestionsShown((number, question))))
            await screen.until(lambda: screen.session.connected)
            await screen.press(*"entence", "tab")
            await screen.reads("Your answers", "42", "half a sentence")
            await screen.press("shift+tab", "shift+tab")
            await screen.reads("Question 1 of 2", "42")

    play(story())


def test_what_was_typed_at_another_place_is_gone_on_with(play: Play, store: SeatStore) -> None:
    question = QuestionPart("more", "text", "Anything else?", max_length=200)
    mood = QuestionPart("mood", "choice", "Mood", options=("good", "bad"))
    typed = (GivenAnswer("mood", 1), GivenAnswer("more", "half a s"))

    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, QuestionsShown((mood, question), typed))
            await screen.reads("Question 2 of 2", "half a s")
            await screen.press(*"ent", "tab")
            await screen.reads("Your answers", "bad", "half a sent")
            said = await screen.server.expect(TypedReply)
            while said != TypedReply(1, GivenAnswer("more", "half a sent")):  # after a heartbeat
                said = await screen.server.expect(TypedReply)

    play(story())


def test_an_answer_is_changed_from_the_summary(play: Play, store: SeatStore) -> None:
    questions = QUESTIONS.questions[0], QUESTIONS.questions[2]

    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, QuestionsShown(questions))
            await screen.reads("Question 1 of 2")
            await screen.press("3", "enter", "1", "enter")
            await screen.reads("Your answers", "good")
            await screen.press("down", "c")
            await screen.reads("Question 2 of 2")
            await screen.press("2", "enter", "enter")
            answers = (await screen.server.expect(Answers)).answers
            assert [each.value for each in answers] == [3, 1]

    play(story())


def test_keys_that_come_at_once_keep_their_order(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            asked = QuestionsShown((QUESTIONS.questions[1], QUESTIONS.questions[3]))
            await begin(screen, asked, instructions="Irony counts.")
            await screen.reads("Question 1 of 2")
            screen.press_at_once("2", "0", "0", "backspace", "backspace", "1", "enter")
            await screen.reads("Question 2 of 2")
            await screen.press("f7")
            await screen.reads("Irony counts.")
            await screen.press("escape")
            screen.press_at_once("a", "b", "left", "c", "enter", "d", "tab")
            await screen.reads("Your answers")
            await screen.press("enter")
            answers = (await screen.server.expect(Answers)).answers
            assert [each.value for each in answers] == [21, "ac\ndb"]

    play(story())


@pytest.mark.parametrize(("key", "delete"), [("k", False), ("d", True)])
def test_withdrawing_asks_about_the_data_and_once_more(
    play: Play, store: SeatStore, key: str, delete: bool
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, GateShown(2, 18, 61.0))
            await screen.reads("Waiting for the others")
            await screen.press("escape", "s", key)
            await screen.reads("This cannot be undone")
            await screen.press("escape", "escape", "s")
            await screen.reads("What should happen to your data?")
            await screen.server.nothing_more()
            await screen.press(key, "y")
            assert await screen.server.expect(Withdraw) == Withdraw(delete)

    play(story())


def test_the_instructions_open_again_in_the_work_and_keep_the_task(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await begin(screen, GateShown(3, 3, 0.0), instructions="# Rules\n\nIrony *counts*.")
            await screen.reads("Waiting for the others")
            await screen.server.say(WAIT, TASK, Notice("five minutes"))
            await screen.reads("Record 1 of 3", "i instructions")
            await screen.press("1", "i")
            await screen.reads("Rules", "Irony counts.")
            await screen.press("2", "i")
            await screen.reads("Record 2 of 3", "1 of 3 labelled")
            await screen.press("m")
            assert await screen.server.expect(NoticesSeen) == NoticesSeen(1)

    play(story())


def test_where_i_labels_a_record_another_key_opens_the_instructions(
    play: Play, store: SeatStore
) -> None:
    classes = ("irony", "praise")

    async def story() -> None:
        async with terminal(store) as screen:
            shown = RecordsShown((Record("r", text="Well done."),), feedback=False)
            await begin(screen, shown, classes=classes)
            await screen.reads("F7 instructions")
            await screen.press("f7")
            await screen.reads("Is it a cat or a dog?")
            await screen.press("f7", "i")
            assert (await screen.server.expect(Try)).label == 0

    play(story())


def test_a_run_that_is_no_study_has_no_instructions_to_reopen(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            assert "instructions" not in screen.text
            await screen.press("i")
            await screen.reads("Record 1 of 3")
            await screen.press("escape")
            await screen.reads("leave for good")

    play(story())


def test_a_completed_study_says_no_code_to_who_declined(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            pay = (PayLine("show_up", 5_000_000),)
            await begin(screen, DebriefShown("", pay, 5_000_000, "CHF", outcome="declined"))
            await screen.reads("You do not take part", "Total for P001", "CHF 5.00")
            assert "Your code" not in screen.text

    play(story())


def test_the_keys_of_the_consent_come_with_its_last_line(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        app = StillApp(store)
        async with app.run_test(size=(80, 24)) as pilot:
            app.hear(Welcome(VERSION, "s", "1"), joined(), stage(ConsentShown("Take part?")))
            shown = app.session.stage
            assert shown is not None
            while not shown.end_shown:
                app.redraw()
                await pilot.pause(0.01)
            await pilot.pause()
            assert "I agree" in app.screen.query_one(KeyLine).render().plain

    play(story())
