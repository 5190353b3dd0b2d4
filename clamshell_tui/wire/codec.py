"""Frames to messages and back. Whatever the bytes, the result is a message or a ProtocolError."""

from typing import TypeVar

import msgspec

from clamshell_tui.wire.messages import ToClient, ToServer

MAX_FRAME = 64 * 1024
"""Bytes of a frame towards the coordinator; the other way they may be larger (images)."""

_to_server: msgspec.json.Decoder[ToServer] = msgspec.json.Decoder(ToServer)
_to_client: msgspec.json.Decoder[ToClient] = msgspec.json.Decoder(ToClient)
_encoder = msgspec.json.Encoder()

Kind = TypeVar("Kind")


class ProtocolError(Exception):
    """The peer said something that the protocol does not allow."""


def encode(message: ToServer | ToClient) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def decode_to_server(frame: str | bytes) -> ToServer:
    """The message in a client's frame; ProtocolError for anything else."""
    if len(frame) > MAX_FRAME:
        raise ProtocolError(f"frame of {len(frame)} bytes is longer than {MAX_FRAME}")
    return _decode(_to_server, frame)


def decode_to_client(frame: str | bytes) -> ToClient:
    """The message in a coordinator's frame; ProtocolError for anything else."""
    return _decode(_to_client, frame)


def _decode(decoder: msgspec.json.Decoder[Kind], frame: str | bytes) -> Kind:
    if isinstance(frame, bytes):
        raise ProtocolError("frames are text, this one is binary")
    try:
        return decoder.decode(frame)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise ProtocolError(str(error)) from None
