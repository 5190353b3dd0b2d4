"""Making the runs: in which order, what they promise, and what is said of one that cannot be."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from msgspec.structs import replace

from clamshell_tui.errors import DatasetError, EnvironmentFaultError, InputError, ScenarioError
from clamshell_tui.experiments.cells import measure
from clamshell_tui.experiments.intervals import interval
from clamshell_tui.experiments.sweep import backends
from clamshell_tui.experiments.sweep.kept import KeptCells
from clamshell_tui.experiments.sweep.plan import SweepPlan
from clamshell_tui.experiments.sweep.table import means, picture
from clamshell_tui.experiments.sweep.trial import TrialDone, measures, tried
from clamshell_tui.simulator.run_scenario import run_scenario

MakePlan = Callable[..., SweepPlan]


def test_cells_are_all_combinations_the_last_axis_fastest(make_plan: MakePlan) -> None:
    plan = make_plan("pool.size=2,4", "tasks.votes=1..2")
    assert [cell.name for cell in plan.cells] == [
        "pool.size=2 tasks.votes=1",
        "pool.size=2 tasks.votes=2",
        "pool.size=4 tasks.votes=1",
        "pool.size=4 tasks.votes=2",
    ]
    assert [cell.scenario.pool.size for cell in plan.cells] == [2, 2, 4, 4]


def test_a_cell_that_is_no_scenario_is_told_before_any_run(make_plan: MakePlan) -> None:
    with pytest.raises(ScenarioError, match=r"setting pool.sise=2: .*did you mean \"size\""):
        make_plan("pool.sise=2,4")
    with pytest.raises(ScenarioError, match="needs a pool of at least 3"):
        make_plan("pool.size=2,4", "tasks.votes=1,3")
    with pytest.raises(InputError, match="makes 1,000,000 cells"):
        make_plan("pool.size=1..1000", "tasks.votes=1..1000")


def test_runs_that_share_their_data_stand_together(make_plan: MakePlan) -> None:
    plan = make_plan("tasks.votes=1,2", 'dataset.classes=["yes","no"],["no","yes"]')
    order = [(work.scenario.dataset, work.seed) for work in plan.work(set())]
    changes = sum(before != after for before, after in pairwise(order))
    assert changes == 3  # two kinds of data, two seeds


def test_a_run_has_the_measures_of_the_scenario_run_by_itself(make_plan: MakePlan) -> None:
    work = make_plan("pool.size=3").work(set())[1]
    done = tried(work)
    alone = measure(run_scenario(replace(work.scenario, seed=1), work.base))
    found = dict(zip(measures(), done.values, strict=True))
    assert (done.cell, done.seed) == (0, 1)
    assert found["seconds"] == alone.seconds
    assert found["batches.mean"] == alone.batch_mean
    assert found["cost.total"] == alone.dollars
    assert found["workers.evicted"] == alone.evictions


def test_a_process_with_another_version_refuses_to_help(make_plan: MakePlan) -> None:
    work = make_plan().work(set())[0]
    versions = dict(work.identity.versions) | {"numpy": "1.0"}
    other = replace(work.identity, versions=tuple(versions.items()))
    with pytest.raises(EnvironmentFaultError, match=r"numpy was 1\.0, is .* Install the same"):
        tried(replace(work, identity=other))


def test_a_run_that_fails_names_its_cell_and_seed(make_plan: MakePlan) -> None:
    plan = make_plan("requester.gold=10,59")
    work = [each for each in plan.work(set()) if each.cell == 1]
    (plan.base / "data.csv").write_text("f,label\n1,yes\n2,no\n")
    with pytest.raises(DatasetError, match=r"requester.gold=59 seed 0: .*records"):
        list(
            backends.here(replace(each, identity=replace(each.identity, files=())) for each in work)
        )


@pytest.mark.parametrize("address", ["nonsense", "http://a:1", "a:1/b", "a:port", ""])
def test_what_is_no_address_of_a_cluster_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="is no address"):
        backends.check_cluster(address)


def test_means_are_over_the_runs_that_can_tell(make_plan: MakePlan) -> None:
    plan = make_plan("pool.size=2,4", seeds=3)
    place = measures().index("model.accuracy")
    with KeptCells(None, plan.identity) as kept:
        for seed, accuracy in enumerate((0.5, None, 0.7)):
            values = [0.0] * len(measures())
            kept.add("pool.size=2", seed, (*values[:place], accuracy, *values[place + 1 :]))
            kept.add("pool.size=4", seed, (None,) * len(measures()))
        assert means(plan, kept, "model.accuracy") == [interval([0.5, 0.7]), None]


def test_a_picture_has_a_bar_for_each_cell_to_one_scale(make_plan: MakePlan) -> None:
    plan = make_plan("pool.size=2,4,6")
    lines = picture(plan, "m", [interval([1.0, 2.0]), interval([3.0]), None], unicode=False)
    assert lines[0] == "m, mean of 2 seeds with its 95 % interval"
    assert lines[2:] == [
        f"        2   1.5  -4.853 .. 7.853  {'#' * 15}",
        f"        4     3                -  {'#' * 30}",
        "        6     -                -",
    ]
    found = [interval([1.0, 2.0]), interval([3.0]), None]
    narrow = picture(plan, "m", found, unicode=False, width=50)
    assert [len(line) for line in narrow[2:4]] == [42, 50]


def test_done_travels_as_plain_values(make_plan: MakePlan) -> None:
    done = tried(make_plan().work(set())[0])
    assert isinstance(done, TrialDone)
    assert {type(value) for value in done.values} <= {int, float, type(None)}
