"""The session: messages and key presses in, effects out."""

import pytest
from msgspec.structs import replace

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Hello, ToClient, Welcome
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Draft,
    Heartbeat,
    Join,
    Over,
    Progress,
    Qualification,
    Qualified,
    RecordDetail,
    Rejoin,
    Skip,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.worker_client.scripted import TOKEN, joined, statement, texts
from tests.worker_client.sitting import NEXT, TASK, WAIT, heard, phase, seated, working
from worker_client.effects import (
    Arrived,
    Effect,
    Forget,
    GiveUpSeat,
    HangUp,
    JoinRefused,
    KeepSeat,
    Remember,
    Send,
)
from worker_client.lifecycle import SessionPhase
from worker_client.notices import Feedback, Interruption
from worker_client.session import CLIENT, Session


def answer(*labels: int) -> Answer:
    """To the first task, all of it at second 0."""
    return Answer("a1", labels, tuple([RecordDetail(0.0, 0.0) for _ in labels]))


def draft(*labels: int | None) -> Send:
    return Send(Draft("a1", labels))


def sent(message: Answer) -> list[Effect]:
    return [Remember(message), Send(message)]


def test_a_worker_joins_with_a_code_and_comes_back_with_the_token() -> None:
    session = Session("K7QM-2F9X")
    hello = Send(Hello(VERSION, "worker", CLIENT))
    assert session.opened() == [hello, Send(Join("K7QM-2F9X"))]
    assert heard(session, joined()) == [KeepSeat("P001", TOKEN, "K7QM-2F9X")]
    session.lost(1.0)
    assert session.opened() == [hello, Send(Rejoin(TOKEN))]


def test_the_way_to_the_waiting_room() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined())
    assert phase(session) is SessionPhase.INSTRUCTIONS
    assert session.accept() == [Send(Begin())]
    heard(session, TrainingAssigned(texts("meow", "woof")))
    said = [session.label(0, 0.0), session.label(0, 0.0)]
    assert said == [[Send(Progress(1))], [Send(Progress(2))]]
    assert phase(session) is SessionPhase.REVIEWING
    assert session.submit(0.0) == [Send(Qualification((0, 0)))]
    assert phase(session) is SessionPhase.CHECKING
    heard(session, Qualified(True, 1, 2, (0, 1), 4167), WAIT, at=10.0)
    assert phase(session) is SessionPhase.WAITING
    assert session.cover == Feedback(
        True, 1, 2, 4167, texts("meow", "woof"), given=(0, 0), right=(0, 1), since=10.0
    )


def test_who_does_not_qualify_sees_the_result_before_the_statement() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(), TrainingAssigned(texts("meow")))
    session.label(1, 0.0)
    heard(session, Qualified(False, 0, 1, (0,), 4167))
    assert phase(session) is SessionPhase.NOT_QUALIFIED
    assert heard(session, Over("not qualified", statement())) == [GiveUpSeat(), HangUp()]
    assert isinstance(session.cover, Feedback)
    assert session.dismiss(1.0) == []
    assert phase(session) is SessionPhase.RELEASED
    assert session.statement == statement()


def test_a_lonely_record_is_sent_with_its_label() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow"), 60.0))
    assert session.label(1, 0.0) == sent(answer(1))
    assert phase(session) is SessionPhase.SENDING


def test_several_records_are_reviewed_before_they_are_sent() -> None:
    session = working(0, 1, 0)
    assert phase(session) is SessionPhase.REVIEWING
    assert session.submit(0.0) == sent(answer(0, 1, 0))


def test_the_review_can_be_switched_off() -> None:
    session = Session("K7QM-2F9X", review=False)
    heard(session, joined(begun=True), TASK)
    session.label(0, 0.0)
    session.label(0, 0.0)
    assert session.label(1, 0.0) == sent(answer(0, 0, 1))


def test_a_label_key_in_the_review_changes_nothing() -> None:
    session = working(0, 1, 0)
    (refusal,) = session.label(1, 0.0)
    assert isinstance(refusal, JoinRefused)
    assert session.sheet is not None
    assert session.sheet.answer == (0, 1, 0)


