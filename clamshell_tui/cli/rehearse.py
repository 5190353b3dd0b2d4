"""``clamshell rehearse``: a study in virtual time, with many seeds, before anybody is paid."""

import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import (
    complete_scenario,
    jobs_option,
    path_option,
    processes,
    refuse_set,
)
from clamshell_tui.text import show

if TYPE_CHECKING:
    from rich.table import Table

    from clamshell_tui.experiments.rehearsal import ConditionFigures, Rehearsed
    from clamshell_tui.study.load import Study
    from worker_client.photographed import Picture

_EPILOG = """\b
Examples:
  clamshell rehearse helped-or-alone
  clamshell rehearse study.toml --seeds 100 --jobs 4
  clamshell rehearse study.toml --set tasks.votes=5
  clamshell rehearse study.toml --json | jq .warnings
  clamshell rehearse study.toml --screens screens   # then open screens/index.html

\b
Ranges hold nine tenths of the values, over all seeds. Simulated people are those of [crowd].
"""


_SMALLEST = 80, 24


class _Size(click.ParamType[tuple[int, int]]):
    name = "WxH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{1,3})x(\d{1,3})", str(value))
        size = (int(found[1]), int(found[2])) if found else (0, 0)
        if size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
            self.fail("columns x lines, at least 80x24, such as 120x40", param, ctx)
        return size


@click.command(epilog=_EPILOG)
@click.argument("study", metavar="STUDY", shell_complete=complete_scenario)
@click.option("--seeds", metavar="N", default=20, show_default=True, type=click.IntRange(1, 10_000))
@jobs_option("The figures do not depend on it.")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a setting of the study."
)
@path_option(
    "--screens",
    metavar="DIR",
    help="Also write pictures of all screens, as a bot in each condition sees them.",
)
@click.option(
    "--size",
    type=_Size(),
    default="80x24",
    show_default=True,
    help="Columns and lines of the terminal on the pictures.",
)
@click.option("--force", is_flag=True, help="Replace an existing folder of pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
def command(
    *,
    study: str,
    seeds: int,
    jobs: int | None,
    settings: tuple[str, ...],
    screens: Path | None,
    size: tuple[int, int],
    force: bool,
    as_json: bool,
    silent: bool,
) -> None:
    """Rehearse a study with simulated participants.

    Shows how many get how far, how long each stage takes, what people are paid in all and by the
    hour, what the study costs, and how many votes and checks there are, with warnings of what
    participants may stumble over. STUDY is a file or the name of a built-in study. With --screens,
    a bot then goes through each condition on the real screens; the work is cut short for it.
    """
    from clamshell_tui.cli.progress import ExperimentBar
    from clamshell_tui.cli.stopping import stop_tidily
    from clamshell_tui.experiments.rehearsal import findings, loaded, rehearse
    from clamshell_tui.experiments.study_warnings import warnings
    from clamshell_tui.scenario.shipped import find

    refuse_set(settings, {"seed": "--seeds"})
    stop_tidily()
    path = find(study)
    read, dataset, records = loaded(str(path), settings)
    if screens is not None:
        from clamshell_tui.cli.screen_pages import check_folder

        check_folder(screens, force=force)
    seen: list[Rehearsed] = []
    with ExperimentBar(seeds, silent=silent) as bar:
        bar.begin(read.name)
        seen += bar.tracked(rehearse(path, settings, range(seeds), processes(jobs)))
    remarks = [*warnings(read, dataset), *findings(read, records.work, seen)]
    if screens is not None:
        remarks += _take_pictures(read, screens, size, silent=silent)
    if as_json:
        _print_json(read, seen, remarks)
    else:
        _show(read, seen, remarks)


def _take_pictures(
    study: "Study", folder: Path, size: tuple[int, int], *, silent: bool
) -> list[str]:
    """Write the pictures of all screens; return what they show to be looked at."""
    from clamshell_tui.cli.progress import working
    from clamshell_tui.cli.rehearse_screens import remarks, take
    from clamshell_tui.cli.screen_pages import INDEX, write_folder
    from clamshell_tui.coordinator.child import run_to_end

    with nullcontext(str) if silent else working("starting the study ...") as progress:

        def note(condition: str, picture: "Picture") -> None:
            progress(show(f"screens of {condition}: {picture.number} {picture.stage}"))

        taken = run_to_end(take(study, size, note))
    found = list(remarks(taken))
    write_folder(folder, study.name, size, taken, found)
    pictures = sum(len(one.pictures) for one in taken)
    click.echo(f"{pictures} pictures of screens: {show(str(folder / INDEX))}", err=True)
    return found


def _print_json(study: "Study", seen: "Sequence[Rehearsed]", remarks: Sequence[str]) -> None:
    import msgspec

    data = {"study": study.name, "warnings": remarks, "seeds": seen}
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())


