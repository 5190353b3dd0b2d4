"""A worker's life in the terminal, as a table.

``connected`` is not in it: a person reads instructions, labels and reviews while the line is down,
and only what has to be sent waits. Nor is the notice that covers a task which somebody else has
finished: underneath, life goes on.
"""

from enum import StrEnum


class SessionPhase(StrEnum):
    """Where the person is."""

    JOINING = "joining"  # no seat yet
    INSTRUCTIONS = "instructions"  # a seat; instructions are being read
    TRAINING = "training"  # gold records in hand
    CHECKING = "checking"  # answers to the gold records sent
    WAITING = "waiting"  # paid for being there
    WORKING = "working"  # a task in hand
    REVIEWING = "reviewing"  # every record in hand has its label, and nothing is sent yet
    SENDING = "sending"  # answered or given back; the coordinator has not said so yet
    NOT_QUALIFIED = "not qualified"
    RELEASED = "released"  # the session is over


class SessionStep(StrEnum):
    """What ends a phase: a message from the coordinator, or the person."""

    SEATED = "seated"
    SEATED_AGAIN = "seated again"
    REFUSED = "refused"
    GIVEN_GOLD = "given gold records"
    GIVEN_TASK = "given a task"
    FREED = "freed"  # nothing to do right now
    LABELLED_ALL = "labelled all"
    REOPENED_GOLD = "reopened the gold records"
    REOPENED_TASK = "reopened the task"
    SENT_GOLD = "sent the answers to the gold records"
    SENT = "sent"
    PASSED = "passed"
    FAILED = "failed"
    ENDED = "ended"


class InvalidStepError(Exception):
    """The table has no such step; nothing was changed."""


# After a lost connection the coordinator tells what is true, whatever this side believed.
_ANYWHERE = {
    SessionStep.SEATED: SessionPhase.INSTRUCTIONS,
    SessionStep.REFUSED: SessionPhase.JOINING,
    SessionStep.ENDED: SessionPhase.RELEASED,
}
_TOLD = {
    SessionStep.GIVEN_GOLD: SessionPhase.TRAINING,
    SessionStep.GIVEN_TASK: SessionPhase.WORKING,
    SessionStep.FREED: SessionPhase.WAITING,
}

LIFE: dict[SessionPhase, dict[SessionStep, SessionPhase]] = {
    SessionPhase.JOINING: {**_ANYWHERE, SessionStep.SEATED_AGAIN: SessionPhase.WAITING},
    SessionPhase.INSTRUCTIONS: {**_ANYWHERE, **_TOLD},
    SessionPhase.TRAINING: {
        **_ANYWHERE,
        **_TOLD,
        SessionStep.LABELLED_ALL: SessionPhase.REVIEWING,
        SessionStep.SENT_GOLD: SessionPhase.CHECKING,
    },
    SessionPhase.CHECKING: {
        **_ANYWHERE,
        **_TOLD,
        SessionStep.PASSED: SessionPhase.WAITING,
        SessionStep.FAILED: SessionPhase.NOT_QUALIFIED,
    },
    SessionPhase.WAITING: {
        **_ANYWHERE,
        **_TOLD,
        SessionStep.PASSED: SessionPhase.WAITING,  # the result of before a restart
        SessionStep.FAILED: SessionPhase.NOT_QUALIFIED,
    },
    SessionPhase.WORKING: {
        **_ANYWHERE,
        **_TOLD,
        SessionStep.LABELLED_ALL: SessionPhase.REVIEWING,
        SessionStep.SENT: SessionPhase.SENDING,
    },
    SessionPhase.REVIEWING: {
        **_ANYWHERE,
        **_TOLD,
        SessionStep.REOPENED_GOLD: SessionPhase.TRAINING,
        SessionStep.REOPENED_TASK: SessionPhase.WORKING,
        SessionStep.SENT_GOLD: SessionPhase.CHECKING,
        SessionStep.SENT: SessionPhase.SENDING,
    },
    SessionPhase.SENDING: {**_ANYWHERE, **_TOLD, SessionStep.REOPENED_TASK: SessionPhase.WORKING},
    SessionPhase.NOT_QUALIFIED: {SessionStep.ENDED: SessionPhase.RELEASED},
    SessionPhase.RELEASED: {},
}


def after(phase: SessionPhase, step: SessionStep) -> SessionPhase:
    """The phase that ``step`` leads to; InvalidStepError when the table has none."""
    try:
        return LIFE[phase][step]
    except KeyError:
        raise InvalidStepError(f"{step} while {phase}") from None
