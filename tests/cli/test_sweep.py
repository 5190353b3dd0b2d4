"""``clamshell sweep`` end to end: the same bytes however the runs were made."""

import csv
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.experiments.intervals import interval
from tests.cli.local_cluster import cluster

Command = Callable[..., Any]

SWEEP = ("sweep", "tiny.toml", "--set", "learning.enabled=false", "--seeds", "3")
OUTPUT = ("expected.csv", "expected.csv.runs")
VARY = ("--vary", "pool.size=2..4", "--vary", "maintenance.threshold=2,inf")

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask[distributed]")
needs_parquet = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow")


@pytest.fixture
def expected(clamshell: Command) -> bytes:
    """The output of the sweep with one job, in one go."""
    assert clamshell(*SWEEP, *VARY, "--jobs", "1", "--out", "expected.csv").code == 0
    return Path("expected.csv").read_bytes()


def test_rows_are_the_cells_and_seeds_in_order(clamshell: Command, expected: bytes) -> None:
    rows = list(csv.DictReader(expected.decode().splitlines()))
    assert len(rows) == 3 * 2 * 3
    first = [(row["pool.size"], row["maintenance.threshold"], row["seed"]) for row in rows[:7]]
    assert first[2:] == [
        ("2", "2", "2"),
        *[("2", "inf", f"{n}") for n in range(3)],
        ("3", "2", "0"),
    ]
    alone = clamshell(
        "run",
        "tiny.toml",
        "--set",
        "learning.enabled=false",
        "--seed",
        "2",
        "--set",
        "pool.size=2",
        "--set",
        "maintenance.threshold=2",
        "--json",
    ).out
    assert f'"mean": {rows[2]["batches.mean"]},' in alone
    assert {path.name for path in Path().iterdir()} == {"tiny.toml", *OUTPUT}


@pytest.mark.slow
def test_two_jobs_give_the_same_bytes(clamshell: Command, expected: bytes) -> None:
    done = clamshell(*SWEEP, *VARY, "--jobs", "2", "--out", "two.csv")
    assert (done.code, done.err) == (0, "kept in two.csv\n")
    assert Path("two.csv").read_bytes() == expected


