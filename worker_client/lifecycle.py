"""A worker's life in the terminal, as a table.

``connected`` is not in it: a person reads instructions, labels and reviews while the line is down,
and only what has to be sent waits. Nor is the notice that covers a task which somebody else has
finished: underneath, life goes on.
"""

from enum import StrEnum


class Phase(StrEnum):
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


class Step(StrEnum):
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
    Step.SEATED: Phase.INSTRUCTIONS,
    Step.REFUSED: Phase.JOINING,
    Step.ENDED: Phase.RELEASED,
}
_TOLD = {
    Step.GIVEN_GOLD: Phase.TRAINING,
    Step.GIVEN_TASK: Phase.WORKING,
    Step.FREED: Phase.WAITING,
}

LIFE: dict[Phase, dict[Step, Phase]] = {
    Phase.JOINING: {**_ANYWHERE, Step.SEATED_AGAIN: Phase.WAITING},
    Phase.INSTRUCTIONS: {**_ANYWHERE, **_TOLD},
    Phase.TRAINING: {
        **_ANYWHERE,
        **_TOLD,
        Step.LABELLED_ALL: Phase.REVIEWING,
        Step.SENT_GOLD: Phase.CHECKING,
    },
    Phase.CHECKING: {
        **_ANYWHERE,
        **_TOLD,
        Step.PASSED: Phase.WAITING,
        Step.FAILED: Phase.NOT_QUALIFIED,
    },
    Phase.WAITING: {
        **_ANYWHERE,
        **_TOLD,
        Step.PASSED: Phase.WAITING,  # the result of before a restart
        Step.FAILED: Phase.NOT_QUALIFIED,
    },
    Phase.WORKING: {
        **_ANYWHERE,
        **_TOLD,
        Step.LABELLED_ALL: Phase.REVIEWING,
        Step.SENT: Phase.SENDING,
    },
    Phase.REVIEWING: {
        **_ANYWHERE,
        **_TOLD,
        Step.REOPENED_GOLD: Phase.TRAINING,
        Step.REOPENED_TASK: Phase.WORKING,
        Step.SENT_GOLD: Phase.CHECKING,
        Step.SENT: Phase.SENDING,
    },
    Phase.SENDING: {**_ANYWHERE, **_TOLD, Step.REOPENED_TASK: Phase.WORKING},
    Phase.NOT_QUALIFIED: {Step.ENDED: Phase.RELEASED},
    Phase.RELEASED: {},
}


def after(phase: Phase, step: Step) -> Phase:
    """The phase that ``step`` leads to; InvalidStepError when the table has none."""
    try:
        return LIFE[phase][step]
    except KeyError:
        raise InvalidStepError(f"{step} while {phase}") from None
