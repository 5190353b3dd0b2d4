"""Commands: decisions of the itinerary, for the driver to carry out."""

from msgspec import Struct

from clamshell_tui.study.events import Participant


class _Decision(Struct, frozen=True, gc=False):
    """Base of all commands."""


class ShowStage(_Decision, frozen=True):
    """Show the participant's stage, or its new state (page, record, break, pause).

    In work, without a break or a pause, the engine of the condition says what is shown.
    """

    participant: Participant


class ShowGate(_Decision, frozen=True):
    """Show the participants at the gate of a stage how many are here."""

    stage: int


class EnterWork(_Decision, frozen=True):
    """Let the participant join the engine of the condition, then report ``WorkEntered``."""

    participant: Participant
    condition: str


class EndWork(_Decision, frozen=True):
    """Let the engine release the worker, then report ``WorkEnded``.

    The task in hand is finished first, unless ``at_once``. A second one replaces the first.
    """

    participant: Participant
    reason: str  # time, or an outcome
    at_once: bool = False


class HoldWork(_Decision, frozen=True):
    """An operator paused the participant: give no further task until ``GoOn``."""

    participant: Participant


class OfferBreak(_Decision, frozen=True):
    """A break is due: give no further task, and report ``BreakTaken`` once there is none."""

    participant: Participant


class GoOn(_Decision, frozen=True):
    """The break or the pause is over: tasks may come again."""

    participant: Participant


class Conclude(_Decision, frozen=True):
    """The participant's study is over: show the statement, also to each later connection."""

    participant: Participant


class Erase(_Decision, frozen=True):
    """Erase the sealed values of a participant who withdrew, with their keys."""

    participant: Participant


StudyCommand = (
    ShowStage | ShowGate | EnterWork | EndWork | HoldWork | OfferBreak | GoOn | Conclude | Erase
)
