"""JSON Lines between a seat and its program.

``hello``, ``task`` and ``cancel`` go to its stdin; ``ready`` and ``answer`` come from its stdout.

Reading is strict about the fields that are used and ignores all others, so that a program may print
more. Writing is ASCII, so that it arrives under any locale.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from clamshell_tui.wire.parts import Micros, Name, Record
from worker_client.machine.labeller import Identity, Labels, Work

VERSION = 1
LONGEST = 4 * 1024 * 1024
"""Bytes of a line; a thousand labels with reasons of a thousand characters fit."""
_WHY = 1000  # characters of a reason that are kept


class LabelLine(msgspec.Struct, frozen=True):
    """One label within an answer."""

    label: str
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    why: str | None = None


class ReadyLine(msgspec.Struct, frozen=True, tag="ready"):
    """The program has read ``hello`` and can label."""

    source: Annotated[str, Meta(min_length=1, max_length=100)]
    revision: Name = ""
    price_micros: Micros = 0

    @property
    def identity(self) -> Identity:
        """Announcement of the seat to the coordinator."""
        return Identity(self.source, self.revision, self.price_micros)


class AnswerLine(msgspec.Struct, frozen=True, tag="answer"):
    """Labels of a task in the order of its records; null abstains."""

    id: str
    labels: list[LabelLine | None]
    cost_micros: Micros | None = None


class _Start(msgspec.Struct, frozen=True):
    """As much of a faulty line as shows whether it was an answer."""

    type: str
    id: str = ""


_DECODER = msgspec.json.Decoder(ReadyLine | AnswerLine)
_STARTS = msgspec.json.Decoder(_Start)


def hello(work: Work) -> bytes:
    """First line to the program."""
    return _line("hello", version=VERSION, classes=work.classes, instructions=work.instructions)


def task(key: str, records: Sequence[Record], seconds: float) -> bytes:
    """Line of a task. Known answers stay here: a machine is not a bot."""
    return _line("task", id=key, records=list(map(_record, records)), seconds=round(seconds, 3))


def cancel(key: str) -> bytes:
    """Line that withdraws a task: its answer will be ignored."""
    return _line("cancel", id=key)


def read(line: bytes) -> ReadyLine | AnswerLine | None:
    """Parse a line of the program; None if it is noise."""
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):  # a line may nest without end
        return None


def answers(line: bytes, key: str) -> bool:
    """Whether a line that cannot be read was meant as the answer to this task."""
    try:
        start = _STARTS.decode(line)
    except (ValueError, RecursionError):
        return False
    return (start.type, start.id) == ("answer", key)


def labels_in(answer: AnswerLine, classes: Sequence[str], n_records: int) -> Labels | None:
    """Return the labels of an answer; None if their number is wrong.

    A label that is not one of the classes abstains on its record alone.
    """
    if len(answer.labels) != n_records:
        return None
    given = [_given(each, classes) for each in answer.labels]
    return Labels(
        tuple([label for label, _, _ in given]),
        tuple([confidence for _, confidence, _ in given]),
        tuple([why for _, _, why in given]),
        answer.cost_micros,
    )


def _given(line: LabelLine | None, classes: Sequence[str]) -> tuple[int | None, float | None, str]:
    if line is None or line.label not in classes:
        return None, None, ""
    return classes.index(line.label), line.confidence, (line.why or "")[:_WHY]


def _record(record: Record) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": record.id}
    if record.text is not None:
        shown["text"] = record.text
    if record.image is not None:
        shown["image"] = msgspec.to_builtins(record.image)
    if record.numbers:
        shown["numbers"] = dict(record.numbers)
    return shown


def _line(type: str, **fields: object) -> bytes:  # noqa: A002  # the field's name
    return json.dumps({"type": type, **fields}, separators=(",", ":")).encode("ascii") + b"\n"
