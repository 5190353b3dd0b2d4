"""Chat completions as labels: what to ask a language model, and what its reply means."""

import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from math import exp
from typing import Any

import msgspec

from clamshell_tui.wire.parts import Image, Record
from worker_client.machine.labeller import Work

PROMPT = """{instructions}

Answer with exactly one of these labels, as it is written here, and with nothing else:
{classes}"""
_MOST_TOKENS = 1024
"""A label needs few; a model that thinks aloud needs hundreds, and one that rambles must end."""
_AROUND = " \t\r\n\"'`*.:_"  # text that models put around a label


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    logprobs: msgspec.Raw = msgspec.Raw(b"null")


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class _Error(msgspec.Struct):
    message: str = ""


class _Failure(msgspec.Struct):
    error: _Error | str = ""
    message: str = ""


class _Token(msgspec.Struct):
    token: str
    logprob: float


class _Logprobs(msgspec.Struct):
    content: list[_Token] = []


def prompt_for(work: Work, template: str = PROMPT) -> str:
    """Put instructions and classes into a template; its other braces stay as they are."""
    classes = "\n".join(work.classes)
    parts = template.split("{classes}")
    return classes.join(part.replace("{instructions}", work.instructions) for part in parts).strip()


def question(model: str, prompt: str, record: Record, *, logprobs: bool) -> bytes:
    """Body of a request about one record."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt},
            {"role": "user", "content": _content(record)},
        ],
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
    }
    if logprobs:
        body["logprobs"] = True
    return json.dumps(body).encode("ascii")


def read(body: bytes, classes: Sequence[str]) -> tuple[int | None, float | None]:
    """Return the class in a reply, None if it names none, and the confidence if it can be known.

    The confidence is the probability of the tokens that spell the class. ValueError for a body that
    is no completion.
    """
    completion = msgspec.json.decode(body, type=_Completion)
    if not completion.choices:
        raise ValueError("no choices")
    choice = completion.choices[0]
    answer = (choice.message.content or "").rpartition("</think>")[2].strip()
    label = class_in(answer, classes)
    if label is None:
        return None, None
    return label, _probability(answer.strip(_AROUND) or answer, choice.logprobs)


def error_in(body: bytes) -> str:
    """The message in a reply that is an error; empty if there is none in a known form."""
    try:
        error = msgspec.json.decode(body, type=_Failure)
    except ValueError:
        return ""
    if isinstance(error.error, _Error):
        return error.error.message
    return error.error or error.message


def class_in(answer: str, classes: Sequence[str]) -> int | None:
    """The class that an answer consists of. A class among other words is none: "not spam"."""
    if answer in classes:
        return classes.index(answer)
    bare = answer.strip(_AROUND).casefold()
    found = [at for at, each in enumerate(classes) if each.strip(_AROUND).casefold() == bare]
    return found[0] if len(found) == 1 and bare else None


def _probability(answer: str, raw: msgspec.Raw) -> float | None:
    try:
        tokens = (msgspec.json.decode(raw, type=_Logprobs | None) or _Logprobs()).content
    except ValueError:
        return None
    start = "".join([each.token for each in tokens]).rfind(answer)
    if start < 0 or not tokens:
        return None
    total, place = 0.0, 0
    for each in tokens:
        if place < start + len(answer) and place + len(each.token) > start:
            total += each.logprob
        place += len(each.token)
    return exp(min(0.0, total))


def _content(record: Record) -> str | list[dict[str, Any]]:
    words = [] if record.text is None else [record.text]
    words += [f"{name}: {value:g}" for name, value in record.numbers]
    text = "\n".join(words)
    if record.image is None:
        return text
    url = f"data:image/png;base64,{b64encode(png(record.image)).decode()}"
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}}]
    return [{"type": "text", "text": text}, *parts] if text else parts


def png(image: Image) -> bytes:
    """Encode an image as PNG (RFC 2083), each row unfiltered."""
    colour = {1: 0, 3: 2}[image.channels]
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, colour, 0, 0, 0)
    row = image.width * image.channels
    rows = [b"\0" + image.pixels[at : at + row] for at in range(0, row * image.height, row)]
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
