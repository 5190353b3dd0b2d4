"""Checks plain TOML data against the configuration structs, with a correction for each mistake.

msgspec could check too, but its messages about JSON paths and Python types do not help the author
of ``pay.per_minute = "0.05$"``. So this module walks msgspec's type descriptions itself, and every
message names the key as in the file and a value that is accepted.
"""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec import inspect

from clamshell_tui.text import show

Key = tuple[str | int, ...]
"""The path of a value: ``("crowd", "worker", 0, "mean")``."""

_WITH_UNIT = re.compile(r"\$?\s*([+-]?\d+(?:\.\d+)?)\s*([^\d\s]*)")
_UNITS = {  # in the units of a scenario: seconds, dollars, shares
    **dict.fromkeys(("", "s", "sec", "second", "seconds", "$", "usd", "dollar", "dollars"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("%", "ct", "cent", "cents"), 0.01),
    "ms": 0.001,
}
_SHOWN = 40  # characters of a value that a message quotes
_YES = {"yes": "true", "on": "true", "no": "false", "off": "false"}


class Fault(NamedTuple):
    """A bad value; ``text`` is the message without file and line."""

    key: Key
    text: str


def faults(data: Mapping[str, Any], model: type) -> Iterator[Fault]:
    """Yield every mistake in ``data`` as a ``model``, in the order of the data."""
    described = _described(model)
    return _table(data, described, (), _dotted_keys(described))


@cache
def _described(model: type) -> inspect.StructType:
    """Describe a type. Cached: a sweep checks thousands of scenarios, and this takes longer."""
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    return described


def dotted(key: Key) -> str:
    """Return ``crowd.worker 1.mean``; items of an array are counted from 1."""
    text = ""
    for part in key:
        text += f" {part + 1}" if isinstance(part, int) else f".{part}" if text else part
    return text


def quoted(value: Any) -> str:
    """Return a value as TOML, shortened and on one line, without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        clipped = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
        return f'"{show(clipped)}"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return show(str(value))[:_SHOWN]


# Tables


def _table(
    data: Mapping[str, Any], struct: inspect.StructType, at: Key, everywhere: list[str]
) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in struct.fields}
    known = [*fields, *([struct.tag_field] if struct.tag_field else [])]
    for name, value in data.items():
        if name in fields:
            yield from _value(value, fields[name].type, (*at, name), everywhere)
        elif name not in known:
            where = f" in [{dotted(at)}]" if at else ""
            hint = _suggestion(name, known, at, everywhere)
            yield Fault((*at, name), f'unknown key "{show(name[:_SHOWN])}"{where}{hint}')
    for name, field in fields.items():
        if field.required and name not in data:
            yield Fault(at, f'[{dotted(at)}] needs a key "{name}"')


def _dotted_keys(struct: inspect.StructType, prefix: str = "") -> list[str]:
    keys: list[str] = []
    for field in struct.fields:
        name = prefix + field.encode_name
        keys.append(name)
        for inner in _alternatives(field.type):
            if isinstance(inner, inspect.StructType):
                keys += _dotted_keys(inner, f"{name}.")
    return keys


def _suggestion(name: str, here: list[str], at: Key, everywhere: Iterable[str]) -> str:
    """Suggest the likeliest key of this table or, since keys are often misplaced, of another."""
    prefix = f"{dotted(at)}." if at else ""
    near = {key: key for key in here} | {f"{prefix}{key}": key for key in here}
    far = {key: key for key in everywhere} | {key.rpartition(".")[2]: key for key in everywhere}
    candidates = far | near
    close = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    meant = candidates[close[0]] if close else ""
    hint = f' (did you mean "{meant}"?)' if meant not in ("", name) else ""
    return hint if hint and meant in here else f"{hint}; known: {', '.join(here)}"


# Values


def _value(value: Any, expected: inspect.Type, at: Key, everywhere: list[str]) -> Iterator[Fault]:
    alternatives = _alternatives(expected)
    structs = [each for each in alternatives if isinstance(each, inspect.StructType)]
    if isinstance(value, dict) and structs:
        yield from _one_of(value, structs, at, everywhere)
        return
    if isinstance(value, dict) and isinstance(expected, inspect.DictType):
        for name, inner in value.items():
            yield from _value(inner, expected.value_type, (*at, name), everywhere)
        return
    lists = [each for each in alternatives if isinstance(each, inspect.VarTupleType)]
    if isinstance(value, list) and lists:
        if len(value) < (lists[0].min_length or 0):
            yield Fault(at, f"{dotted(at)}: needs at least {lists[0].min_length}")
        for number, inner in enumerate(value):
            yield from _value(inner, lists[0].item_type, (*at, number), everywhere)
        return
    if isinstance(value, dict) and lists:
        yield Fault(at, f"{dotted(at)}: a table is not a list; write [[{dotted(at)}]]")
        return
    if not any(_fits(value, each) for each in alternatives):
        yield Fault(at, f"{dotted(at)}: {_complaint(value, alternatives, str(at[0]))}")


def _one_of(
    data: dict[str, Any], structs: list[inspect.StructType], at: Key, everywhere: list[str]
) -> Iterator[Fault]:
    """Check a table of the only kind, or of the kind that its tag names."""
    tag_field = structs[0].tag_field
    if tag_field is None:
        yield from _table(data, structs[0], at, everywhere)
        return
    kinds = {str(struct.tag): struct for struct in structs}
    kind = data.get(tag_field)
    if isinstance(kind, str) and kind in kinds:
        yield from _table(data, kinds[kind], at, everywhere)
        return
    known = ", ".join(kinds)
    if kind is None:
        yield Fault(at, f'[{dotted(at)}] needs a key "{tag_field}"; one of {known}')
        return
    key = (*at, tag_field)
    hint = _closest(kind, kinds)
    yield Fault(key, f"{dotted(key)}: unknown {tag_field} {quoted(kind)}{hint}; known: {known}")


def _alternatives(expected: inspect.Type) -> tuple[inspect.Type, ...]:
    return expected.types if isinstance(expected, inspect.UnionType) else (expected,)


def _fits(value: Any, expected: inspect.Type) -> bool:
    match expected:
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.LiteralType():
            return value in expected.values
        case inspect.StrType():
            return (
                isinstance(value, str)
                and (expected.min_length or 0) <= len(value) <= (expected.max_length or math.inf)
                and re.search(expected.pattern or "", value) is not None
            )
        case inspect.IntType():
            return type(value) is int and _within(value, expected)
        case inspect.FloatType():
            return type(value) in (int, float) and _within(value, expected)
    return False


def _within(value: float, bounds: inspect.IntType | inspect.FloatType) -> bool:
    return (
        not (isinstance(value, float) and math.isnan(value))
        and (bounds.ge is None or value >= bounds.ge)
        and (bounds.gt is None or value > bounds.gt)
        and (bounds.le is None or value <= bounds.le)
        and (bounds.lt is None or value < bounds.lt)
    )


# Corrections


def _complaint(value: Any, alternatives: tuple[inspect.Type, ...], section: str) -> str:
    """``"0.05$" is not an amount; write 0.05``."""
    numbers = [a for a in alternatives if isinstance(a, inspect.IntType | inspect.FloatType)]
    words = [w for a in alternatives if isinstance(a, inspect.LiteralType) for w in a.values]
    if numbers and type(value) in (int, float):
        return _number_complaint(value, numbers[-1], words)
    if numbers:
        noun = "an amount" if section in ("pay", "payment") else _noun(numbers[-1])
        fix = _number_in(value, numbers[-1])
        return f"{quoted(value)} is not {noun}; write {fix or _range(numbers[-1])}{_or(words)}"
    if words:
        hint = _closest(value, words)
        return f"{quoted(value)} is not one of {', '.join(map(str, words))}{hint}"
    for each in alternatives:
        match each:
            case inspect.BoolType():
                meant = _YES.get(str(value).lower(), str(value).lower())
                fix = meant if meant in ("true", "false") else "true or false"
                return f"{quoted(value)} is not true or false; write {fix} without quotes"
            case inspect.StrType(max_length=int() as most) if (
                isinstance(value, str) and len(value) > most
            ):
                return f"{len(value):,} characters are too many; write at most {most:,}"
            case inspect.StrType(min_length=int()) if value == "":
                return "is empty; write something"
            case inspect.StrType(pattern=str() as pattern) if isinstance(value, str):
                return f"{quoted(value)} does not look like {pattern}"
            case inspect.StrType():
                fix = "" if isinstance(value, dict | list) else f'; write "{show(str(value))}"'
                return f"{quoted(value)} is not text{fix}"
            case inspect.VarTupleType():
                return f"{quoted(value)} is not a list; put it in [ ]"
    return f"{quoted(value)} is not a table of keys"


def _number_complaint(value: float, number: Any, words: list[Any]) -> str:
    if isinstance(number, inspect.IntType) and isinstance(value, float):
        fix = str(round(value)) if math.isfinite(value) else _range(number)
        return f"{value:g} is not a whole number; write {fix}{_or(words)}"
    return f"{quoted(value)} is out of range; write {_range(number)}{_or(words)}"


def _number_in(value: Any, number: Any) -> str:
    """Return the number in a text with a unit, if it is valid: 300 for ``"5 min"``."""
    found = _WITH_UNIT.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None or found[2] not in _UNITS:
        return ""
    if isinstance(number, inspect.IntType) and ("." in found[1] or found[2]):
        return ""
    meant = round(float(found[1]) * _UNITS[found[2]], 9)
    return f"{meant:.15g}" if _within(meant, number) else ""


def _noun(number: Any) -> str:
    return "a whole number" if isinstance(number, inspect.IntType) else "a number"


def _range(number: Any) -> str:
    """``a number from 0 to 1``."""
    parts = [
        f"{word} {bound:,g}" if abs(bound) < 1e6 else f"{word} {bound:g}"
        for word, bound in (
            ("from", number.ge),
            ("above", number.gt),
            ("to", number.le),
            ("below", number.lt),
        )
        if bound is not None
    ]
    if parts and parts[0].startswith("from") and len(parts) == 1:
        parts = [f"of at least {parts[0][5:]}"]
    return " ".join([_noun(number), " and ".join(parts).replace(" and to ", " to ")]).strip()


def _or(words: list[Any]) -> str:
    return "".join(f' or "{word}"' for word in words)


def _closest(value: Any, known: Iterable[Any]) -> str:
    close = difflib.get_close_matches(str(value).lower(), [str(word) for word in known], n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
