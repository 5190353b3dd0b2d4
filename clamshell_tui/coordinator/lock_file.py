"""Lock of a run: a file beside the run file, locked as long as the coordinator lives.

The database's own lock already excludes a second coordinator; this one is taken before it, and
names the process that has the run. The system releases it even after kill -9, so a file left behind
does no harm: its contents count only while it is locked, or to see how far a killed start got.
"""

import fcntl
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.text import show


class Holder(Struct, frozen=True):
    """The process that has, or had, a run open; ``since`` is local time."""

    pid: int
    host: str
    since: datetime
    begun: bool  # whether codes of the run may have been published

    def __str__(self) -> str:
        today = self.since.date() == _now().date()
        since = self.since.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
        return f"pid {self.pid} on host {self.host} since {since}"


class LockFile:
    """Locks the run when constructed; use it as a context manager, or close it.

    Raises EnvironmentFaultError, which names the holder, when another process has the run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = lock_path(path)
        self._since = _now()
        self._descriptor = self._locked()
        before = _read(self._file)
        self.never_begun = before is not None and not before.begun
        """Whether a coordinator was killed before it published codes of the run."""
        self.note(begun=os.path.lexists(path) and not self.never_begun)

    def note(self, *, begun: bool) -> None:
        """Write the holder, and whether codes of the run may have been published."""
        self.begun = begun
        text = msgspec.json.encode(Holder(os.getpid(), socket.gethostname(), self._since, begun))
        with suppress(OSError):  # a full disk; the lock itself holds
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))

    def close(self) -> None:
        self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _locked(self) -> int:
        """Return a descriptor of the locked file."""
        while True:
            try:
                descriptor = os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600)
                if self._lock(descriptor):
                    return descriptor
            except OSError as error:
                raise cannot_write(self._path, error) from error
            os.close(descriptor)

    def _lock(self, descriptor: int) -> bool:
        """False if the file's last holder removed it between our opening and locking it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(descriptor), self._file.stat())
        except FileNotFoundError:
            return False
        except BlockingIOError:
            os.close(descriptor)
            raise self._taken() from None
        except OSError:
            os.close(descriptor)
            raise

    def _taken(self) -> EnvironmentFaultError:
        who = _read(self._file) or "another process"
        return EnvironmentFaultError(
            f"run already open by {show(str(who))} ({show(self._path.name)}). "
            "Stop that one, or name another file with --db"
        )


def lock_path(path: Path) -> Path:
    """Path of the lock file of a run file."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}-open")


def _read(file: Path) -> Holder | None:
    """Return its contents; None if it is empty, or torn by a crash."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(file.read_bytes(), type=Holder)
    return None


def _now() -> datetime:
    return datetime.now()  # noqa: DTZ005, TID251  # shown as local time
