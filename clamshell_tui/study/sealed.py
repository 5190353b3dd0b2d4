"""Answers that can be erased without breaking the journal.

The journal has a keyed digest of each value, and the key lies beside the value. Once both are
erased the digest tells nothing any more: without the key no guess can be confirmed.
"""

import secrets
from hashlib import sha256
from hmac import compare_digest, digest

import msgspec
from msgspec import Struct

_KEY = 32  # bytes
_TEXT = "sealed:"
Value = str | int | float | None
"""An answer: step, number, number of the option from 0, or text; None: not answered."""


class SealedRow(Struct, frozen=True):
    """One answer as it is stored; ``value`` is JSON. Both it and ``key`` are None once erased."""

    participant: str
    stage: int
    question: str
    value: str | None
    key: bytes | None

    @property
    def answer(self) -> Value:
        """The answer; None if it was erased, or not given."""
        return None if self.value is None else msgspec.json.decode(self.value, type=Value)

    @property
    def erased(self) -> bool:
        return self.value is None

    @property
    def digest(self) -> str:
        """The digest for the journal, in hex; ValueError if the value was erased."""
        if self.value is None or self.key is None:
            raise ValueError(f"{self.question} of {self.participant} was erased")
        return digest(self.key, self.value.encode(), sha256).hex()

    def matches(self, found: str) -> bool:
        """Whether the journal's digest is that of this value."""
        return compare_digest(self.digest, found)


def seal(participant: str, stage: int, question: str, value: Value) -> SealedRow:
    """Return the row of an answer, with a key of its own."""
    text = msgspec.json.encode(value).decode()
    return SealedRow(participant, stage, question, text, secrets.token_bytes(_KEY))


def text_name(assignment: int, place: int, what: str) -> str:
    """Return the name of a free text on a record of an assignment, as a run file has it.

    ``place`` is that of the record in the task, from 0; ``what`` is reason or comment.
    """
    return f"{_TEXT}{assignment}/{place}/{what}"


def is_text_name(text: str) -> bool:
    """Whether the text of a remark is the name of a sealed one, or says that it was refused."""
    return text.startswith(_TEXT)


REFUSED_TEXT = f"{_TEXT}refused"
"""Stands for a text that is not kept, such as one of a participant whose data were deleted."""
