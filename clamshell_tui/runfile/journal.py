"""The journal: every event in order, chained by hashes so that a changed byte is noticed.

Entry n's hash is BLAKE2b-256 over the hash before it (32 zero bytes at first), n, the time as a
big-endian double and the JSON of the event.
"""

import struct
from hashlib import blake2b
from typing import Final

import msgspec

from clamshell_tui.core.events import Event
from clamshell_tui.run.tables import JournalRow

GENESIS: Final = bytes(32)

decode_event = msgspec.json.Decoder[Event](Event).decode


def chained(previous: bytes, seq: int, at: float, body: bytes) -> bytes:
    """The hash of entry ``seq``, 32 bytes, given the hash of the entry before it."""
    return blake2b(previous + struct.pack(">qd", seq, at) + body, digest_size=32).digest()


def end_of(seq: int, last_hash: bytes) -> dict[str, str]:
    """How a journal ends, for the ``meta`` of a finished run: one cut short is noticed."""
    return {"journal_entries": str(seq), "journal_hash": last_hash.hex()}


class Journal:
    """Numbers and chains events; continues a chain when given its last entry."""

    def __init__(self, seq: int = 0, last_hash: bytes = GENESIS) -> None:
        self.seq = seq
        self.last_hash = last_hash
        self._encode = msgspec.json.Encoder().encode

    @property
    def end(self) -> dict[str, str]:
        """The end of the chain as entries of ``meta``; see :func:`end_of`."""
        return end_of(self.seq, self.last_hash)

    def entry(self, at: float, event: Event) -> JournalRow:
        """The next entry of the chain.

        Raises ValueError, and stays as it was, for a number that JSON lacks: an infinity would
        become null, and the journal could not be replayed.
        """
        body = self._encode(event)
        if b":null" in body and not _reads_back(body, event):
            raise ValueError(f"cannot be written to a journal: {event}")
        self.seq += 1
        self.last_hash = chained(self.last_hash, self.seq, at, body)
        return JournalRow(self.seq, at, body.decode(), self.last_hash)


def _reads_back(body: bytes, event: Event) -> bool:
    try:
        return bool(decode_event(body) == event)
    except msgspec.ValidationError:
        return False
