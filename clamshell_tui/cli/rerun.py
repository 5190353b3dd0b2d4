"""``clamshell rerun``: simulate a recorded session under another policy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.output import folded, terminal_width
from clamshell_tui.experiments.advice_text import brackets
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.report.aligned import aligned
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.experiments.rerun import RerunRow

_EPILOG = """\b
Examples:
  clamshell rerun run.db
  clamshell rerun run.db --set straggler_mitigation.enabled=false
  clamshell rerun run.db --set pool.size=20 --set maintenance.threshold=6 --seeds 100
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting to change; repeatable."
)
@click.option("--seeds", metavar="N", default=40, show_default=True, type=click.IntRange(2, 10_000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, run_file: Path, settings: tuple[str, ...], seeds: int, as_json: bool) -> None:
    """Run a recorded session again under another policy.

    The session is simulated many times with its own workers. They are estimated from the run (see
    clamshell trace) and join in the recorded order; after the last, the first joins again.
    Intervals contain 95 % of single runs; that of a ratio is the confidence interval of its mean.
    """
    from clamshell_tui.cli.progress import tracked
    from clamshell_tui.experiments.baseline import (
        UNSEEN_TAILS,
        changed,
        from_run_file,
        unseen_tails,
    )
    from clamshell_tui.experiments.rerun import compared, rerun

    basis = from_run_file(run_file, fresh=False)
    pairs = list(tracked(rerun(basis, settings, seeds), seeds, "simulating"))
    rows = compared(basis, pairs)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    changes = " ".join(settings) or "nothing"
    click.echo(f"changed: {show(changes)}\n")
    click.echo("\n".join(_table(rows)))
    brackets = f"{seeds} seeds; in brackets where 95 % of single runs fall, and the mean ratio"
    click.echo("\n".join(["", *folded(brackets)]))
    if unseen_tails(basis, [changed(basis, settings)]):
        click.echo("\n".join(folded(UNSEEN_TAILS)))


def _table(rows: "list[RerunRow]") -> list[str]:
    cells = [["", "recorded", "simulated as it was", "changed", "ratio"]]
    for row in rows:
        scale = 60.0 if row.unit == "seconds" else 0.01 if row.unit == "share" else 1.0
        before, after = (_scaled(each, scale) for each in (row.as_it_was, row.changed))
        recorded = "-" if row.recorded is None else f"{row.recorded / scale:.3g}"
        ratio = "" if row.ratio is None else brackets(row.ratio)
        name = f"{row.name}, {_UNITS.get(row.unit, row.unit)}" if row.unit != "count" else row.name
        cells.append([name, recorded, before, after, ratio])
    return list(aligned(cells, width=terminal_width()))


def _scaled(interval: Interval, scale: float) -> str:
    return brackets(Interval(*[each / scale for each in interval]))


_UNITS = {"seconds": "min", "dollars": "$", "share": "%"}
