"""The session in the stages of a study: messages and actions in, effects out."""

import pytest
from msgspec.structs import replace

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import ProtocolError
from clamshell_tui.wire.messages import Error, Notice, ToClient, Welcome
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
from clamshell_tui.wire.worker_messages import Acknowledged, Heartbeat, Over
from tests.worker_client.scripted import joined, statement, texts
from tests.worker_client.sitting import TASK, WAIT, heard, phase
from worker_client.effects import Arrived, Effect, GiveUpSeat, HangUp, JoinRefused, Send
from worker_client.lifecycle import SessionPhase
from worker_client.notices import Interruption, Lesson
from worker_client.session import Session

CONSENT = ConsentShown("We study how people label posts.")
PAGES = PagesShown(("one", "two", "three"))
TRAINING = RecordsShown(texts("meow", "woof", "purr"), feedback=True)
TEST = RecordsShown(texts("meow", "woof", "purr"), feedback=False)
QUESTIONS = QuestionsShown(
    (
        QuestionPart("strain", "likert", "How tiring?", steps=7),
        QuestionPart("more", "text", "Anything else?", optional=True, max_length=2000),
    )
)
DEBRIEF = DebriefShown("Thank you.", (PayLine("show_up", 5_000_000),), 5_000_000, "EUR", "Q7XK")


def stage(shown: StagePart, number: int = 1, owed: int = 0) -> StageShown:
    return StageShown(number, 8, shown, owed)


def participant(shown: StagePart, *, to_the_end: bool = False) -> Session:
    """A participant in this stage."""
    session = Session("K7QM-2F9X")
    heard(session, Welcome(VERSION, "hurry", "s"), joined(begun=True), stage(shown))
    if to_the_end:
        session.show_end()
    return session


def reconnected(session: Session, shown: StagePart) -> list[Effect]:
    """Lose the connection, and be shown this stage after the next one."""
    session.lost(5.0)
    return heard(session, joined(begun=True), stage(shown), at=6.0)


def refused(effects: list[Effect]) -> bool:
    return [type(effect) for effect in effects] == [JoinRefused]


def place(session: Session) -> int:
    assert session.stage is not None
    return session.stage.at


# -- consent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("agreed", [True, False])
def test_consent_is_given_or_refused_once_and_after_the_last_line(agreed: bool) -> None:
    session = participant(CONSENT)
    assert phase(session) is SessionPhase.STAGE
    assert refused(session.consent(agreed=agreed))
    session.show_end()
    assert session.consent(agreed=agreed) == [Send(Consent(1, agreed))]
    assert refused(session.consent(agreed=agreed))


def test_a_consent_that_was_lost_can_be_sent_again() -> None:
    session = participant(CONSENT, to_the_end=True)
    session.consent(agreed=True)
    reconnected(session, CONSENT)
    assert session.consent(agreed=True) == [Send(Consent(1, True))]


def test_another_consent_text_must_be_read_to_its_end_too() -> None:
    session = participant(CONSENT, to_the_end=True)
    reconnected(session, ConsentShown("Another text."))
    assert refused(session.consent(agreed=True))


# -- instructions ----------------------------------------------------------------------------------


def test_each_page_is_read_to_its_end_and_reported_once() -> None:
    session = participant(PAGES)
    assert refused(session.turn_page())
    session.show_end()
    assert session.turn_page() == [Send(Read(1, 0))]
    assert place(session) == 1
    assert refused(session.turn_page())
    assert session.turn_back() == []
    assert session.turn_page() == []  # it was read before
    session.show_end()
    assert session.turn_page() == [Send(Read(1, 1))]
    session.show_end()
    assert session.turn_page() == [Send(Read(1, 2))]
    assert refused(session.turn_page())  # the next stage is on its way


def test_pages_begin_where_the_coordinator_says_and_never_beyond_the_last() -> None:
    assert place(participant(PagesShown(PAGES.pages, read=2))) == 2
    assert place(participant(PagesShown(PAGES.pages, read=3))) == 2


def test_a_page_read_without_a_connection_is_not_read() -> None:
    session = participant(PAGES, to_the_end=True)
    session.lost(1.0)
    assert refused(session.turn_page())
    assert place(session) == 0


def test_after_a_reconnection_the_coordinator_says_which_pages_were_read() -> None:
    session = participant(PAGES, to_the_end=True)
    session.turn_page()
    reconnected(session, PAGES)  # it was lost
    assert place(session) == 0