def test_undo_takes_labels_back_one_by_one_and_looks_at_their_record() -> None:
    session = working(0, 1, 0)
    assert session.undo(0.0) == [draft(0, 1, None)]
    assert phase(session) is SessionPhase.WORKING
    assert session.sheet is not None
    assert (session.sheet.labels, session.sheet.at) == ([0, 1, None], 2)
    session.undo(0.0)
    session.undo(0.0)
    assert (session.sheet.labels, session.sheet.at) == ([None, None, None], 0)
    assert session.undo(0.0) == [JoinRefused("nothing to undo in this task")]


def test_undo_brings_a_changed_label_back() -> None:
    session = working(0, 1)
    session.look_at(0, 0.0)
    session.label(1, 0.0)
    session.undo(0.0)
    assert session.sheet is not None
    assert (session.sheet.labels, session.sheet.at) == ([0, 1, None], 0)


def test_after_a_change_the_next_record_without_a_label_is_shown() -> None:
    session = working(0)
    session.look_at(2, 0.0)
    session.label(1, 0.0)
    assert session.sheet is not None
    assert session.sheet.at == 1


def test_nothing_is_sent_while_a_label_is_missing() -> None:
    assert working(0).submit(0.0) == [JoinRefused("2 of 3 records have no label yet")]


def test_the_acknowledgement_brings_the_next_task_without_a_bell() -> None:
    session = working(0, 1, 0)
    session.submit(0.0)
    effects = heard(session, Acknowledged("a1", "counted", 60_000, 61_000, NEXT))
    assert effects == [Forget("a1")]
    assert phase(session) is SessionPhase.WORKING
    assert session.sheet is not None
    assert session.sheet.records == NEXT.records
    assert session.outbox == {}


def test_work_after_a_wait_rings() -> None:
    assert heard(seated(), TASK) == [Arrived()]


def test_waiting_pay_ticks_with_the_speed_of_the_run_and_stops_with_the_work() -> None:
    session = seated(speed=20.0)
    assert session.account.owed_at(3.0) == 1_000 + 60_000
    assert session.account.waited_at(3.0) == 65.0
    heard(session, TASK, at=3.0)
    assert session.account.owed_at(100.0) == 61_000


def test_nobody_is_paid_while_the_connection_is_lost() -> None:
    session = seated()
    session.lost(1.0)
    assert session.account.owed_at(500.0) == 2_000


# -- records that cannot be answered --------------------------------------------------------------


def test_a_skipped_record_has_no_label_and_the_rest_is_sent() -> None:
    session = working(0)
    assert session.skip(0.0, "blurred") == [draft(0, None, None)]
    session.label(1, 0.0)
    assert phase(session) is SessionPhase.REVIEWING
    (kept, message) = session.submit(0.0)
    assert isinstance(kept, Remember)
    assert message == Send(kept.answer)
    assert kept.answer.labels == (0, None, 1)
    assert [each.reason for each in kept.answer.details] == ["", "blurred", ""]


def test_a_skip_is_taken_back_by_a_label_or_by_undo() -> None:
    session = working(0)
    session.skip(0.0, "blurred")
    session.undo(0.0)
    assert session.sheet is not None
    assert (session.sheet.at, session.sheet.done) == (1, 1)
    session.skip(0.0, "blurred")
    session.look_at(1, 0.0)
    session.label(1, 0.0)
    session.label(1, 0.0)
    assert details(session.submit(0.0))[1] == RecordDetail(0.0, 0.0)


def test_a_flag_and_a_comment_go_with_the_answer() -> None:
    session = working()
    session.flag(0.0)
    session.comment(0.0, "a dog, or a wolf?")
    session.label(0, 0.0)
    session.flag(0.0)
    session.flag(0.0)
    session.label(0, 0.0)
    session.label(0, 0.0)
    assert details(session.submit(0.0)) == (
        RecordDetail(0.0, 0.0, flagged=True, comment="a dog, or a wolf?"),
        RecordDetail(0.0, 0.0),
        RecordDetail(0.0, 0.0),
    )


