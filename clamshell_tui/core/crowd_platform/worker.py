"""A worker's session: from accepting a posting to the pay statement.

Theory of operation: *training* -> *reserve* -> *available* <-> *active* -> *left* or *evicted*;
who does not qualify is *rejected*. Being connected is a separate matter: a worker whose connection
is lost keeps state, slot and task until the grace is over. A worker who departs gracefully has
given up the slot and finishes the task in hand.
"""

from enum import StrEnum

from msgspec import Struct, field

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.assignment import Assignment
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence


class WorkerState(StrEnum):
    """Where a worker stands."""

    TRAINING = "training"
    RESERVE = "reserve"
    AVAILABLE = "available"
    ACTIVE = "active"
    LEFT = "left"
    EVICTED = "evicted"
    REJECTED = "rejected"


_GONE = frozenset({WorkerState.LEFT, WorkerState.EVICTED})

WORKER_LIFE: dict[WorkerState, frozenset[WorkerState]] = {
    WorkerState.TRAINING: frozenset({WorkerState.RESERVE, WorkerState.REJECTED, WorkerState.LEFT}),
    WorkerState.RESERVE: frozenset({WorkerState.AVAILABLE}) | _GONE,
    WorkerState.AVAILABLE: frozenset({WorkerState.ACTIVE}) | _GONE,
    WorkerState.ACTIVE: frozenset({WorkerState.AVAILABLE}) | _GONE,
    WorkerState.LEFT: frozenset(),
    WorkerState.EVICTED: frozenset(),
    WorkerState.REJECTED: frozenset(),
}

OVER = frozenset({WorkerState.LEFT, WorkerState.EVICTED, WorkerState.REJECTED})


class Worker(Struct, eq=False):
    """Everything the engine knows of a worker; times in seconds since the run began."""

    id: WorkerId
    joined: float
    state: WorkerState = WorkerState.TRAINING
    slot: int | None = None
    connected: bool = True
    lost_at: float | None = None  # when the loss of the connection was noticed
    present_until: float | None = None  # when the presence ended that the loss ended
    away: float = 0.0  # seconds of absences that are over
    losses: int = 0  # of the connection with a task in hand, since the last answer that counted
    loss_counts: bool = False  # away, and that counts as a skip: see pay_rules
    paid_since: float | None = None  # start of the open interval of paid waiting or training
    assignment: Assignment | None = None
    departing: str | None = None  # why the worker goes after the task in hand
    gold: tuple[RecordId, ...] = ()  # the tutorial's records
    proven: float = 0.0  # seconds of training up to the last record that was answered
    training: list[tuple[float, float]] = []  # intervals of training that are not paid yet
    seated: float | None = None
    ended: float | None = None
    reason: str = ""
    completed: int = 0
    terminated: int = 0
    skipped: int = 0
    repeated: int = 0  # skips of a task that the worker had failed on before, excused
    expired: int = 0  # leases, while connected
    late: int = 0  # answers after an ending that the worker caused
    fast: int = 0  # answers quicker than anyone can read
    not_shown: int = 0  # tasks given back because the terminal cannot show them
    expired_in_row: int = 0
    gold_asked: int = 0
    gold_correct: int = 0
    compared: int = 0  # labels on which the others' votes had a majority
    agreed: int = 0  # ... with which this worker agreed
    doubt: float = 0.0  # how many of those compared the others are expected to have wrong
    earned: dict[PayKind, int] = field(default_factory=lambda: dict.fromkeys(PayKind, 0))
    evidence: LatencyEvidence = field(default_factory=LatencyEvidence)

    def become(self, state: WorkerState) -> None:
        """Change state along :data:`WORKER_LIFE`, or raise and change nothing."""
        if state not in WORKER_LIFE[self.state]:
            raise ValueError(f"worker {self.id} is {self.state}: cannot become {state}")
        self.state = state

    @property
    def over(self) -> bool:
        """True once the session has ended."""
        return self.state in OVER

    def clock(self, now: float) -> float:
        """Seconds of the run in which this worker was not away."""
        return (now if self.present_until is None else self.present_until) - self.away

    @property
    def age(self) -> int:
        """Tasks completed in this run (§6.2)."""
        return self.completed

    @property
    def checked(self) -> int:
        """Labels of this worker that could be judged, on gold or against the others' votes."""
        return self.gold_asked + self.compared

    @property
    def accuracy(self) -> float:
        """Share of the judged labels that were right, smoothed by two pseudo-labels, one right."""
        return (self.gold_correct + self.agreed + 1.0) / (self.checked + 2.0)

    @property
    def refused(self) -> int:
        """Tasks that the worker gave back or did not answer in time."""
        return self.skipped - self.repeated + self.expired

    @property
    def owed(self) -> int:
        """Micro-dollars earned in this run."""
        return sum(self.earned.values())
