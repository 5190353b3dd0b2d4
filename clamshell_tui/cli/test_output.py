"""Verdicts of ``clamshell test``: printed, written as reports, and as an exit code."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clamshell_tui.testing.junit import SuiteRun
    from clamshell_tui.testing.reports import ScenarioReport, SuiteReport

FAILED, UNUSABLE = 1, 2


def check_outputs(
    junit: Path | None, json: Path | None, out: Path | None, read: Sequence[Path]
) -> None:
    """Refuse, before the first run, to overwrite a scenario or a file of another kind."""
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.testing.junit import is_junit
    from clamshell_tui.testing.reports import is_json

    check_apart({"--junit": junit, "--json": json, "--out": out}, read)
    if junit is not None:
        check_place(junit, overwrite=True, ours=is_junit, kind="a report in JUnit XML")
    if json is not None:
        check_place(json, overwrite=True, ours=is_json, kind="a report in JSON")


def print_verdict(report: "ScenarioReport") -> None:
    """Print a verdict to stdout, or to stderr why the file cannot be used."""
    from clamshell_tui.testing.report_text import explanation, headline

    if report.error:
        click.echo(f"clamshell: error: {headline(report)}", err=True)
        return
    click.echo(headline(report))
    details = explanation(report)
    if details:
        click.echo("\n".join(f"      {line}" for line in details.splitlines()))
    sys.stdout.flush()


def write_reports(
    report: "SuiteReport", run: "SuiteRun", junit_file: Path | None, json_file: Path | None
) -> None:
    from clamshell_tui.runfile.output_path import write_text
    from clamshell_tui.testing.junit import junit
    from clamshell_tui.testing.reports import as_json

    if junit_file is not None:
        write_text(junit_file, junit(report, run))
    if json_file is not None:
        write_text(json_file, as_json(report))


def annotate(report: "SuiteReport", mode: str) -> None:
    """Print annotations for GitHub; ``mode`` is auto, github or none."""
    from clamshell_tui.testing.report_text import annotations

    on_github = mode == "auto" and os.environ.get("GITHUB_ACTIONS") == "true"
    for line in annotations(report) if on_github or mode == "github" else ():
        click.echo(line)


def conclude(report: "SuiteReport", seconds: float | None, left_out: int = 0) -> int:
    """Print the outcome and return the exit code."""
    from clamshell_tui.formats import count, duration

    scenarios = report.scenarios
    unusable = sum(bool(each.error) for each in scenarios)
    failed = sum(not each.passed for each in scenarios) - unusable
    total = count(len(scenarios), "scenario")
    parts = [f"{failed} of {total} failed"] if failed else []
    parts += [f"{unusable} of {total} cannot be used"] if unusable else []
    parts += [] if parts else [f"{total} passed"]
    parts += [f"{left_out} not tested"] if left_out else []
    if len(scenarios) > unusable:  # otherwise the errors say it all
        time = "" if seconds is None else f" in {duration(seconds)}"
        click.echo(f"{', '.join(parts)}{time}", err=True)
    return UNUSABLE if unusable else FAILED if failed else 0
