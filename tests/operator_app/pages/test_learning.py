"""The page Learning, at moments of frozen runs."""

from msgspec.structs import replace

from clamshell_tui.operator_app.pages.learning import LearningPage, class_items, uncertainty_figure
from clamshell_tui.operator_app.pages.learning_charts import (
    BatchRows,
    LearningCurve,
    mostly_active,
    thinned,
)
from clamshell_tui.operator_app.pages.page import signs_of
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE
from clamshell_tui.run.log import EventKind
from clamshell_tui.runfile.file_run import FileRun
from tests.operator_app.pages.still import text_of, view_at


def middle(source: FileRun) -> float:
    """A moment in the middle of the labelling."""
    return source.replica.history.label_times()[150] + 0.01


def test_the_curve_marks_which_labels_were_new_and_ends_at_the_moment(source: FileRun) -> None:
    view = view_at(source, middle(source))
    models = [one for one in view.history.models_until(view.at) if one.accuracy is not None]
    figure = LearningCurve(signs_of(UNICODE), 1000).figure(view)
    line, active, random = figure.series
    assert line.name == "measured"
    assert line.points[-1] == (models[-1].labels_used, models[-1].accuracy)
    assert sorted([*active.points, *random.points]) == sorted(line.points)
    assert active.points
    assert random.points


def test_an_estimated_accuracy_has_a_line_of_its_own(source: FileRun) -> None:
    history = source.replica.history
    kept = history.models[:]
    try:
        history.models[5:] = [replace(one, estimated=True) for one in kept[5:]]
        figure = LearningCurve(signs_of(ASCII), 10).figure(view_at(source, source.replica.end))
    finally:
        history.models[:] = kept
    assert [one.name for one in figure.series] == ["measured", "estimated", "active", "random"]


def test_a_model_after_a_batch_of_uncertain_records_is_marked_active(source: FileRun) -> None:
    history = source.replica.history
    marks = mostly_active(history, history.models)
    labels = 0
    for model, mark in zip(history.models, marks, strict=True):
        new = history.labels[labels : model.labels_used]
        labels = model.labels_used
        assert mark == (2 * sum(label.active for label in new) > len(new))


def test_thinning_keeps_first_and_last_and_what_it_kept_before(source: FileRun) -> None:
    models = source.replica.history.models
    few, more = thinned(models[:30], 8), thinned(models[:31], 8)
    assert len(few) <= 10
    assert few[0] is models[0]
    assert few[-1] is models[29]
    assert few[:-1] == more[: len(few) - 1]
    assert thinned([], 8) == []


def test_batches_tell_their_split_their_ranking_and_their_latency(source: FileRun) -> None:
    view = view_at(source, middle(source))
    rows, history = BatchRows().rows(view), view.history
    assert [row.number for row in rows] == list(range(len(rows), 0, -1))
    assert rows[0].open
    assert rows[0].mpl is None
    for row in rows[1:]:
        note = history.batches[row.number - 1]
        batch = note.row
        passive = batch.records - batch.active_records
        assert (row.active, row.passive) == (batch.active_records, passive)
        assert (row.stale, row.model, row.mpl) == (note.model_age, batch.model, batch.mpl)
        assert batch.ended_at is not None
        assert batch.started_at is not None
        assert row.latency == round(batch.ended_at - batch.started_at, 1)


def test_the_duplicates_of_the_batches_are_those_of_the_run(source: FileRun) -> None:
    view = view_at(source, source.replica.end)
    total = view.history.events_until(EventKind.DUPLICATE, view.at)
    assert total > 0
    assert sum(row.duplicates for row in BatchRows().rows(view)) == total


def test_classes_and_doubts_are_those_of_the_last_model(source: FileRun) -> None:
    view = view_at(source, middle(source))
    last = view.history.models_until(view.at)[-1]
    report = view.history.reports[last.version - 1]
    items, whose = class_items(view)
    assert [item.value for item in items] == list(report.by_class)
    assert whose == f"model {last.version}"
    median = uncertainty_figure(view).series[1]
    assert median.points[-1] == (last.labels_used, report.uncertainty[2])


def test_the_page_counts_the_crowd_s_labels_against_the_truth(source: FileRun) -> None:
    view = view_at(source, middle(source))
    labels = view.history.labels[: view.history.labels_until(view.at)]
    places = {name: place for place, name in enumerate(view.classes)}
    right = sum(view.names[label.record].truth == places[label.label] for label in labels)
    text = text_of(LearningPage(), view)
    assert f"{right / len(labels):.1%}".replace("%", " %") + f" of {len(labels)} right" in text


def test_without_learning_the_page_says_so_and_keeps_the_batches(voted: FileRun) -> None:
    text = text_of(LearningPage(), view_at(voted, voted.replica.end))
    assert "Learning is off: every record is labelled by the crowd." in text
    assert "Crowd's labels against the truth" in text
    assert "Batches" in text
    assert "Uncertainty" not in text


def test_before_the_first_model_every_box_says_what_will_be_there(source: FileRun) -> None:
    text = text_of(LearningPage(), view_at(source, 0.0))
    assert "A point appears here with every model" in text
    assert "Each class's accuracy appears here." in text
    assert "Labels are counted here against the truth." in text
    assert "Batches appear here when they are cut." in text


def test_a_class_without_held_out_records_shows_a_dash(source: FileRun) -> None:
    history = source.replica.history
    last = history.reports[-1]
    try:
        history.reports[-1] = replace(last, by_class=(0.9, -1.0, 0.0))
        items, _ = class_items(view_at(source, source.replica.end))
    finally:
        history.reports[-1] = last
    assert [item.text for item in items] == ["90.0 %", "-", "0.0 %"]
    assert [item.ink for item in items] == ["green/55", "muted", "orange"]