def _show(study: "Study", seen: "Sequence[Rehearsed]", remarks: Sequence[str]) -> None:
    from clamshell_tui.cli.output import folded, print_data
    from clamshell_tui.formats import count

    guests, arms = len(study.guests), len(study.conditions)
    click.echo(
        f"{study.name}: {count(guests, 'participant')}, {count(arms, 'condition')}, "
        f"{count(len(seen), 'seed')}"
    )
    for table in (_stages(seen), _pay(study, seen), _conditions(seen)):
        print_data(table)
    for remark in remarks:
        for number, line in enumerate(folded(remark)):
            click.echo(("! " if number == 0 else "  ") + line)
    if not remarks:
        click.echo("nothing to warn of")


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    from clamshell_tui.cli.output import shows_unicode

    table = Table(box=box.SIMPLE_HEAD if shows_unicode(sys.stdout) else box.ASCII2, pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0)
    return table


def _stages(seen: "Sequence[Rehearsed]") -> "Table":
    """Minutes per stage, with how many went through it in a seed."""
    table = _table("stage", "people", "minutes", "range")
    for number, stage in enumerate(seen[0].stages):
        seconds = [s for each in seen for s in each.stages[number].seconds]
        people = f"{len(seconds) / len(seen):.1f}"
        table.add_row(f"{number + 1} {stage.kind}", people, *_minutes(seconds))
    present = [s for each in seen for s in each.present]
    table.add_row("a participant", f"{len(present) / len(seen):.1f}", *_minutes(present))
    table.add_row("first to last", "", *_minutes([each.seconds for each in seen]))
    return table


def _pay(study: "Study", seen: "Sequence[Rehearsed]") -> "Table":
    from clamshell_tui.formats import coin_decimals

    table = _table(study.payment.currency, "median", "range")
    form = f"{{:.{coin_decimals(study.payment.currency)}f}}"
    for name, values in (
        ("a participant", [pay for each in seen for pay in each.pay]),
        ("by the hour", [rate for each in seen for rate in each.per_hour]),
        ("the study", [sum(each.pay) for each in seen]),
    ):
        table.add_row(name, *_spread([value / 1e6 for value in values], form))
    return table


def _conditions(seen: "Sequence[Rehearsed]") -> "Table":
    """Means over the seeds, a column for each condition."""
    table = _table("mean of a seed", *[each.name for each in seen[0].conditions])
    by_condition = list(zip(*[each.conditions for each in seen], strict=True))
    for name, values, form in (
        ("participants", lambda one: [one.assigned], "{:.1f}"),
        ("completed", lambda one: [one.completed], "{:.1f}"),
        ("records of each", lambda one: one.records, "{:.1f}"),
        ("checks of each", lambda one: one.checks_asked, "{:.1f}"),
        ("checks right", _share_right, "{:.0%}"),
        ("labels", lambda one: [one.labels], "{:.0f}"),
        ("votes for a label", lambda one: _known(one.votes), "{:.2f}"),
        ("labels right", lambda one: _known(one.accuracy), "{:.1%}"),
        ("minutes to the last label", lambda one: _known(one.seconds, 60), "{:.1f}"),
        ("evicted", lambda one: [one.evicted], "{:.1f}"),
    ):
        table.add_row(
            name, *[_mean([v for one in each for v in values(one)], form) for each in by_condition]
        )
    return table


def _share_right(one: "ConditionFigures") -> Sequence[float]:
    asked = sum(one.checks_asked)
    return [one.checks_right / asked] if asked else []


def _known(value: float | None, unit: float = 1) -> Sequence[float]:
    return [] if value is None else [value / unit]


def _minutes(seconds: Sequence[float]) -> tuple[str, str]:
    return _spread([each / 60 for each in seconds], "{:.1f}")


def _spread(values: Sequence[float], form: str) -> tuple[str, str]:
    from clamshell_tui.experiments.rehearsal import spread

    found = spread(values)
    if found is None:
        return "-", ""
    return form.format(found.median), f"{form} to {form}".format(found.low, found.high)


def _mean(values: Sequence[float], form: str = "{:.1f}") -> str:
    return form.format(sum(values) / len(values)) if values else "-"
