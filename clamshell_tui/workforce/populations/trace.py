"""``trace``: recorded workers, read strictly from a CSV of worker, mean, std, accuracy."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from io import StringIO
from math import isfinite
from pathlib import Path
from random import Random
from typing import NamedTuple

from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.latency import latency_of
from clamshell_tui.workforce.person import Person

COLUMNS = ("worker", "mean", "std", "accuracy")
NOTES = (  # further columns of ``clamshell trace``, for people; not used
    "empirical_mean",
    "empirical_std",
    "log_mean",
    "log_sd",
    "completed",
    "terminated",
    "right",
    "judged",
)
SHORTEST_MEAN, LONGEST = 0.001, 1e7  # s per label, as in ``config.py``
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)  # no "1_0", no "nan"


class RecordedWorker(NamedTuple):
    """One row; ``mean`` and ``std`` are in seconds per label."""

    worker: str
    mean: float
    std: float
    accuracy: float


class TracePopulation:
    """Recorded workers, sampled with replacement, or taken in order and then from the top again."""

    def __init__(self, workers: Sequence[RecordedWorker]) -> None:
        self._workers = workers
        self._taken = 0

    def __call__(self, rng: Random, config: CrowdConfig, n_classes: int) -> Person:
        recorded = self._pick(rng, config)
        latency = latency_of(config.trace_distribution, recorded.mean, recorded.std)
        return Person(latency, recorded.accuracy, n_classes)

    def _pick(self, rng: Random, config: CrowdConfig) -> RecordedWorker:
        if config.trace_order == "random":
            return rng.choice(self._workers)
        recorded = self._workers[self._taken % len(self._workers)]
        self._taken += 1
        return recorded


def read_trace(path: Path) -> list[RecordedWorker]:
    """Return the workers of a trace; DatasetError names the first bad line."""
    rows = _rows(path)
    header = next(rows, (1, []))[1]
    _check_header(path, header)
    workers: list[RecordedWorker] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(header):
            raise _bad(path, line, f"{len(row)} columns, header has {len(header)}")
        recorded = _recorded(path, line, dict(zip(header, row, strict=True)))
        if recorded.worker in seen:
            lines = f"lines {seen[recorded.worker]} and {line}"
            name = _shown(recorded.worker)
            raise DatasetError(f'{path}: worker "{name}" on {lines}. Keep one of them')
        seen[recorded.worker] = line
        workers.append(recorded)
    if not workers:
        raise DatasetError(f"{path} holds no workers. Write one per line below the header")
    return workers


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of each non-empty row, the header included."""
    reader = csv.reader(StringIO(_text(path), newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise _bad(path, reader.line_num, f"not CSV: {error}") from error


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"no such file: {path} (crowd.trace)") from None
    except OSError as error:
        raise DatasetError(f"cannot read {path} (crowd.trace): {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        utf16 = " (looks like UTF-16)" if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else ""
        raise _bad(path, line, f"not UTF-8{utf16}; convert the file") from error
    if "\0" in text:
        raise _bad(path, text.count("\n", 0, text.index("\0")) + 1, "NUL byte")
    return text


def _check_header(path: Path, header: list[str]) -> None:
    for column in header:
        if column not in COLUMNS and column not in NOTES:
            known = (*COLUMNS, *NOTES)
            raise _bad(path, 1, f'unknown column "{_shown(column)}"{did_you_mean(column, known)}')
        if header.count(column) > 1:
            raise _bad(path, 1, f'column "{column}" appears twice')
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise DatasetError(f'{path}: no column "{missing[0]}"; found: {found}')


def _recorded(path: Path, line: int, fields: dict[str, str]) -> RecordedWorker:
    worker = fields["worker"]
    if not worker or len(worker) > 200 or not worker.isprintable():
        raise _bad(path, line, "bad worker name; write 1-200 printable characters")
    mean, std, accuracy = (_number(path, line, column, fields[column]) for column in COLUMNS[1:])
    if not SHORTEST_MEAN <= mean <= LONGEST:
        raise _bad(path, line, f"mean {mean:g} is not within 0.001..1e7 s per label")
    if not 0 <= std <= LONGEST:
        raise _bad(path, line, f"std {std:g} is not within 0..1e7 s per label")
    if not 0 <= accuracy <= 1:
        raise _bad(path, line, f"accuracy {accuracy:g} is not within 0..1")
    return RecordedWorker(worker, mean, std, accuracy)


def _number(path: Path, line: int, column: str, text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text.strip()) else float("nan")
    if not isfinite(number):
        raise _bad(path, line, f'column {column}: "{_shown(text)}" is not a finite number')
    return number


def _shown(text: str) -> str:
    """Return input for a message: short, on one line, without control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:40])


def _bad(path: Path, line: int, what: str) -> DatasetError:
    return DatasetError(f"{path} line {line}: {what}")
