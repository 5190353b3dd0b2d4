"""Every figure of a summary, worked out by hand."""

import json

import pytest

from clamshell_tui.run.statistics import deviation, mean, percentile, ratio, variance
from clamshell_tui.run.summary import Summary, summarise, to_json
from clamshell_tui.run.tables import (
    AnswerRow,
    AssignmentRow,
    BatchRow,
    EvictionRow,
    LabelRow,
    LedgerRow,
    ModelRow,
    Tables,
    TaskRow,
    WarningRow,
    WorkerRow,
)


@pytest.fixture
def tables() -> Tables:
    """Three batches of two tasks, 10, 20 and 30 s long, first task at 100 s, last label at 163 s.

    In each batch the second task takes as long as the batch and the first 4 s less. The next batch
    follows after 1 and 2 s. Task 6 is set aside, so batch 3 ends at 160 s with its first task.
    """
    tables = Tables({"scenario": "by hand", "seed": "7", "finished_at": "170.0"})
    _workers(tables)
    _work(tables)
    _money(tables)
    return tables


def _workers(tables: Tables) -> None:
    for row in (
        WorkerRow("W1", 0.0, 9, 10, 50.0, 0, 50.0, 170.0, "released", "the run is over"),
        WorkerRow("W2", 0.0, 10, 10, 50.0, 1, 50.0, 140.0, "evicted", "latency"),
        WorkerRow("W3", 0.0, 2, 10, left_at=50.0, state="rejected", reason="2 of 10"),
        WorkerRow("W4", 10.0, left_at=10.0, state="rejected", reason="not needed"),
        WorkerRow("W5", 20.0, 9, 10, 60.0, 2, 60.0, 120.0, "left", "left"),
        WorkerRow("W6", 20.0, 9, 10, 60.0, 1, 140.0, 150.0, "released", "disconnected"),
    ):
        tables.put(row)
    tables.put(EvictionRow("W2", 130.0, "latency", 9.5, 8.0, 0.93))
    tables.put(WarningRow(161.0, "poison", "task 6 was set aside"))


def _work(tables: Tables) -> None:
    started, latency = (100.0, 111.0, 133.0), (10.0, 20.0, 30.0)
    for n, (start, seconds) in enumerate(zip(started, latency, strict=True)):
        batch = n + 1
        tables.put(BatchRow(batch, n, 2, 4, 2, start, start, start + seconds, mpl=8.0 - 2 * n))
        for k, spent in enumerate((seconds - 4.0, seconds)):
            task = 2 * n + k + 1
            done = None if task == 6 else start + spent
            state = "complete" if done else "set-aside"
            tables.put(TaskRow(task, batch, (2 * task, 2 * task + 1), state, start, done))
            if done:
                _answered(tables, task, start, done)
    tables.put(AssignmentRow(6, 6, "W5", False, 133.0, 140.0, "skipped"))
    tables.put(AssignmentRow(7, 6, "W6", False, 141.0, 150.0, "left"))
    tables.put(AssignmentRow(8, 1, "W2", True, 101.0, 106.0, "terminated"))
    tables.put(AnswerRow(8, 2, "dog", False))
    tables.put(AnswerRow(8, 3, "cat", False))
    for version, (at, used, accuracy) in enumerate([(112.0, 2, 0.5), (140.0, 6, 0.75)], 1):
        tables.put(ModelRow(version, at, used, accuracy, False, 0.5))
    tables.put(ModelRow(3, 165.0, 10, None, False, 0.5))


def _answered(tables: Tables, task: int, start: float, done: float) -> None:
    """Each task's first record is a cat, the second a dog; in task 1 the dog is called a cat."""
    tables.put(AssignmentRow(task, task, "W1", False, start, done, "completed", 40_000))
    for k, truth in enumerate(("cat", "dog")):
        record = 2 * task + k
        label = "cat" if task == 1 else truth
        known = None if task == 5 else truth
        tables.put(AnswerRow(task, record, label, True))
        tables.put(LabelRow(record, str(record), task, label, known, 1.0, k == 0, done))


def _money(tables: Tables) -> None:
    """Half of W1's wait from 50 to 150 s was before the first task."""
    for n, (kind, micros, since, until) in enumerate(
        [
            ("training", 50_000, 0.0, 50.0),
            ("waiting", 100_000, 50.0, 150.0),
            ("waiting", 10_000, 160.0, 170.0),
            ("records", 200_000, None, None),
            ("terminated", 30_000, None, None),
            ("partial", 10_000, None, None),
        ]
    ):
        at = until if until is not None else 160.0
        tables.put(LedgerRow(n + 1, at, "W1", kind, micros, f"{kind}:{n}", since, until))


@pytest.fixture
def summary(tables: Tables) -> Summary:
    return summarise(tables)


def test_a_run_lasts_from_the_first_task_to_the_last_label(summary: Summary) -> None:
    assert summary.seconds == 59.0  # 100 s to task 5 at 133 + 26 s


