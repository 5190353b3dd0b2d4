"""T-HL and T-E2E: what they keep of a run, their baselines, and the pictures of a folder."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.table import KNOWN, PaperTable, cells, run, with_pictures
from clamshell_tui.experiments.tables import t_e2e, t_hl, t_sm
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import of_the_paper
from clamshell_tui.simulator.run_scenario import RunResult, run_scenario
from tests.datasets.published import noise, write_cifar, write_mnist

FEW = 45


def path_of(table: PaperTable) -> Path:
    return of_the_paper()[table.id.lower()]


def a_run(table: PaperTable, group: str, arm: str, *settings: str) -> RunResult:
    """Of few labels."""
    path = path_of(table)
    each = (*table.groups[group], *table.arms[arm], f"stop.labels={FEW}", *settings)
    return run_scenario(load_scenario(path, each), path.parent)


@pytest.mark.parametrize("table", [t_hl.TABLE, t_e2e.TABLE], ids=lambda table: table.id)
def test_what_is_measured_is_settled_for_all_data(table: PaperTable) -> None:
    names = {
        load_scenario(path_of(table), settings, check_changes=False).name
        for settings in table.groups.values()
    }
    assert names <= set(KNOWN)


def test_accuracy_over_time_begins_with_a_guess_and_ends_with_the_last_model() -> None:
    result = a_run(t_hl.TABLE, "digits", "HL, r 0.5")
    seen = t_hl.observe(result)
    over_time = [seen[f"accuracy @{time:g}"] for time in t_hl.TIMES]
    assert over_time[0] == 0.1
    assert over_time[-1] == seen["accuracy"] == result.tables.models[-1].accuracy
    early = [each for each, at in zip(over_time, t_hl.TIMES, strict=True) if at <= t_hl.SO_FAR]
    assert seen["accuracy so far"] == pytest.approx(sum(early) / len(early))


def test_a_target_is_reached_by_the_first_model_that_is_good_enough_or_not_at_all() -> None:
    result = a_run(t_e2e.TABLE, "digits", "no barrier")
    seen = t_e2e.observe(result)
    started = min(row.started_at for row in result.tables.assignments.values())
    for accuracy in t_e2e.ACCURACIES:
        good = [
            row.trained_at - started
            for row in result.tables.models
            if row.accuracy is not None and row.accuracy >= accuracy
        ]
        assert seen.get(f"to @{accuracy:g}") == (good[0] if good else None)
    assert "to @0.85" not in seen  # 45 labels of ten digits do not do


def test_without_a_retainer_every_task_is_taken_by_somebody_who_comes_for_it_alone() -> None:
    result = a_run(t_e2e.TABLE, "generated", "Base-NR", f"pool.size={FEW}")
    answered = Counter(
        row.worker for row in result.tables.assignments.values() if row.state == "completed"
    )
    assert len(answered) == FEW
    assert set(answered.values()) == {1}
    cost = result.summary.cost
    assert (cost.waiting, cost.training, cost.terminated) == (0, 0, 0)
    assert cost.records == FEW * 20_000
    assert result.summary.labels.delivered == FEW


def test_the_missing_baseline_neither_waits_for_a_batch_nor_duplicates() -> None:
    result = a_run(t_e2e.TABLE, "generated", "no barrier")
    assert result.summary.work.duplicates == 0
    assert not result.summary.workers.evicted
    assert result.summary.labels.active == 0
    batches = sorted(result.tables.batches.values(), key=lambda row: row.id)
    assert any(
        after.started_at < before.ended_at
        for before, after in pairwise(batches)
        if after.started_at is not None and before.ended_at is not None
    )


def test_without_a_retainer_times_count_from_the_posting_and_not_from_the_first_worker() -> None:
    result = a_run(t_e2e.TABLE, "generated", "Base-NR", f"pool.size={FEW}")
    seen = t_e2e.observe(result)
    came = [row.at for row in result.tables.labels.values()]
    assert seen["seconds"] == pytest.approx(max(came))
    mean = sum(came) / FEW
    assert seen["label std"] == pytest.approx(
        (sum((at - mean) ** 2 for at in came) / (FEW - 1)) ** 0.5
    )
    first = next(row.trained_at for row in result.tables.models if (row.accuracy or 0) >= 0.65)
    assert seen["to @0.65"] == pytest.approx(first)


def test_with_a_pool_times_count_from_the_first_batch() -> None:
    result = a_run(t_e2e.TABLE, "generated", "CLAMShell")
    assert t_e2e.observe(result)["seconds"] == pytest.approx(result.summary.seconds)


def test_a_folder_of_pictures_gives_the_tables_of_learning_further_groups(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist", noise(80, 28, 28), [*range(10)] * 8)
    assert set(with_pictures([t_hl.TABLE], tmp_path)[0].groups) == {*t_hl.TABLE.groups, "MNIST"}
    write_cifar(tmp_path / "cifar-10", "test_batch.bin", noise(90, 32, 32, 3), [0, 2, 5] * 30)
    plain, learning = with_pictures([t_sm.TABLE, t_hl.TABLE], tmp_path)
    assert plain is t_sm.TABLE
    assert list(learning.groups)[-2:] == ["MNIST", "CIFAR-10"]
    work = cells(learning, path_of(learning), range(1), ["stop.labels=20", "requester.gold=10"])
    for group, classes in (("MNIST", 10), ("CIFAR-10", 2)):
        place = list(learning.groups).index(group) * len(learning.arms)
        seen = run(work[place])
        assert seen["accuracy @50"] == 1 / classes
        assert 0 <= seen["accuracy"] <= 1


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has neither mnist nor cifar-10 \(--data\)\. Name the"):
        with_pictures([t_hl.TABLE], tmp_path)
    with pytest.raises(InputError, match="neither mnist nor cifar-10"):
        with_pictures([t_hl.TABLE], tmp_path / "nowhere")
