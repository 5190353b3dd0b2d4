"""Events: facts reported to the engine, in the past tense.

The engine has no other input than events and their times, so a journal of them is the whole run.
Times are seconds since the start of the run and are passed beside the event.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from clamshell_tui.core.ids import (
    AssignmentId,
    ClassIndex,
    Micros,
    RecordId,
    RequestId,
    WorkerId,
)

KnownUse = Literal["training", "qualification", "check"]
"""The only purpose of a known answer."""


class InvalidEventError(Exception):
    """The driver passed an impossible event: our bug, not a peer's. The state is unchanged."""


class _Fact(Struct, frozen=True, tag=True, tag_field="event", gc=False, forbid_unknown_fields=True):
    """Base of all events; written to the journal as JSON with the class's name in ``event``."""


class RecordsSubmitted(_Fact, frozen=True):
    """The requester submitted records ``first .. first + count - 1``.

    ``gold`` holds the known answers among them that qualification and spot checks may use; gold
    records are never asked as ordinary work. ``last`` is true when no more records will follow.
    ``uses`` reserves some of the known answers for one purpose; without it, as in the journals of
    former versions, each serves all.
    """

    first: RecordId
    count: int
    gold: dict[RecordId, ClassIndex] = {}
    last: bool = True
    uses: dict[RecordId, KnownUse] | UnsetType = UNSET


class LabelsKnown(_Fact, frozen=True):
    """The requester submitted records with their labels: ``first`` and those that follow it.

    The model is trained on them. They are never asked, and need no delivery.
    """

    first: RecordId
    labels: tuple[ClassIndex, ...]


class SubmissionClosed(_Fact, frozen=True):
    """The requester's stream of records ended."""


class WorkerJoined(_Fact, frozen=True):
    """A worker accepted a recruitment posting and is ready for training.

    ``before`` is the same person's last session, in runs with checks: no check is met twice.
    """

    worker: WorkerId
    before: WorkerId | UnsetType = UNSET


class QualificationAnswered(_Fact, frozen=True):
    """A worker in training answered all gold records of the tutorial, in the order given."""

    worker: WorkerId
    labels: tuple[ClassIndex, ...]


class SeatTaken(_Fact, frozen=True):
    """A worker sits at a terminal: ``via`` is terminal, ssh, web or bot. It decides nothing."""

    worker: WorkerId
    via: str


class TutorialContinued(_Fact, frozen=True):
    """A worker in training has answered so many of the tutorial's records up to now."""

    worker: WorkerId
    answered: int


class AssignmentAnswered(_Fact, frozen=True):
    """A worker answered the records of an assignment, in the order given.

    None: the worker skipped that record. A worker that skips all gives the assignment back.
    """

    assignment: AssignmentId
    worker: WorkerId
    labels: tuple[ClassIndex | None, ...]


class MachineJoined(_Fact, frozen=True):
    """A machine, a program that answers records, came to a seat of its own.

    Machines of one ``source`` have one vote together. ``price`` is in micro-dollars per record;
    ``remote`` is the URL to which it sends records, empty if they stay on its machine.
    """

    worker: WorkerId
    source: str
    revision: str = ""
    price: Micros = 0
    remote: str = ""


class MachineAnswered(_Fact, frozen=True):
    """A machine answered a request: per record a class, None where it abstained.

    ``confidences`` are the model's own probabilities, one per record or none at all. ``cost`` in
    micro-dollars replaces the price of the records.
    """

    request: RequestId
    worker: WorkerId
    labels: tuple[ClassIndex | None, ...]
    confidences: tuple[float | None, ...] = ()
    cost: Micros | None = None
    reasons: tuple[str, ...] = ()  # as the machine gave them, one per record or none; not used


class MachineSkipped(_Fact, frozen=True):
    """A machine gave a request back: it abstains from all of its records."""

    request: RequestId
    worker: WorkerId
    reason: str = ""


class RecordsTimed(_Fact, frozen=True):
    """How long each record of an answered assignment took, by the participant's own clock.

    It decides nothing: it is kept for analysis. In the order of the records: when each was first
    shown, when its last label was chosen (seconds since the start of the run), and how many labels
    were chosen before that one.
    """

    assignment: AssignmentId
    worker: WorkerId
    shown: tuple[float, ...]
    answered: tuple[float, ...]
    changes: tuple[int, ...]


