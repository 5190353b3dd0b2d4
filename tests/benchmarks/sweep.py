"""Is a sweep on two cores at least 1.8 times faster than on one?

Run by hand on an idle machine::

    python -m tests.benchmarks.sweep
    python -m tests.benchmarks.sweep --seeds 3 --rounds 1

``clamshell sweep`` over 200 cells with ``--jobs 1`` and ``--jobs 2`` in turn, from start to exit,
imports included; the best round of each counts. On a busy machine the wall clock measures the
others too. There the CPU time of all processes, in all, tells what two idle cores could reach: each
process imports the libraries for itself, about 2 s, so a sweep has to be long enough.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import click

from tests.benchmarks.measuring import cpu_of_descendants

VARY = ("--vary", "pool.size=5..54", "--vary", "maintenance.threshold=4,8,16,inf")
TARGET = 1.8


class Cost(NamedTuple):
    """Seconds of a whole command: on the wall, and of CPU in all its processes."""

    wall: float
    cpu: float


@click.command()
@click.option("--seeds", default=10, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=2, show_default=True, type=click.IntRange(1))
def main(seeds: int, rounds: int) -> None:
    """Print both times, their ratio, and whether the outputs are equal."""
    with TemporaryDirectory() as folder:
        places = {jobs: Path(folder) / f"{jobs}.csv" for jobs in (1, 2)}
        costs: dict[int, list[Cost]] = {1: [], 2: []}
        for _ in range(rounds):
            for jobs, place in places.items():
                costs[jobs].append(_sweep(jobs, seeds, place))
        same = places[1].read_bytes() == places[2].read_bytes()
    one, two = (min(each) for each in costs.values())
    click.echo(f"200 cells, {seeds} seeds, best of {rounds}: {200 * seeds} runs")
    for jobs, cost in ((1, one), (2, two)):
        click.echo(f"  --jobs {jobs}: {cost.wall:6.1f} s, {cost.cpu:6.1f} s of CPU")
    ratio = one.wall / two.wall
    click.echo(f"  faster by {ratio:.2f} (at least {TARGET})" + _missed(ratio < TARGET))
    click.echo(f"  by CPU time, on idle cores at most {2 * one.cpu / two.cpu:.2f}")
    click.echo("  outputs are byte-identical" if same else "  outputs DIFFER")


def _sweep(jobs: int, seeds: int, place: Path) -> Cost:
    arguments = ["sweep", "stragglers", *VARY, "--seeds", str(seeds), "--jobs", str(jobs)]
    command = [sys.executable, "-m", "clamshell_tui.cli", *arguments, "--out", str(place)]
    used = cpu_of_descendants()
    began = perf_counter()
    subprocess.run([*command, "--force"], check=True, capture_output=True)
    wall = perf_counter() - began
    return Cost(wall, cpu_of_descendants() - used)


def _missed(missed: bool) -> str:
    return " MISSED" if missed else ""


if __name__ == "__main__":
    main()
