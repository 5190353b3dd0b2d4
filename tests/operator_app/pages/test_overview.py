"""The page Overview, at moments of frozen runs."""

import re
from pathlib import Path

import pytest

from clamshell_tui.core.config import slots_needed
from clamshell_tui.formats import money
from clamshell_tui.operator_app.pages.costs import goal, labels_figure
from clamshell_tui.operator_app.pages.overview import OverviewPage
from clamshell_tui.operator_app.pages.overview_panels import TaskCell, TaskStrip, task_cells
from clamshell_tui.operator_app.pages.overview_streams import pool_parts
from clamshell_tui.operator_app.widgets.panels import Meter
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE
from clamshell_tui.runfile.file_run import FileRun
from tests.kept import loaded, simulated
from tests.operator_app.pages.conftest import VOTED
from tests.operator_app.pages.still import Still, shown, text_of, view_at
from tests.operator_app.widgets.stage import PALETTE


def middle(source: FileRun) -> float:
    """A moment in the middle of the labelling."""
    return source.replica.history.label_times()[150] + 0.01


def test_the_headlines_say_how_far_how_good_and_how_dear(source: FileRun) -> None:
    view = view_at(source, middle(source))
    text = text_of(OverviewPage(), view)
    labels, run = view.history.labels_until(view.at), view.snapshot.run
    assert f"{labels} of {goal(view)}" in text
    assert f"{run.model.accuracy:.1%}".replace("%", " %") in text
    assert money(sum(run.cost.values())) in text
    assert "ETA" in text
    assert "labels a minute" in text


def test_each_task_of_the_batch_has_a_cell(source: FileRun) -> None:
    view = view_at(source, middle(source))
    cells = task_cells(view)
    batch = view.snapshot.run.batch
    assert batch is not None
    assert len(cells) == batch.tasks
    assert sum(cell.state == "done" for cell in cells) == batch.done
    assert sum(cell.active for cell in cells) == batch.uncertain
    text = text_of(OverviewPage(), view)
    assert f"Batch {batch.id + 1}, {batch.tasks} tasks of" in text
    assert f"{batch.done} of {batch.tasks} done" in text


def test_after_the_run_the_last_batch_stays_with_how_long_its_tasks_took(
    source: FileRun,
) -> None:
    view = view_at(source, source.replica.end)
    last = source.replica.engine.state.batches[-1]
    assert [cell.age for cell in task_cells(view)] == [
        None if task.ended is None or task.started is None else int(task.ended - task.started)
        for task in last.tasks
    ]
    assert ", done" in text_of(OverviewPage(), view)


def test_the_newest_label_says_who_answered_and_whether_it_was_right(source: FileRun) -> None:
    view = view_at(source, middle(source))
    count = view.history.labels_until(view.at)
    newest = view.history.labels[count - 1]
    assert newest.task is not None
    worker = source.replica.engine.state.tasks[newest.task].answers[0].worker
    truth = view.names[newest.record].truth
    right = truth is not None and view.classes[truth] == newest.label
    text = text_of(OverviewPage(), view)
    line = next(
        line
        for line in text.split("\n")
        if re.search(rf" {view.record_id(newest.record)} +{newest.label} ", line)
    )
    assert newest.label in line
    assert worker in line
    assert ("\u2713" if right else "\u2717") in line


def test_all_votes_of_a_label_are_named(voted: FileRun) -> None:
    view = view_at(voted, voted.replica.end)
    newest = view.history.labels[view.history.labels_until(view.at) - 1]
    assert newest.task is not None
    answers = voted.replica.engine.state.tasks[newest.task].answers
    assert len(answers) == 3
    text = text_of(OverviewPage(), view, (200, 56))
    assert ", ".join(str(answer.worker) for answer in answers) in text


def test_an_eviction_is_told_from_the_moment_it_happened(source: FileRun) -> None:
    eviction = source.replica.history.evictions[0]
    before = text_of(OverviewPage(), view_at(source, eviction.at - 0.01))
    after = text_of(OverviewPage(), view_at(source, eviction.at))
    assert f"{eviction.worker} evicted" not in before
    assert re.search(f"\u25b2 {eviction.worker} evicted", after)


