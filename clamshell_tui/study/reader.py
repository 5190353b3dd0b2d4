"""Read ``study.db``. Reading never changes it; an unusable file gives one clear error."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
from msgspec import Struct

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError
from clamshell_tui.runfile.journal import chained
from clamshell_tui.runfile.mark import mark_path, read_mark
from clamshell_tui.runfile.output_path import database_errors
from clamshell_tui.runfile.schema import ACCESS, AccessRow, require_strict_tables
from clamshell_tui.study.access import id_path
from clamshell_tui.study.clock import StudyClock
from clamshell_tui.study.events import StudyEvent, WorkEntered
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.schema import (
    APPLICATION_ID,
    FILE,
    FORMAT,
    RULES,
    StudyMeta,
    chain_start,
    expected_objects,
    objects,
)
from clamshell_tui.study.sealed import SealedRow
from clamshell_tui.text import show

decode_event = msgspec.json.Decoder[StudyEvent](StudyEvent).decode

_MAGIC = b"SQLite format 3\x00"
_LONGEST = 2**27  # bytes of a value
_AGAIN = "Restore it from a back-up"


class Entry(NamedTuple):
    """An entry of the journal; ``at`` is in seconds since the start of the study."""

    seq: int
    at: float
    event: StudyEvent


class StudyRun(Struct, frozen=True):
    """A study as its folder has it, with the state after the replay of its journal."""

    folder: Path
    meta: StudyMeta
    itinerary: Itinerary
    entries: tuple[Entry, ...]
    sealed: tuple[SealedRow, ...]
    access: tuple[AccessRow, ...]

    @property
    def clock(self) -> StudyClock:
        """The dates of its times."""
        return StudyClock(self.meta.began, self.entries)

    def utc(self, at: float) -> float:
        """Return the date of a time of the study, in seconds since 1970."""
        return self.clock.utc(at)

    def run_file(self, condition: str) -> Path:
        """Return the path of the run file of a condition, made when the first one works."""
        return run_file(self.folder, condition)


def run_file(folder: Path, condition: str) -> Path:
    """Return the path of the run file of a condition in the folder of a study."""
    return folder / f"{condition}.db"


def is_study_folder(folder: Path) -> bool:
    """Return whether a folder holds a study."""
    return (folder / FILE).is_file()


def other_copies(folder: Path) -> list[Path]:
    """Return other files beside a study's folder that have its beginning, such as back-ups."""
    with read_file(folder / FILE) as file:
        first = file.hash_of(1)
    found = []
    around = folder.absolute().parent
    for path in sorted([*around.glob("*.db*"), *around.glob("*/*.db*")]):
        if not path.is_file() or path.parent == folder.absolute():
            continue
        with suppress(ClamshellError), read_file(path) as other:
            if other.hash_of(1) == first:
                found.append(path)
    return found


def read_study(folder: Path) -> StudyRun:
    """Read a study: verify the chain of its journal, and replay it.

    Raises RunFileError for a folder without a study or one of a later version,
    EnvironmentFaultError for a damaged or locked file.
    """
    with read_file(folder / FILE) as file:
        itinerary = file.replay()
        return StudyRun(
            folder, file.meta, itinerary, file.journal, tuple(file.sealed()), tuple(file.access())
        )


def workers_of(itinerary: Itinerary, entries: Sequence[Entry], run: Path) -> list[str]:
    """Return the participants who began to work in a condition, in order.

    ``run`` is its run file; EnvironmentFaultError if it is missing: their pay is in it.
    """
    entered = [each.event.participant for each in entries if isinstance(each.event, WorkEntered)]
    people = itinerary.people
    found = [each for each in dict.fromkeys(entered) if people[each].condition == run.stem]
    if found and not run.exists():
        raise contradiction(
            f"{show(found[0])} worked in {run.stem}, but {show(run.name)} is not here"
        )
    return found


def contradiction(what: str) -> EnvironmentFaultError:
    """Return the error of a study whose files do not belong together."""
    return EnvironmentFaultError(
        f"{FILE} and the files beside it contradict each other: {what}. Restore them from a back-up"
    )


