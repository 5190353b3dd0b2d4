"""The screens: what is sent first, what is seen second."""

import re

import pytest
from textual.events import Paste
from textual.strip import Strip
from textual.widgets import Static

from clamshell_tui.wire.messages import Notice
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Leave,
    Over,
    Progress,
    Qualification,
    Qualified,
    Skip,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import joined, statement, texts
from tests.worker_client.terminal import TASK, WAIT, terminal
from worker_client.autopilot import Autopilot
from worker_client.crowd_of_bots import named
from worker_client.outbox import SeatStore
from worker_client.screen_bot import ScreenBot
from worker_client.widgets.picture import Picture


def test_from_the_instructions_to_the_first_task(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined())
            await screen.reads("Cats and dogs", "Is it a cat or a dog?", "$0.05 a minute")
            await screen.press("enter")
            await screen.server.expect(Begin)
            await screen.server.say(TrainingAssigned(texts("meow", "woof")))
            await screen.reads("Training record 1 of 2", "meow")
            await screen.press("1", "1", "enter")
            for answered in (1, 2):
                assert await screen.server.expect(Progress) == Progress(answered)
            assert await screen.server.expect(Qualification) == Qualification((0, 0))
            await screen.server.say(Qualified(True, 1, 2, (0, 1), 4_167), WAIT)
            await screen.reads("\u2713 You are in: 1 of 2 right", "\u2717  2  cat, not dog", "woof")
            await screen.until(lambda: "Enter go on" in screen.text)
            await screen.press("enter")
            await screen.reads("Waiting room", "$0.06 a minute", "so far")
            await screen.server.say(TASK)
            await screen.reads("Record 1 of 3", "meow")

    play(story())


def test_a_bot_on_the_screen_presses_the_keys_of_a_whole_session(
    play: Play, store: SeatStore
) -> None:
    bot = ScreenBot(lambda classes: Autopilot(named("fast-local", seed=1, n_classes=classes)))
    records = (Record("r1", text="meow", truth=0), Record("r2", text="woof", truth=1))

    async def story() -> None:
        async with terminal(store, bot=bot) as screen:
            await screen.server.seat(joined(speed=1000.0))
            await screen.server.expect(Begin)
            await screen.server.say(TrainingAssigned(records))
            for answered in (1, 2):
                assert await screen.server.expect(Progress) == Progress(answered)
            answer = await screen.server.expect(Qualification)
            await screen.server.say(
                Qualified(True, 2, 2, (0, 1)), TaskAssigned("a1", records, 60.0)
            )
            assert len(answer.labels) == len((await screen.server.expect(Answer)).labels) == 2
            counted = Acknowledged("a1", "counted", 40_000, 40_000)
            await screen.server.say(counted, Over("the run is over", statement()))
            await screen.reads("The run is over", "Total for P001")

    play(story())


