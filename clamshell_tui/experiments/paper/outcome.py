"""A finished table: its runs, its figures with their verdicts, and how to make it again."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from clamshell_tui.experiments.paper.panel import Panel
from clamshell_tui.experiments.paper.runs import Runs, gathered
from clamshell_tui.experiments.paper.table import Seen, Table
from clamshell_tui.experiments.paper.verdicts import Cell, judged, reasons
from clamshell_tui.experiments.versions import versions


class Outcome(Struct, frozen=True):
    """``reasons`` are by the name of the column; ``panels`` make its figure; ``made_by`` is a line.

    The same stamp is on the text, the CSV files and the figures.
    """

    table: Table
    runs: Runs
    cells: tuple[Cell, ...]
    reasons: Mapping[str, str]
    panels: tuple[Panel, ...]
    made_by: str = ""


def outcome(
    table: Table,
    seen: Sequence[Seen],
    scenario: Path,
    *,
    first_seed: int = 0,
    options: Sequence[str] = (),
) -> Outcome:
    """Of what was seen of all the table's runs; the reasons stand in the scenario's comment.

    ``options`` are those of ``clamshell paper``, besides the seeds, that the figures depend on.
    """
    runs = gathered(table, seen, first_seed)
    cells = tuple(judged(table, runs))
    panels = tuple(table.panels(table, runs))
    return Outcome(table, runs, cells, reasons(scenario), panels, _stamp(table, runs, options))


def _stamp(table: Table, runs: Runs, options: Sequence[str]) -> str:
    """Version, command, seeds and libraries: what it takes to make the same figures."""
    words = ["clamshell", "paper", table.id, "--seeds", str(runs.seeds)]
    if runs.first_seed:
        words += ["--first-seed", str(runs.first_seed)]
    command = shlex.join([*words, *options])
    first, last = runs.first_seed, runs.first_seed + runs.seeds - 1
    seeds = f"seeds {first} to {last}" if last > first else f"seed {first}"
    own, *libraries = [f"{name} {version}" for name, version in versions()]
    return f"{own}: {command} ({seeds}); {', '.join(libraries)}"
