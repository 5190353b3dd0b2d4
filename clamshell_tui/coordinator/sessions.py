"""Join codes, tokens, workers' sessions, and the connections of all roles.

Secrets are stored as SHA-256 only. An unused code expires; a token never does. The time of issue is
kept in memory only, so a restart of the coordinator renews all unused codes: participants that hold
one may have waited for the restart.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from hmac import compare_digest
from math import inf

from msgspec import Struct
from websockets.asyncio.server import ServerConnection, broadcast

from clamshell_tui.coordinator.admission import TrackedConnection
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.runfile.schema import CredentialRow
from clamshell_tui.wire.codec import encode
from clamshell_tui.wire.messages import Error, ToClient

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_MISREAD = str.maketrans("OIL", "011", "- ")
_TOKEN_BYTES = 32


class ConnectedSession(Struct, eq=False):
    """A worker's session; ``peer`` is its connection, None while disconnected."""

    worker: WorkerId
    bot: bool
    peer: "Peer | None" = None
    statement_sent: bool = False


class ConnectedSessions:
    """Codes, tokens, and the session of each worker; ``keep`` stores rows in the run file.

    Codes are valid for ``code_life`` seconds of ``clock``.
    """

    def __init__(
        self,
        keep: Callable[[CredentialRow], None],
        clock: Callable[[], float],
        code_life: float = inf,
    ) -> None:
        self._keep = keep
        self.clock = clock
        self._code_life = code_life
        self._known: dict[bytes, CredentialRow] = {}
        self._expiry: dict[bytes, float] = {}  # of codes
        self.workers: dict[WorkerId, ConnectedSession] = {}

    def restore(self, rows: Iterable[CredentialRow]) -> None:
        """Restore codes, tokens and sessions from a run file."""
        for row in rows:
            self._remember(row)
            if row.worker is not None and row.kind in {"seat", "bot"}:
                worker = WorkerId(row.worker)
                self.workers[worker] = ConnectedSession(worker, bot=row.kind == "bot")

    def issued(self, kind: str) -> int:
        """Return how many codes of a kind were issued, used and revoked ones included."""
        return sum(row.kind == kind for row in self._known.values())

    # -- codes ----------------------------------------------------------------------------------

    def new_code(self, kind: str) -> str:
        """Issue a code for a ``seat`` or a ``bot``, such as ``K7QM-2F9X``; 40 bits, single use."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(8))
        self._add(CredentialRow(_hash(code), kind))
        return f"{code[:4]}-{code[4:]}"

    def find_code(self, code: str) -> CredentialRow | None:
        """Return the code's row, even if used or expired; None for a wrong or revoked one.

        Dashes, spaces and case are ignored, and letters that look like digits are read as digits.
        """
        row = self._find(code.upper().translate(_MISREAD))
        return row if row is not None and row.kind in {"seat", "bot"} else None

    def expired(self, code: CredentialRow) -> bool:
        """Whether the code was not used in time."""
        return code.worker is None and self.clock() >= self._expiry[code.hash]

    def unused(self, code: str) -> bool:
        """Whether the code can still be used."""
        row = self.find_code(code)
        return row is not None and row.worker is None and not self.expired(row)

    def revoke(self, code: str) -> bool:
        """Revoke an unused code; False if there is no such code."""
        row = self.find_code(code)
        if row is None or row.worker is not None:
            return False
        row.revoked = True
        self._keep(row)
        return True

    # -- sessions -------------------------------------------------------------------------------

    def open(self, code: CredentialRow) -> tuple[ConnectedSession, str]:
        """Use an unused code; return the new session and its token."""
        worker = WorkerId(f"P{len(self.workers) + 1:03}")
        code.worker = worker
        self._keep(code)
        session = self.workers[worker] = ConnectedSession(worker, bot=code.kind == "bot")
        return session, self.new_token("session", worker)

    def by_token(self, token: str) -> ConnectedSession | None:
        """Return the session of a token, if there is one."""
        row = self._find(token)
        if row is None or row.kind != "session" or row.worker is None:
            return None
        return self.workers.get(WorkerId(row.worker))

    def new_token(self, kind: str, worker: WorkerId | None = None) -> str:
        """Issue a token of 256 bits for a ``session``, an ``operator`` or a ``requester``."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._add(CredentialRow(_hash(token), kind, worker))
        return token

    def authentic(self, kind: str, token: str) -> bool:
        """Whether this is a valid token of an operator, or a requester."""
        row = self._find(token)
        return row is not None and row.kind == kind

    # -- storage --------------------------------------------------------------------------------

    def _add(self, row: CredentialRow) -> None:
        self._remember(row)
        self._keep(row)

    def _remember(self, row: CredentialRow) -> None:
        self._known[row.hash] = row
        if row.kind in {"seat", "bot"}:
            self._expiry[row.hash] = self.clock() + self._code_life

    def _find(self, secret: str) -> CredentialRow | None:
        hashed = _hash(secret)
        row = self._known.get(hashed)
        valid = row is not None and compare_digest(row.hash, hashed) and not row.revoked
        return row if valid else None


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Peer:
    """A connection. Sending never blocks: a client that leaves too much unread is dropped."""

    def __init__(
        self,
        socket: ServerConnection,
        role: str,
        last_heard: float,
        unread: int,
        tracked: TrackedConnection | None = None,
    ) -> None:
        self.role = role
        self.encoding = "utf-8"  # of the client's terminal
        self.tracked = tracked  # its entry in Admission
        self.address = str(socket.remote_address[0]) if socket.remote_address else ""
        self.last_heard = last_heard  # time of the last message, by the monotonic clock
        self.session: ConnectedSession | None = None  # a worker's
        self.name = ""  # an operator's or a requester's, once authenticated
        self.following: int | None = None  # a requester's: number of the next label to send
        self.closed = False
        self._socket = socket
        self._unread = unread
        self._closing: asyncio.Future[None] | None = None  # a reference, or it might be collected

    @property
    def authenticated(self) -> bool:
        """Whether an operator or a requester showed its token."""
        return bool(self.name)

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not read."""
        return self._socket.transport.get_write_buffer_size()

    def send(self, message: ToClient) -> None:
        """Send without blocking; close the connection after a fatal error."""
        self.send_frame(encode(message))
        if isinstance(message, Error) and message.fatal:
            self.close(1008, message.code)

    def send_frame(self, frame: str) -> None:
        """Send a frame that is already encoded."""
        if self.closed:
            return
        broadcast((self._socket,), frame)  # the only call of the library that never blocks
        if self.backlog > self._unread:
            self.drop()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection after the frames already sent; returns immediately."""
        if not self.closed:
            self.closed = True
            self._closing = asyncio.ensure_future(self._socket.close(code, reason))

    def drop(self) -> None:
        """Abort the connection; unread messages are lost."""
        self.closed = True
        self._socket.transport.abort()
