"""``clamshell trace``: estimate the workers of a run, as a population for scenarios."""

from pathlib import Path

import click

from clamshell_tui.cli.options import path_option

_EPILOG = """\b
Examples:
  clamshell trace run.db
  clamshell trace run.db -o workers.csv
  clamshell run quickstart --set crowd.population=trace --set crowd.trace=$PWD/workers.csv
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@path_option("-o", "--out", metavar="CSV", help="Write here, not to stdout.")
@click.option("--force", is_flag=True, help="Let --out replace an existing file.")
def command(*, run_file: Path, out: Path | None, force: bool) -> None:
    """Estimate the workers of a run: speed and accuracy.

    Prints a line per worker: mean and std of the seconds per label and the accuracy, as crowd.trace
    of a scenario reads them. Tasks that another worker finished first count as "at least this
    long", so mitigation does not make slow workers look quick; empirical_mean and empirical_std
    ignore such tasks. log_mean and log_sd are parameters of the log-normal think time.
    """
    from clamshell_tui.experiments.baseline import from_run_file
    from clamshell_tui.experiments.crowd_fit.crowd import FittedCrowd, to_csv
    from clamshell_tui.runfile.output_path import check_apart, check_place, has_columns, write_text
    from clamshell_tui.workforce.populations.trace import NOTES

    check_apart({"--out": out}, [run_file])
    if out is not None:
        check_place(out, overwrite=force, ours=has_columns(*NOTES), kind="a trace of a run")
    seen = from_run_file(run_file).seen
    assert isinstance(seen, FittedCrowd), "a run file always has a crowd"
    text = to_csv(seen)
    if out is None:
        click.echo(text, nl=False)
        return
    write_text(out, text)
    click.echo(f"{len(seen.workers)} workers, {seen.mean:.3g} s per label: {out}", err=True)
