"""The dictionary of an export: a Frictionless data package, and a code book made from it.

https://datapackage.org/standard/data-package/ and /table-schema/: types, units, levels, keys. The
property ``run`` says which run this is and at which entry of its journal it was folded.
"""

from collections.abc import Callable, Mapping
from typing import Any

from clamshell_tui.report.export import ExportTable, RunExport
from clamshell_tui.report.export_columns import ExportColumn

GENERATOR = "clamshell export"
_MEDIA = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
_DATETIME = "%Y-%m-%dT%H:%M:%S.%fZ"

Descriptor = dict[str, Any]  # JSON


def datapackage(export: RunExport, form: str, quoted: Callable[[str], str]) -> Descriptor:
    """Return the descriptor of tables written as ``form``; ``quoted`` is how texts are written."""
    return {
        "profile": "data-package",
        "name": f"clamshell-{export.kind}",
        "title": export.title or f"A {export.kind}",
        "generator": GENERATOR,
        "run": dict(export.facts),
        "resources": [_resource(table, form, quoted) for table in export.tables],
    }


def _resource(table: ExportTable, form: str, quoted: Callable[[str], str]) -> Descriptor:
    schema: Descriptor = {
        "fields": [_field(column, table.key, quoted) for column in table.columns],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.joins:
        schema["foreignKeys"] = [
            {"fields": name, "reference": {"resource": other, "fields": name}}
            for name, other in table.joins.items()
        ]
    return {
        "name": table.name,
        "type": "table",
        "path": f"{table.name}.{form}",
        "format": form,
        "mediatype": _MEDIA[form],
        **({} if form == "parquet" else {"encoding": "utf-8"}),
        "description": table.about,
        "schema": schema,
    }


def _field(column: ExportColumn, key: tuple[str, ...], quoted: Callable[[str], str]) -> Descriptor:
    limits: Descriptor = {"required": True} if column.name in key else {}
    if column.levels:
        limits["enum"] = [quoted(level) for level in column.levels]
    return {
        "name": quoted(column.name),
        "type": column.kind,
        **({"format": _DATETIME} if column.kind == "datetime" else {}),
        "description": column.about,
        **({"unit": column.unit} if column.unit else {}),
        **({"constraints": limits} if limits else {}),
    }


def codebook(package: Descriptor) -> str:
    """Return the descriptor as Markdown, for people."""
    run, kind = package["run"], package["name"].removeprefix("clamshell-")
    lines = [
        f"# {_plain(package['title'])}: code book",
        "",
        f"Made by {package['generator']} from entry {run['journal_entries']} of the {kind}'s "
        f"journal{'' if run['finished'] else f'; the {kind} went on'}. Missing values are empty. "
        "Times are UTC, ISO 8601 with milliseconds"
        f"{'' if run['clock'] == 'UTC' else '; those of this simulated run count from 1970'}.",
    ]
    for resource in package["resources"]:
        lines += ["", f"## {resource['path']}", "", resource["description"], *_keys(resource), ""]
        lines += ["| column | type | unit | meaning | levels |", "|---|---|---|---|---|"]
        lines += [_row(field) for field in resource["schema"]["fields"]]
    lines += ["", f"## The {kind}", "", "| fact | value |", "|---|---|"]
    lines += [f"| {name} | {_plain(str(value))} |" for name, value in run.items()]
    return "\n".join(lines) + "\n"


def _keys(resource: Mapping[str, Any]) -> list[str]:
    schema = resource["schema"]
    joins = [
        f"`{key['fields']}` is that of `{key['reference']['resource']}`"
        for key in schema.get("foreignKeys", ())
    ]
    key = ", ".join(f"`{name}`" for name in schema.get("primaryKey", ()))
    told = [f"Key: {key}.", *[f"{join}." for join in joins]] if key else [f"{j}." for j in joins]
    return ["", " ".join(told)] if told else []


def _row(field: Mapping[str, Any]) -> str:
    levels = ", ".join(_plain(level) for level in field.get("constraints", {}).get("enum", ()))
    cells = [f"`{_plain(field['name'])}`", field["type"], field.get("unit", "")]
    return f"| {' | '.join([*cells, field['description'], levels])} |"


def _plain(text: str) -> str:
    """Return a foreign text on one line that ends no cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
