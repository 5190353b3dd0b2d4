"""The reference page of the protocol: the package's text, and every message with its fields."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from msgspec import NODEFAULT, Struct, inspect

from clamshell_tui import wire
from clamshell_tui.core.events import Event
from clamshell_tui.wire import (
    messages,
    operator_messages,
    requester_messages,
    study_messages,
    worker_messages,
)
from clamshell_tui.wire.parts import Image, Record

_PARTS = (
    Record,
    Image,
    worker_messages.RecordDetail,
    worker_messages.Statement,
    operator_messages.Entry,
    requester_messages.NewRecord,
    requester_messages.Labelled,
    *get_args(study_messages.StagePart),
    study_messages.QuestionPart,
    study_messages.PayLine,
    study_messages.GivenAnswer,
    study_messages.PersonRow,
    study_messages.PersonResult,
)
_GROUPS: dict[str, tuple[Any, ...]] = {
    "First messages": (messages.Hello, messages.Authenticate),
    "From a worker": get_args(worker_messages.FromWorker),
    "From a participant of a study": get_args(study_messages.FromParticipant),
    "From an operator": get_args(operator_messages.FromOperator),
    "From an operator of a study": get_args(study_messages.FromStudyOperator),
    "From a requester": get_args(requester_messages.FromRequester),
    "To every client": (messages.Welcome, messages.Error, messages.Notice, messages.Granted),
    "To a worker": get_args(worker_messages.ToWorker),
    "To a participant of a study": get_args(study_messages.ToParticipant),
    "To an operator": get_args(operator_messages.ToOperator),
    "To an operator of a study": get_args(study_messages.ToStudyOperator),
    "To a requester": get_args(requester_messages.ToRequester),
}


def text() -> str:
    """The page without its title."""
    prose = _markdown((wire.__doc__ or "").split("\n\n", 1)[1])
    parts = [prose, "## Messages", "`?` marks a field that may be left out, with its default."]
    for title, kinds in _GROUPS.items():
        parts.append(f"### {title}")
        parts += map(_described, kinds)
    parts.append("### Objects in messages")
    parts += [_described(kind, kind.__name__) for kind in _PARTS]
    parts.append("### Events of the journal")
    parts.append("`event` names the event.")
    parts += [_described(kind, kind.__name__) for kind in get_args(Event)]
    return "\n\n".join(parts)


def _described(kind: type[Struct], name: str = "") -> str:
    about = " ".join((kind.__doc__ or "").split()).replace("``", "`")
    about = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", about)
    shown = ", ".join(_fields(kind)) or "no fields"
    return f"**`{name or kind.__struct_config__.tag}`** {about}  \n{shown}"


def _fields(kind: type[Struct]) -> Iterator[str]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        shown = f"`{field.encode_name}`"
        if field.required:
            yield f"{shown}: {_type(field.type)}"
        else:
            made = field.default_factory  # of an array or an object: empty
            default = made() if made is not NODEFAULT else field.default
            yield f"{shown}?: {_type(field.type)} = {_value(default)}"


def _value(default: object) -> str:
    if isinstance(default, float):
        return f"{default:g}"
    plain = isinstance(default, str | bool | int | dict | None)
    return json.dumps(default) if plain else "[]"


def _type(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType(ge=low, le=high):
            return f"integer{_between(low, high)}"
        case inspect.FloatType(ge=low, le=high):
            return f"number{_between(low, high)}"
        case inspect.StrType(min_length=low, max_length=high):
            return "string" + (f" of {low or 0} to {high} characters" if high else "")
        case inspect.BytesType():
            return "base64"
        case inspect.BoolType():
            return "boolean"
        case inspect.NoneType():
            return "null"
        case inspect.LiteralType(values=members):
            return " or ".join(f"`{member}`" for member in members)
        case inspect.VarTupleType(item_type=item, max_length=most):
            return f"array of ({_type(item)})" + (f", at most {most}" if most else "")
        case inspect.TupleType(item_types=items):
            return f"array [{', '.join(map(_type, items))}]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"object from {_type(key)} to {_type(value)}"
        case inspect.UnionType(types=members):
            return " or ".join(map(_type, members))
        case inspect.StructType(cls=struct):
            return str(struct.__struct_config__.tag or struct.__name__)
        case inspect.RawType() | inspect.AnyType():
            return "object"
    raise TypeError(f"no words for {kind}")


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return ""
    return f", {low:g} to {high:g}" if high is not None and high < 2**53 else f", at least {low:g}"


def _markdown(rst: str) -> str:
    """Headings, code blocks and tables of the docstring as Markdown."""
    blocks = re.split(r"\n\n+", rst.strip())
    return "\n\n".join(filter(None, map(_block, blocks)))


def _block(block: str) -> str:
    lines = block.splitlines()
    if lines[0].startswith("    "):
        return _fenced([line[4:] for line in lines])
    prose, rule = list[str](), re.compile("=[= ]*")
    for number, line in enumerate(lines):
        if rule.fullmatch(line):  # a table follows to the end of the block, as in all of ours
            table = [each.replace("``", "") for each in lines[number:] if not rule.fullmatch(each)]
            if table:
                return "\n".join([*prose, "", _fenced(table)]).strip()
            return f"## {lines[0]}"
        prose.append(line.replace("``", "`"))
    text = "\n".join(prose)
    return "" if text == "::" else text.replace("::", ":")


def _fenced(lines: list[str]) -> str:
    return "\n".join(["```text", *lines, "```"])
