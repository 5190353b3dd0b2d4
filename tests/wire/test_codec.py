"""Every message survives the wire; anything else is a ProtocolError."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from websockets.frames import Frame, Opcode

from clamshell_tui import wire
from clamshell_tui.datasets.config import MAX_CLASSES
from clamshell_tui.wire.codec import (
    MAX_FRAME,
    ProtocolError,
    decode_to_client,
    decode_to_server,
    encode,
    to_frame,
)
from clamshell_tui.wire.messages import ALLOWED, LATER, ErrorCode, Hello, Notice, ToClient, ToServer
from clamshell_tui.wire.operator_messages import JournalRead, Order
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.worker_messages import TaskAssigned

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
TYPES = st.sampled_from(
    sorted({each.__struct_config__.tag for each in get_args(ToServer | ToClient)})
)


def values(kind: inspect.Type) -> st.SearchStrategy[object]:
    """Values of a type within its constraints, which Hypothesis by itself does not see."""
    match kind:
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.FloatType(ge=low, le=high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case inspect.StrType(min_length=shortest, max_length=longest):
            return st.text(min_size=shortest or 0, max_size=longest)
        case inspect.BytesType():
            return st.binary()
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=members):
            return st.sampled_from(members)
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=4).map(tuple)
        case inspect.TupleType(item_types=items):
            return st.tuples(*[values(item) for item in items])
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(values(key), values(value), max_size=4)
        case inspect.UnionType(types=members):
            return st.one_of([values(member) for member in members])
        case inspect.StructType(cls=struct, fields=fields):
            return st.builds(struct, **{each.name: values(each.type) for each in fields})
    raise TypeError(f"a message has a field of a type that has no values here: {kind}")


@given(st.one_of([values(inspect.type_info(each)) for each in get_args(ToServer)]))
def test_every_message_to_the_coordinator_comes_out_as_it_went_in(message: ToServer) -> None:
    assert decode_to_server(encode(message)) == message


_PLAIN = tuple(each for each in get_args(ToClient) if each is not JournalRead)  # holds raw events


@given(st.one_of([values(inspect.type_info(each)) for each in _PLAIN]))
def test_every_message_to_a_client_comes_out_as_it_went_in(message: ToClient) -> None:
    assert decode_to_client(encode(message)) == message


def test_pixels_are_bytes_on_both_sides() -> None:
    task = TaskAssigned("a", (Record("1", image=Image(2, 1, 3, b"\x00\xff\x80\x1b]5")),), 60.0)
    assert '"pixels":"AP+AG101"' in encode(task)
    assert decode_to_client(encode(task)) == task


@given(st.text(st.characters(exclude_categories=())) | st.binary())
def test_any_frame_is_a_message_or_a_protocol_error(frame: str | bytes) -> None:
    for decode in (decode_to_server, decode_to_client):
        with pytest.raises(ProtocolError):
            decode(frame)


@given(TYPES, st.dictionaries(st.sampled_from(["code", "labels", "assignment", "token"]), JSON))
def test_any_object_is_a_message_or_a_protocol_error(kind: str, fields: dict[str, object]) -> None:
    frame = json.dumps({"type": kind, **fields})
    for decode in (decode_to_server, decode_to_client):
        try:
            message = decode(frame)
        except ProtocolError:
            continue
        assert type(message).__struct_config__.tag == kind


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ('{"type":"begin","extra":1}', "unknown field"),
        ('{"type":"nothing"}', "Invalid value"),
        (
            '{"type":"answer","assignment":"a","labels":[' + str(MAX_CLASSES) + "]}",
            f"<= {MAX_CLASSES - 1}",
        ),
        ('{"type":"answer","assignment":"a","labels":[true]}', "Expected `int"),
        ('{"type":"answer","assignment":"a","labels":[1e400]}', "out of range"),
        ('{"type":"join","code":""}', "length >= 1"),
        ('{"type":"hello","protocol":2,"role":"root"}', "Invalid enum value"),
        ('{"type":"order","do":"set","value":NaN}', "invalid character"),
    ],
)
def test_a_protocol_error_names_the_fault(frame: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        decode_to_server(frame)


def test_a_tower_of_brackets_is_a_protocol_error() -> None:
    entry = '{"type":"journal","last":1,"now":0.0,"entries":[{"at":0.0,"event":'
    with pytest.raises(ProtocolError, match="recursion"):
        decode_to_client(entry + "[" * 100_000)


def test_a_frame_that_is_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(ProtocolError, match="longer than 65536"):
        decode_to_server(" " * (MAX_FRAME + 1))


def test_every_message_to_the_coordinator_is_allowed_to_some_role() -> None:
    allowed = {kind for kinds in ALLOWED.values() for kind in kinds}
    assert set(get_args(ToServer)) == allowed | {Hello}


def test_the_protocol_page_has_every_message_every_code_and_every_order() -> None:
    page = wire.__doc__ or ""
    words = set(re.findall(r"[a-z]+(?:-[a-z]+)*", page))
    tags = {str(kind.__struct_config__.tag) for kind in get_args(ToServer | ToClient)}
    assert tags <= words
    assert set(get_args(Order.__annotations__["do"])) <= words


def test_the_protocol_page_says_which_errors_are_final() -> None:
    page = wire.__doc__ or ""
    rows = re.findall(r"(?m)^([a-z-]+) +(yes|no) +(no|later|corrected) ", page)
    assert [code for code, _, _ in rows] == list(get_args(ErrorCode))
    assert {code for code, _, again in rows if again == "later"} == LATER
    assert {code for code, fatal, _ in rows if fatal == "no"} == {"label", "request"}


@pytest.mark.parametrize("size", [0, 98, 99, 65_508, 65_509, 70_000])
def test_a_frame_is_the_librarys(size: int) -> None:
    notice = Notice("x" * size)
    ours = to_frame(notice)
    assert ours == Frame(Opcode.TEXT, encode(notice).encode()).serialize(mask=False)
