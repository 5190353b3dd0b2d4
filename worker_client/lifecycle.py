"""Life cycle of a worker's session, as a table.

Two things are left out on purpose. ``connected``: a person can read, label and review without a
connection; only sending waits. The notice about a task that another worker has finished: it covers
the screen, and the session goes on beneath it.
"""

from enum import StrEnum


class SessionPhase(StrEnum):
    """State of the session, as the participant sees it."""

    JOINING = "joining"  # no seat yet
    INSTRUCTIONS = "instructions"  # a seat; instructions are being read
    TRAINING = "training"  # gold records in hand
    CHECKING = "checking"  # answers to the gold records sent
    WAITING = "waiting"  # paid by the minute
    WORKING = "working"  # a task in hand
    REVIEWING = "reviewing"  # every record in hand has its label, and nothing is sent yet
    SENDING = "sending"  # answered or given back; not yet confirmed by the coordinator
    STAGE = "in a stage"  # of a study, other than its work
    NOT_QUALIFIED = "not qualified"
    RELEASED = "released"  # the session is over


class SessionStep(StrEnum):
    """Ending of a phase, by a message from the coordinator or by the participant."""

    SEATED = "seated"
    SEATED_AGAIN = "seated again"
    REFUSED = "refused"
    GIVEN_GOLD = "given gold records"
    GIVEN_TASK = "given a task"
    FREED = "freed"  # nothing to do right now
    SHOWN = "shown a stage"
    LABELLED_ALL = "labelled all"
    REOPENED_GOLD = "reopened the gold records"
    REOPENED_TASK = "reopened the task"
    SENT_GOLD = "sent the answers to the gold records"
    SENT = "sent"
    PASSED = "passed"
    FAILED = "failed"
    ENDED = "ended"


class InvalidStepError(Exception):
    """The table has no such step; the state is unchanged."""


# After a lost connection the coordinator's state replaces ours, so these are valid in any phase.
_ANYWHERE = {
    SessionStep.SEATED: SessionPhase.INSTRUCTIONS,
    SessionStep.REFUSED: SessionPhase.JOINING,
    SessionStep.ENDED: SessionPhase.RELEASED,
}
_ASSIGNED = {
    SessionStep.GIVEN_GOLD: SessionPhase.TRAINING,
    SessionStep.GIVEN_TASK: SessionPhase.WORKING,
    SessionStep.FREED: SessionPhase.WAITING,
    SessionStep.SHOWN: SessionPhase.STAGE,
}

LIFE: dict[SessionPhase, dict[SessionStep, SessionPhase]] = {
    SessionPhase.JOINING: {**_ANYWHERE, SessionStep.SEATED_AGAIN: SessionPhase.WAITING},
    SessionPhase.INSTRUCTIONS: {**_ANYWHERE, **_ASSIGNED},
    SessionPhase.TRAINING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.LABELLED_ALL: SessionPhase.REVIEWING,
        SessionStep.SENT_GOLD: SessionPhase.CHECKING,
    },
    SessionPhase.CHECKING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.PASSED: SessionPhase.WAITING,
        SessionStep.FAILED: SessionPhase.NOT_QUALIFIED,
    },
    SessionPhase.WAITING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.PASSED: SessionPhase.WAITING,  # the result of before a restart
        SessionStep.FAILED: SessionPhase.NOT_QUALIFIED,
    },
    SessionPhase.WORKING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.LABELLED_ALL: SessionPhase.REVIEWING,
        SessionStep.SENT: SessionPhase.SENDING,
    },
    SessionPhase.REVIEWING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.REOPENED_GOLD: SessionPhase.TRAINING,
        SessionStep.REOPENED_TASK: SessionPhase.WORKING,
        SessionStep.SENT_GOLD: SessionPhase.CHECKING,
        SessionStep.SENT: SessionPhase.SENDING,
    },
    SessionPhase.SENDING: {
        **_ANYWHERE,
        **_ASSIGNED,
        SessionStep.REOPENED_TASK: SessionPhase.WORKING,
    },
    SessionPhase.STAGE: {**_ANYWHERE, **_ASSIGNED},
    SessionPhase.NOT_QUALIFIED: {SessionStep.ENDED: SessionPhase.RELEASED},
    SessionPhase.RELEASED: {},
}


def after(phase: SessionPhase, step: SessionStep) -> SessionPhase:
    """Return the phase after ``step``. InvalidStepError if the table has none."""
    try:
        return LIFE[phase][step]
    except KeyError:
        raise InvalidStepError(f"{step} while {phase}") from None
