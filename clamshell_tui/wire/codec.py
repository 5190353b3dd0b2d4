"""Encode messages as text frames and decode frames; any invalid frame is a ProtocolError."""

import json
from typing import TypeVar

import msgspec

from clamshell_tui.text import show
from clamshell_tui.wire.messages import ToClient, ToServer

MAX_FRAME = 64 * 1024
"""Bytes of a frame towards the coordinator; the other way they may be larger (images)."""

_to_server: msgspec.json.Decoder[ToServer] = msgspec.json.Decoder(ToServer)
_to_client: msgspec.json.Decoder[ToClient] = msgspec.json.Decoder(ToClient)
_encoder = msgspec.json.Encoder()
_TEXT = 0x81

Kind = TypeVar("Kind")


class ProtocolError(Exception):
    """The peer sent something that the protocol does not allow."""


def encode(message: ToServer | ToClient) -> str:
    return _encoder.encode(message).decode()


def to_frame(message: ToClient) -> bytes:
    """Return a message as a text frame of a server: final and unmasked (RFC 6455, 5.2)."""
    body = _encoder.encode(message)
    size = len(body)
    if size < 126:
        return bytes((_TEXT, size)) + body
    if size < 65_536:
        return bytes((_TEXT, 126)) + size.to_bytes(2) + body
    return bytes((_TEXT, 127)) + size.to_bytes(8) + body


def decode_to_server(frame: str | bytes) -> ToServer:
    """Decode a client's frame; ProtocolError if it holds no message to the coordinator."""
    if len(frame) > MAX_FRAME:
        raise ProtocolError(f"frame of {len(frame)} bytes is longer than {MAX_FRAME}")
    message = _decode(_to_server, frame)
    if frame == encode(message):  # as our clients write it: no field is there twice
        return message
    try:
        json.loads(frame, object_pairs_hook=_refuse_repeated)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(str(error)) from None
    return message


def decode_to_client(frame: str | bytes) -> ToClient:
    """Decode a coordinator's frame; ProtocolError if it holds no message to a client."""
    return _decode(_to_client, frame)


def _refuse_repeated(fields: list[tuple[str, object]]) -> None:
    """Raise ProtocolError if a JSON object has a field twice: which of them counts is not said."""
    names = [name for name, _ in fields]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ProtocolError(f"the field `{show(twice[:80])}` is there twice")


def _decode(decoder: msgspec.json.Decoder[Kind], frame: str | bytes) -> Kind:
    if isinstance(frame, bytes):
        raise ProtocolError("frames are text, this one is binary")
    try:
        return decoder.decode(frame)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise ProtocolError(str(error)) from None
