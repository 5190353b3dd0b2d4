"""Documents every setting of a scenario, with default and meaning, as a scenario file.

The output loads as a scenario with every setting at its default. Settings without a default, and
tables that may be repeated, are written as comments. Explanations are the comments beside the
fields of the configuration structs, so each setting is explained in one place.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import getdoc, getsource
from textwrap import dedent, wrap
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import inspect

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.presets import POLICIES, PRESETS
from clamshell_tui.scenario.toml_text import written
from clamshell_tui.text import show
from clamshell_tui.workforce.behaviour import BEHAVIOURS
from clamshell_tui.workforce.populations import POPULATIONS


def summary(model: type) -> str:
    """Return the first paragraph of its docstring as one line without markup."""
    text = getdoc(model) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "")


@cache
def remarks(model: type) -> dict[str, str]:
    """Return the comment beside each field, by field name.

    Comments above a field are for readers of the source. A field without a comment is left out, as
    are all fields if there is no source.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__[:-1]):
        try:
            source = dedent(getsource(each))
        except (OSError, TypeError):
            continue
        found |= _in_source(source)
    return found


def _in_source(source: str) -> dict[str, str]:
    comments = dict(_comments(source))
    (klass,) = ast.parse(source).body
    assert isinstance(klass, ast.ClassDef)
    found = {}
    for field in klass.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            lines = range(field.lineno, (field.end_lineno or field.lineno) + 1)
            texts = [comments[line] for line in lines if line in comments]
            if texts:
                found[field.target.id] = " ".join(texts)
    return found


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield line numbers, from 1, with their comments."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")


_NAMES = {".".join(key): tuple(names) for key, names in POLICIES.items()} | {
    "preset": tuple(PRESETS),
    "crowd.population": (*POPULATIONS, "trace"),
    "crowd.worker.behaviour": tuple(BEHAVIOURS),
}
"""key -> possible names, if its type does not list them."""

_WIDEST = 36  # characters of a key and its default with the explanation beside it, not below
_BELOW = 4  # spaces before an explanation below its key
_UNBROKEN = 24  # characters; a shorter list of values is kept on one line
_NO_BREAK = "\N{NO-BREAK SPACE}"
_ENDLESS = 1e6  # a larger limit only excludes infinity and typing errors, and is not shown


class Setting(NamedTuple):
    """One key of a table; ``default`` is TOML, or None."""

    key: str
    default: str | None
    says: str


class SettingsTable(NamedTuple):
    """A table of the file; an ``optional`` one is absent by default."""

    name: str
    header: str
    about: str
    settings: list[Setting]
    optional: bool

    @property
    def keys(self) -> list[str]:
        """The keys with their table: ``pool.size``."""
        prefix = f"{self.name}." if self.name else ""
        return [prefix + each.key for each in self.settings]


def reference(
    word: str = "", width: int = 100, more: Mapping[str, type] = MappingProxyType({})
) -> str:
    """Return all settings, or those with ``word`` in their keys; ScenarioError if none has it.

    Each line has at most ``width`` characters, unless a default is longer. ``more`` has the tables
    of files that are scenarios and more, by a heading; they are written as comments.
    """
    found = {"": list(_of(Scenario))}
    for heading, model in more.items():
        found[f"# {heading}\n\n"] = [table._replace(optional=True) for table in _of(model)]
    parts: list[str] = []
    for heading, tables in found.items():
        chosen = [some for table in tables if (some := _matching(table, word)).settings]
        text = "\n".join("\n".join(_written(table, width)) + "\n" for table in chosen)
        parts += [heading + text] if chosen else []
    if not parts:
        tables = [table for several in found.values() for table in several]
        known = {each.key for table in tables for each in table.settings} | {t.name for t in tables}
        raise ScenarioError(
            f'no setting has "{show(word)}" in its name{did_you_mean(word, sorted(known))}. '
            "clamshell settings lists them all"
        )
    return "\n".join(parts)


def _matching(table: SettingsTable, word: str) -> SettingsTable:
    some = [s for s, key in zip(table.settings, table.keys, strict=True) if word.lower() in key]
    return table._replace(settings=some)


# From the types


def _of(model: type) -> Iterator[SettingsTable]:
    """Yield the tables of a whole file."""
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    return _tables(described, "", "", optional=False)


