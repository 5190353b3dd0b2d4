"""How a session ends, and what it refuses or is refused."""

from typing import get_args

import pytest

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import ProtocolError
from clamshell_tui.wire.messages import LATER, Error, ErrorCode, Notice, ToClient, Welcome
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Join,
    Leave,
    Over,
    Qualified,
    Rejoin,
    Stay,
    TakeOver,
    TaskAssigned,
    TrainingAssigned,
)
from tests.worker_client.scripted import TOKEN, joined, statement, texts
from tests.worker_client.sitting import TASK, WAIT, heard, phase, seated, working
from worker_client.effects import Forget, GiveUpSeat, HangUp, JoinRefused, Send
from worker_client.lifecycle import LIFE, InvalidStepError, SessionPhase, SessionStep, after
from worker_client.session import Session


def test_leaving_brings_the_statement() -> None:
    session = working(0)
    assert session.leave() == [Send(Leave())]
    assert heard(session, Over("left", statement())) == [GiveUpSeat(), HangUp()]
    assert (session.phase, session.sheet) == (SessionPhase.RELEASED, None)
    assert not session.wants_connection


def test_answers_that_nobody_acknowledged_are_counted_at_the_end() -> None:
    session = Session("K7QM-2F9X", TOKEN, {"a1": Answer("a1", (0,))})
    heard(session, Over("the run is over", statement()))
    assert session.undelivered == 1


def test_an_answer_under_way_is_heard_of_before_the_session_ends() -> None:
    session = Session("", TOKEN, {"a1": Answer("a1", (0,))})
    heard(session, joined(begun=True))
    assert heard(session, Over("disconnected", statement())) == []
    assert phase(session) is not SessionPhase.RELEASED
    acknowledged = Acknowledged("a1", "late", 20_000, 30_000)
    final = statement(30_000)
    assert heard(session, acknowledged, Over("disconnected", final))[-2:] == [
        GiveUpSeat(),
        HangUp(),
    ]
    assert (session.undelivered, session.statement) == (0, final)
    assert "you are paid" in session.news


def test_a_late_answer_that_is_not_paid_is_called_so() -> None:
    session = Session("", TOKEN, {"a1": Answer("a1", (0,))})
    heard(session, joined(begun=True), Acknowledged("a1", "late", 0, 30_000))
    assert session.news == "too late: not counted, and not paid"


def test_the_statement_is_shown_when_the_coordinator_goes_before_it_takes_the_answer() -> None:
    session = Session("", TOKEN, {"a1": Answer("a1", (0,))})
    heard(session, joined(begun=True), Over("the run is over", statement()))
    session.lost(1.0)
    assert session.over
    assert (session.undelivered, session.statement) == (1, statement())


ASKS_AGAIN = {"code", "token", "in-use"}


@pytest.mark.parametrize("code", ["code", "full", "in-use"])
def test_a_refused_code_asks_for_another_one(code: str) -> None:
    session = Session("WRONG")
    heard(session, Error(code, "code not accepted (2 tries left)"))  # type: ignore[arg-type]
    assert phase(session) is SessionPhase.JOINING
    assert session.problem == "code not accepted (2 tries left)"
    assert not session.wants_connection
    session.enter_code("RIGHT")
    assert session.wants_connection


@pytest.mark.parametrize("code", sorted(LATER))
def test_a_refusal_that_passes_costs_no_seat_no_task_and_no_key_press(code: ErrorCode) -> None:
    session = working(0, 1)
    session.lost(1.0)
    assert heard(session, Error(code, "try again later")) == [HangUp()]
    assert (phase(session), session.sheet is not None) == (SessionPhase.WORKING, True)
    assert (session.wants_connection, session.trouble) == (True, "try again later")
    assert session.opened()[1] == Send(Rejoin(TOKEN))


@pytest.mark.parametrize("code", sorted(LATER))
def test_a_refusal_that_passes_before_there_is_a_seat_asks_the_person(code: ErrorCode) -> None:
    session = Session("K7QM-2F9X")
    heard(session, Error(code, "try again later"))
    assert (phase(session), session.problem) == (SessionPhase.JOINING, "try again later")
    assert not session.over


