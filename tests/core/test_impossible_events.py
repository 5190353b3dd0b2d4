"""An impossible event is refused with the story of its object, and the state is unchanged."""

import msgspec
import pytest

from clamshell_tui.core import events as e
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import AssignmentId, ClassIndex, RecordId, WorkerId
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.run.totals import totals
from tests.core.conftest import BenchOf, PoolOf
from tests.core.helpers import W1, W2, Bench, labels

NOBODY = WorkerId("W77")
GOLD = {RecordId(0): ClassIndex(1)}


def refused(bench: Bench, event: e.Event, says: str, *, after: float = 1.0) -> None:
    """Refused with these words; the picture and what comes next are as if it had never been."""
    now = bench.now + 10.0
    before = msgspec.json.encode(totals(bench.engine, now))
    deadline = bench.engine.next_deadline
    with pytest.raises(InvalidEventError, match=says):
        bench.engine.handle(event, bench.now + after)
    assert msgspec.json.encode(totals(bench.engine, now)) == before
    assert bench.engine.next_deadline == deadline
    check_invariants(bench.engine, full=True)
    bench.work()  # replayed at teardown, without the impossible event


IMPOSSIBLE: list[tuple[str, e.Event, str]] = [
    ("an unknown worker disconnects", e.WorkerDisconnected(NOBODY), "no worker W77"),
    ("an unknown worker reconnects", e.WorkerReconnected(NOBODY), "no worker W77"),
    ("an unknown worker leaves", e.WorkerLeft(NOBODY), "no worker W77"),
    ("an unknown worker is dismissed", e.WorkerDismissed(NOBODY), "no worker W77"),
    ("an unknown worker is paused", e.WorkerPaused(NOBODY), "no worker W77"),
    ("a worker joins twice", e.WorkerJoined(W1), "joined before\nW1 is active"),
    (
        "an unknown assignment is answered",
        e.AssignmentAnswered(AssignmentId(99), W1, labels(0)),
        "no assignment 99",
    ),
    (
        "a negative assignment is answered",
        e.AssignmentAnswered(AssignmentId(-1), W1, labels(0)),
        "no assignment -1",
    ),
    (
        "another worker answers",
        e.AssignmentAnswered(AssignmentId(0), W2, labels(0)),
        "assignment 0 is not W2's\n.*to W1, active",
    ),
    (
        "an answer is too long",
        e.AssignmentAnswered(AssignmentId(0), W1, labels(0, 1)),
        "needs 1 classes",
    ),
    ("an answer is empty", e.AssignmentAnswered(AssignmentId(0), W1, ()), "needs 1 classes"),
    (
        "an answer is no class",
        e.AssignmentAnswered(AssignmentId(0), W1, labels(2)),
        "below 2",
    ),
    (
        "an answer is negative",
        e.AssignmentAnswered(AssignmentId(0), W1, labels(-1)),
        "below 2",
    ),
    (
        "another worker skips",
        e.AssignmentSkipped(AssignmentId(0), W2),
        "assignment 0 is not W2's",
    ),
    ("an unknown assignment is foretold", e.CompletionForetold(AssignmentId(9), 5.0), "no assig"),
    ("a negative one is foretold", e.CompletionForetold(AssignmentId(-1), 5.0), "no assignment"),
    ("an unknown worker is foretold", e.LatencyForetold(NOBODY, 5.0), "no worker W77"),
    (
        "a seated worker answers the tutorial",
        e.QualificationAnswered(W1, labels(0)),
        "W1 has no 1 gold answers to give\nW1 is active",
    ),
    ("records are left out", e.RecordsSubmitted(RecordId(20), 1), "must follow each other"),
    ("records come twice", e.RecordsSubmitted(RecordId(0), 1), "must follow each other"),
    ("known labels come twice", e.LabelsKnown(RecordId(0), labels(0)), "must follow each other"),
    ("a known label of no class", e.LabelsKnown(RecordId(10), labels(7)), "no class below"),
    ("fewer than no records", e.RecordsSubmitted(RecordId(10), -2), "-2"),
    (
        "gold outside the submission",
        e.RecordsSubmitted(RecordId(10), 2, {RecordId(50): ClassIndex(0)}),
        "50",
    ),
    ("gold that is in play", e.RecordsSubmitted(RecordId(10), 2, GOLD), "gold|record"),
    (
        "gold of an unknown class",
        e.RecordsSubmitted(RecordId(10), 2, {RecordId(10): ClassIndex(7)}),
        "7",
    ),
    (
        "a use of a record without a known answer",
        e.RecordsSubmitted(RecordId(10), 2, {}, True, {RecordId(11): "check"}),
        "record 11 has a use and no known answer",
    ),
]


@pytest.mark.parametrize(
    ("what", "event", "says"), IMPOSSIBLE, ids=[what for what, _, _ in IMPOSSIBLE]
)
def test_it_is_refused_and_changes_nothing(
    pool_of: PoolOf, what: str, event: e.Event, says: str
) -> None:
    refused(pool_of(2, last=False), event, f"(?s){says}")


def test_time_cannot_run_backwards(pool_of: PoolOf) -> None:
    bench = pool_of(2)
    bench.wait(5.0)
    refused(bench, e.TimePassed(), "time runs backwards: 4.0 after 5.0", after=-1.0)


def test_a_time_that_is_no_number_is_refused(pool_of: PoolOf) -> None:
    refused(pool_of(2), e.TimePassed(), "nan", after=float("nan"))


def test_records_after_the_last_are_refused(pool_of: PoolOf) -> None:
    refused(pool_of(2, last=True), e.RecordsSubmitted(RecordId(10), 2), "closed|last|ended")


def test_an_incomplete_tutorial_is_refused(bench_of: BenchOf) -> None:
    bench = bench_of(qualification={"enabled": True, "records": 2})
    bench.submit(5, gold={0: 0, 1: 1})
    bench.join()
    refused(bench, e.QualificationAnswered(W1, labels(0)), "has no 1 gold answers")


def test_a_contradictory_configuration_is_refused(bench_of: BenchOf) -> None:
    with pytest.raises(ValueError, match=r"tasks\.votes: 3 needs a pool of at least 3"):
        bench_of(pool={"size": 2}, tasks={"votes": 3})


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("straggler_mitigation", "routing"),
        ("maintenance", "objective"),
        ("maintenance", "latency_estimator"),
        ("quality", "consensus"),
        ("learning", "selector"),
        ("tasks", "batching"),
    ],
)
def test_an_unknown_policy_is_refused_with_the_known_ones(
    bench_of: BenchOf, section: str, key: str
) -> None:
    with pytest.raises(ValueError, match=f"(?s){key}.*nonsense"):
        bench_of(**{section: {key: "nonsense"}}).submit(3)