def _tables(
    struct: inspect.StructType, name: str, header: str, *, optional: bool
) -> Iterator[SettingsTable]:
    """Yield this table and those inside it; keys precede tables, as TOML demands."""
    kind = [Setting(struct.tag_field, written(struct.tag), "")] if struct.tag_field else []
    plain = [field for field in struct.fields if not _structs(field.type)]
    settings = kind + [_setting(field, name, struct.cls) for field in plain]
    yield SettingsTable(name, header, summary(struct.cls) if header else "", settings, optional)
    for field in struct.fields:
        inner = f"{name}.{field.encode_name}" if name else field.encode_name
        many = isinstance(field.type, inspect.VarTupleType)
        for each in _structs(field.type):
            there = not many and isinstance(field.default, each.cls)
            yield from _tables(
                each, inner, f"[[{inner}]]" if many else f"[{inner}]", optional=not there
            )


def _structs(expected: inspect.Type) -> list[inspect.StructType]:
    if isinstance(expected, inspect.VarTupleType):
        return _structs(expected.item_type)
    types = expected.types if isinstance(expected, inspect.UnionType) else (expected,)
    return [each for each in types if isinstance(each, inspect.StructType)]


def _setting(field: inspect.Field, table: str, model: type) -> Setting:
    key = f"{table}.{field.encode_name}" if table else field.encode_name
    values = _values(field.type, _NAMES.get(key, ()))
    meaning = remarks(model).get(field.name, "")
    if len(values) < _UNBROKEN:
        values = values.replace(" ", _NO_BREAK)
    says = f"{meaning} [{values}]" if values else meaning
    return Setting(field.encode_name, _default(field), says.strip())


def _default(field: inspect.Field) -> str | None:
    if field.default_factory is not msgspec.NODEFAULT:
        return written(field.default_factory())
    if field.default is msgspec.NODEFAULT or field.default is None:
        return None
    return written(field.default)


def _values(expected: inspect.Type, names: tuple[str, ...]) -> str:
    """Return the possible values: ``1 to 10,000``; empty if the default shows them."""
    if names:
        return ", ".join(names)
    types = expected.types if isinstance(expected, inspect.UnionType) else (expected,)
    words: list[str] = []
    for each in types:
        if isinstance(each, inspect.IntType | inspect.FloatType):
            words.append(_range(each))
        elif isinstance(each, inspect.LiteralType):
            words += [str(value) for value in each.values]
    return ", ".join(filter(None, words))


def _range(number: inspect.IntType | inspect.FloatType) -> str:
    """Return ``1 to 10,000``, ``above 0``, ``0 to below 1``."""
    low = f"{number.ge:,g}" if number.ge is not None else ""
    if number.gt is not None:
        low = f"above {number.gt:,g}"
    high = ""
    if number.le is not None and number.le < _ENDLESS:
        high = f"{number.le:,g}"
    if number.lt is not None:
        high = f"below {number.lt:,g}"
    if low and high:
        return f"{low} to {high}"
    return high or (low if number.gt is not None else f"from {low}" if low else "")


# As text


def _written(table: SettingsTable, width: int) -> Iterator[str]:
    sign = "# " if table.optional else ""
    yield from wrap(table.about, width, initial_indent="# ", subsequent_indent="# ")
    if table.header:
        yield sign + table.header
    lines = [_assignment(setting, sign) for setting in table.settings]
    room = [len(line) for line in lines if len(line) <= _WIDEST]
    column = max(room, default=_WIDEST) + 2
    for line, setting in zip(lines, table.settings, strict=True):
        yield from _explained(line, setting.says, column, width)


def _assignment(setting: Setting, sign: str) -> str:
    if setting.default is None:
        return f"# {setting.key} ="
    return f"{sign}{setting.key} = {setting.default}"


def _explained(line: str, says: str, column: int, width: int) -> Iterator[str]:
    """Yield the line with its explanation beside it, or below if there is no room."""
    if not says or len(line) > column - 2:
        yield line
        line, column = "", _BELOW
    for text in wrap(says, width - column - 2, break_on_hyphens=False, break_long_words=False):
        yield f"{line:<{column}}# {text.replace(_NO_BREAK, ' ')}"
        line = ""
