"""``clamshell run``: run scenarios, with progress on stderr and summaries on stdout."""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from clamshell_tui.cli.options import complete_scenario, path_option, refuse_set, refuse_together
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import find

if TYPE_CHECKING:
    from clamshell_tui.cli.progress import RunProgress
    from clamshell_tui.run.summary import Summary

_EPILOG = """\b
Examples:
  clamshell run quickstart
  clamshell run quickstart --seed 7 --out run.db
  clamshell run mine.toml --set pool.size=30 --set maintenance.threshold=inf
  clamshell run quickstart --compare straggler_mitigation.enabled=false
  clamshell run quickstart --preset paper
  clamshell run stragglers drop-outs --json --no-progress | jq '.[].cost.total'
"""


_OVERLAP = (
    "Without a barrier, batches overlap: each takes longer and varies more, all take less together."
)


class _Job(NamedTuple):
    """A scenario, and the folder that its paths start from."""

    scenario: Scenario
    base: Path


class _Showing(NamedTuple):
    """The progress that the options ask for."""

    plain: bool
    silent: bool

    def progress(self, title: str) -> "RunProgress | None":
        if self.silent:
            return None
        from clamshell_tui.cli.progress import LiveProgress, PlainProgress

        capable = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        return LiveProgress(title) if capable and not self.plain else PlainProgress(title)


@click.command(epilog=_EPILOG)
@click.argument(
    "scenarios", nargs=-1, required=True, metavar="SCENARIO...", shell_complete=complete_scenario
)
@click.option("--seed", metavar="N", help="Use this seed instead of the scenario's.")
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change a setting (clamshell settings lists them). Repeat it for more.",
)
@click.option(
    "--preset",
    metavar="NAME",
    help="Use a named set of settings: paper stands for the paper's own policies.",
)
@click.option(
    "--compare",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="Run again with this setting changed, and print the ratios.",
)
@path_option("--out", help="Keep the run in this file.")
@click.option("--force", is_flag=True, help="Let --out replace an existing run.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@click.option("--check", is_flag=True, help="Assert every invariant after every event (slow).")
@click.option("--plain", is_flag=True, help="Show progress as plain lines, also in a terminal.")
@click.option("--no-progress", "silent", is_flag=True, help="Show no progress.")
def command(
    *,
    scenarios: tuple[str, ...],
    seed: str | None,
    settings: tuple[str, ...],
    preset: str | None,
    changes: tuple[str, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
    check: bool,
    plain: bool,
    silent: bool,
) -> None:
    """Run scenarios and print a summary.

    SCENARIO is the path of a .toml file, or the name of a built-in one (see clamshell scenarios).
    Several run one after the other. The same scenario and seed always give the same run.

    With --json one scenario gives an object and several give an array; with --compare each object
    holds "a", "b" and their "comparison".
    """
    if out is not None and (len(scenarios) > 1 or changes):
        raise click.UsageError("--out keeps one run: name one scenario, and no --compare")
    refuse_together("plain", "silent")
    refuse_set(settings, {"seed": "--seed"} if seed is not None else {})
    refuse_set(settings, {"preset": "--preset"} if preset is not None else {})
    stop_tidily()
    given = [*([f"preset={preset}"] if preset is not None else ()), *settings]
    given += [f"seed={seed}"] if seed is not None else []
    given += ["simulation.check=true"] if check else []
    paths = [find(name) for name in scenarios]
    jobs = [_Job(load_scenario(path, given), path.parent) for path in paths]
    others = [load_scenario(path, [*given, *changes]) for path in paths]
    from clamshell_tui.runfile.output_path import check_apart

    read = [job.base / name for job in jobs for name in job.scenario.files]
    check_apart({"--out": out}, [*paths, *read])
    showing, printer = _Showing(plain, silent), _Printer(as_json, len(jobs))
    for job, other in zip(jobs, others, strict=True):
        name = job.scenario.name
        overlap = job.scenario.tasks.batching != other.tasks.batching
        if changes:
            a = _run(job, f"{name} (A: as it is)", showing)
            b = _run(_Job(other, job.base), f"{name} (B: {', '.join(changes)})", showing)
            printer.comparison(a, b, changes, _OVERLAP if overlap else "")
        else:
            printer.summary(_run(job, name, showing, out, force))
    printer.end()
    if out is not None:
        click.echo(f"kept in {out}", err=True)


def _run(
    job: _Job, title: str, showing: _Showing, out: Path | None = None, force: bool = False
) -> "Summary":
    progress = showing.progress(title)
    with progress or nullcontext():
        from clamshell_tui.simulator.run_scenario import (
            run_scenario,  # seconds: numpy and scikit-learn
        )

        return run_scenario(
            job.scenario,
            job.base,
            out=out,
            overwrite=force,
            watch=progress.watch if progress else None,
            pace=progress.pace if progress else None,
        ).summary


class _Printer:
    """Prints each result as text when it is there, or all of them as JSON at the end."""

    def __init__(self, as_json: bool, number: int) -> None:
        self._as_json = as_json
        self._number = number
        self._objects: list[object] = []

    def summary(self, summary: "Summary") -> None:
        if self._as_json:
            self._objects.append(summary)
            return
        from clamshell_tui.cli.output import print_data, shows_unicode
        from clamshell_tui.report.render import render_summary

        print_data(render_summary(summary, unicode=shows_unicode(sys.stdout)))

    def comparison(self, a: "Summary", b: "Summary", changes: Sequence[str], note: str) -> None:
        from clamshell_tui.report.compare import compare

        rows = compare(a, b)
        if self._as_json:
            named = [row._asdict() for row in rows]
            self._objects.append({"a": a, "b": b, "changed": changes, "comparison": named})
            return
        from clamshell_tui.cli.output import print_data, shows_unicode
        from clamshell_tui.report.render import render_comparison

        name = f"{a.meta['scenario']}, seed {a.meta['seed']}"
        table = render_comparison(
            rows, name, f"the same with {', '.join(changes)}", unicode=shows_unicode(sys.stdout)
        )
        print_data(table)
        if note:
            click.echo(note)

    def end(self) -> None:
        if self._as_json:
            import msgspec

            found = self._objects[0] if self._number == 1 else self._objects
            text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
            click.echo(text)
