"""Finds the line of a key in TOML text, and writes plain data as TOML.

Not tomli-w: it writes every array over several lines, and the text of a scenario in run files of
the current rules must stay the same.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from clamshell_tui.scenario.validate import Key

_HEADER = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\-\s\"']+?)\s*=")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def line_of(text: str, key: Key) -> int | None:
    """Return the line, from 1, of the assignment or header of ``key``.

    Approximate: a key in an inline table has the line of its table, and text in a multi-line string
    may look like a key.
    """
    longest, line = 0, None
    for number, path in _assignments(text):
        if len(path) > longest and path == key[: len(path)]:
            longest, line = len(path), number
    return line


def _assignments(text: str) -> Iterator[tuple[int, Key]]:
    table: Key = ()
    seen: dict[Key, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = _parts(header[2])
            if header[1]:
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            yield number, table
            continue
        assignment = _KEY.match(line)
        if assignment:
            yield number, (*table, *_parts(assignment[1]))


def _parts(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def to_toml(data: Mapping[str, Any]) -> str:
    """Return plain data as a TOML document, without keys whose value is None.

    Tables become sections; tables within a list become inline tables.
    """
    return "\n".join(_section(data, "")) + "\n"


def _section(data: Mapping[str, Any], prefix: str) -> Iterator[str]:
    tables = {key: value for key, value in data.items() if isinstance(value, Mapping)}
    if prefix and (len(tables) < len(data) or not data):
        yield f"\n[{prefix[:-1]}]"
    for key, value in data.items():
        if key not in tables and value is not None:
            yield f"{_name(key)} = {written(value)}"
    for key, table in tables.items():
        yield from _section(table, f"{prefix}{_name(key)}.")


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    # TOML, unlike JSON, demands an escape for DEL; all escapes of JSON are valid in TOML.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(value: Any) -> str:
    """Return a value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _string(value)
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        case int() | float():
            return repr(value)
        case Mapping():
            inner = (f"{_name(k)} = {written(v)}" for k, v in value.items() if v is not None)
            return f"{{{', '.join(inner)}}}"
    return f"[{', '.join(map(written, value))}]"