class RecordNote(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a worker remarked on a record; ``text`` is the reason of a skip, or a comment."""

    record: RecordId
    what: Literal["skip", "flag", "comment"]
    text: str = ""


class RecordsNoted(_Fact, frozen=True):
    """A worker remarked on records of an assignment. It decides nothing: it is for analysis."""

    assignment: AssignmentId
    worker: WorkerId
    notes: tuple[RecordNote, ...]


class AssignmentSkipped(_Fact, frozen=True):
    """A worker gave an assignment back without an answer, and stays."""

    assignment: AssignmentId
    worker: WorkerId
    reason: str = ""


class AssignmentNotShown(_Fact, frozen=True):
    """A worker's terminal cannot show the records of an assignment: it was given back unseen."""

    assignment: AssignmentId
    worker: WorkerId


class CompletionForetold(_Fact, frozen=True):
    """The simulator knows when an assignment would be answered; for the oracle routing."""

    assignment: AssignmentId
    at: float


class LatencyForetold(_Fact, frozen=True):
    """The simulator knows a worker's mean, in s per label; for the oracle estimator."""

    worker: WorkerId
    mean: float


class WorkerDisconnected(_Fact, frozen=True):
    """The connection to a worker was lost; the slot is kept for the grace.

    ``present_until`` is when the worker's presence ended, which is before the loss was noticed; pay
    for time ends there (None: now). ``ours`` says that the coordinator had stopped.
    """

    worker: WorkerId
    present_until: float | None = None
    ours: bool = False


class WorkerReconnected(_Fact, frozen=True):
    """A disconnected worker came back."""

    worker: WorkerId


class WorkerLeft(_Fact, frozen=True):
    """A worker left for good."""

    worker: WorkerId


class ModelTrained(_Fact, frozen=True):
    """The learner made a new model, with a new ranking of the candidate sample.

    ``ranking`` holds unlabelled records, most uncertain first; ``labels_used`` is the size of the
    training set; ``accuracy`` is measured on held-out records or by cross-validation
    (``estimated``), and None when it cannot be measured yet; ``seconds`` is what training took.

    For display only: ``uncertainty`` holds the quartiles (minimum to maximum, five numbers) of the
    ranked records' uncertainty, ``by_class`` the accuracy per class (-1 for a class without
    held-out records); both empty when not known.
    """

    ranking: tuple[RecordId, ...]
    labels_used: int
    accuracy: float | None = None
    estimated: bool = False
    seconds: float = 0.0
    uncertainty: tuple[float, ...] = ()
    by_class: tuple[float, ...] = ()

    @property
    def measured(self) -> float | None:
        """The accuracy; None if it is not known, or no share."""
        known = self.accuracy is not None and 0.0 <= self.accuracy <= 1.0  # false for NaN
        return self.accuracy if known else None


class RecordsPredicted(_Fact, frozen=True):
    """The latest model predicted records: each one's likeliest class, with its probability.

    Only with ``quality.model_votes``, for the records of a batch that was cut.
    """

    records: tuple[RecordId, ...]
    labels: tuple[ClassIndex, ...]
    probabilities: tuple[float, ...]


class TrainingFailed(_Fact, frozen=True):
    """The learner could not make a model; selection goes on without one."""

    reason: str


class TimePassed(_Fact, frozen=True):
    """Nothing happened, but ``Engine.next_deadline`` was reached."""


class ClockSet(_Fact, frozen=True):
    """The date is now ``utc``, in seconds since 1970; it decides nothing.

    Written when the coordinator starts and when the date of its machine was changed. From here on,
    ``speed`` seconds of the run pass in a second.
    """

    utc: float
    speed: float


class ClockStopped(_Fact, frozen=True):
    """The coordinator stood still for so many seconds, up to now, and could hear nobody.

    Leases, graces and tutorials last as much longer, and no latency is learnt from the time.
    """

    seconds: float


class RunPaused(_Fact, frozen=True):
    """An operator stopped new assignments; work in hand goes on."""

    operator: str = "operator"


class RunResumed(_Fact, frozen=True):
    """An operator let assignments flow again."""

    operator: str = "operator"


class StopRequested(_Fact, frozen=True):
    """An operator asked the run to end: work in hand is finished, nothing new is started."""

    operator: str = "operator"


class WorkerDismissed(_Fact, frozen=True):
    """An operator sent a worker away; the work in hand may be finished."""

    worker: WorkerId
    operator: str = "operator"


class WorkerPaused(_Fact, frozen=True):
    """A worker gets no further task, as in a break; slot, pay for waiting and task in hand stay."""

    worker: WorkerId
    operator: str = "operator"


class WorkerResumed(_Fact, frozen=True):
    """A paused worker may have tasks again."""

    worker: WorkerId
    operator: str = "operator"


class SettingChanged(_Fact, frozen=True):
    """An operator changed one setting of the running run, named ``section.key``."""

    key: str
    value: int | float | bool | str
    operator: str = "operator"


class OrderCarriedOut(_Fact, frozen=True):
    """An operator did something beside the engine: sent a message, issued or revoked a code.

    It changes no state; it puts the action into the journal, with the operator's name.
    """

    operator: str
    order: str
    subject: str = ""
    text: str = ""


Event = (
    RecordsSubmitted
    | LabelsKnown
    | SubmissionClosed
    | WorkerJoined
    | SeatTaken
    | TutorialContinued
    | QualificationAnswered
    | AssignmentAnswered
    | MachineJoined
    | MachineAnswered
    | MachineSkipped
    | RecordsTimed
    | RecordsNoted
    | AssignmentSkipped
    | AssignmentNotShown
    | CompletionForetold
    | LatencyForetold
    | WorkerDisconnected
    | WorkerReconnected
    | WorkerLeft
    | ModelTrained
    | RecordsPredicted
    | TrainingFailed
    | TimePassed
    | ClockSet
    | ClockStopped
    | RunPaused
    | RunResumed
    | StopRequested
    | WorkerDismissed
    | WorkerPaused
    | WorkerResumed
    | SettingChanged
    | OrderCarriedOut
)
