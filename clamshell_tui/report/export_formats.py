"""Write an export: CSV, JSON Lines, Parquet, or as other tools read it.

CSV is opened with spreadsheets, which take a cell that begins like a formula for one and run it
(OWASP, "CSV Injection"). Such texts get an apostrophe in front, in ids too, so that the tables
still join. Numbers stay numbers.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from shutil import rmtree
from typing import Any

from clamshell_tui import policies
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.report.datapackage import GENERATOR, Descriptor, codebook, datapackage
from clamshell_tui.report.export import ExportTable, RunExport
from clamshell_tui.report.export_columns import Cell, ExportColumn
from clamshell_tui.report.tool_tasks import huggingface_card, label_studio
from clamshell_tui.runfile.output_path import appearing, cannot_write, write_text
from clamshell_tui.text import REPLACEMENT, show

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
PACKAGE = "datapackage.json"

Writer = Callable[[RunExport, Path], Iterable[str]]
"""Writes an export into a folder; yields the names of its files."""


def quoted(text: str) -> str:
    """Return a text with an apostrophe in front if a spreadsheet would take it for a formula.

    Control characters but line breaks and tabs become U+FFFD: a terminal would obey them.
    """
    text = _CONTROLS.sub(REPLACEMENT, text)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def raw(text: str) -> str:
    return text


def iso(milliseconds: int) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def export_files(export: RunExport, form: str, *, unquoted: bool) -> dict[str, str | ExportTable]:
    """Return the files of an export: texts by name, and tables that are written as Parquet.

    A form with a colon is an exporter of another package: a function of the export that returns
    texts by the names of their files.
    """
    if ":" in form:
        return dict(policies.load("exporter", form)(export))
    as_text = quoted if form == "csv" and not unquoted else raw
    if form in ("csv", "jsonl", "parquet"):
        package = datapackage(export, form, as_text)
        write = {"csv": _csv, "jsonl": _jsonl}.get(form)
        tables: dict[str, str | ExportTable] = {
            f"{table.name}.{form}": table if write is None else write(table, as_text)
            for table in export.tables
        }
        return {PACKAGE: _json(_dated(package)), "codebook.md": codebook(_dated(package)), **tables}
    package = _dated(datapackage(export, "jsonl", raw))
    if form == "label-studio":
        tasks, config = label_studio(export, iso)
        package["resources"] = [
            {"name": "tasks", "path": "tasks.json", "format": "json", "mediatype": _JSON_MEDIA}
        ]
        return {PACKAGE: _json(package), "tasks.json": _json(tasks), "config.xml": config}
    for resource in package["resources"]:
        resource["path"] = f"data/{resource['path']}"
    tables = {f"data/{table.name}.jsonl": _jsonl(table, raw) for table in export.tables}
    card = huggingface_card(package)
    return {"README.md": card, PACKAGE: _json(package), **tables}


_JSON_MEDIA = "application/json"
FORMATS = ("csv", "jsonl", "parquet", "label-studio", "huggingface")


def _dated(package: Descriptor) -> Descriptor:
    return package | {"run": package["run"] | {"until": iso(package["run"]["until"])}}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


# -- tables -------------------------------------------------------------------------------------


def _csv(table: ExportTable, as_text: Callable[[str], str]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([as_text(column.name) for column in table.columns])
    writer.writerows(_cells(table, as_text))
    return text.getvalue()


def _cells(table: ExportTable, as_text: Callable[[str], str]) -> Iterator[list[str]]:
    rules: dict[str, Callable[[Any], str]] = {
        "string": as_text,
        "boolean": lambda value: "TRUE" if value else "FALSE",  # R reads no other spelling
        "datetime": iso,
    }
    how = [rules.get(column.kind, str) for column in table.columns]
    for row in table.rows:
        yield ["" if cell is None else rule(cell) for rule, cell in zip(how, row, strict=True)]


def _jsonl(table: ExportTable, as_text: Callable[[str], str]) -> str:
    names = [column.name for column in table.columns]
    moments = [place for place, column in enumerate(table.columns) if column.kind == "datetime"]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    lines = []
    for row in table.rows:
        cells = list(row)
        for place in moments:
            moment = cells[place]
            cells[place] = None if moment is None else iso(int(moment))
        lines.append(encode(dict(zip(names, cells, strict=True))) + "\n")
    return "".join(lines)


def require_parquet() -> Any:
    """Return pyarrow; EnvironmentFaultError if it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise EnvironmentFaultError(
            "Parquet needs pyarrow. Install it: pip install 'clamshell-tui[parquet]'"
        ) from None
    return pyarrow


def _write_parquet(table: ExportTable, path: Path) -> None:
    arrow = require_parquet()
    columns: Iterable[tuple[Cell, ...]] = zip(*table.rows, strict=True)
    values = list(columns) or [()] * len(table.columns)
    schema = arrow.schema([_arrow_field(arrow, column) for column in table.columns])
    arrays = [arrow.array(cells, field.type) for cells, field in zip(values, schema, strict=True)]
    with appearing(path) as hidden:
        arrow.parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), hidden)


def _arrow_field(arrow: Any, column: ExportColumn) -> Any:
    kinds = {
        "string": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "datetime": arrow.timestamp("ms", tz="UTC"),
    }
    about = {"description": column.about, **({"unit": column.unit} if column.unit else {})}
    return arrow.field(column.name, kinds[column.kind], metadata=about)


# -- the folder ---------------------------------------------------------------------------------


def refuse_to_harm_export(folder: Path, *, overwrite: bool) -> None:
    """Raise InputError if ``folder`` is no directory, or holds files that are not an export."""
    name = show(str(folder))
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{name} is not a directory. Name another one for -o")
        if not folder.is_dir() or next(folder.iterdir(), None) is None:
            return
        package = folder / PACKAGE
        if not (package.is_file() and f'"{GENERATOR}"' in package.read_text("utf-8")[:2000]):
            raise InputError(f"{name} holds files that are no export. Name another directory")
    except (OSError, UnicodeDecodeError) as error:
        fault = error if isinstance(error, OSError) else OSError(0, "not readable")
        raise cannot_write(folder, fault) from error
    if not overwrite:
        raise InputError(f"{name} holds an export; replace it with --force, or name another one")


def write_export(folder: Path, files: dict[str, str | ExportTable]) -> None:
    """Write all files; the package comes last, so that a folder with one is whole.

    A new folder is removed again if it cannot be filled.
    """
    new = not folder.exists()
    try:
        _write_all(folder, files)
    except BaseException:
        if new:
            rmtree(folder, ignore_errors=True)
        raise


def _write_all(folder: Path, files: dict[str, str | ExportTable]) -> None:
    try:
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / PACKAGE).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    for name in sorted(files, key=lambda each: each == PACKAGE):
        content = files[name]
        if isinstance(content, str):
            write_text(folder / name, content)
        else:
            _write_parquet(content, folder / name)