def test_one_key_labels_and_goes_on_and_enter_sends(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("1")
            await screen.reads("Record 2 of 3", "woof", "1 of 3 labelled")
            await screen.press("2", "1")
            await screen.reads("Enter sends", "3 of 3 labelled")
            await screen.server.nothing_more()
            await screen.press("enter")
            assert (await screen.server.expect(Answer)).labels == (0, 1, 0)
            next_task = TaskAssigned("a2", texts("growl", "hiss", "howl"), 1800.0)
            await screen.server.say(Acknowledged("a1", "counted", 60_000, 183_400, next_task))
            await screen.reads("growl", "0 of 3 labelled", "stored and paid", "owed $0.183")

    play(story())


def test_without_review_the_last_label_sends(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store, review=False) as screen:
            await screen.work()
            await screen.press("1", "2", "2")
            assert (await screen.server.expect(Answer)).labels == (0, 1, 1)

    play(story())


@pytest.mark.parametrize("key", ["u", "backspace"])
def test_undo_takes_the_last_label_back(play: Play, store: SeatStore, key: str) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("1", "2", "1", key)
            await screen.reads("Record 3 of 3", "2 of 3 labelled")
            await screen.press("2", "enter")
            assert (await screen.server.expect(Answer)).labels == (0, 1, 1)

    play(story())


def test_the_mouse_labels_and_goes_back(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.click("ClassList", 6, 3)  # the second class, two rows below the first
            await screen.click("ClassList", 3, 1)
            assert screen.session.sheet is not None
            assert screen.session.sheet.labels == [1, 0, None]
            await screen.click("RecordStrip", 3, 0)
            await screen.reads("Record 1 of 3", "meow")

    play(story())


def test_a_record_is_skipped_for_a_reason_and_the_rest_is_sent(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("1", "s")
            await screen.reads("Skip this record", "cannot be answered")
            await screen.press("b", "l", "u", "r", "enter")
            await screen.press("f", "2")
            await screen.reads("flagged", "2 of 3, 1 skipped")
            await screen.press("enter")
            answer = await screen.server.expect(Answer)
            assert answer.labels == (0, None, 1)
            remarks = [(each.flagged, each.reason) for each in answer.details]
            assert remarks == [(False, ""), (False, "blur"), (True, "")]

    play(story())


def test_escape_keeps_the_record_and_enter_alone_gives_the_usual_reason(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(TaskAssigned("a1", texts("meow"), 1800.0))
            await screen.press("s", "escape")
            await screen.reads("Record 1 of 1")
            await screen.press("s", "enter")
            skip = await screen.server.expect(Skip)
            assert (skip.assignment, skip.reason) == ("a1", "cannot be answered")
            await screen.server.say(AssignmentStopped("a1", "skipped", 0, 123_400), WAIT)
            await screen.reads("Waiting room")

    play(story())


def test_a_comment_can_be_changed(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(TaskAssigned("a1", texts("meow"), 1800.0))
            await screen.press("c", "w", "o", "enter")
            await screen.reads("with a comment")
            await screen.press("c", "w", "?", "enter", "1")
            (detail,) = (await screen.server.expect(Answer)).details
            assert detail.comment == "wow?"

    play(story())


def test_a_reason_is_not_kept_for_another_record(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("s")
            await screen.reads("Skip this record")
            await screen.server.say(
                AssignmentStopped("a1", "finished-by-another", 60_000, 183_400),
                TaskAssigned("a2", texts("growl", "hiss", "howl"), 1800.0),
            )
            await screen.until(lambda: screen.session.cover is not None)
            await screen.press("enter")
            await screen.reads("Finished by somebody else")
            assert screen.session.sheet is not None
            assert screen.session.sheet.reasons == [None, None, None]

    play(story())


def test_a_key_on_its_way_when_another_worker_finishes_does_nothing(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("1")
            task = TaskAssigned("a2", texts("growl", "hiss", "howl"), 1800.0)
            await screen.server.say(
                AssignmentStopped("a1", "finished-by-another", 60_000, 183_400), task
            )
            await screen.reads("Finished by somebody else", "You are paid $0.06")
            await screen.press("2", "enter")
            assert screen.session.cover is not None
            assert screen.session.sheet is not None
            assert screen.session.sheet.done == 0
            await screen.reads("New work is here", "Press Enter to go on")
            await screen.press("enter")
            await screen.reads("Record 1 of 3", "growl")

    play(story())


def test_a_key_that_does_nothing_says_why(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("enter")
            await screen.reads("3 of 3 records have no label yet")
            await screen.press("1")
            assert "have no label yet" not in screen.text

    play(story())


def test_offline_the_answer_is_kept_and_said_to_be(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.server.hang_up()
            await screen.until(lambda: not screen.session.connected)
            await screen.press("1", "2", "1", "enter")
            await screen.reads("reconnecting, 1 answer kept: the", "\u25cb connecting")
            await screen.server.seat(joined(begun=True))
            assert (await screen.server.expect(Answer)).labels == (0, 1, 0)
            await screen.reads("\u25cf connected")

    play(story())


def test_leaving_for_good_asks_first_and_shows_the_statement(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("escape")
            await screen.reads("Leave?")
            await screen.press("escape")
            await screen.server.nothing_more()
            await screen.press("ctrl+q", "l")
            await screen.server.expect(Leave)
            paid = Statement("P001", 50_213, 41_670, 200_000, 100_000, 0, 391_883, 2, 1, 63.0)
            await screen.server.say(Over("left", paid))
            await screen.reads("Thank you", "Waiting, 1:03", "$0.050", "Records, 2 tasks")
            await screen.reads("Finished by somebody else, 1 task", "Total for P001", "$0.391")
            await screen.press("enter")
            assert screen.app.return_code == 0

    play(story())


def test_closing_for_now_keeps_the_seat(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("escape", "c")
            assert store.at(screen.server.join).load()[0] is not None
            await screen.server.nothing_more()

    play(story())


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("latency", "Your place went to somebody faster"),
        ("disconnected", "You were away for longer than the seat is kept."),
        ("the pool was made smaller", "The pool was made smaller"),
    ],
)
def test_who_has_to_go_sees_why_and_what_is_paid(
    play: Play, store: SeatStore, reason: str, words: str
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.server.say(Over(reason, statement()))
            await screen.reads(words, "$0.123")

    play(story())


def test_a_pause_is_told_while_one_works_and_while_one_waits(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.server.say(Wait("paused", 0, 123_400))
            await screen.reads("everything is paused", "Record 1 of 3")
            await screen.server.say(Wait("available", 0, 123_400), Wait("paused", 0, 123_400))
            await screen.until(lambda: "Enter go on" in screen.text)
            await screen.press("enter")
            await screen.reads("Waiting room", "waiting is not paid right now")

    play(story())


def test_help_lies_over_the_task_and_takes_its_keys(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("question_mark")
            await screen.reads("take the last label back")
            await screen.press("1")
            assert screen.session.sheet is not None
            assert screen.session.sheet.done == 0
            await screen.press("escape")
            await screen.reads("Record 1 of 3")

    play(story())


def test_what_happens_under_the_help_is_there_when_it_closes(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.press("question_mark")
            await screen.server.say(Over("the run is over", statement()))
            await screen.until(lambda: screen.session.over)
            await screen.press("enter")
            await screen.reads("Thank you")

    play(story())


def test_a_terminal_that_is_too_small_says_so_and_recovers(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.resize(60, 20)
            await screen.reads("needs 80x24, is 60x20")
            await screen.press("1")
            assert screen.session.sheet is not None
            assert screen.session.sheet.done == 0
            await screen.resize(79, 24)
            await screen.reads("needs 80x24, is 79x24")
            await screen.resize(80, 24)
            await screen.reads("Record 1 of 3")

    play(story())


@pytest.mark.parametrize(("size", "drawn"), [((80, 24), 17), ((160, 48), 24)])
def test_digits_are_drawn_and_have_their_own_keys(
    play: Play, store: SeatStore, size: tuple[int, int], drawn: int
) -> None:
    async def story() -> None:
        async with terminal(store, size=size) as screen:
            await screen.server.seat(joined(begun=True, classes=tuple("0123456789")))
            stroke = bytes(255 if x in (3, 4) else 0 for _ in range(8) for x in range(8))
            record = Record("7", image=Image(8, 8, 1, stroke))
            await screen.server.say(TaskAssigned("a1", (record,), 1800.0))
            await screen.reads("Record 1 of 1")
            picture = screen.app.screen.query_one(Picture)
            rows = [picture.render_line(y) for y in range(picture.size.height)]
            assert len(rows) == size[1] - 7
            assert sum(grounds(row) >= {(0, 0, 0), (255, 255, 255)} for row in rows) == drawn
            await screen.press("0")
            assert (await screen.server.expect(Answer)).labels == (0,)

    play(story())


def test_a_scale_shows_its_question_and_what_its_ends_mean(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            steps = tuple("1234567")
            scale = ("not at all", "very")
            ask = "How tiring is it?"
            task = TaskAssigned("a1", texts("a long day"), 1800.0)
            await screen.work(task, classes=steps, ask=ask, scale=scale)
            await screen.reads(ask)
            await screen.reads("1  not at all")
            await screen.reads("7  very")
            await screen.press("6")
            assert (await screen.server.expect(Answer)).labels == (5,)

    play(story())


def grounds(strip: Strip) -> set[tuple[int, ...]]:
    """The colours behind the cells of a row."""
    colours = [style.bgcolor for _, style, _ in strip if style is not None and style.bgcolor]
    return {tuple(colour.get_truecolor()) for colour in colours}


def test_numbers_stand_in_a_table(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True))
            record = Record("7", numbers=(("height", 1.5), ("weight in kg", -1234567.0)))
            await screen.server.say(TaskAssigned("a1", (record,), 1800.0))
            await screen.reads("height                 1.5", "weight in kg  -1.23457e+06")

    play(story())


def test_a_long_text_is_cut_scrolls_and_can_be_had_in_full(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True))
            text = "begin " + "word " * 1000 + "end"
            await screen.server.say(TaskAssigned("a1", (Record("7", text=text),), 1800.0))
            await screen.reads("begin")
            await screen.press("end")
            await screen.reads("(full text: press v)")
            await screen.press("v", "end")
            await screen.reads("end   ")

    play(story())


def test_the_lease_is_counted_down_when_it_is_short(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True, speed=2.0))
            await screen.server.say(TaskAssigned("a1", texts("meow"), 130.0, 70.0))
            await screen.until(lambda: re.search("0:[0-2][0-9] left", screen.text) is not None)

    play(story())


@pytest.mark.slow
def test_ten_thousand_keys_at_once_give_one_answer(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store, review=False) as screen:
            await screen.work()
            screen.app.post_message(Paste("1" * 10_000))
            for _ in range(10_000):
                screen.app.simulate_key("1")
            await screen.reads("still being sent")
            assert (await screen.server.expect(Answer)).labels == (0, 0, 0)
            await screen.server.nothing_more()

    play(story())


def test_of_a_task_of_many_pictures_the_next_few_are_drawn_and_no_more(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            pictures = [Image(8, 8, 1, bytes([number] * 64)) for number in range(100)]
            records = tuple([Record(str(at), image=each) for at, each in enumerate(pictures)])
            await screen.server.seat(joined(begun=True))
            await screen.server.say(TaskAssigned("a1", records, 1800.0))
            await screen.reads("Record 1 of 100")
            picture = screen.app.screen.query_one(Picture)
            for at in range(1, 7):
                await screen.press("1")
                await screen.reads(f"Record {at + 1} of 100")
                await screen.until(lambda at=at: pictures[at + 3] in picture._drawn)  # type: ignore[misc]
                assert set(picture._drawn) == set(pictures[at : at + 4])

    play(story())


LONG_NOTICE = "The fire alarm is tested at noon. Please stay where you are. " * 9


def test_messages_of_the_operator_wrap_and_are_kept(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work()
            await screen.server.say(Notice("lunch at noon"), Notice(LONG_NOTICE.strip()))
            await screen.reads("m messages")
            banner = [line for line in screen.lines if "Please stay" in line or "noon." in line]
            assert len(banner) == 3
            assert "Record 1 of 3" in screen.text, "the record is still there"
            await screen.press("m")
            await screen.reads("Messages to you", "lunch at noon", "Enter closes")
            assert screen.text.count("tested") >= 9, "all of it"
            await screen.press("m")
            await screen.reads("Cats and dogs", "m messages")
            assert "tested" not in screen.text, "it was read"

    play(story())


def test_a_class_that_has_the_key_of_the_messages_keeps_it(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(classes=("yes", "maybe"))
            await screen.server.say(Notice("lunch at noon"))
            await screen.reads("lunch at noon", "F2 messages")
            await screen.press("m")
            await screen.reads("Record 2 of 3")
            await screen.press("f2")
            await screen.reads("Messages to you")

    play(story())


def test_the_waiting_room_says_who_is_missing(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True))
            await screen.server.say(Wait("available", 0, 0, present=1, needed=3))
            await screen.reads("1 of 3 have come.")
            await screen.server.say(Wait("available", 0, 0))
            await screen.reads("Work starts as soon as there is some")

    play(story())


def test_a_long_text_says_how_much_is_below(play: Play, store: SeatStore) -> None:
    text = "\n".join(f"line {number}" for number in range(30))

    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True))
            await screen.server.say(WAIT, TaskAssigned("a1", (Record("r", text=text),), 1800.0))
            await screen.reads("line 0", "13 more lines below")
            await screen.press("end")
            await screen.until(lambda: "below" not in screen.text)
            assert "line 29" in screen.text

    play(story())


def test_long_instructions_say_how_much_is_below(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(instructions="\n".join(["Read this."] * 40)))
            await screen.reads("more lines below")
            await screen.press(*["down"] * 8)
            await screen.until(lambda: "below" not in screen.text)

    play(story())


def test_the_strip_tells_numbers_from_keys(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined(begun=True, classes=tuple("0123456789")))
            await screen.server.say(WAIT, TaskAssigned("a1", texts(*"abcdefg"), 1800.0))
            await screen.reads("Record 1 of 7")
            await screen.press("7", "1")
            await screen.reads("1:7", "2:1", " 3 ")

    play(story())


def test_a_screen_on_which_nothing_changes_paints_nothing(
    play: Play, store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[str | None] = []

    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined())
            await screen.reads("Is it a cat or a dog?")
            for text in screen.app.screen.query(Static):
                monkeypatch.setattr(
                    text, "refresh", lambda *_, text=text, **__: painted.append(text.id)
                )
            screen.app.redraw()
            screen.app.redraw()
            assert painted == []

    play(story())
