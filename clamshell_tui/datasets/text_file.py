"""Reads data files as text; refuses pickles, wrong encodings and NUL bytes."""

import codecs
from pathlib import Path

from clamshell_tui.datasets.checks import SourceLine
from clamshell_tui.errors import DatasetError, did_you_mean

# Unpickling runs code of the file's author, so no such file is ever opened.
PICKLES = {".pkl", ".pickle", ".joblib", ".npz", ".npy", ".pt", ".pth"}
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8", "utf-16", "latin-1", "cp1252", "ascii")


def resolve(base: Path, path: str) -> Path:
    """Return the file at ``path``; DatasetError if it is missing, a directory or a pickle."""
    file = base / path
    if file.suffix.lower() in PICKLES:
        raise DatasetError(f"{path}: pickle files are not read. Export the records as CSV or JSONL")
    if file.is_dir():
        raise DatasetError(f"{path} is a directory, not a file (dataset.path)")
    if not file.is_file():
        raise DatasetError(f"no such file: {path} (dataset.path, looked in {base})")
    return file


def read_text(file: Path, path: str, encoding: str) -> str:
    """Return the text of a file without its byte order mark; errors name it ``path``."""
    codec = _codec(encoding)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    if codec == "utf-8" and _looks_like_utf16(raw):
        raise _undecodable(path, 1, encoding, "UTF-16")
    try:
        text = raw.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _undecodable(path, line, encoding, "Latin-1") from error
    nul = text.find("\0")
    if nul >= 0:
        raise SourceLine(path, text.count("\n", 0, nul) + 1).error("NUL byte. Is this a text file?")
    return text


def _codec(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        "".encode(info.name)  # refuses codecs that are not text encodings, such as "zip"
    except LookupError as error:
        hint = did_you_mean(encoding, ENCODINGS)
        raise DatasetError(f'unknown encoding "{encoding}"{hint} (dataset.encoding)') from error
    return info.name


def _looks_like_utf16(raw: bytes) -> bool:
    """Return whether bytes look like UTF-16: without a mark, Western text has many zeros."""
    start = raw[:1000]
    return raw.startswith(UTF16_MARKS) or start.count(0) > 0.3 * len(start)


def _undecodable(path: str, line: int, encoding: str, guess: str) -> DatasetError:
    likely = (
        f" (looks like {guess})" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else ""
    )
    name = "UTF-8" if likely else encoding
    fix = f'"{guess.lower()}"' if likely else "what the file was saved in"
    return DatasetError(
        f"{path}: not {name} at line {line}{likely}. Convert it, or set dataset.encoding to {fix}"
    )
