"""What must survive the client: the way back to a seat, and answers not yet acknowledged.

Each seat has a folder of its own, 0700, with two files, 0600: ``seat.json`` and ``outbox.json``.
They are replaced as a whole, so whoever is killed in between leaves the old one or the new one, and
both the content and the name are on the disk before anything is sent: a power cut takes no answer
that the coordinator has not got either.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.wire.invitation import JoinString


class SeatKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way back: where, and with which token."""

    host: str
    port: int
    fingerprint: str
    code: str
    run: str
    worker: str
    token: str

    @property
    def join(self) -> JoinString:
        """The line that led here."""
        return JoinString(self.host, self.port, self.code, self.fingerprint)


class PendingAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels by assignment, in the order in which they were given."""

    answers: dict[str, tuple[int, ...]] = {}


Content = TypeVar("Content", SeatKey, PendingAnswers)


def default_folder() -> Path:
    """Where seats are kept unless the person says otherwise."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("clamshell", appauthor=False)) / "seats"


class SeatStore:
    """All seats of this person on this machine. EnvironmentFaultError when it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _private(folder)

    def at(self, join: JoinString) -> "SeatFolder":
        """The folder of the seat that this line leads to; it need not exist yet."""
        key = sha256(f"{join.host}:{join.port}/{join.code}".encode()).hexdigest()[:16]
        return SeatFolder(self._folder / key)

    def latest(self) -> SeatKey | None:
        """The seat taken last, if it was not given up."""
        files = [path for path in self._folder.glob("*/seat.json") if path.is_file()]
        if not files:
            return None
        return _read(max(files, key=lambda path: path.stat().st_mtime_ns), SeatKey)


class SeatFolder:
    """One seat on disk. Writing may raise OSError: the disk is full, say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers: dict[str, tuple[int, ...]] = {}

    def load(self) -> tuple[SeatKey | None, dict[str, tuple[int, ...]]]:
        """The seat, if there is one, and the answers that were not acknowledged."""
        seat = _read(self.folder / "seat.json", SeatKey)
        kept = _read(self.folder / "outbox.json", PendingAnswers)
        self._answers = dict(kept.answers) if kept is not None and seat is not None else {}
        return seat, dict(self._answers)

    def keep(self, seat: SeatKey) -> None:
        """Put the way back on disk."""
        self._write("seat.json", msgspec.json.encode(seat))

    def remember(self, assignment: str, labels: tuple[int, ...]) -> None:
        """Put an answer on disk; it is there when this returns."""
        self._answers[assignment] = labels
        self._write_answers()

    def forget(self, assignment: str) -> None:
        """Take an acknowledged answer off the disk.

        The last one takes the file with it, unsynced: should a power cut bring it back, the answer
        is sent once more and the coordinator says that it has it.
        """
        if self._answers.pop(assignment, None) is None:
            return
        if self._answers:
            self._write_answers()
        else:
            (self.folder / "outbox.json").unlink(missing_ok=True)

    def give_up(self) -> None:
        """The token is of no use any more. Undelivered answers stay, as evidence."""
        (self.folder / "seat.json").unlink(missing_ok=True)
        if self._answers:
            (self.folder / "outbox.json").replace(self.folder / "undelivered.json")
            self._answers = {}
        else:
            (self.folder / "outbox.json").unlink(missing_ok=True)
            with suppress(OSError):  # not there, or an older undelivered.json is in it
                self.folder.rmdir()

    def _write_answers(self) -> None:
        self._write("outbox.json", msgspec.json.encode(PendingAnswers(self._answers)))

    def _write(self, name: str, content: bytes) -> None:
        new_folder = not self.folder.exists()
        _private(self.folder)
        if new_folder:
            _sync(self.folder.parent)
        new = self.folder / f"{name}.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        new.replace(self.folder / name)
        _sync(self.folder)


def _sync(folder: Path) -> None:
    """Names in ``folder`` survive a power cut from here on."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(folder: Path) -> None:
    """Make the folder if need be; nobody else may look into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot keep answers in {folder}: {error.strerror}. Give another folder with --state"
        ) from None


def _read(path: Path, kind: type[Content]) -> Content | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EnvironmentFaultError(
            f"{path} cannot be read ({error}). Move it away to start without it"
        ) from None
