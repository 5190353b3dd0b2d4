"""Machines: programs that answer records in seats of their own, beside the people.

A machine takes no record away from anybody. It is asked about records that wait, and its answer is
kept as a prediction; the record waits on, and a worker may get it meanwhile. So whatever a machine
does - crash, hang, abstain, answer nonsense - no record is held up and none is lost.

Machines with the same model, the same ``source``, fail together: two copies with an accuracy of 0.8
would outvote a worker with 0.9 in each of their common errors, and a majority of the three is right
with 0.80; one copy and two such workers are right with 0.954. So a record is asked of one machine
of a source only, and a source has one vote.

What a prediction is worth is measured (:class:`Calibration`): the model's own confidence only says
with which other predictions it is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal, NamedTuple

from clamshell_tui.core.crowd_platform.work import Vote, Worker
from clamshell_tui.core.ids import ClassIndex, RecordId, RequestId, WorkerId

STEPS = 10  # of the confidence
_UNSAID = STEPS  # the step of all predictions without a confidence
_Z = 1.959963985  # standard deviations that hold 95 % of a normal distribution


class Prediction(NamedTuple):
    """A machine's class for a record, the model's confidence, and the step that it falls into."""

    label: ClassIndex
    confidence: float | None
    step: int


def step_of(confidence: float | None) -> int:
    """Return the step of a confidence (0..1)."""
    return _UNSAID if confidence is None else min(STEPS - 1, int(confidence * STEPS))


class Calibration:
    """How often a source was right, by ten steps of its confidence.

    Right is what gold records and workers say. Workers err too, and their errors count against the
    machine: it is a little better than measured. Of a step whose predictions become labels, only
    the audited records are compared; those are drawn at random, so the measure stays unbiased.
    """

    __slots__ = ("asked", "right")

    def __init__(self) -> None:
        self.asked = [0] * (STEPS + 1)
        self.right = [0] * (STEPS + 1)

    def observe(self, step: int, *, right: bool) -> None:
        self.asked[step] += 1
        self.right[step] += right

    def share(self, step: int) -> float:
        """Return the share that was right."""
        return self.right[step] / self.asked[step] if self.asked[step] else 0.0

    def lowest(self, step: int) -> float:
        """Return the lower end of the 95 % interval of the accuracy (Wilson 1927)."""
        n = self.asked[step]
        if not n:
            return 0.0
        share, z2 = self.right[step] / n, _Z * _Z
        spread = _Z * sqrt(share * (1.0 - share) / n + z2 / (4 * n * n))
        return max(0.0, (share + z2 / (2 * n) - spread) / (1.0 + z2 / n))


class Source:
    """A model, behind one machine or several: what it said, and how often it was right."""

    __slots__ = (
        "again",
        "calibration",
        "changed",
        "name",
        "next",
        "predictions",
        "voter",
        "waiting",
    )

    def __init__(self, name: str, voter: Worker) -> None:
        self.name = name
        self.voter = voter  # stands for the source in elections; never in the pool
        self.calibration = Calibration()
        self.predictions: dict[RecordId, Prediction] = {}  # of records without a label
        self.waiting: list[dict[RecordId, None]] = [{} for _ in range(STEPS + 1)]
        """By step, the predicted records that may become labels. An audited one is taken out."""
        self.next = 0  # first record that was not considered yet
        self.again: list[RecordId] = []  # records of requests that were lost
        self.changed = False  # a step may count by now, or there are further predictions

    def predict(self, record: RecordId, label: ClassIndex, confidence: float | None) -> None:
        """Keep the machine's answer to a record that waits."""
        step = step_of(confidence)
        self.predictions[record] = Prediction(label, confidence, step)
        self.waiting[step][record] = None
        self.changed = True

    def forget(self, record: RecordId) -> Prediction | None:
        """Remove and return the prediction for a record that has its label now."""
        prediction = self.predictions.pop(record, None)
        if prediction is not None:
            self.waiting[prediction.step].pop(record, None)
        return prediction


RequestState = Literal["open", "answered", "skipped", "lost", "expired"]


@dataclass(slots=True, eq=False)
class MachineRequest:
    """Records sent to a machine once; times in seconds since the start of the run."""

    id: RequestId
    machine: "Machine"
    records: tuple[RecordId, ...]
    sent: float
    state: RequestState = "open"
    labels: tuple[ClassIndex | None, ...] | None = None  # the first answer, used or not
    micros: int = 0


@dataclass(slots=True, eq=False)
class Machine:
    """A machine's session. It has no slot, no training and no paid time."""

    id: WorkerId
    source: Source
    revision: str
    price: int  # micro-dollars per record
    remote: str
    joined: float
    request: MachineRequest | None = None
    connected: bool = True
    lost_at: float | None = None
    ended: float | None = None
    reason: str = ""
    answered: int = 0  # records with a class
    abstained: int = 0  # records without one, in requests answered or given back
    failed: int = 0  # requests lost or expired
    micros: int = 0

    @property
    def over(self) -> bool:
        """Whether the session has ended."""
        return self.ended is not None


@dataclass(slots=True)
class Accepted:
    """A label that a machine gave: the model's confidence, and the share right of such ones."""

    source: str
    confidence: float | None
    share: float


@dataclass(slots=True)
class Machines:
    """All machines that ever joined, and the outcome of their answers."""

    members: dict[WorkerId, Machine] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    voters: dict[WorkerId, Worker] = field(default_factory=dict)
    requests: list[MachineRequest] = field(default_factory=list)
    seen: set[RecordId] = field(default_factory=set)
    """Records that a machine answered or abstained from."""
    accepted: dict[RecordId, Accepted] = field(default_factory=dict)
    audited: set[RecordId] = field(default_factory=set)
    """Records that people label although a machine's answer would have been accepted."""

    @property
    def present(self) -> bool:
        """Whether any machine's session is open."""
        return any(not machine.over for machine in self.members.values())

    def votes(self, records: tuple[RecordId, ...], most: int) -> list[Vote]:
        """Return a vote of each source that answered all of these records, ``most`` at most."""
        found: list[Vote] = []
        for source in self.sources.values():
            given = [source.predictions.get(record) for record in records]
            labels = tuple([each.label for each in given if each is not None])
            if len(labels) == len(records):
                found.append(Vote(source.voter.id, labels))
        return found[:most]

    def labelled(
        self, records: Sequence[RecordId], labels: Sequence[ClassIndex], *, by_people: bool
    ) -> None:
        """Forget the predictions for records; compare them with labels that people alone gave."""
        for source in self.sources.values():
            for record, label in zip(records, labels, strict=True):
                prediction = source.forget(record)
                if by_people and prediction is not None:
                    source.calibration.observe(prediction.step, right=prediction.label == label)
                    source.changed = True