def test_the_records_of_the_training_cannot_be_skipped_or_flagged() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(), TrainingAssigned(texts("meow", "woof")))
    for (refusal,) in (session.skip(0.0), session.flag(0.0), session.comment(0.0, "why")):
        assert refusal == JoinRefused("the records of the training cannot be skipped or flagged")


def test_skipping_every_record_gives_the_task_back() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow"), 60.0))
    detail = RecordDetail(0.0, 3.0, reason="blurred")
    assert session.skip(3.0, "blurred") == [Send(Skip("a1", "blurred", details=(detail,)))]
    heard(session, AssignmentStopped("a1", "skipped", 0, 1_000), NEXT)
    assert session.cover is None
    assert phase(session) is SessionPhase.WORKING


def test_a_skip_that_got_lost_can_be_tried_again() -> None:
    session = seated()
    heard(session, alone := TaskAssigned("a1", texts("meow"), 60.0))
    session.skip(0.0)
    session.lost(1.0)
    heard(session, joined(begun=True), alone, at=2.0)
    assert phase(session) is SessionPhase.WORKING
    (effect,) = session.submit(2.0)
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Skip)


def test_a_task_of_skips_waits_for_the_connection() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow"), 60.0))
    session.lost(1.0)
    assert session.skip(2.0) == [JoinRefused("not sent: no connection")]
    assert phase(session) is SessionPhase.REVIEWING


# -- finished by another worker -------------------------------------------------------------------


def test_a_stop_covers_the_screen_and_takes_no_key_for_a_moment() -> None:
    session = working(0, 1)
    heard(session, AssignmentStopped("a1", "finished-by-another", 60_000, 61_000), at=10.0)
    assert session.cover == Interruption("finished-by-another", 60_000, 2, 3, 10.0)
    assert phase(session) is SessionPhase.WAITING
    assert session.label(0, 10.1) == [JoinRefused("press Enter to go on")]
    assert session.dismiss(10.69) == []
    assert session.cover is not None
    assert session.label(0, 10.8) == [JoinRefused("press Enter to go on")]
    assert session.dismiss(10.8) == []
    assert session.cover is None


def test_a_key_meant_for_the_stopped_task_never_lands_on_the_next() -> None:
    session = working(0, 1)
    heard(session, AssignmentStopped("a1", "finished-by-another", 60_000, 61_000), NEXT, at=10.0)
    assert phase(session) is SessionPhase.WORKING
    assert session.label(1, 10.2) == [JoinRefused("press Enter to go on")]
    assert session.sheet is not None
    assert session.sheet.labels == [None, None, None]
    session.dismiss(11.0)
    assert session.label(1, 11.1) == [Send(Draft("a2", (1, None, None)))]
    assert session.sheet.labels == [1, None, None]


def test_an_answer_that_crosses_its_stop_is_acknowledged_as_late() -> None:
    session = working(0, 1, 0)
    session.submit(0.0)
    heard(session, AssignmentStopped("a1", "finished-by-another", 60_000, 61_000), NEXT)
    assert session.cover is None
    assert session.outbox == {"a1": answer(0, 1, 0)}
    assert heard(session, Acknowledged("a1", "late", 60_000, 61_000)) == [Forget("a1")]
    assert phase(session) is SessionPhase.WORKING
    assert session.sheet is not None
    assert session.sheet.assignment == "a2"
    assert "paid" in session.news


# -- times of records -----------------------------------------------------------------------------


def test_each_record_is_timed_from_its_first_sight_to_its_last_label() -> None:
    session = seated()
    heard(session, TASK, at=10.0)
    session.label(0, 12.0)
    session.label(1, 15.5)
    session.label(1, 16.0)
    session.look_at(0, 17.0)
    session.label(1, 18.25)
    session.look_at(1, 19.0)
    session.label(1, 20.0)
    assert details(session.submit(21.0)) == (
        RecordDetail(0.0, 8.25, 1),
        RecordDetail(2.0, 10.0),
        RecordDetail(5.5, 6.0),
    )


def test_a_label_taken_back_and_chosen_otherwise_is_a_change() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow", "woof"), 60.0))
    session.label(0, 1.0)
    session.undo(2.0)
    session.label(1, 3.0)
    session.label(1, 4.0)
    assert details(session.submit(5.0)) == (RecordDetail(0.0, 3.0, 1), RecordDetail(1.0, 4.0))