def test_a_page_that_is_looked_at_again_stays_when_the_stage_is_told_again() -> None:
    session = participant(PAGES, to_the_end=True)
    session.turn_page()
    session.turn_back()
    heard(session, stage(PagesShown(PAGES.pages, read=1)))
    assert place(session) == 0


# -- training and qualification --------------------------------------------------------------------


def test_feedback_stays_until_enter_and_the_next_record_follows() -> None:
    session = participant(TRAINING)
    assert session.try_record(0, 2.5) == [Send(Try(1, 0, 0, 2.5))]
    assert refused(session.try_record(1, 2.6))  # still on its way
    heard(session, Tried(1, 0, True, 0, "Cats say meow."), stage(_answered(TRAINING, 1)))
    record = Record("meow", text="meow")
    assert session.cover == Lesson(1, 0, 3, record, 0, True, 0, "Cats say meow.")
    assert refused(session.try_record(1, 3.0))
    assert session.dismiss(10.0) == []
    assert place(session) == 1
    assert session.try_record(1, 12.0) == [Send(Try(1, 1, 1, 2.0))]  # from when it was seen


def test_the_stage_may_be_told_again_before_its_feedback_or_not_at_all() -> None:
    session = participant(TRAINING)
    session.try_record(0, 0.0)
    heard(session, stage(_answered(TRAINING, 1)))
    assert place(session) == 0
    heard(session, Tried(1, 0, True, 0))
    session.dismiss(1.0)
    assert place(session) == 1
    session.try_record(1, 0.0)
    heard(session, Tried(1, 1, True, 1))
    session.dismiss(1.0)
    assert place(session) == 2


@pytest.mark.parametrize("closed", [True, False])
def test_a_wrong_answer_is_asked_again_until_it_is_right(closed: bool) -> None:
    session = participant(TRAINING)
    session.try_record(1, 0.0)
    heard(session, Tried(1, 0, False, 0))
    if closed:
        session.dismiss(0.5)
    assert place(session) == 0
    (again,) = session.try_record(0, 1.0)
    assert isinstance(again, Send)
    assert session.cover is None
    heard(session, Tried(1, 0, True, 0))
    session.dismiss(3.0)
    assert place(session) == 1


def test_a_coordinator_that_does_not_ask_again_decides_what_comes_next() -> None:
    session = participant(TRAINING)
    session.try_record(1, 0.0)
    heard(session, Tried(1, 0, False, 0), stage(_answered(TRAINING, 1)))
    session.dismiss(1.0)
    assert place(session) == 1


def test_the_feedback_on_the_last_record_is_read_although_the_next_stage_has_begun() -> None:
    session = participant(RecordsShown(texts("meow"), feedback=True))
    session.try_record(1, 0.0)
    heard(session, Tried(1, 0, False, 0, "why"), stage(PAGES, 2))
    assert isinstance(session.cover, Lesson)
    assert refused(session.try_record(0, 0.0))  # too late
    session.dismiss(1.0)
    assert session.cover is None
    assert place(session) == 0


def test_records_of_the_qualification_follow_at_once_and_cannot_be_tried_again() -> None:
    session = participant(TEST)
    assert session.try_record(0, 1.0) == [Send(Try(1, 0, 0, 1.0))]
    heard(session, stage(_answered(TEST, 0)))  # told before the answer arrived
    assert session.try_record(1, 4.0) == [Send(Try(1, 1, 1, 3.0))]
    heard(session, stage(_answered(TEST, 2)))
    assert session.try_record(1, 4.0) == [Send(Try(1, 2, 1, 0.0))]
    assert refused(session.try_record(1, 4.0))


@pytest.mark.parametrize("shown", [TRAINING, TEST])
def test_a_record_whose_answer_was_lost_is_asked_again(shown: RecordsShown) -> None:
    session = participant(shown)
    session.try_record(0, 0.0)
    reconnected(session, shown)
    (again,) = session.try_record(0, 9.0)
    assert isinstance(again, Send)
    assert isinstance(again.message, Try)
    assert (again.message.record, again.message.label) == (0, 0)


def test_feedback_that_was_lost_is_not_waited_for() -> None:
    session = participant(TRAINING)
    session.try_record(0, 0.0)
    reconnected(session, _answered(TRAINING, 1))
    assert place(session) == 1


