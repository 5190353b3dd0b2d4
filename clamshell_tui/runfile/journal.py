"""The journal: every event in order, in a chain of hashes that shows any changed byte.

Entry n's hash is BLAKE2b-256 over the hash before it (initially 32 zero bytes), n, the time as a
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
    """Return the 32-byte hash of entry ``seq``, given the hash of the entry before."""
    return blake2b(previous + struct.pack(">qd", seq, at) + body, digest_size=32).digest()


def end_of(seq: int, last_hash: bytes) -> dict[str, str]:
    """Return the ``meta`` entries of a finished run that reveal a truncated journal."""
    return {"journal_entries": str(seq), "journal_hash": last_hash.hex()}


class Journal:
    """Numbers and chains events; continues a chain from a given last entry."""

    def __init__(self, seq: int = 0, last_hash: bytes = GENESIS) -> None:
        self.seq = seq
        self.last_hash = last_hash
        self._encode = msgspec.json.Encoder().encode

    @property
    def end(self) -> dict[str, str]:
        """The end of the chain as entries of ``meta``; see :func:`end_of`."""
        return end_of(self.seq, self.last_hash)

    def entry(self, at: float, event: Event) -> JournalRow:
        """Return the next entry of the chain.

        Raises ValueError and changes nothing for a number that JSON lacks: an infinity would become
        null, and the journal could not be replayed.
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