@pytest.mark.parametrize("code", sorted({*get_args(ErrorCode)} - LATER - ASKS_AGAIN))
def test_every_other_fatal_refusal_is_final(code: ErrorCode) -> None:
    session = working(0)
    heard(session, Error(code, "no"))
    assert (session.over, session.failure) == (True, "no")


def test_a_client_that_is_started_again_after_its_seat_was_taken_asks_with_the_code() -> None:
    session = Session("K7QM-2F9X", TOKEN, {"a1": Answer("a1", (0,))})
    assert heard(session, Error("replaced", "taken")) == [HangUp()]
    assert session.opened()[1] == Send(Join("K7QM-2F9X"))
    effects = heard(session, joined(begun=True))
    assert Send(Answer("a1", (0,))) in effects, "what was answered at this place still counts"


def test_the_participant_keeps_a_seat_that_another_place_claims() -> None:
    session = working(0)
    assert session.stay() == []
    heard(session, TakeOver(10.0), at=5.0)
    assert session.objection_until == 15.0
    assert session.stay() == [Send(Stay())]
    assert session.objection_until is None
    heard(session, TakeOver(10.0), TakeOver(0.0))
    assert session.objection_until is None


def test_an_old_token_is_given_up_and_the_code_tried() -> None:
    session = Session("K7QM-2F9X", TOKEN)
    assert heard(session, Error("token", "unknown")) == [GiveUpSeat(), HangUp()]
    assert session.opened()[1] == Send(Join("K7QM-2F9X"))


def test_another_version_is_told_with_both_numbers() -> None:
    session = Session("K7QM-2F9X")
    assert heard(session, Welcome(9, "r", "s")) == [HangUp()]
    assert session.failure.startswith(f"the coordinator speaks protocol 9, this client {VERSION}")
    assert session.exit_code == 2


def test_a_refused_label_gives_the_task_back_to_be_labelled_again() -> None:
    session = working(0, 1, 0)
    session.submit(0.0)
    effects = heard(session, Error("label", "that label is not offered", fatal=False))
    assert effects == [Forget("a1")]
    assert phase(session) is SessionPhase.WORKING
    assert session.sheet is not None
    assert session.sheet.labels == [None, None, None]


def test_a_label_that_is_not_offered_is_refused() -> None:
    assert working().label(2, 0.0) == [JoinRefused("that label is not offered")]


@pytest.mark.parametrize(
    "message",
    [
        TASK,
        WAIT,
        TrainingAssigned(texts("x")),
        Acknowledged("a", "counted", 0, 0),
        Qualified(True, 1, 1),
    ],
)
def test_nothing_but_a_seat_comes_first(message: ToClient) -> None:
    session = Session("K7QM-2F9X")
    with pytest.raises(ProtocolError, match="before there is a seat"):
        session.receive(message, 0.0)
    assert phase(session) is SessionPhase.JOINING


def test_a_result_without_a_training_is_out_of_turn_and_changes_nothing() -> None:
    session = working(0)
    with pytest.raises(ProtocolError, match="passed while working"):
        session.receive(Qualified(True, 1, 1), 0.0)
    assert session.sheet is not None
    assert session.sheet.labels == [0, None, None]


def test_a_task_without_records_is_refused() -> None:
    with pytest.raises(ProtocolError, match="without records"):
        seated().receive(TaskAssigned("a9", (), 60.0), 0.0)


def test_the_operator_is_heard() -> None:
    session = working(0)
    heard(session, Notice("five more minutes"))
    assert session.notice == "five more minutes"
    session.read_notices()
    assert (session.notice, session.notices) == ("", ["five more minutes"])
    session.lost(1.0)
    heard(session, joined(begun=True), Notice("five more minutes"))  # sent again
    assert session.notices == ["five more minutes"]


def test_after_the_end_nothing_matters_any_more() -> None:
    session = seated()
    heard(session, Over("left", statement()))
    assert heard(session, TASK, WAIT) == []
    assert session.sheet is None


def test_every_phase_but_the_last_has_a_way_out() -> None:
    assert {phase for phase, steps in LIFE.items() if not steps} == {SessionPhase.RELEASED}
    assert set(LIFE) == set(SessionPhase)


def test_a_step_that_is_not_in_the_table_is_an_error_with_both_names() -> None:
    with pytest.raises(InvalidStepError, match="passed while joining"):
        after(SessionPhase.JOINING, SessionStep.PASSED)