def test_a_label_that_does_not_exist_is_refused() -> None:
    session = participant(TRAINING)
    assert refused(session.try_record(2, 0.0))


def test_records_that_the_terminal_cannot_show_end_the_session() -> None:
    session = Session("K7QM-2F9X", encoding="ascii")
    heard(session, joined(begun=True))
    assert heard(session, stage(RecordsShown(texts("\u4f60"), feedback=True))) == [HangUp()]
    assert "UTF-8" in session.failure


def _answered(shown: RecordsShown, count: int) -> RecordsShown:
    return RecordsShown(shown.records, shown.feedback, count)


# -- questionnaire ---------------------------------------------------------------------------------


def test_a_question_with_a_problem_is_not_left_and_the_problem_is_said() -> None:
    session = participant(QUESTIONS)
    assert session.next_question() == [JoinRefused("please choose a step from 1 to 7")]
    session.fill(4)
    assert session.next_question() == [Send(TypedReply(1, GivenAnswer("strain", 4)))]
    assert session.next_question() == []
    assert session.send_answers() == [
        Send(Answers(1, (GivenAnswer("strain", 4), GivenAnswer("more", None))))
    ]
    assert refused(session.send_answers())


def test_what_was_typed_survives_a_reconnection_and_is_sent_again() -> None:
    session = participant(QUESTIONS)
    session.fill(4)
    session.next_question()
    session.fill("half a sent")
    reconnected(session, QUESTIONS)
    assert session.stage is not None
    assert session.stage.form.typed == {"strain": 4, "more": "half a sent"}
    assert session.stage.form.at == 1
    session.next_question()
    first = session.send_answers()
    reconnected(session, QUESTIONS)
    assert session.send_answers() == first


def test_what_is_being_typed_is_sent_with_the_heartbeats_and_once() -> None:
    session = participant(QUESTIONS)
    session.fill(4)
    session.next_question()
    for text in ("h", "ha", "half"):
        session.fill(text)
    assert session.tick(100.0) == [Send(TypedReply(1, GivenAnswer("more", "half")))]
    assert session.tick(200.0) == [Send(Heartbeat())]
    session.fill(" ")
    session.fill("x" * 20)
    session.fill("x" * 2001)  # is not sent before it is shorter
    assert session.tick(300.0) == [Send(Heartbeat())]
    session.fill("")
    assert session.keep_typed() == [Send(TypedReply(1, GivenAnswer("more", None)))]


@pytest.mark.parametrize(
    ("typed", "kept", "at"),
    [
        ((("strain", 4),), {"strain": 4}, 0),
        ((("strain", 4), ("more", "half a")), {"strain": 4, "more": "half a"}, 1),
        ((("strain", 8), ("more", 5), ("gone", "x")), {}, 0),  # no answers to these questions
        ((("strain", "4"),), {}, 0),
    ],
)
def test_what_was_typed_at_another_place_is_there(
    typed: tuple[tuple[str, str | int], ...], kept: dict[str, str | int], at: int
) -> None:
    before = tuple([GivenAnswer(name, value) for name, value in typed])
    session = participant(replace(QUESTIONS, typed=before))
    assert session.stage is not None
    form = session.stage.form
    assert (form.typed, form.at) == (kept, at)
    assert session.keep_typed() == [], "the coordinator knows it"
    session.lost(5.0)
    heard(session, joined(begun=True), stage(QUESTIONS))
    told = [GivenAnswer(each.id, kept[each.id]) for each in QUESTIONS.questions if each.id in kept]
    assert session.keep_typed() == [Send(TypedReply(1, each)) for each in told]


def test_sending_goes_to_the_first_question_with_a_problem_instead() -> None:
    session = participant(QUESTIONS)
    session.go_to_question(2)
    assert refused(session.send_answers())
    assert session.stage is not None
    assert session.stage.form.at == 0


def test_answers_that_were_refused_can_be_sent_again() -> None:
    session = participant(QUESTIONS)
    session.fill(4)
    session.send_answers()
    heard(session, Error("request", "strain: 4 is no step", fatal=False))
    assert session.problem == "strain: 4 is no step"
    assert not refused(session.send_answers())


# -- gate, break, pause, end -----------------------------------------------------------------------


def test_the_gate_can_be_left_only_when_it_is_offered() -> None:
    session = participant(GateShown(3, 18, 600.0, micros_per_minute=60_000))
    assert refused(session.leave_gate())
    heard(session, stage(GateShown(3, 18, 0.0, may_leave=True)))
    assert session.leave_gate() == [Send(LeaveGate())]