KILLED_AFTER_FIVE = """
import os, signal, sys
from clamshell_tui.cli import main
from clamshell_tui.experiments.sweep.kept import KeptCells as Kept
add = Kept.add
def killed(kept, *run):
    add(kept, *run)
    if len(kept.finished()) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
Kept.add = killed
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_killed_half_way_it_finishes_only_the_rest(clamshell: Command, expected: bytes) -> None:
    args = (*SWEEP, *VARY, "--jobs", "1", "--out", "killed.csv")
    killed = subprocess.run([sys.executable, "-c", KILLED_AFTER_FIVE, *args], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not Path("killed.csv").exists()
    changed = clamshell(*args, "--set", "tasks.votes=2")
    assert changed.code == 2
    assert "(tasks.votes was 1, is 2), and they do not mix" in changed.err
    done = clamshell(*args)
    assert done.code == 0
    assert "5 of 18 runs are there already" in done.err
    assert Path("killed.csv").read_bytes() == expected
    names = sorted(path.name for path in Path().glob("*killed*"))
    assert names == ["killed.csv", "killed.csv.runs"]


def test_the_same_command_again_runs_nothing_and_succeeds(
    clamshell: Command, expected: bytes
) -> None:
    done = clamshell(*SWEEP, *VARY, "--jobs", "1", "--out", "expected.csv")
    assert (done.code, Path("expected.csv").read_bytes()) == (0, expected)
    assert "18 of 18 runs are there already" in done.err


def test_a_finished_sweep_is_extended_by_what_is_missing(
    clamshell: Command, expected: bytes
) -> None:
    more = ("--jobs", "1", "--vary", "pool.size=2..5", "--vary", "maintenance.threshold=2,inf")
    args = (*SWEEP[:-1], "4", *more)
    done = clamshell(*args, "--out", "expected.csv")
    assert done.code == 0
    assert "18 of 32 runs are there already" in done.err
    assert clamshell(*args, "--out", "fresh.csv").code == 0
    assert Path("expected.csv").read_bytes() == Path("fresh.csv").read_bytes()
    assert clamshell(*SWEEP, *VARY, "--jobs", "1", "--out", "expected.csv").code == 0
    assert Path("expected.csv").read_bytes() == expected  # fewer again, from the same runs


def test_a_table_that_was_changed_since_is_not_replaced(
    clamshell: Command, expected: bytes
) -> None:
    changed = expected + b"# mine\n"
    Path("expected.csv").write_bytes(changed)
    args = (*SWEEP, *VARY, "--jobs", "1", "--out", "expected.csv")
    done = clamshell(*args)
    assert done.code == 2
    assert "expected.csv is not as this sweep wrote it. Move it away" in done.err
    assert Path("expected.csv").read_bytes() == changed
    Path("expected.csv").unlink()
    assert clamshell(*args).code == 0
    assert Path("expected.csv").read_bytes() == expected


@needs_dask
def test_a_cluster_gives_the_same_bytes(expected: bytes) -> None:
    command = [sys.executable, "-m", "clamshell_tui.cli", *SWEEP, *VARY, "--out", "cluster.csv"]
    with cluster() as address:
        subprocess.run([*command, "--cluster", address], check=True, stdout=subprocess.DEVNULL)
    assert Path("cluster.csv").read_bytes() == expected


@needs_dask
def test_a_cluster_that_is_not_there_is_the_machines_fault(clamshell: Command) -> None:
    done = clamshell(*SWEEP, "--cluster", "127.0.0.1:1")
    assert done.code == 3
    assert "the cluster at 127.0.0.1:1 does no work" in done.err


def test_means_have_an_interval_for_each_cell_and_measure(
    clamshell: Command, expected: bytes
) -> None:
    assert clamshell(*SWEEP, *VARY, "--jobs", "1", "--means", "means.csv").code == 0
    rows = list(csv.DictReader(Path("means.csv").read_text().splitlines()))
    runs = list(csv.DictReader(expected.decode().splitlines()))
    assert len(rows) == 6 * (len(runs[0]) - 3)
    row = next(row for row in rows if row["measure"] == "cost.total")
    found = interval([float(run["cost.total"]) for run in runs[:3]])
    assert (row["pool.size"], row["maintenance.threshold"], row["runs"]) == ("2", "2", "3")
    assert tuple(float(row[name]) for name in ("mean", "low", "high")) == found


def test_the_measures_asked_for_are_shown(clamshell: Command) -> None:
    done = clamshell(
        *SWEEP,
        "--vary",
        "pool.size=2,4",
        "--jobs",
        "1",
        "--show",
        "cost.total",
        "--show",
        "batches.mean",
    )
    assert done.code == 0
    assert "cost.total, mean of 3 seeds" in done.out
    lines = done.out.partition("\n\nbatches.mean, mean of 3 seeds")[2].splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["pool.size", "2", "4"]
    assert list(Path().iterdir()) == [Path("tiny.toml")]


@needs_parquet
def test_parquet_has_the_same_rows_with_types(clamshell: Command, expected: bytes) -> None:
    import pyarrow.parquet as parquet

    assert clamshell(*SWEEP, *VARY, "--jobs", "1", "--out", "sweep.parquet").code == 0
    found = parquet.read_table("sweep.parquet").to_pylist()
    runs = list(csv.DictReader(expected.decode().splitlines()))
    assert [{k: "" if v is None else repr(v) for k, v in row.items()} for row in found] == [
        row | {"maintenance.threshold": repr(float(row["maintenance.threshold"]))} for row in runs
    ]


@pytest.mark.parametrize(
    ("args", "code", "complaint"),
    [
        (("--vary", "pool.sise=2,3"), 2, 'setting pool.sise=2: unknown key "sise" in [pool]'),
        (("--vary", "pool.size"), 2, "varies nothing"),
        (("--show", "batches.men"), 2, 'did you mean "batches.mean"'),
        (("--out", "sweep.txt"), 2, "Name it .csv or .parquet"),
        (("--out", "there.csv"), 2, "there.csv exists; replace it with --force"),
        (("--out", "no/sweep.csv"), 3, "no such directory"),
        (("--out", "sweep.parquet"), 3, "pip install 'clamshell-tui[parquet]'"),
        (("--cluster", "127.0.0.1:8786"), 3, "pip install 'clamshell-tui[cluster]'"),
        (("--cluster", "somewhere"), 2, "is no address"),
    ],
)
def test_what_cannot_be_done_is_told_before_any_run(
    clamshell: Command,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    code: int,
    complaint: str,
) -> None:
    for module in ("pyarrow", "distributed"):
        monkeypatch.setitem(sys.modules, module, None)  # as if not installed
    Path("there.csv").touch()
    done = clamshell(*SWEEP, *args)
    assert (done.code, done.out) == (code, "")
    assert complaint in done.err
    assert len(done.err.splitlines()) == 1
    assert {path.name for path in Path().iterdir()} == {"tiny.toml", "there.csv"}
