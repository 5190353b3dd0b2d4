"""The key of a run, from which its codes and tokens are derived.

A code is an HMAC of its kind, label and issue number, so none is stored: a person may return with
it from any machine and after any restart, and a new issue revokes the old one. The key is kept in
the user's state folder, apart from the run file, so that a run file can be published.
"""

import os
import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import blake2b, sha256
from hmac import digest
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.text import show

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_MISREAD = str.maketrans("OIL", "011", "- ")
_BITS, _LENGTH = 5, 8  # of a letter, and letters of a code
_KEY_BYTES = 32
_YEAR = 366 * 86_400  # seconds


class AccessKey:
    """Derives the secrets of one run."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def code(self, kind: str, label: str, issue: int) -> str:
        """Return a join code of 40 bits, such as ``K7QM-2F9X``."""
        number = int.from_bytes(self._mac(kind, label, issue)[:_BITS])
        letters = [
            ALPHABET[number >> _BITS * place & 2**_BITS - 1] for place in reversed(range(_LENGTH))
        ]
        return f"{''.join(letters[:4])}-{''.join(letters[4:])}"

    def token(self, kind: str, label: str, issue: int) -> str:
        """Return a token of 256 bits."""
        return urlsafe_b64encode(self._mac(kind, label, issue)).rstrip(b"=").decode()

    def _mac(self, kind: str, label: str, issue: int) -> bytes:
        return digest(self._key, f"{kind}\0{label}\0{issue}".encode(), sha256)


def normal_code(code: str) -> str:
    """Return a code without dashes, spaces and case; letters like digits are read as digits."""
    return code.upper().translate(_MISREAD)


def default_key_folder() -> Path:
    """Default folder for the keys of runs."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("clamshell", appauthor=False)) / "keys"


def open_key(folder: Path, run: bytes) -> tuple[AccessKey, bool]:
    """Return the key of the run with this secret, and whether it was made just now.

    EnvironmentFaultError if the folder cannot be used.
    """
    file = folder / blake2b(run, digest_size=12).hexdigest()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            key = _read(file)
        except FileNotFoundError:
            _forget_old(folder)
            return AccessKey(_make(file)), True
        os.utime(file)  # it is in use
        return AccessKey(key), False
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot keep the key of the join codes in {show(str(folder))}: {error.strerror}. Let "
            "XDG_STATE_HOME name a folder that can be written"
        ) from error


def _read(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise EnvironmentFaultError(
            f"{show(str(file))} is damaged. Remove it; all join codes of its run are then new"
        )
    return key


def _forget_old(folder: Path) -> None:
    """Remove the keys of runs that were not served for a year."""
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - _YEAR:  # noqa: TID251  # a driver
            file.unlink(missing_ok=True)


def _make(file: Path) -> bytes:
    """Write a new key, on the disk when this returns: codes derived from it may be printed next."""
    key, part = secrets.token_bytes(_KEY_BYTES), file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(key)
        opened.flush()
        os.fsync(descriptor)
    part.replace(file)
    return key