def test_a_record_behind_a_notice_is_not_seen_yet() -> None:
    session = seated()
    heard(session, TASK, AssignmentStopped("a1", "expired", 0, 0), at=1.0)
    heard(session, TaskAssigned("a2", texts("meow"), 60.0), at=2.0)
    session.dismiss(4.0)
    assert details(session.label(1, 5.0)) == (RecordDetail(2.0, 3.0),)


def test_times_count_from_the_assignment_also_in_a_client_that_came_later() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow"), 60.0, age=30.0), at=100.0)
    assert details(session.label(1, 101.5)) == (RecordDetail(30.0, 31.5),)


def test_times_leave_out_how_long_the_coordinator_stood_still() -> None:
    session = seated()
    heard(session, TaskAssigned("a1", texts("meow", "woof", "purr"), 60.0), at=0.0)
    session.label(0, 2.0)
    session.lost(3.0)
    heard(session, joined(begun=True), at=100.0)
    heard(session, TaskAssigned("a1", texts("meow", "woof", "purr"), 60.0, age=5.0), at=100.0)
    session.label(1, 102.0)
    heard(session, TaskAssigned("a1", texts("meow", "woof", "purr"), 60.0, age=7.5), at=102.0)
    session.label(0, 103.0)
    assert details(session.submit(104.0)) == (
        RecordDetail(0.0, 2.0),
        RecordDetail(2.0, 7.0),
        RecordDetail(7.0, 8.0),
    )


def test_a_bot_measures_nothing() -> None:
    session = Session("K7QM-2F9X", bot=True)
    heard(session, joined(begun=True), TaskAssigned("a1", texts("meow"), 60.0))
    assert details(session.label(1, 1.0)) == ()


def details(effects: list[Effect]) -> tuple[RecordDetail, ...]:
    (message,) = [each.answer for each in effects if isinstance(each, Remember)]
    return message.details


# -- lost connections -----------------------------------------------------------------------------


def test_an_answer_given_offline_is_kept_and_sent_after_the_reconnect() -> None:
    session = working(0, 1, 0)
    session.lost(1.0)
    assert session.submit(1.0) == [Remember(answer(0, 1, 0))]
    effects = heard(session, joined(begun=True), at=2.0)
    assert effects[-1] == Send(answer(0, 1, 0))


def test_labels_chosen_offline_stay_if_the_same_task_comes_again() -> None:
    session = working(0)
    session.lost(1.0)
    session.label(1, 1.0)
    assert heard(session, joined(begun=True), TASK, at=2.0) == [
        KeepSeat("P001", TOKEN, "K7QM-2F9X"),
        draft(0, 1, None),
    ]
    assert session.sheet is not None
    assert session.sheet.labels == [0, 1, None]


@pytest.mark.parametrize("truth", [WAIT, NEXT])
def test_after_a_reconnect_the_coordinator_is_right(truth: ToClient) -> None:
    session = working(0)
    session.lost(1.0)
    heard(session, joined(begun=True), truth, at=2.0)
    assert session.cover == Interruption("withdrawn", None, 1, 3, 2.0)


def test_labels_chosen_elsewhere_come_with_the_task() -> None:
    session = seated()
    heard(session, replace(TASK, draft=(None, 1, None)), at=5.0)
    assert session.sheet is not None
    assert (session.sheet.labels, session.sheet.at) == ([None, 1, None], 0)
    assert session.label(0, 6.0) == [draft(0, 1, None)]
    assert session.sheet.at == 2


def test_a_task_whose_labels_are_all_chosen_is_reviewed_before_it_is_sent() -> None:
    session = seated()
    assert heard(session, replace(TASK, draft=(0, 1, 0)), at=5.0) == [Arrived()]
    assert phase(session) is SessionPhase.REVIEWING
    assert answer(0, 1, 0).labels == session.submit(6.0)[0].answer.labels  # type: ignore[union-attr]  # it is kept


