"""What a run came to, in numbers: the shape that ``--json`` prints.

Durations are seconds, money integer micro-dollars (``micros``), shares 0..1. None stands for what
the run cannot tell: no truth known, nothing trained, too few batches.
"""

import msgspec
from msgspec import Struct


class LabelMeasures(Struct, frozen=True):
    """The labels delivered; ``correct`` counts those equal to the truth, where it is known."""

    delivered: int
    with_truth: int
    correct: int
    accuracy: float | None
    per_minute: float | None
    active: int  # of records that the active selector chose
    set_aside_tasks: int
    agreement_alpha: float | None  # Krippendorff, over all answers, late ones included


class ModelMeasures(Struct, frozen=True):
    """The last model that was measured; ``curve`` holds (labels used, accuracy) of each one."""

    trained: int
    labels_used: int
    accuracy: float | None
    estimated: bool  # by cross-validation rather than on held-out records
    curve: tuple[tuple[int, float], ...]


class BatchMeasures(Struct, frozen=True):
    """Finished batches; a batch lasts from its first assignment to its last label."""

    count: int
    mean: float | None
    p95: float | None
    deviation: float | None  # sample standard deviation of the batch latencies
    variance: float | None
    task_deviation: float | None  # mean over batches of the std of task latency within the batch
    mpl_start: float | None  # mean pool latency, s per label, mean of the first mpl_batches
    mpl_end: float | None
    mpl_batches: int
    decision_mean: float | None  # from the last label of a batch to the next one's first assignment
    decision_p95: float | None
    latencies: tuple[float, ...]


class WorkMeasures(Struct, frozen=True):
    """Assignments by how they ended.

    ``abandoned`` counts workers who left and connections that were lost, ``lost`` only the latter;
    files of version 0.1.0 do not distinguish them.
    """

    assignments: int
    duplicates: int
    completed: int
    terminated: int
    skipped: int
    abandoned: int
    lost: int
    expired: int
    preempted: int
    late_answers: int
    not_shown: int = 0  # given back: a terminal could not show the records


class Eviction(Struct, frozen=True):
    """Who was evicted when, with the estimate that stood against the threshold."""

    worker: str
    at: float
    reason: str
    estimate: float
    threshold: float
    evidence: float


class WorkerMeasures(Struct, frozen=True):
    """Everybody who ever joined, by what became of them."""

    joined: int
    admitted: int
    failed: int  # the qualification
    turned_away: int  # without having been asked anything
    left: int  # before the run ended, of their own accord or lost
    evicted: tuple[Eviction, ...]


class CostMeasures(Struct, frozen=True):
    """The ledger in micro-dollars. ``recruitment`` is the part before the first task was sent.

    The paper counts recruitment as amortised over runs, so it is shown beside the total too.
    """

    total: int
    waiting: int
    training: int
    records: int
    terminated: int
    partial: int
    recruitment: int
    per_label: float | None


class WarningNote(Struct, frozen=True):
    """Something that the operator was told."""

    at: float
    code: str
    message: str


class Summary(Struct, frozen=True):
    """Everything above, with the run's own description (scenario, seed, ...) in ``meta``."""

    meta: dict[str, str]
    seconds: float | None  # from the first task sent to the last label, as the paper counts
    labels: LabelMeasures
    model: ModelMeasures
    batches: BatchMeasures
    work: WorkMeasures
    workers: WorkerMeasures
    cost: CostMeasures
    warnings: tuple[WarningNote, ...]


def to_json(summary: Summary) -> str:
    """The summary as indented JSON; an infinite threshold becomes null."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode()
