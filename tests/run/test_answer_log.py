"""What the fold for analysis keeps of events that decide nothing."""

from datetime import UTC, datetime

import pytest

from clamshell_tui.core import events as e
from clamshell_tui.core.ids import AssignmentId, ClassIndex, RecordId, WorkerId
from clamshell_tui.run.answer_log import AnswerLog

ANN = WorkerId("ANN")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def logged(*events: tuple[float, e.Event]) -> AnswerLog:
    log = AnswerLog()
    for at, event in events:
        log.apply(at, event)
    return log


@pytest.mark.parametrize(
    ("at", "after_noon"), [(0.0, 0.0), (20.0, 10.0), (99.0, 49.5), (100.0, 3600.0), (130.0, 3615.0)]
)
def test_the_date_is_right_after_a_coordinator_was_away(at: float, after_noon: float) -> None:
    """Two seconds of the run pass in one; at second 100 it was started again, an hour later."""
    log = logged((0.0, e.ClockSet(NOON, 2.0)), (100.0, e.ClockSet(NOON + 3600.0, 2.0)))
    assert log.utc(at) == round((NOON + after_noon) * 1000)


def test_a_simulated_run_begins_in_1970() -> None:
    assert logged((0.0, e.TimePassed())).utc(1.2345) == 1234


def test_the_first_answer_counts_and_a_task_given_back_may_be_answered() -> None:
    given = e.AssignmentAnswered(AssignmentId(1), ANN, (ClassIndex(0), None))
    other = e.AssignmentAnswered(AssignmentId(1), ANN, (ClassIndex(1), ClassIndex(1)))
    log = logged(
        (1.0, e.SeatTaken(ANN, "ssh")),
        (2.0, e.AssignmentSkipped(AssignmentId(1), ANN, "blurred")),
        (3.0, given),
        (4.0, other),
    )
    reply = log.replies[1]
    assert (reply.at, reply.labels, reply.via) == (3.0, given.labels, "ssh")


def test_times_and_remarks_belong_to_their_assignment() -> None:
    note = e.RecordNote(RecordId(7), "flag")
    log = logged(
        (3.0, e.AssignmentAnswered(AssignmentId(1), ANN, (ClassIndex(0),))),
        (3.0, e.RecordsTimed(AssignmentId(1), ANN, (1.0,), (2.5,), (0,))),
        (3.0, e.RecordsTimed(AssignmentId(2), ANN, (9.0,), (9.5,), (0,))),
        (3.0, e.RecordsNoted(AssignmentId(1), ANN, (note,))),
    )
    assert (log.replies[1].shown, log.replies[1].answered) == ((1.0,), (2.5,))
    assert [(each.record, each.what) for each in log.remarks] == [(7, "flag")]
    assert log.noted(1)
    assert not log.noted(2)
