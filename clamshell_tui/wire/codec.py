"""Encode messages as text frames and decode frames; any invalid frame is a ProtocolError."""

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
    """The peer sent something that the protocol does not allow."""


def encode(message: ToServer | ToClient) -> str:
    return _encoder.encode(message).decode()


def decode_to_server(frame: str | bytes) -> ToServer:
    """Decode a client's frame; ProtocolError if it holds no message to the coordinator."""
    if len(frame) > MAX_FRAME:
        raise ProtocolError(f"frame of {len(frame)} bytes is longer than {MAX_FRAME}")
    return _decode(_to_server, frame)


def decode_to_client(frame: str | bytes) -> ToClient:
    """Decode a coordinator's frame; ProtocolError if it holds no message to a client."""
    return _decode(_to_client, frame)


def _decode(decoder: msgspec.json.Decoder[Kind], frame: str | bytes) -> Kind:
    if isinstance(frame, bytes):
        raise ProtocolError("frames are text, this one is binary")
    try:
        return decoder.decode(frame)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise ProtocolError(str(error)) from None
