"""State that survives the client: the token of a seat, and answers not yet acknowledged.

Each seat has a folder (0700) with two files (0600): ``seat.json`` and ``outbox.json``. A file is
replaced as a whole, so a killed client leaves the old or the new one. Content and name are synced
to disk before anything is sent, so a power cut loses no answer: the disk or the coordinator has it.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.worker_messages import Answer


class SeatKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Address and token for returning to a seat."""

    host: str
    port: int
    fingerprint: str
    code: str
    run: str
    worker: str
    token: str

    @property
    def join(self) -> JoinString:
        """The join string of this seat."""
        return JoinString(self.host, self.port, self.code, self.fingerprint)


class PendingAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers by assignment, in the order of answering."""

    answers: dict[str, Answer] = {}


Content = TypeVar("Content", SeatKey, PendingAnswers)


def default_folder() -> Path:
    """Default folder for seats."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("clamshell", appauthor=False)) / "seats"


class SeatStore:
    """All seats of this user on this machine. EnvironmentFaultError for an unusable folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _private(folder)

    def at(self, join: JoinString) -> "SeatFolder":
        """Return the folder of a seat; it need not exist yet."""
        key = sha256(f"{join.host}:{join.port}/{join.code}".encode()).hexdigest()[:16]
        return SeatFolder(self._folder / key)

    def latest(self) -> SeatKey | None:
        """Return the most recent seat, if it was not given up."""
        files = [path for path in self._folder.glob("*/seat.json") if path.is_file()]
        if not files:
            return None
        return _read(max(files, key=lambda path: path.stat().st_mtime_ns), SeatKey)


class Outbox(Protocol):
    """Where a session keeps its seat and its unacknowledged answers."""

    def keep(self, seat: SeatKey) -> None: ...
    def remember(self, answer: Answer) -> None: ...
    def forget(self, assignment: str) -> None: ...
    def give_up(self) -> None: ...


class NoDisk:
    """Outbox of a bot: the session itself holds its answers, and nothing outlives the process."""

    def keep(self, seat: SeatKey) -> None: ...
    def remember(self, answer: Answer) -> None: ...
    def forget(self, assignment: str) -> None: ...
    def give_up(self) -> None: ...


class SeatFolder:
    """One seat on disk. Writing may raise OSError, for example on a full disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers: dict[str, Answer] = {}

    def load(self) -> tuple[SeatKey | None, dict[str, Answer]]:
        """Return the seat, if there is one, and the unacknowledged answers."""
        seat = _read(self.folder / "seat.json", SeatKey)
        kept = _read(self.folder / "outbox.json", PendingAnswers)
        self._answers = dict(kept.answers) if kept is not None and seat is not None else {}
        return seat, dict(self._answers)

    def keep(self, seat: SeatKey) -> None:
        self._write("seat.json", msgspec.json.encode(seat))

    def remember(self, answer: Answer) -> None:
        """Store an answer; it is synced to disk when this returns."""
        self._answers[answer.assignment] = answer
        self._write_answers()

    def forget(self, assignment: str) -> None:
        """Remove an acknowledged answer.

        Removing the last one deletes the file without a sync: if a power cut restores it, the
        answer is sent again and acknowledged as repeated.
        """
        if self._answers.pop(assignment, None) is None:
            return
        if self._answers:
            self._write_answers()
        else:
            (self.folder / "outbox.json").unlink(missing_ok=True)

    def give_up(self) -> None:
        """Remove the token. Undelivered answers stay, as evidence."""
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
    """Make the names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(folder: Path) -> None:
    """Create the folder if needed, readable only by its owner."""
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
