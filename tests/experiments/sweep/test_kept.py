"""Finished runs beside the output."""

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.experiments.sweep.kept import KeptCells
from clamshell_tui.experiments.sweep.plan import SweepPlan

MakePlan = Callable[..., SweepPlan]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "sweep.csv.runs"


def test_a_run_is_read_back_exactly(make_plan: MakePlan, runs: Path) -> None:
    values = (0.1 + 0.2, 3, None, math.inf, 1e-300, -0.0)
    with KeptCells(runs, make_plan().identity) as kept:
        kept.add("a", 1, values)
    with KeptCells(runs, make_plan().identity) as kept:
        assert kept.finished() == {("a", 1)}
        assert repr(kept.values("a", 1)) == repr(values)


def test_force_forgets_what_there_is(make_plan: MakePlan, runs: Path) -> None:
    with KeptCells(runs, make_plan().identity) as kept:
        kept.add("a", 1, (1,))
    with KeptCells(runs, make_plan(settings=("tasks.votes=3",)).identity, fresh=True) as kept:
        assert kept.finished() == set()


def test_another_scenario_does_not_mix(make_plan: MakePlan, runs: Path) -> None:
    KeptCells(runs, make_plan().identity).close()
    with pytest.raises(InputError, match=r"another sweep \(tasks.votes was 1, is 3\).*--force"):
        KeptCells(runs, make_plan(settings=("tasks.votes=3",)).identity)


def test_another_version_does_not_mix(make_plan: MakePlan, runs: Path) -> None:
    now = make_plan().identity
    before = dict(now.versions) | {"clamshell-tui": "0.0.1"}
    KeptCells(runs, replace(now, versions=tuple(before.items()))).close()
    with pytest.raises(InputError, match=r"clamshell-tui was 0\.0\.1, is \d"):
        KeptCells(runs, now)


def test_other_data_do_not_mix(make_plan: MakePlan, runs: Path) -> None:
    plan = make_plan()
    KeptCells(runs, plan.identity).close()
    with (plan.base / "data.csv").open("a") as file:
        file.write("60,no\n")
    with pytest.raises(InputError, match=r"data\.csv has changed"):
        KeptCells(runs, make_plan().identity)


def test_data_that_only_some_cells_read_are_remembered(make_plan: MakePlan, runs: Path) -> None:
    now = make_plan().identity
    for digest in ("one", None):
        files = (("crowd.csv", digest),) if digest else ()
        KeptCells(runs, replace(now, files=files)).close()
    with pytest.raises(InputError, match=r"crowd\.csv has changed"):
        KeptCells(runs, replace(now, files=(("crowd.csv", "two"),)))


def test_other_cells_and_more_seeds_go_on_with_what_is_there(
    make_plan: MakePlan, runs: Path
) -> None:
    with KeptCells(runs, make_plan("pool.size=2,4").identity) as kept:
        kept.add("pool.size=4", 1, (1,))
    plan = make_plan("pool.size=4,6", seeds=3)
    with KeptCells(runs, plan.identity) as kept:
        left = [(work.name, work.seed) for work in plan.work(kept.finished())]
    assert ("pool.size=4", 1) not in left
    assert len(left) == plan.runs - 1 == 5


def test_two_sweeps_into_one_output_are_refused(make_plan: MakePlan, runs: Path) -> None:
    with (
        KeptCells(runs, make_plan().identity),
        pytest.raises(EnvironmentFaultError, match="another sweep is writing"),
    ):
        KeptCells(runs, make_plan().identity, fresh=True)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_file_of_somebody_else_is_not_touched(
    make_plan: MakePlan, runs: Path, fresh: bool
) -> None:
    runs.write_text("my notes, more than sixteen bytes\n")
    with pytest.raises(InputError, match="not a sweep's"):
        KeptCells(runs, make_plan().identity, fresh=fresh)
    assert runs.read_text().startswith("my notes")
    runs.unlink()
    with sqlite3.connect(runs) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = runs.read_bytes()
    with pytest.raises(InputError, match="not a sweep's"):
        KeptCells(runs, make_plan().identity, fresh=fresh)
    assert runs.read_bytes() == before


def test_a_sweep_that_fails_at_once_leaves_nothing(make_plan: MakePlan, runs: Path) -> None:
    with pytest.raises(ZeroDivisionError), KeptCells(runs, make_plan().identity):
        raise ZeroDivisionError
    assert list(runs.parent.glob("sweep*")) == []
