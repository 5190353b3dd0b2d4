"""Commands: decisions of the itinerary, for the driver to carry out."""

from msgspec import Struct

from clamshell_tui.study.events import Participant


class _Decision(Struct, frozen=True, gc=False):
    """Base of all commands."""


class ShowStage(_Decision, frozen=True):
    """Show the participant's stage, or its new state (page, record, people at the gate)."""

    participant: Participant


class EnterWork(_Decision, frozen=True):
    """Let the participant join the engine of the condition, then report ``WorkEntered``."""

    participant: Participant
    condition: str


class EndWork(_Decision, frozen=True):
    """Let the participant finish the task in hand; then the engine releases the worker."""

    participant: Participant
    reason: str


class OfferBreak(_Decision, frozen=True):
    """A break is due: give no further task, and report ``BreakTaken`` once there is none."""

    participant: Participant


class GoOn(_Decision, frozen=True):
    """The break is over: tasks may come again."""

    participant: Participant


class Conclude(_Decision, frozen=True):
    """The participant's study is over; later connections see the statement."""

    participant: Participant


class Erase(_Decision, frozen=True):
    """Erase the sealed values of a participant who withdrew, with their keys."""

    participant: Participant


StudyCommand = ShowStage | EnterWork | EndWork | OfferBreak | GoOn | Conclude | Erase