def test_what_is_left_of_the_work_changes_once_a_minute() -> None:
    session = participant(GateShown(3, 3, 0.0))
    heard(session, joined(begun=True, part=5, parts=8, speed=2.0), TASK)
    assert (session.minutes_left(0.0), session.records_left) == (None, None)
    heard(session, replace(TASK, assignment="a2", seconds_left=600.0, records_left=9))
    left = [session.minutes_left(float(second)) for second in range(301)]
    assert (left[0], left[1], left[30], left[299], left[300]) == (10, 10, 9, 1, 0)
    assert len(set(left)) == 11
    assert session.records_left == 9


def test_the_pay_shown_grows_as_the_study_says_and_never_falls() -> None:
    gate = GateShown(3, 18, 600.0, micros_per_minute=60_000)
    session = participant(gate)
    heard(session, replace(stage(gate, owed=5_000_000), grows=60_000))
    assert session.account.owed_at(60.0) == 5_060_000
    session.lost(60.0)
    heard(session, joined(begun=True), replace(stage(gate, owed=5_055_000), grows=0), at=70.0)
    assert session.account.owed_at(600.0) == 5_060_000, "what topped it up does not grow"
    heard(session, replace(WAIT, micros_per_minute=60_000, grows=0), at=70.0)
    assert (session.account.owed_at(130.0), session.account.rate) == (5_060_000, 60_000)
    heard(session, stage(DEBRIEF, owed=5_050_000), at=140.0)
    assert session.account.owed_at(140.0) == 5_050_000, "the receipt is the truth"


@pytest.mark.parametrize("shown", [GateShown(3, 18, 600.0), PausedShown()])
def test_a_bell_rings_when_a_long_wait_is_over(shown: StagePart) -> None:
    session = participant(shown)
    assert heard(session, stage(shown)) == []
    assert heard(session, stage(PAGES, 2)) == [Arrived()]
    assert heard(participant(shown), WAIT) == []
    assert heard(participant(shown), TASK) == [Arrived()]


def test_a_break_ends_with_a_key() -> None:
    session = participant(BreakShown())
    assert session.go_on() == [Send(GoOn())]
    heard(session, WAIT)
    assert phase(session) is SessionPhase.WAITING
    assert refused(session.go_on())


def test_work_comes_and_goes_between_the_stages() -> None:
    session = participant(GateShown(18, 18, 0.0))
    heard(session, WAIT)
    assert phase(session) is SessionPhase.WAITING
    assert session.in_stage is None
    heard(session, TASK)
    assert phase(session) is SessionPhase.WORKING
    for label in (0, 1, 0):
        session.label(label, 0.0)
    session.submit(0.0)
    heard(session, Acknowledged("a1", "counted", 60_000, 60_000), stage(BreakShown(), 3))
    assert phase(session) is SessionPhase.STAGE
    assert session.news == ""
    heard(session, stage(QUESTIONS, 4, owed=61_000))
    assert session.account.owed_at(100.0) == 61_000


def test_who_comes_back_to_the_work_at_another_seat_is_in_the_study() -> None:
    session = Session("K7QM-2F9X")
    seat = joined(begun=True, part=6, parts=8, owed_micros=5_500_000)
    heard(session, Welcome(VERSION, "hurry", "s"), seat, TASK)
    assert session.in_study
    assert session.account.owed_at(9.0) == 5_500_000
    assert session.may_reopen
    assert session.withdraw(delete=False) == [Send(Withdraw(delete=False))]


PASSED, BEGINS = "You have passed the test.", "The work begins now."
OVER = "The work is done. Thank you!"


