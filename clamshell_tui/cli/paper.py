"""``clamshell paper``: reproduce the tables of the paper."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import jobs_option, path_option, processes, refuse_set
from clamshell_tui.cli.output import shows_unicode, terminal_width
from clamshell_tui.cli.progress import ExperimentBar
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.experiments.table import Cell, PaperTable
    from clamshell_tui.experiments.verdicts import TableOutcome

_EPILOG = """\b
Examples:
  clamshell paper
  clamshell paper T-SM T-PM --seeds 50 --jobs 4
  clamshell paper --full --out tables/
  clamshell paper T-HL T-E2E --data ~/pictures
  clamshell paper --list
  clamshell paper --beyond --list
  clamshell paper B-GATE --seeds 12
  clamshell run t-sm --compare tasks.pool_batch_ratio=3

\b
Each table has a scenario, which states what the paper did and found, and why our figures differ if
they do: clamshell scenarios t-sm. The figures depend on the seeds only, never on --jobs.
"""


def _complete_table(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from clamshell_tui.scenario.shipped import beyond_the_paper, of_the_paper

    ids = (stem.upper() for stem in (*of_the_paper(), *beyond_the_paper()))
    return [name for name in ids if name.startswith(incomplete.upper())]


@click.command(epilog=_EPILOG)
@click.argument("names", metavar="[TABLE]...", nargs=-1, shell_complete=_complete_table)
@click.option(
    "--beyond", is_flag=True, help="Compare our own policies with the paper's: tables B-..."
)
@click.option("--list", "listed", is_flag=True, help="List the tables and exit.")
@click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="Run with N seeds. Default: few, for a quick look.",
)
@click.option(
    "--first-seed",
    metavar="N",
    type=click.IntRange(0, 2**53 - 100_000),
    default=0,
    help="Begin with seed N. Default: 0. Other seeds give other workers: an independent check.",
)
@click.option(
    "--full", is_flag=True, help="Run with many seeds, for narrow intervals; takes minutes."
)
@jobs_option()
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change every scenario first."
)
@path_option(
    "--data",
    metavar="DIR",
    help="Learn MNIST and CIFAR-10 too, from their published files in DIR/mnist, DIR/cifar-10.",
)
@path_option(
    "--out",
    metavar="DIR",
    help="Write each table as CSV, text, and a figure (SVG and PNG) into this directory.",
)
@click.option("--force", is_flag=True, help="Replace existing tables.")
@click.option("--plot/--no-plot", default=None, help="Draw figures here. Default: in a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
def command(
    *,
    names: tuple[str, ...],
    beyond: bool,
    listed: bool,
    seeds: int | None,
    first_seed: int,
    full: bool,
    jobs: int | None,
    settings: tuple[str, ...],
    data: Path | None,
    out: Path | None,
    force: bool,
    plot: bool | None,
    as_json: bool,
    silent: bool,
) -> None:
    """Run the paper's experiments; show ours beside theirs.

    A TABLE is an id such as T-SM. Without any, all tables of the paper are made, or with --beyond
    all that compare our own policies with the paper's. Every figure is a mean over seeds with its
    95 % interval. It agrees with the paper if the mean lies in the paper's range, and differs if
    the whole interval lies outside.
    """
    from clamshell_tui.experiments.catalog import chosen
    from clamshell_tui.experiments.table import with_pictures
    from clamshell_tui.experiments.table_text import check_place, write

    tables = chosen(names, beyond=beyond)
    if listed:
        for table in tables:
            click.echo(f"{table.id:<10} {table.title} ({table.where})")
        return
    if full and seeds is not None:
        raise click.UsageError("--full sets the number of seeds: leave out --seeds")
    if as_json and plot:
        raise click.UsageError("--plot and --json contradict each other. Leave one out")
    refuse_set(settings, {"seed": "--first-seed"})
    if data is not None:
        tables = with_pictures(tables, data)
    stop_tidily()
    chosen_seeds = [
        range(first_seed, first_seed + (seeds or table.seeds[full])) for table in tables
    ]
    work = [_work(*each, settings) for each in zip(tables, chosen_seeds, strict=True)]
    options = [word for each in settings for word in ("--set", each)]
    options += [] if data is None else ["--data", str(data)]
    if out is not None:
        check_place(out, tables, overwrite=force)
    outcomes = []
    with ExperimentBar(sum(map(len, work)), silent=silent) as bar:
        for found in _outcomes(tables, work, processes(jobs), bar, first_seed, options):
            with bar.aside():
                if out is not None:
                    write(out, found)
                if not as_json:
                    _show(found, sys.stdout.isatty() if plot is None else plot)
            outcomes.append(found)
    if as_json:
        _print_json(outcomes)
    elif len(outcomes) > 1:
        _show_summary(outcomes)
    if out is not None:
        _say_where(out)


def _work(table: "PaperTable", seeds: Sequence[int], settings: Sequence[str]) -> "list[Cell]":
    from clamshell_tui.experiments.table import cells

    return cells(table, _scenario(table), seeds, settings)


def _scenario(table: "PaperTable") -> Path:
    from clamshell_tui.scenario.shipped import beyond_the_paper, of_the_paper

    return {**of_the_paper(), **beyond_the_paper()}[table.id.lower()]


def _outcomes(
    tables: "Sequence[PaperTable]",
    work: "Sequence[Sequence[Cell]]",
    jobs: int,
    bar: ExperimentBar,
    first_seed: int,
    options: Sequence[str],
) -> "Iterator[TableOutcome]":
    """Yield each table when it is complete, while the processes work on the next one."""
    from clamshell_tui.experiments.table import made
    from clamshell_tui.experiments.verdicts import outcome

    stream = made([cell for each in work for cell in each], jobs)
    for table, each in zip(tables, work, strict=True):
        bar.begin(table.id)
        seen = list(bar.tracked(islice(stream, len(each))))
        yield outcome(table, seen, _scenario(table), first_seed=first_seed, options=options)


# Showing


def _show(found: "TableOutcome", plot: bool) -> None:
    from clamshell_tui.experiments.table_text import as_text
    from clamshell_tui.report.chart_terminal import sketch

    unicode = shows_unicode(sys.stdout)
    click.echo(as_text(found, unicode=unicode, width=terminal_width()))
    if plot:
        width = shutil.get_terminal_size().columns
        for panel in found.panels[: found.table.sketched]:
            click.echo("\n" + sketch(panel, width, unicode=unicode))
    click.echo()


def _show_summary(outcomes: "Sequence[TableOutcome]") -> None:
    from clamshell_tui.experiments.verdicts import summary

    for found in outcomes:
        click.echo(f"{found.table.id:<10} {summary(found.cells)}")


def _print_json(outcomes: "Sequence[TableOutcome]") -> None:
    import msgspec

    from clamshell_tui.experiments.table_text import plain

    data = msgspec.json.encode([plain(each) for each in outcomes])
    click.echo(msgspec.json.format(data, indent=2).decode())


def _say_where(out: Path) -> None:
    from clamshell_tui.report.chart_matplotlib import can_draw

    click.echo(f"tables in {show(str(out))}", err=True)
    if not can_draw():
        click.echo(
            "without figures: they need matplotlib. pip install 'clamshell-tui[report]'", err=True
        )
