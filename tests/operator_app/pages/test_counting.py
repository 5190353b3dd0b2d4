"""Running figures of the pages: truth, batches, pace, log."""

import pytest

from clamshell_tui.core.commands import Release
from clamshell_tui.core.events import ModelTrained
from clamshell_tui.core.ids import Micros, WorkerId
from clamshell_tui.operator_app.pages.costs import mean_rate, rates, recent_rate, seconds_left
from clamshell_tui.operator_app.pages.figures import BatchHistory, TruthCount, decisions_until
from clamshell_tui.operator_app.pages.overview_panels import TaskStrip
from clamshell_tui.operator_app.pages.overview_streams import LogLines
from clamshell_tui.run.history import History
from clamshell_tui.run.log import BatchNote, EventKind
from clamshell_tui.run.names import RecordName
from clamshell_tui.run.tables import BatchRow, LabelRow, ModelRow, WorkerRow
from clamshell_tui.runfile.file_run import FileRun
from tests.operator_app.pages.still import view_at


def counted(source: FileRun, count: int) -> list[list[int]]:
    """The confusion of the first labels, from the beginning."""
    confusion = [[0] * len(source.config.classes) for _ in source.config.classes]
    for label in source.replica.history.labels[:count]:
        truth = source.names[label.record].truth
        if truth is not None:
            confusion[truth][source.config.classes.index(label.label)] += 1
    return confusion


def label(record: int, name: str) -> LabelRow:
    return LabelRow(record, str(record), 0, name, None, 1.0, False, 1.0)


@pytest.mark.parametrize("path", [(10, 200), (280, 20), (280, 0, 77), (5, 5)])
def test_truth_counted_forwards_and_back_is_what_it_is_from_the_start(
    source: FileRun, path: tuple[int, ...]
) -> None:
    truth = TruthCount(source.config.classes)
    for count in path:
        truth.go_to(source.replica.history, source.names, count)
        assert truth.counted == count
        assert truth.confusion == counted(source, count)
        assert truth.known == sum(map(sum, truth.confusion))
        assert truth.right == sum(row[at] for at, row in enumerate(truth.confusion))


def test_a_label_is_counted_when_its_name_has_come() -> None:
    history, names = History(), {1: RecordName("a", 0)}
    for record in (1, 2):
        history.labelled(label(record, "a"))
    truth = TruthCount("ab")
    truth.go_to(history, names, 2)
    assert (truth.counted, truth.known) == (1, 1)
    names[2] = RecordName("b", 1)
    truth.go_to(history, names, 2)
    assert (truth.counted, truth.known, truth.right) == (2, 2, 1)


def test_a_record_that_never_gets_a_name_does_not_stop_the_count() -> None:
    history, names = History(), {n: RecordName(str(n), 0) for n in range(1, 2000)}
    for record in range(2000):
        history.labelled(label(record, "a"))
    truth = TruthCount("ab")
    truth.go_to(history, names, 2000)
    assert (truth.counted, truth.known) == (2000, 1999)
    truth.go_to(history, names, 0)
    assert (truth.known, truth.right) == (0, 0)


def test_a_long_run_is_counted_a_part_at_a_time() -> None:
    history, names = History(), {0: RecordName("a", 1)}
    for _ in range(25_000):
        history.labelled(label(0, "b"))
    truth, steps = TruthCount("ab"), 0
    while truth.counted < 25_000:
        truth.go_to(history, names, 25_000)
        steps += 1
    assert steps == 3


def test_batch_latencies_are_those_of_the_batches_that_had_ended(source: FileRun) -> None:
    history, sums = source.replica.history, BatchHistory()
    sums.follow(history)
    third = history.batches[2].row
    assert third.ended_at is not None
    assert third.started_at is not None
    ended = sums.ended_until(third.ended_at)
    latencies = sums.latencies(ended, 10)
    assert ended == 3
    assert len(latencies) == 3
    assert latencies[-1] == pytest.approx(third.ended_at - third.started_at)
    assert sums.mean(ended) == pytest.approx(sum(latencies) / 3)
    assert sums.ended_until(0.0) == 0
    assert sums.mean(0) is None


def test_a_decision_is_known_when_the_next_batch_has_begun(source: FileRun) -> None:
    history = source.replica.history
    started = history.batches[1].row.started_at
    assert started is not None
    assert decisions_until(history, started - 1e-6) == 0
    assert decisions_until(history, started) == 1
    assert decisions_until(history, source.replica.end) == len(history.waits)


def test_rates_are_labels_a_minute_in_whole_steps() -> None:
    times = [10.0 * n for n in range(1, 121)]  # six a minute, for twenty minutes
    curve = rates(times, 0.0, 1200.0)
    assert set(curve[1:]) == {6.0}
    assert recent_rate(times, 0.0, 1205.0) == pytest.approx(6.0, rel=0.03)
    assert mean_rate(times, 0.0, 1200.0) == pytest.approx(6.0, rel=0.02)
    assert rates(times, 5.0, 5.0) == ()
    assert mean_rate(times, 5.0, 5.0) is None


def test_an_eta_is_told_while_labels_come_and_not_after(source: FileRun) -> None:
    times = source.replica.history.label_times()
    left = seconds_left(view_at(source, times[200]))
    assert left is not None
    assert left == pytest.approx(times[-1] - times[200], rel=0.5)
    assert seconds_left(view_at(source, source.replica.end)) is None
    assert seconds_left(view_at(source, 0.0)) is None


def test_the_log_leaves_models_out_and_tells_partings_in_one_line() -> None:
    history, lines = History(), LogLines()
    batch = BatchNote(BatchRow(0, 0, 2, 4, 0, 1.0), [], set(), grows=False, model=0)
    history.note(1.0, EventKind.BATCH, batch)
    history.trained(ModelRow(1, 2.0, 2, None, False, 0.1), ModelTrained((), 2))
    for worker in ("W1", "W2", "W3"):
        gone = Release(WorkerId(worker), "the run is over", Micros(0))
        history.went(3.0, WorkerRow(worker, 0.0, left_at=3.0), gone)
    assert [line.text for line in lines.rows(history, 9.0)] == [
        "W1, W2, W3 went: the run is over",
        "batch 1: 2 tasks of 4 records",
    ]
    assert len(lines.rows(history, 1.0)) == 1


def test_a_strip_of_tasks_that_has_no_width_yet_wants_a_line_all_the_same() -> None:
    assert TaskStrip().lines_wanted(3) == 2