def test_before_the_first_batch_every_box_says_what_will_be_there(source: FileRun) -> None:
    text = text_of(OverviewPage(), view_at(source, 0.0))
    assert "The first batch needs 6 of 6 slots filled: 0 are." in text
    assert "A curve appears with the labels." in text
    assert "Labels appear here as workers agree on them." in text


def test_without_learning_the_crowd_s_labels_take_the_model_s_place(voted: FileRun) -> None:
    text = text_of(OverviewPage(), view_at(voted, voted.replica.end))
    assert "Crowd's labels" in text
    assert "Labels over time" in text
    assert "Model" not in text


def test_a_small_screen_keeps_the_headlines_the_batch_the_pool_and_the_labels(
    source: FileRun,
) -> None:
    text = text_of(OverviewPage(), view_at(source, middle(source)), (80, 20))
    for kept in ("ETA", "Speed", "Batch ", "Pool, ", "pool latency", "Last labels"):
        assert kept in text
    for gone in ("Events", "Cost and quality", "Batch latency"):
        assert gone not in text


def test_no_headline_figure_is_clipped_on_a_small_screen(source: FileRun) -> None:
    def headlines(app: Still) -> list[str]:
        return app.lines()[:4]

    lines = shown(OverviewPage(), view_at(source, middle(source)), headlines, (80, 20))
    assert not any("\u2026" in line for line in lines)


def test_seeking_anywhere_and_back_shows_the_same(source: FileRun) -> None:
    page, view = OverviewPage(), view_at(source, middle(source))

    def there_and_back(app: Still) -> tuple[list[str], list[str]]:
        first = app.lines()
        for share in (1.0, 0.1, 0.6):
            app.page.show(view_at(source, source.replica.end * share))
        app.show()
        return first, app.lines()

    before, after = shown(page, view, there_and_back)
    assert before == after


@pytest.mark.parametrize("live", [2, 10, 104])
@pytest.mark.parametrize("age", [7, 37, 999, 65_000])
@pytest.mark.parametrize("width", range(3, 18))
def test_the_figures_of_a_task_are_never_joined(live: int, age: int, width: int) -> None:
    for glyphs in (UNICODE, ASCII):
        strip = TaskStrip(glyphs=glyphs)
        strip.update([TaskCell("duplicated", True, live, age)] * (170 // width))
        line = strip.draw(170, 2, PALETTE)[0].text
        assert set(re.findall(r"\d+", line)) <= {str(live), str(age), str(age // 60)}


def test_a_state_of_the_pool_has_the_same_glyph_whatever_other_states_there_are(
    source: FileRun,
) -> None:
    glyphs: dict[str, set[str]] = {}
    for at in (0.0, 60.0, middle(source), source.replica.end):
        parts = pool_parts(view_at(source, at))
        meter = Meter()
        meter.update(parts)
        for glyph, name in re.findall(r"(\S) \d+ (\w+)", meter.draw(80, 2, PALETTE)[1].text):
            glyphs.setdefault(name, set()).add(glyph)
    assert all(len(found) == 1 for found in glyphs.values())
    assert {"working", "free"} <= glyphs.keys()
    assert glyphs["free"].isdisjoint(glyphs["working"])


@pytest.mark.parametrize("start_with", [0.1, 0.5, 1.0])
def test_the_slots_that_the_first_batch_needs_are_those_the_engine_waits_for(
    start_with: float, tmp_path: Path
) -> None:
    text = VOTED.replace("size = 5", f"size = 5, start_with = {start_with}")
    source = loaded(simulated(tmp_path, text))
    cut = source.replica.history.batches[0].row.cut_at
    needed = slots_needed(source.config)
    assert view_at(source, cut).snapshot.run.seated == needed
    assert f"The first batch needs {needed} of 5 slots filled: 0 are." in text_of(
        OverviewPage(), view_at(source, 0.0)
    )


def test_labels_over_time_is_empty_until_the_first_label(voted: FileRun) -> None:
    first = voted.replica.history.label_times()[0]
    assert "A curve appears with the labels." in text_of(
        OverviewPage(), view_at(voted, first - 0.01)
    )
    assert labels_figure(view_at(voted, first + 1.0)).series