@pytest.mark.parametrize(
    ("tried", "follows", "said"),
    [
        (3, (TASK,), f"{PASSED} {BEGINS}"),
        (3, (WAIT, TASK), f"{PASSED} {BEGINS}"),
        (3, (stage(GateShown(1, 2, 60.0), 2),), PASSED),
        (3, (stage(GateShown(1, 2, 60.0), 2), WAIT, TASK), BEGINS),
        (3, (stage(QUESTIONS, 2),), PASSED),
        (3, (stage(DEBRIEF, 2),), ""),  # not passed, or withdrawn
        (2, (stage(PausedShown()),), ""),
        (2, (stage(QUESTIONS, 2),), ""),  # an operator ended the test
        (3, (TASK, Acknowledged("a1", "counted", 0, 0)), ""),
        (3, (TASK, stage(BreakShown(0), 2), TASK), ""),
        (0, (), "Now a test: your answers are not explained."),
        (3, (TASK, stage(QUESTIONS, 3)), OVER),
        (3, (TASK, stage(BreakShown(0), 2), stage(QUESTIONS, 3)), OVER),
        (3, (TASK, stage(DEBRIEF, 3)), ""),
    ],
)
def test_a_participant_is_told_that_the_test_is_passed_and_the_work_begins(
    tried: int, follows: tuple[ToClient, ...], said: str
) -> None:
    session = participant(TEST)
    for _ in range(tried):
        session.try_record(0, 1.0)
    heard(session, *follows)
    assert session.milestone == said


def test_a_task_in_hand_when_another_stage_is_shown_is_gone() -> None:
    session = participant(GateShown(18, 18, 0.0))
    heard(session, TASK)
    session.label(0, 0.0)
    heard(session, stage(DEBRIEF, 8))
    assert isinstance(session.cover, Interruption)
    assert session.sheet is None


def test_an_answer_that_is_confirmed_in_the_next_stage_leaves_the_outbox() -> None:
    session = participant(GateShown(18, 18, 0.0))
    heard(session, TASK)
    for label in (0, 1, 0):
        session.label(label, 0.0)
    session.submit(0.0)
    heard(session, stage(QUESTIONS, 4), Acknowledged("a1", "counted", 60_000, 60_000))
    assert session.outbox == {}
    assert phase(session) is SessionPhase.STAGE


def test_the_receipt_stays_after_the_session() -> None:
    session = participant(DEBRIEF)
    assert session.see_receipt() == [Send(Read(1, 0))]
    assert heard(session, Over("completed", statement())) == [GiveUpSeat(), HangUp()]
    assert session.stage is not None
    assert session.stage.shown == DEBRIEF


@pytest.mark.parametrize("delete", [True, False])
def test_a_participant_may_withdraw_from_any_stage_and_from_the_work(delete: bool) -> None:
    session = participant(QUESTIONS)
    assert session.withdraw(delete=delete) == [Send(Withdraw(delete))]
    heard(session, TASK)
    assert session.withdraw(delete=delete) == [Send(Withdraw(delete))]
    session.lost(1.0)
    assert refused(session.withdraw(delete=delete))


def test_nobody_withdraws_from_a_run_that_is_no_study() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(begun=True), WAIT)
    assert refused(session.withdraw(delete=False))
    assert session.read_notices() == []


def test_a_study_hears_how_many_messages_were_read() -> None:
    session = participant(QUESTIONS)
    heard(session, Notice("first"), Notice("second"))
    assert session.read_notices() == [Send(NoticesSeen(2))]


# -- out of turn -----------------------------------------------------------------------------------


def test_a_stage_before_there_is_a_seat_and_one_without_records_are_errors() -> None:
    with pytest.raises(ProtocolError):
        Session("K7QM-2F9X").receive(stage(CONSENT), 0.0)
    session = participant(CONSENT)
    with pytest.raises(ProtocolError):
        session.receive(stage(RecordsShown((), feedback=True)), 0.0)
    assert session.stage is not None
    assert session.stage.shown == CONSENT


def test_feedback_on_another_stage_is_ignored_and_on_no_record_is_an_error() -> None:
    session = participant(TRAINING)
    heard(session, Tried(7, 0, True, 0))
    assert session.cover is None
    with pytest.raises(ProtocolError):
        session.receive(Tried(1, 3, True, 0), 0.0)


@pytest.mark.parametrize("shown", [CONSENT, PAGES, TRAINING, QUESTIONS, BreakShown(), DEBRIEF])
def test_what_belongs_to_another_stage_is_refused(shown: StagePart) -> None:
    session = participant(shown, to_the_end=True)
    actions = {
        ConsentShown: session.consent(agreed=True),
        PagesShown: session.turn_page(),
        RecordsShown: session.try_record(0, 0.0),
        QuestionsShown: session.fill(1),
        BreakShown: session.go_on(),
        DebriefShown: session.see_receipt(),
        GateShown: session.leave_gate(),
    }
    accepted = [kind for kind, effects in actions.items() if not refused(effects)]
    assert accepted == [type(shown)]
