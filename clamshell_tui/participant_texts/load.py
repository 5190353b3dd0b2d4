"""Reads a file of replaced sentences, and checks that it is complete."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.participant_texts import NUMBER, PLACEHOLDER, english, flat
from clamshell_tui.text import REPLACEMENT, show

_LARGEST = 2**20  # bytes
_SHOWN = 3  # problems in one error
_BEGIN = "clamshell texts prints all sentences to begin with"


def built_in() -> dict[str, Path]:
    """The languages that come with the program, by name: ``de``."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}


def load_texts(path: Path) -> Mapping[str, str]:
    """Return the sentences of a file by dotted key; InputError names what is wrong with it.

    It must have every English key and no other, and in each sentence the same placeholders; only
    the form for 1 may leave its number out.
    """
    found = dict(flat(_read(path)))
    problems = list(_problems(found))
    if problems:
        rest = len(problems) - _SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        raise InputError(f"{show(path.name)}: {'; '.join(problems[:_SHOWN])}{more}. {_BEGIN}")
    return {key: str(text) for key, text in found.items()}


def _read(path: Path) -> dict[str, object]:
    name = show(path.name)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {show(str(path))}: {reason}") from error
    if len(raw) > _LARGEST:
        raise InputError(f"{name} is larger than 1 MiB. Is this a file of sentences?")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}: not UTF-8 at line {line}. Convert it") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not TOML: {show(str(error))}") from error


def _problems(found: Mapping[str, object]) -> Iterator[str]:
    wanted = english()
    for key in found:
        if key not in wanted:
            yield f"{show(key)} is not known{did_you_mean(key, wanted)}"
    for key, text in wanted.items():
        if key not in found:
            yield f"{key} is missing"
        else:
            yield from (f"{key} {why}" for why in _faults(key, found[key], text))


def _faults(key: str, text: object, english_text: str) -> Iterator[str]:
    if not isinstance(text, str):
        yield "is no text"
        return
    if not text.strip():
        yield "is empty"
    if REPLACEMENT in show(text.replace("\n", "") if "\n" in english_text else text):
        yield "has a line break or a control character"
    if key == "numerals.number" and not NUMBER.fullmatch(text):
        yield f'is not {english_text} with other signs, such as "1.234,5"'
    needed, there = set(PLACEHOLDER.findall(english_text)), set(PLACEHOLDER.findall(text))
    optional = {"count"} if key.endswith(".one") else set()
    for name in sorted(needed - there - optional):
        yield f"lacks {{{name}}}"
    for name in sorted(there - needed - optional):
        yield f"has {{{name}}}, which has no value there"
    if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
        yield "has a brace that belongs to no placeholder"
