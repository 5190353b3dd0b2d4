"""Names of assignments on the wire: nobody can guess one, and none needs to be stored."""

from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest

from clamshell_tui.core.ids import AssignmentId

_MAC = 16  # bytes
_LIVE = 4096  # keys kept: each is needed when it is given, checked and acknowledged


class AssignmentKeys:
    """128 random-looking bits, by a secret of the run, then the assignment's number in hex.

    The same secret gives the same keys, so they survive a restart.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.key = lru_cache(_LIVE)(self._made)
        """What the worker is told."""

    def _made(self, assignment: AssignmentId) -> str:
        number = f"{assignment:x}"
        return blake2b(number.encode(), key=self._secret, digest_size=_MAC).hexdigest() + number

    def assignment(self, key: str) -> AssignmentId | None:
        """The assignment of a key, None if we never made it."""
        try:
            assignment = AssignmentId(int(key[2 * _MAC :], 16))
            made = self.key(assignment)
        except ValueError:
            return None
        return assignment if compare_digest(made.encode(), key.encode()) else None
