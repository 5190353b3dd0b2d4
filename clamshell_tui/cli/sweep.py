"""``clamshell sweep``: run every combination of some settings with many seeds."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import (
    complete_scenario,
    jobs_option,
    path_option,
    processes,
    refuse_set,
    refuse_together,
)
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.experiments.sweep.kept import KeptCells
    from clamshell_tui.experiments.sweep.plan import SweepPlan, SweepWork
    from clamshell_tui.experiments.sweep.trial import TrialDone

_EPILOG = """\b
Examples:
  clamshell sweep quickstart --vary pool.size=5..40:5 --out sweep.csv
  clamshell sweep mine.toml --vary pool.size=5,10,20 --vary maintenance.threshold=4,8,16,inf \\
      --seeds 50 --jobs 4 --out sweep.parquet --means means.csv
  clamshell sweep quickstart --vary tasks.votes=1,3 --show labels.accuracy --show cost.total
  clamshell sweep mine.toml --vary pool.size=5..40:5 --cluster tcp://10.0.0.5:8786 --out sweep.csv

\b
VALUES are FIRST..LAST:STEP or a list; the cells are all combinations. Finished runs are kept beside
FILE, in FILE.runs: after an interruption the same command continues, and with more seeds or values
it makes only the runs that are missing. The measures are those of clamshell test --metrics. The
table depends only on scenario, cells and seeds, never on --jobs or --cluster.
"""


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="SCENARIO", shell_complete=complete_scenario)
@click.option(
    "--vary", metavar="KEY=VALUES", multiple=True, help="Vary a setting. Repeat it for more."
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Fix a setting.")
@click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Run every cell with the seeds from 0 to N - 1.",
)
@jobs_option()
@click.option(
    "--cluster", metavar="ADDRESS", help="Run on the workers of this Dask scheduler instead."
)
@path_option("--out", help="Write a row for each run to this .csv or .parquet file.")
@path_option(
    "--means",
    "means_file",
    help="Write mean and 95 % interval of each cell and measure to this .csv or .parquet file.",
)
@click.option("--show", "shown", metavar="MEASURE", multiple=True, help="Print the means of this.")
@click.option("--force", is_flag=True, help="Start over, and replace existing files.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
def command(
    *,
    source: str,
    vary: tuple[str, ...],
    settings: tuple[str, ...],
    seeds: int,
    jobs: int | None,
    cluster: str | None,
    out: Path | None,
    means_file: Path | None,
    shown: tuple[str, ...],
    force: bool,
    silent: bool,
) -> None:
    """Run every combination of some settings, with many seeds.

    SCENARIO is the path of a .toml file or the name of a built-in one. It is run in virtual time
    for each combination of the varied settings (a cell) and each seed. A seed gives every cell the
    same workers, so cells can be compared pair by pair.
    """
    from clamshell_tui.experiments.sweep.backends import check_cluster
    from clamshell_tui.experiments.sweep.kept import KeptCells, runs_of
    from clamshell_tui.experiments.sweep.plan import axes, plan
    from clamshell_tui.experiments.sweep.table import (
        MEANS,
        RUNS,
        check_place,
        write_means,
        write_runs,
    )
    from clamshell_tui.runfile.output_path import check_apart
    from clamshell_tui.scenario.shipped import find

    refuse_together("cluster", "jobs")
    varied = axes(vary)
    refuse_set(settings, {"seed": "--seeds", **{axis.key: "--vary" for axis in varied}})
    stop_tidily()
    shown = _measures(shown)
    path = find(source)
    planned = plan(path, settings, varied, seeds)
    if cluster is not None:
        check_cluster(cluster)
    place = out or means_file
    runs = runs_of(place) if place else None
    read = [planned.base / name for name, _ in planned.identity.files]
    check_apart({"--out": out, "--means": means_file, "beside --out": runs}, [path, *read])
    goes_on = runs is not None and runs.exists()
    if out is not None:
        check_place(out, overwrite=force or goes_on, columns=RUNS)
    if means_file is not None:
        check_place(means_file, overwrite=force or goes_on, columns=MEANS)
    outputs = [file for file in (out, means_file) if file is not None]
    with KeptCells(runs, planned.identity, fresh=force) as kept:
        for file in outputs if not force else ():
            kept.check_unchanged(file)
        _run(planned, kept, processes(jobs), cluster, silent)
        if means_file is not None:
            write_means(means_file, planned, kept)
        if out is not None:
            write_runs(out, planned, kept)
        for file in outputs:
            kept.wrote(file)
        _show(planned, kept, shown)
    for file in outputs:
        click.echo(f"kept in {show(str(file))}", err=True)


def _measures(shown: Sequence[str]) -> tuple[str, ...]:
    from clamshell_tui.errors import InputError, did_you_mean
    from clamshell_tui.experiments.sweep.trial import measures

    for name in shown:
        if name not in measures():
            hint = did_you_mean(name, measures())
            raise InputError(
                f'--show: no measure "{show(name)}"{hint}. They are {", ".join(measures())}'
            )
    return tuple(shown) or ("batches.mean",)


# Running


def _run(
    plan: "SweepPlan", kept: "KeptCells", jobs: int, cluster: str | None, silent: bool
) -> None:
    from clamshell_tui.cli.progress import tracked
    from clamshell_tui.formats import count

    work = plan.work(kept.finished())
    there = plan.runs - len(work)
    if there:
        click.echo(f"{there:,} of {count(plan.runs, 'run')} are there already", err=True)
    results = _results(work, jobs, cluster)
    title = f"running {count(len(plan.cells), 'cell')}"
    try:
        for done in results if silent else tracked(results, len(work), title):
            kept.add(plan.cells[done.cell].name, done.seed, done.values)
    except (KeyboardInterrupt, SystemExit):
        click.echo(
            f"{len(kept.finished()):,} of {count(plan.runs, 'run')} are finished; with --out "
            "the same command goes on from there",
            err=True,
        )
        raise


def _results(work: "Sequence[SweepWork]", jobs: int, cluster: str | None) -> "Iterator[TrialDone]":
    from clamshell_tui.experiments.sweep import backends

    if not work:
        return iter(())
    if cluster is not None:
        return backends.on_cluster(work, cluster)
    if jobs == 1 or len(work) == 1:
        return backends.here(work)
    return backends.in_processes(work, min(jobs, len(work)))


# Showing


def _show(plan: "SweepPlan", kept: "KeptCells", shown: Sequence[str]) -> None:
    from clamshell_tui.cli.output import shows_unicode, terminal_width
    from clamshell_tui.experiments.sweep.table import means, picture

    unicode, width = shows_unicode(sys.stdout), terminal_width()
    pictures = [
        picture(plan, name, means(plan, kept, name), unicode=unicode, width=width) for name in shown
    ]
    click.echo("\n\n".join("\n".join(lines) for lines in pictures))
