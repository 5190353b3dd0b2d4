"""``clamshell export``: write the data of a run for analysis."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import (
    CoordinatorOptions,
    codes_of,
    is_run_file,
    operator_options,
    operator_place,
    path_option,
)

if TYPE_CHECKING:
    from clamshell_tui.report.input_records import InputRecords
    from clamshell_tui.runfile.run_copy import RunCopy

_EPILOG = """\b
Examples:
  clamshell export run.db -o data/
  clamshell export run.db -o data/ --format parquet --data scenarios/
  clamshell export --codes-file run.db-codes -o now/
"""


class ExportFormat(click.Choice[str]):
    """One of ours, or ``prefix:name`` of another package."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if ":" not in value:
            return super().convert(value, param, ctx)
        from clamshell_tui.plugins import load

        load("exporter", value)  # reported before the run is read
        return value


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="[FILE | ADDRESS]", required=False)
@path_option("-o", "--out", metavar="DIR", required=True, help="Write the files here.")
@click.option(
    "--format",
    "form",
    type=ExportFormat(["csv", "jsonl", "parquet", "label-studio", "huggingface"]),
    default="csv",
    show_default=True,
    help="Format of the files; also prefix:name of an installed plugin.",
)
@click.option("--raw", is_flag=True, help="CSV: leave texts that a spreadsheet would run.")
@path_option("--data", "data", metavar="DIR", help="The folder of the scenario, with its data.")
@click.option(
    "--entry", metavar="N", type=click.IntRange(min=1), help="Export the run as of journal entry N."
)
@operator_options
@click.option("--force", is_flag=True, help="Let an existing export be replaced.")
def command(
    *,
    what: str | None,
    out: Path,
    form: str,
    raw: bool,
    data: Path | None,
    entry: int | None,
    codes_file: Path | None,
    token: str | None,
    force: bool,
) -> None:
    """Write the data of a run for analysis: answers, labels, workers, flags and pay.

    FILE is the file of a run that is over or is being served on this machine, ADDRESS that of a
    coordinator (127.0.0.1:7777). A run that goes on is exported as of the newest entry of its
    journal. The folder also gets datapackage.json, which describes every column (Frictionless) and
    names that entry, and codebook.md, the same for people.

    In CSV files, texts that a spreadsheet would run as formulas have an apostrophe in front.
    """
    from clamshell_tui.cli.progress import working
    from clamshell_tui.report.export import export_of
    from clamshell_tui.report.export_formats import (
        export_files,
        refuse_to_harm_export,
        require_parquet,
        write_export,
    )
    from clamshell_tui.runfile.output_path import check_apart

    if raw and form != "csv":
        raise click.UsageError("--raw is for --format csv: other formats are never quoted")
    refuse_to_harm_export(out, overwrite=force)
    if form == "parquet":
        require_parquet()
    with working("reading the run"):
        run, records = _read(what, codes_file, token, data, entry)
        export = export_of(run, records)
        files = export_files(export, form, unquoted=raw)
    read = [records.file] if records.file is not None else []
    check_apart({f"-o, {name}": out / name for name in files}, read)
    write_export(out, files)
    rows = sum(len(table.rows) for table in export.tables)
    entries = export.facts["journal_entries"]
    click.echo(f"{rows:,} rows in {out}, as of journal entry {entries}", err=True)


def _read(
    what: str | None,
    codes_file: Path | None,
    token: str | None,
    data: Path | None,
    entry: int | None,
) -> "tuple[RunCopy, InputRecords]":
    from clamshell_tui.report.input_records import input_records
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.scenario.shipped import folder

    here = [Path(), folder()]
    if what is None or not is_run_file(what):
        run = _fetch(operator_place(what, token, codes_file), entry)
    else:
        file = Path(what)
        here.insert(0, file.parent)
        try:
            run = _copy(file, entry)
        except LockedError:  # it is being served
            run = _fetch(operator_place(None, token, codes_file or codes_of(file)), entry)
    return run, input_records(run, here if data is None else [data])


def _copy(path: Path, entry: int | None) -> "RunCopy":
    from clamshell_tui.runfile.meta import unproven
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.run_copy import copy_of

    with open_run(path) as file, unproven(path):
        return copy_of(file, entry)


def _fetch(place: CoordinatorOptions, entry: int | None) -> "RunCopy":
    from clamshell_tui.client.journal_copy import fetch
    from clamshell_tui.client.operator import Endpoint
    from clamshell_tui.wire.connection import parse_address

    return fetch(Endpoint(parse_address(place.address), place.token, "export"), entry)
