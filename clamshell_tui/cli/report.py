"""``clamshell report``: write a run as an HTML page and as CSV files."""

from pathlib import Path

import click

from clamshell_tui.cli.options import path_option
from clamshell_tui.errors import InputError

_EPILOG = """\b
Examples:
  clamshell report run.db -o report.html
  clamshell report run.db -o report.html --csv figures/
  clamshell report run.db --csv figures/ --force
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@path_option("-o", "--out", metavar="HTML", help="Write the page here.")
@path_option(
    "--csv",
    "folder",
    metavar="DIR",
    help="Write the data of every figure here, a CSV file each.",
)
@click.option("--force", is_flag=True, help="Let an existing report and CSV files be replaced.")
def command(*, run_file: Path, out: Path | None, folder: Path | None, force: bool) -> None:
    """Write a run file as one HTML page, with its figures.

    The page needs no network and no scripts, has a dark and a light theme, and prints well. FILE
    may be of a live or a simulated run; it is never changed. The same FILE always gives the same
    page. For labels, answers and pay as data, use clamshell export.
    """
    if out is None and folder is None:
        raise click.UsageError("nothing to write: say -o HTML, --csv DIR, or both")
    from clamshell_tui.cli.progress import working
    from clamshell_tui.report.material import read_material
    from clamshell_tui.report.page import (
        page,
        refuse_to_harm,
        refuse_to_harm_sheets,
        sections,
        write_page,
        write_sheets,
    )
    from clamshell_tui.runfile.meta import unproven
    from clamshell_tui.runfile.output_path import check_apart
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.study.reader import is_study_folder

    if is_study_folder(run_file):
        raise InputError(_of_conditions(run_file))
    check_apart({"--out": out}, [run_file])
    if out is not None:
        refuse_to_harm(out, overwrite=force)
    if folder is not None:
        refuse_to_harm_sheets(folder, overwrite=force)
    with open_run(run_file) as file, working("replaying the run"), unproven(run_file):
        material = read_material(file)
        found = sections(material)
        html = page(material, found)
    if material.note:
        click.echo(f"clamshell: {material.note}", err=True)
    if folder is not None:
        sheets = [sheet for section in found for sheet in section.sheets]
        places = {f"--csv, {sheet.name}": folder / sheet.file_name for sheet in sheets}
        check_apart({"--out": out, **places}, [run_file])
        written = write_sheets(folder, sheets, overwrite=force)
        click.echo(f"{written} CSV files in {folder}", err=True)
    if out is not None:
        write_page(out, html, overwrite=force)
        click.echo(f"report in {out}", err=True)


def _of_conditions(folder: Path) -> str:
    """Return how to report on a study: condition by condition."""
    from clamshell_tui.study.schema import FILE
    from clamshell_tui.text import show

    runs = sorted(path.name for path in folder.glob("*.db") if path.name != FILE)
    named = ", ".join(show(str(folder / name)) for name in runs) or "none yet"
    return (
        f"{show(str(folder))} is a study, whose conditions have a report each. Name the run "
        f"file of one ({named}); for the whole there is clamshell summary {show(str(folder))}"
    )
