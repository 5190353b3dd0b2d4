"""Reads data files as lines of text, plain or packed, without holding them whole in memory."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from clamshell_tui.datasets.checks import SourceLine
from clamshell_tui.datasets.readings import preview, readings
from clamshell_tui.datasets.signatures import GZIP, refuse_unread
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.text import show

# Unpickling runs code of the file's author, so no such file is ever opened.
PICKLES = {".pkl", ".pickle", ".joblib", ".npz", ".npy", ".pt", ".pth"}
_NUMPY = (b"PK\x03\x04", b"\x93NUMPY")
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "ascii")
_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 2**16  # bytes from which formats are found out
_STEP = 2**16  # characters that are read at a time
_ODD_LINES = 200  # that are not UTF-8, whose encoding is guessed


def resolve(base: Path, path: str) -> Path:
    """Return the file at ``path``; DatasetError if it is missing, a directory or a pickle."""
    file = base / path
    if file.is_dir():
        raise DatasetError(f"{show(path)} is a directory, not a file (dataset.path)")
    if not file.is_file():
        raise DatasetError(f"no such file: {show(path)} (dataset.path, looked in {base})")
    if file.suffix.lower() in PICKLES and not _raw_head(file, path).startswith(_NUMPY):
        table = file.suffix.lower() in (".pkl", ".pickle")
        way = f': pandas.read_pickle("{show(file.name)}").to_csv("d.csv", index=False)'
        raise DatasetError(
            f"{show(path)}: pickle files are not read. Export the records as CSV or JSONL"
            f"{way if table else ''}"
        )
    return file


def first_bytes(file: Path, path: str) -> bytes:
    """Return the first bytes of a file, unpacked; DatasetError if its kind is not read."""
    head = _raw_head(file, path)
    if head.startswith(GZIP):
        try:
            with gzip.open(file) as packed:
                head = packed.read(_HEAD)
        except (EOFError, zlib.error, OSError) as error:
            raise _damaged(path, error) from error
    refuse_unread(head, file, path)
    return head


def _raw_head(file: Path, path: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD)
    except OSError as error:
        raise DatasetError(f"cannot read {show(path)}: {error.strerror}") from error


def _damaged(path: str, error: Exception) -> DatasetError:
    return DatasetError(f"{show(path)} is a damaged gzip file ({error}). Fetch it again")


class Head(NamedTuple):
    """The first lines of a file; ``whole`` if there are no more."""

    lines: list[str]
    whole: bool

    def after(self, count: int) -> "Head":
        """Return it without the first ``count`` lines."""
        return Head(self.lines[count:], self.whole)


class TextFile:
    """A file of text; ``codec`` is found out from its first bytes unless ``encoding`` is given.

    ``named`` names the file in errors, ``notes`` say what was found out.
    """

    def __init__(self, file: Path, named: str, encoding: str | None) -> None:
        self.named = named
        self.notes: list[str] = []
        self._file = file
        head = first_bytes(file, named)
        self._packed = _raw_head(file, named).startswith(GZIP)
        self.codec = self._found_out(head) if encoding is None else _codec(encoding)
        if self.codec == "utf-8" and not _found_out(head).startswith("utf-8"):
            name = _found_out(head).upper()
            raise DatasetError(
                f"{show(named)} looks like {name}, not like UTF-8. Leave dataset.encoding out"
            )
        if self.codec == "utf-8" and head.startswith(codecs.BOM_UTF8):
            self.codec = "utf-8-sig"
        elif self.codec == "iso8859-1" and self._is_cp1252():
            self.codec = "cp1252"
            self.notes.append(
                f"{show(named)} is read as cp1252: as {encoding}, its quotes and dashes would be "
                "control characters"
            )

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends; DatasetError for bytes that are no text."""
        number = 0
        try:
            with io.TextIOWrapper(self._open(), self.codec, newline="") as text:
                while part := text.readlines(_STEP):
                    if "\0" in "".join(part):  # quicker than a look at each line
                        number += next(at for at, line in enumerate(part, 1) if "\0" in line)
                        raise SourceLine(self.named, number).error("NUL byte. Is this a text file?")
                    number += len(part)
                    yield from part
        except UnicodeDecodeError as error:
            raise self._undecodable() from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(self.named, error) from error
        except OSError as error:
            raise DatasetError(f"cannot read {show(self.named)}: {error.strerror}") from error

    def head(self) -> Head:
        """Return the first lines, complete ones only."""
        lines: list[str] = []
        size = 0
        for line in self.lines():
            if size > _HEAD:
                return Head(lines, whole=False)
            lines.append(line)
            size += len(line)
        return Head(lines, whole=True)

    def described(self) -> list[tuple[str, str]]:
        """Return what is known of the file, with a line beyond ASCII to see whether it is right."""
        lines, _ = self.head()
        odd = [(n, line) for n, line in enumerate(lines, 1) if not line.isascii()]
        codec = self.codec.removesuffix("-sig").upper()
        encoding = f"{codec}; all is ASCII" if not odd else codec
        if odd and (number := odd[0][0]):
            encoding += f'; line {number} reads "{preview(odd[0][1])}"'
        packed = [("packed", "gzip")] if self._packed else []
        return [*packed, ("encoding", encoding)]

    def _open(self) -> IO[bytes]:
        return cast(IO[bytes], gzip.open(self._file) if self._packed else self._file.open("rb"))

    def _found_out(self, head: bytes) -> str:
        codec = _found_out(head)
        if not codec.startswith("utf-8"):
            name = codec.upper()
            self.notes.append(f"{show(self.named)} is read as {name} (dataset.encoding)")
        return codec

    def _is_cp1252(self) -> bool:
        """Whether latin-1 has control characters where cp1252 has text."""
        with self._open() as opened:
            raw = opened.read()
        if not any(raw.count(byte) for byte in range(0x80, 0xA0)):
            return False
        try:
            raw.decode("cp1252")
        except UnicodeDecodeError:
            return False
        return True

    def _undecodable(self) -> DatasetError:
        """Return the error for bytes that the codec does not know, with the encodings that do."""
        name = "UTF-8" if self.codec.startswith("utf-8") else self.codec
        if self.codec.startswith(("utf-16", "utf-32")):
            return DatasetError(
                f"{show(self.named)}: not {name.upper()}. Leave dataset.encoding out"
            )
        odd, good = self._odd_lines()
        where = f"{show(self.named)}: not {name} at line {odd[0][0]}"
        if name == "UTF-8" and good:
            return DatasetError(
                f"{where}, while line {good} is: the file mixes encodings, or that line is "
                "damaged. Repair the line"
            )
        if _is_utf8(b"".join(line for _, line in odd)):
            return DatasetError(f"{where}, but it is UTF-8. Leave dataset.encoding out")
        likely = readings([line for _, line in odd])
        if not likely:
            return DatasetError(f"{where}. Set dataset.encoding to what the file was saved in")
        shown = ", as ".join(f'{each.encoding} it reads "{each.preview}"' for each in likely)
        rule = "to the one that reads right" if len(likely) > 1 else f'= "{likely[0].encoding}"'
        return DatasetError(f"{where}. As {shown}. Set dataset.encoding {rule}")

    def _odd_lines(self) -> tuple[list[tuple[int, bytes]], int]:
        """Return the first lines that cannot be decoded, and a line beyond ASCII that can, or 0."""
        odd: list[tuple[int, bytes]] = []
        good = 0
        with self._open() as raw:
            for number, line in enumerate(raw, 1):
                if line.isascii():
                    continue
                try:
                    line.decode(self.codec)
                    good = good or number
                except UnicodeDecodeError:
                    odd.append((number, line))
                if len(odd) >= _ODD_LINES:
                    break
        return odd, good


def _found_out(head: bytes) -> str:
    """Return the Unicode encoding that the first bytes show."""
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    return marked or _without_a_mark(head)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_a_mark(head: bytes) -> str:
    """Return UTF-16 if every other byte of Western text is zero, else UTF-8."""
    start = head[:1000]
    for first, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = start[first::2].count(0)
        if zeros > 0.6 * len(start[first::2]) and not start[1 - first :: 2].count(0):
            return codec
    return "utf-8"


def _codec(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        "".encode(info.name)  # refuses codecs that are not text encodings, such as "zip"
    except LookupError as error:
        hint = did_you_mean(encoding, ENCODINGS)
        raise DatasetError(
            f'unknown encoding "{show(encoding)}"{hint} (dataset.encoding). Known: '
            f"{', '.join(ENCODINGS)} and Python's others"
        ) from error
    return info.name
