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

_HEADER = re.compile(r"\[(\[)?[ \t]*([^\[\]\n]+?)[ \t]*\]\]?")
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""+|\'{3}.*?\'{3}+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|\#[^\n]*'''
    r"|[\[\]{},=\n]|[^\S\n]+|[^\s\[\]{},=\#\"']+|.",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def line_of(text: str, key: Key) -> int | None:
    """Return the line, from 1, of the assignment, header or item of ``key``.

    A key that is not in the text has the line of the innermost table around it that is.
    """
    longest, line = 0, None
    for number, path in _places(text):
        if len(path) > longest and path == key[: len(path)]:
            longest, line = len(path), number
    return line


class _Open:
    """An array, with the number of its item, or an inline table (``item`` is None)."""

    def __init__(self, key: Key, item: int | None) -> None:
        self.key = key
        self.item = item
        self.begun = False  # the item of an array


def _places(text: str) -> Iterator[tuple[int, Key]]:
    """Yield line and path of every header, key and item of an array, in order."""
    table: Key = ()
    seen: dict[Key, int] = {}
    inside: list[_Open] = []
    name, value = "", False  # of the assignment being read
    current: Key = ()
    line, at = 1, 0
    while at < len(text):
        header = None if inside or value or name else _HEADER.match(text, at)
        if header:
            table, at = _parts(header[2]), header.end()
            if header[1]:
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            yield line, table
            continue
        found = _TOKEN.match(text, at)
        assert found is not None, "a token may be any character"
        token, at = found[0], found.end()
        innermost = inside[-1] if inside else None
        if token == "\n" and not innermost:
            name, value = "", False
        elif token.isspace() or token.startswith("#"):
            pass
        elif token in ("]", "}") and innermost:
            inside.pop()
            value = True
        elif token == "," and innermost:
            name, value = "", innermost.item is not None
            if innermost.item is not None:
                innermost.item, innermost.begun = innermost.item + 1, False
        elif token == "=" and not value:
            current = (*(innermost.key if innermost else table), *_parts(name))
            yield line, current
            name, value = "", True
        elif value:
            if innermost and innermost.item is not None and not innermost.begun:
                innermost.begun = True
                current = (*innermost.key, innermost.item)
                yield line, current
            if token in ("[", "{"):
                inside.append(_Open(current, 0 if token == "[" else None))
                value = token == "["
        else:
            name += token
        line += token.count("\n")


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
