"""``clamshell advise``: search for settings that suit the crowd of a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import complete_scenario, path_option, refuse_set
from clamshell_tui.number_range import NumberRange

if TYPE_CHECKING:
    from clamshell_tui.experiments.advice import Advice
    from clamshell_tui.experiments.baseline import Basis

_SHOWN = 12  # rows of the table
_EPILOG = """\b
Examples:
  clamshell advise run.db
  clamshell advise quickstart --accuracy 0.97
  clamshell advise quickstart --beta 0.99 --seeds 20 --jobs 2
  clamshell advise run.db --vary pool.size=10,15,20 --vary maintenance.threshold=6,8,inf
  clamshell advise run.db --set pay.terminated=prorated --out advice.csv

\b
Axes of --vary: any key of a scenario, duplicates=off,1,2,unlimited, batches=continuous,1,2
(without a barrier, or with one and R slots per task of a batch), and votes=1,3,0.97 (a number of
votes, or the confidence of adaptive ones).
"""


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="FILE|SCENARIO", shell_complete=complete_scenario)
@click.option(
    "--beta",
    default=0.7,
    show_default=True,
    type=NumberRange(0, 1),
    help="Weight of an hour against a dollar.",
)
@click.option(
    "--accuracy",
    metavar="SHARE",
    type=NumberRange(0.5, 1, max_open=True),
    help="Only settings with so many labels right, such as 0.97; tries numbers of votes too.",
)
@click.option("--seeds", metavar="N", default=12, show_default=True, type=click.IntRange(2, 10_000))
@click.option("--jobs", metavar="N", default=1, show_default=True, type=click.IntRange(1, 256))
@click.option("--vary", metavar="KEY=V1,V2", multiple=True, help="Try these values instead.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Of a SCENARIO.")
@path_option("--out", metavar="CSV", help="Keep all points.")
@click.option("--force", is_flag=True, help="Let --out replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    source: str,
    beta: float,
    accuracy: float | None,
    seeds: int,
    jobs: int,
    vary: tuple[str, ...],
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Say which settings would suit a crowd, and at what cost.

    FILE is a run file; workers like its own are simulated. A SCENARIO is simulated with the
    population that it names. Every combination of pool size, barrier and R, threshold and
    duplicates is tried. The best one minimises beta * hours + (1 - beta) * dollars; with
    --accuracy, among those whose labels are right that often (Problem 1 of the paper).
    """
    from clamshell_tui.cli.output import folded
    from clamshell_tui.cli.progress import tracked
    from clamshell_tui.experiments import advice, advice_axes
    from clamshell_tui.experiments.baseline import UNSEEN_TAILS, changed, unseen_tails
    from clamshell_tui.runfile.output_path import check_apart, check_place, has_columns, write_text

    varied = _varied(vary)
    refuse_set(settings, dict.fromkeys(varied, "--vary"))
    if out is not None:
        check_place(out, overwrite=force, ours=has_columns("kind", "loss"), kind="our advice")
    basis, read = _basis(source, settings)
    check_apart({"--out": out}, read)
    varied = varied or advice_axes.axes(basis, accuracy=accuracy)
    now = advice_axes.current(basis, varied)
    tried = advice_axes.choices(varied, now)
    results = advice.outcomes(basis, tried, seeds, jobs)
    found = list(tracked(results, len(tried), "simulating"))
    advised = advice.advise(tried, found, now, beta=beta, accuracy=accuracy)
    if out is not None:
        from clamshell_tui.experiments.advice_text import to_csv

        write_text(out, to_csv(advised, basis.currency))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(advised), indent=2).decode())
        return
    from clamshell_tui.experiments.advice import beyond
    from clamshell_tui.experiments.advice_text import remarks, to_paste

    _print(advised, seeds, basis.currency)
    if line := to_paste(advised, ["clamshell", _runs_again(basis), source], settings):
        click.echo(f"\n{line}\n")
    said = remarks(advised, beyond(advised, basis))
    if records := advice.active_batch(basis, advised.points[advised.best].choice):
        said.append(
            f"A batch then has {records} actively chosen records. From 10 to 40 of them models "
            "converged alike in the paper (section 5.2); see learning.active_fraction and "
            "tasks.records_per_task."
        )
    works = [changed(basis, advice_axes.settings(choice)) for choice in tried]
    if unseen_tails(basis, works):
        said.append(UNSEEN_TAILS)
    for each in said:
        click.echo("\n".join(folded(each)))


def _runs_again(basis: "Basis") -> str:
    """Return the command that runs the source of ``basis`` with other settings."""
    return "run" if basis.seen is None else "rerun"


def _basis(source: str, settings: tuple[str, ...]) -> "tuple[Basis, list[Path]]":
    """Return the basis, and the files that it reads."""
    from clamshell_tui.experiments.baseline import from_run_file, from_scenario, set_on
    from clamshell_tui.runfile.reader import looks_like_a_run
    from clamshell_tui.scenario.load import load_scenario
    from clamshell_tui.scenario.shipped import find

    path = Path(source)
    if path.is_file() and looks_like_a_run(path):
        return set_on(from_run_file(path), settings), [path]
    path = find(source)
    scenario = load_scenario(path, settings)
    read = [path, *(path.parent / name for name in scenario.files)]
    return from_scenario(scenario, path.parent), read


def _varied(vary: tuple[str, ...]) -> dict[str, list[str]]:
    from clamshell_tui.errors import InputError
    from clamshell_tui.text import show

    found: dict[str, list[str]] = {}
    for each in vary:
        key, equals, values = each.partition("=")
        listed = [value.strip() for value in values.split(",") if value.strip()]
        if not equals or not listed:
            raise InputError(f'"{show(each)}" varies nothing. Write KEY=V1,V2')
        found[key.strip()] = listed
    return found


def _print(advised: "Advice", seeds: int, currency: str) -> None:
    from clamshell_tui.cli.output import folded, shows_unicode, terminal_width
    from clamshell_tui.experiments.advice_text import chart, sentence, table
    from clamshell_tui.report.chart_terminal import sketch

    tried = f"{len(advised.points)} settings, {seeds} seeds each, {advised.labels} labels"
    lines = table(advised, _SHOWN, terminal_width(), currency)
    lines += [*folded(f"{tried}; in brackets where 95 % of single runs fall"), ""]
    picture = sketch(
        chart(advised, currency), terminal_width() or 80, unicode=shows_unicode(sys.stdout)
    )
    lines += [picture, "", *folded(sentence(advised, currency))]
    click.echo("\n".join(lines))