@pytest.mark.parametrize("labels", [(0, 1), (0, 7, None)])
def test_a_draft_that_does_not_fit_is_not_used(labels: tuple[int | None, ...]) -> None:
    session = seated()
    heard(session, replace(TASK, draft=labels))
    assert session.sheet is not None
    assert session.sheet.labels == [None, None, None]


def test_a_bot_sends_no_draft() -> None:
    session = Session("K7QM-2F9X", bot=True)
    heard(session, Welcome(VERSION, "quickstart", "s"), joined(begun=True), TASK)
    assert session.label(0, 0.0) == []


def test_a_restarted_client_sends_what_was_not_acknowledged_and_is_not_asked_again() -> None:
    session = Session("K7QM-2F9X", TOKEN, {"a1": answer(0, 1, 0)})
    effects = heard(session, joined(begun=True), TASK)
    assert Send(answer(0, 1, 0)) in effects
    assert session.sheet is None
    assert heard(session, Acknowledged("a1", "repeated", 60_000, 61_000, NEXT))[0] == Forget("a1")
    assert session.sheet is not None
    assert session.sheet.assignment == "a2"


def test_a_lost_qualification_is_sent_again() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(), TrainingAssigned(texts("meow")))
    session.label(1, 0.0)
    session.lost(1.0)
    effects = heard(session, joined(begun=True), TrainingAssigned(texts("meow")), at=2.0)
    assert effects[-1] == Send(Qualification((1,)))


def test_what_cannot_be_sent_now_is_refused_and_nothing_is_lost() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(), TrainingAssigned(texts("meow", "woof")))
    session.label(1, 0.0)
    session.label(0, 0.0)
    session.lost(1.0)
    assert session.submit(1.0) == [JoinRefused("not sent: no connection")]
    assert phase(session) is SessionPhase.REVIEWING
    assert session.leave() == [JoinRefused("not sent: no connection")]


def test_gold_records_cannot_be_skipped() -> None:
    session = Session("K7QM-2F9X")
    heard(session, joined(), TrainingAssigned(texts("meow")))
    (refusal,) = session.skip(0.0)
    assert isinstance(refusal, JoinRefused)


def test_a_pause_does_not_take_the_task_away() -> None:
    session = working(0)
    heard(session, Wait("paused", 0, 1_000))
    assert session.paused
    assert session.label(1, 0.0) == [draft(0, 1, None)]
    heard(session, Wait("available", 0, 1_000))
    assert phase(session) is SessionPhase.WAITING


def test_heartbeats_come_twice_as_often_as_asked_for() -> None:
    session = seated(heartbeat=4.0)
    assert session.deadline() == 2.0
    assert session.tick(1.9) == []
    assert session.tick(2.0) == [Send(Heartbeat())]
    assert session.deadline() == 4.0
    session.lost(3.0)
    assert session.tick(9.0) == []


def test_a_task_that_the_terminal_cannot_show_is_given_back_unseen() -> None:
    session = seated()
    session.encoding = "ascii"
    arabic = TaskAssigned("a7", texts("meow", "\u0645\u0631\u062d\u0628\u0627"), lease=60.0)
    assert heard(session, arabic) == [Send(Skip("a7", unseen=True))]
    assert (phase(session), session.sheet) == (SessionPhase.WAITING, None)
    assert heard(session, AssignmentStopped("a7", "withdrawn", 0, 0), WAIT) == []
    assert session.cover is None
    heard(session, TASK)
    assert phase(session) is SessionPhase.WORKING


def test_what_an_answer_brings_is_given_back_too() -> None:
    session = working(0, 1, 0)
    session.encoding = "ascii"
    session.submit(0.0)
    unseen = TaskAssigned("a7", texts("\u00e9"), lease=60.0)
    effects = heard(session, Acknowledged("a1", "counted", 0, 0, unseen))
    assert effects == [Forget("a1"), Send(Skip("a7", unseen=True))]
    assert (phase(session), session.sheet) == (SessionPhase.WAITING, None)


def test_a_training_that_the_terminal_cannot_show_is_not_begun() -> None:
    session = seated()
    session.encoding = "ascii"
    assert heard(session, TrainingAssigned(texts("\u0436"))) == [HangUp()]
    assert (session.over, session.exit_code) == (True, 3)
    assert "UTF-8" in session.failure