class StudyReader:
    """An open ``study.db`` whose journal has the right hashes."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        with _damage(path):
            self.meta = self._meta()
        if self.meta.rules != RULES:
            raise EnvironmentFaultError(
                f"{show(path.name)}: made by rules {self.meta.rules}, this program has {RULES}. "
                f"Read it with version {show(self.meta.version[:40])}"
            )
        self.journal, self._hashes = self._verified()
        self._compare_with_mark()

    @property
    def entries(self) -> int:
        """The number of entries."""
        return len(self.journal)

    @property
    def last_hash(self) -> bytes:
        """Hash of the last entry, from which the chain goes on."""
        return self.hash_of(self.entries)

    def hash_of(self, seq: int) -> bytes:
        """Return the hash of an entry, from 0, where the chain begins; empty if there is none."""
        return self._hashes[seq] if seq < len(self._hashes) else b""

    def replay(self) -> Itinerary:
        """Return the state after all entries; EnvironmentFaultError if one is impossible."""
        itinerary = Itinerary(self.meta.plan)
        for seq, at, event in self.journal:
            try:
                itinerary.handle(event, at)
            except InvalidEventError as error:
                raise self._bad_entry(seq, f"cannot be: {show(str(error), 120)}") from error
        return itinerary

    def sealed(self) -> Iterator[SealedRow]:
        """Yield the answers, by participant and stage."""
        sql = "SELECT participant, stage, question, value, key FROM sealed ORDER BY 1, 2, rowid"
        with _damage(self.path), database_errors(self.path):
            for row in self._connection.execute(sql):
                yield SealedRow(*row)

    def access(self) -> Iterator[AccessRow]:
        """Yield the rows of the access table, by label."""
        with _damage(self.path), database_errors(self.path):
            yield from ACCESS.load(self._connection.execute(ACCESS.select))

    def check_pages(self) -> None:
        """Raise EnvironmentFaultError unless all pages are sound."""
        with database_errors(self.path):
            (verdict,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise EnvironmentFaultError(f"{show(self.path.name)} is damaged. {_AGAIN}")

    def _meta(self) -> StudyMeta:
        rows = dict(self._connection.execute("SELECT key, value FROM meta"))
        self._start = chain_start(rows.items())
        return msgspec.convert(
            {key: msgspec.json.decode(value) for key, value in rows.items()}, StudyMeta
        )

    def _verified(self) -> tuple[tuple[Entry, ...], list[bytes]]:
        entries: list[Entry] = []
        hashes = [self._start]
        sql = "SELECT seq, at, CAST(body AS BLOB), hash FROM journal ORDER BY seq"
        with database_errors(self.path):
            for seq, at, body, found in self._connection.execute(sql):
                if seq != len(hashes):
                    raise self._bad_entry(len(hashes), "is missing")
                if chained(hashes[-1], seq, at, body) != found:
                    also = ", or the description of the study was altered" if seq == 1 else ""
                    raise self._bad_entry(seq, f"does not match its hash{also}")
                try:
                    entries.append(Entry(seq, at, decode_event(body)))
                except msgspec.DecodeError as error:
                    raise self._bad_entry(seq, "is not an event") from error
                hashes.append(found)
        return tuple(entries), hashes

    def _compare_with_mark(self) -> None:
        mark = read_mark(self.path)
        if mark is None or self.hash_of(1).hex() != mark.first:
            return
        if self.hash_of(mark.entries).hex() != mark.last:
            raise EnvironmentFaultError(
                f"{show(self.path.name)} lacks journal entry {mark.entries}, which was "
                f"acknowledged. Restore a later back-up, or remove "
                f"{show(mark_path(self.path).name)} to do without it"
            )

    def _bad_entry(self, seq: int, what: str) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            f"{show(self.path.name)} is damaged: journal entry {seq} {what}. {_AGAIN}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def read_file(path: Path) -> StudyReader:
    """Open ``study.db`` for reading; errors as :func:`read_study`."""
    require_strict_tables()
    _check_header(path)
    connection = _connect(path)
    try:
        with database_errors(path):
            _check_kind(path, connection)
        return StudyReader(path, connection)
    except BaseException:
        connection.close()
        raise


def _check_header(path: Path) -> None:
    name = show(str(path))
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except (FileNotFoundError, NotADirectoryError):
        raise RunFileError(_no_study(path.parent)) from None
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot read {name}: {error.strerror}. Check the permissions"
        ) from error
    if head != _MAGIC:
        raise RunFileError(f"{name} is not the file of a study. Check the name")


def _no_study(folder: Path) -> str:
    name = show(str(folder))
    if id_path(folder).exists():  # made by the slips
        return f"{name} holds no study yet. clamshell serve STUDY --db {name} begins it"
    if folder.is_dir():
        return f"{name} is a directory without a study. Name the one that serve has as --db"
    if folder.exists():
        return f"{name} is not the folder of a study. Name the one that serve has as --db"
    return f"no such folder: {name}. Check the name"


def _connect(path: Path) -> sqlite3.Connection:
    """Connect read-only. Without a write-ahead log there is no writer, so take no lock."""
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() else "immutable=1"
    with database_errors(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _check_kind(path: Path, connection: sqlite3.Connection) -> None:
    name = show(path.name)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise RunFileError(f"{name} is a database of another program; not touched. Check the name")
    if version != FORMAT:
        other = "a newer" if version > FORMAT else "an earlier"
        remedy = "Upgrade clamshell-tui" if version > FORMAT else "Use the one that began the study"
        raise RunFileError(f"{name} was written by {other} version (format {version}). {remedy}")
    if objects(connection) != expected_objects():
        raise EnvironmentFaultError(
            f"{name} was altered: its tables are not those of a study. {_AGAIN}"
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise EnvironmentFaultError(f"{name} is damaged. {_AGAIN}")


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Report cells that no study has as damage."""
    try:
        yield
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, TypeError) as error:
        raise EnvironmentFaultError(
            f"{show(path.name)} was altered: a table holds a value that no study has. {_AGAIN}"
        ) from error
