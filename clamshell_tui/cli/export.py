"""``clamshell export``: write the data of a run for analysis."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
    from clamshell_tui.report.export import ExportTable, RunExport
    from clamshell_tui.report.input_records import InputRecords
    from clamshell_tui.runfile.run_copy import RunCopy

_EPILOG = """\b
Examples:
  clamshell export run.db -o data/
  clamshell export run.db -o data/ --format parquet --data scenarios/
  clamshell export --codes-file run.db-codes -o now/
  clamshell export study -o out/
"""
_TABLES = ("csv", "jsonl", "parquet")  # forms of the tables of a study


class ExportFormat(click.Choice[str]):
    """One of ours, or ``prefix:name`` of another package."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if ":" not in value:
            return super().convert(value, param, ctx)
        from clamshell_tui.plugins import load

        load("exporter", value)  # reported before the run is read
        return value


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="[FILE | DIR | ADDRESS]", required=False)
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
@click.option("--with-bots", "bots", is_flag=True, help="A study: also the rows of bots.")
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
    bots: bool,
    codes_file: Path | None,
    token: str | None,
    force: bool,
) -> None:
    """Write the data of a run for analysis: answers, labels, workers, flags and pay.

    FILE is the file of a run that is over or is being served on this machine, ADDRESS that of a
    coordinator (127.0.0.1:7777). A run that goes on is exported as of the newest entry of its
    journal. The folder also gets datapackage.json, which describes every column (Frictionless) and
    names that entry, and codebook.md, the same for people.

    DIR is the folder of a study, live or over: its tables join the answers of all conditions with
    participants, consent, questionnaires, stages and pay, and methods.md sums up the study.

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
        if what is not None and Path(what).is_dir():
            if entry is not None:
                raise click.UsageError("--entry is for runs, not for a study")
            place = CopyPlace(Path(what), codes_file, token)
            export, read, more = _study(place, form, data, bots=bots)
        elif bots:
            raise click.UsageError("--with-bots is for the folder of a study")
        else:
            run, records = _read(what, codes_file, token, data, entry)
            read = [records.file] if records.file is not None else []
            export, more = export_of(run, records), {}
        files = export_files(export, form, unquoted=raw) | more
    check_apart({f"-o, {name}": out / name for name in files}, read)
    write_export(out, files)
    rows = sum(len(table.rows) for table in export.tables)
    entries = export.facts["journal_entries"]
    click.echo(f"{rows:,} rows in {out}, as of journal entry {entries}", err=True)


class CopyPlace(NamedTuple):
    """The folder of a study, and how to get in while it is served."""

    folder: Path
    codes_file: Path | None
    token: str | None


def _study(
    place: CopyPlace, form: str, data: Path | None, *, bots: bool
) -> "tuple[RunExport, list[Path], dict[str, str | ExportTable]]":
    """Return the tables of a study, the files of records that were read, and texts beside them."""
    from clamshell_tui.cli.study_folder import readable_study
    from clamshell_tui.report.study_export import export_of_study, read_data
    from clamshell_tui.report.study_methods import methods
    from clamshell_tui.scenario.shipped import folder
    from clamshell_tui.study.reader import read_study

    if form not in _TABLES:
        raise click.UsageError(f"a study is exported as {', '.join(_TABLES)}, not as {form}")
    around = place.folder.absolute()
    here = [around, around.parent, Path(), folder() / "study"] if data is None else [data]
    with readable_study(*place) as readable:
        found = read_data(read_study(readable), here)
    export = export_of_study(found, bots=bots)
    return export, found.files, {"methods.md": methods(found)}


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