def test_label_accuracy_counts_only_known_truths(summary: Summary) -> None:
    labels = summary.labels
    assert (labels.delivered, labels.with_truth, labels.correct) == (10, 8, 7)
    assert labels.accuracy == 0.875
    assert labels.per_minute == pytest.approx(600 / 59)
    assert (labels.active, labels.set_aside_tasks) == (5, 1)


def test_batches_are_measured_from_first_assignment_to_last_label(summary: Summary) -> None:
    batches = summary.batches
    assert batches.latencies == (10.0, 20.0, 30.0)
    assert (batches.count, batches.mean, batches.p95) == (3, 20.0, 29.0)
    assert (batches.deviation, batches.variance) == (10.0, 100.0)


def test_the_spread_within_a_batch_is_averaged_over_batches(summary: Summary) -> None:
    assert summary.batches.task_deviation == pytest.approx(8**0.5)  # two tasks 4 s apart


def test_pool_latency_is_compared_between_start_and_end(summary: Summary) -> None:
    batches = summary.batches
    assert (batches.mpl_start, batches.mpl_end, batches.mpl_batches) == (8.0, 4.0, 1)


def test_decision_latency_is_the_gap_between_batches(summary: Summary) -> None:
    assert summary.batches.decision_mean == pytest.approx(1.5)  # 110 to 111 s, 131 to 133 s
    assert summary.batches.decision_p95 == pytest.approx(1.95)


def test_a_batch_that_overlaps_the_one_before_waited_for_nothing(tables: Tables) -> None:
    tables.batches[2].started_at = 105.0
    assert summarise(tables).batches.decision_mean == 1.0


def test_assignments_are_counted_by_their_end(summary: Summary) -> None:
    work = summary.work
    assert (work.assignments, work.duplicates, work.completed, work.terminated) == (8, 1, 5, 1)
    assert (work.skipped, work.abandoned, work.lost, work.expired, work.preempted) == (
        1,
        1,
        0,
        0,
        0,
    )
    assert work.late_answers == 1


def test_workers_are_counted_by_what_became_of_them(summary: Summary) -> None:
    workers = summary.workers
    assert (workers.joined, workers.admitted) == (6, 4)
    assert (workers.failed, workers.turned_away, workers.left) == (1, 1, 2)
    assert [(one.worker, one.estimate, one.threshold) for one in workers.evicted] == [
        ("W2", 9.5, 8.0)
    ]


def test_cost_is_split_by_kind_and_the_recruitment_shown_apart(summary: Summary) -> None:
    cost = summary.cost
    assert cost.total == 400_000
    assert (cost.waiting, cost.training, cost.records) == (110_000, 50_000, 200_000)
    assert (cost.terminated, cost.partial) == (30_000, 10_000)
    assert cost.recruitment == 100_000  # all training, and half of the first wait
    assert cost.per_label == 40_000


def test_the_last_measured_model_counts(summary: Summary) -> None:
    model = summary.model
    assert (model.trained, model.labels_used, model.accuracy) == (3, 6, 0.75)
    assert model.curve == ((2, 0.5), (6, 0.75))


def test_agreement_needs_two_answers_to_a_record(summary: Summary) -> None:
    # Records 2 and 3 have two answers each: cat, dog and cat, cat. D_o = 1/2, D_e = 1/2.
    assert summary.labels.agreement_alpha == pytest.approx(0.0)


def test_agreement_is_krippendorffs_published_value() -> None:
    """The example of "Computing Krippendorff's Alpha-Reliability" (2011), section C: 0.743."""
    answers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    tables = Tables()
    for observer, line in enumerate(answers):
        for unit, label in enumerate(line.split()):
            if label != ".":
                tables.put(AnswerRow(observer, unit, label, True))
    assert summarise(tables).labels.agreement_alpha == pytest.approx(0.743, abs=5e-4)


def test_nothing_can_be_said_of_an_empty_run() -> None:
    summary = summarise(Tables())
    assert summary.seconds is None
    assert summary.labels.accuracy is None
    assert summary.batches.mean is None
    assert summary.cost.per_label is None
    assert summary.cost.total == 0


def test_all_that_was_paid_before_any_task_is_recruitment(tables: Tables) -> None:
    tables.assignments.clear()
    assert summarise(tables).cost.recruitment == 400_000


def test_json_says_what_the_summary_says(summary: Summary) -> None:
    said = json.loads(to_json(summary))
    assert said["meta"]["scenario"] == "by hand"
    assert said["batches"]["latencies"] == [10.0, 20.0, 30.0]
    assert said["workers"]["evicted"][0]["worker"] == "W2"
    assert said["cost"]["total"] == 400_000


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 2.5), (0.95, 3.85), (1.0, 4.0)])
def test_percentiles_are_interpolated(share: float, expected: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], share) == pytest.approx(expected)


def test_what_is_not_defined_is_none() -> None:
    assert mean([]) is None
    assert percentile([], 0.5) is None
    assert variance([1.0]) is None
    assert deviation([1.0]) is None
    assert ratio(1.0, 0.0) is None
