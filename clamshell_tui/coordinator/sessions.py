"""Who may take a seat, and who comes back to one. Secrets are kept as SHA-256 only.

A code that nobody used expires; a token never does. When a code was issued is kept in memory only,
so a restart of the coordinator renews the codes that are unused: their holders were told to wait.

One connection, as the rest of the coordinator sees it.
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
    """A worker's place: ``peer`` is the connection in it, None while there is none."""

    worker: WorkerId
    bot: bool
    peer: "Peer | None" = None
    statement_sent: bool = False


class ConnectedSessions:
    """Codes, tokens, and the connection of each worker; ``keep`` stores what must survive.

    Codes are good for ``code_life`` seconds of ``clock``, the wall's.
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
        """Take over what a run file kept."""
        for row in rows:
            self._remember(row)
            if row.worker is not None and row.kind in {"seat", "bot"}:
                worker = WorkerId(row.worker)
                self.workers[worker] = ConnectedSession(worker, bot=row.kind == "bot")

    def issued(self, kind: str) -> int:
        """How many codes of a kind were issued so far, used and revoked ones too."""
        return sum(row.kind == kind for row in self._known.values())

    # -- codes ----------------------------------------------------------------------------------

    def new_code(self, kind: str) -> str:
        """Issue a code for a ``seat`` or a ``bot``, such as ``K7QM-2F9X``; 40 bits, single use."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(8))
        self._add(CredentialRow(_hash(code), kind))
        return f"{code[:4]}-{code[4:]}"

    def find_code(self, code: str) -> CredentialRow | None:
        """The code's row, used or expired or neither; None for a wrong or revoked one.

        Dashes, spaces and case do not matter, and letters that look like digits are read as such.
        """
        row = self._find(code.upper().translate(_MISREAD))
        return row if row is not None and row.kind in {"seat", "bot"} else None

    def expired(self, code: CredentialRow) -> bool:
        """Whether nobody used the code in time."""
        return code.worker is None and self.clock() >= self._expiry[code.hash]

    def unused(self, code: str) -> bool:
        """Whether somebody could still take a seat with it."""
        row = self.find_code(code)
        return row is not None and row.worker is None and not self.expired(row)

    def revoke(self, code: str) -> bool:
        """Make an unused code worthless; False if there is none such."""
        row = self.find_code(code)
        if row is None or row.worker is not None:
            return False
        row.revoked = True
        self._keep(row)
        return True

    # -- sessions -------------------------------------------------------------------------------

    def open(self, code: CredentialRow) -> tuple[ConnectedSession, str]:
        """Use up an unused code: the new session, and the token that leads back to it."""
        worker = WorkerId(f"P{len(self.workers) + 1:03}")
        code.worker = worker
        self._keep(code)
        session = self.workers[worker] = ConnectedSession(worker, bot=code.kind == "bot")
        return session, self.new_token("session", worker)

    def by_token(self, token: str) -> ConnectedSession | None:
        """The session that a token leads back to."""
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
        """Whether this token makes its holder an operator, or a requester."""
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
    """Somebody connected. Sending never waits: who leaves too much unread is dropped."""

    def __init__(
        self,
        socket: ServerConnection,
        role: str,
        last_heard: float,
        unread: int,
        tracked: TrackedConnection | None = None,
    ) -> None:
        self.role = role
        self.encoding = "utf-8"  # of its terminal
        self.tracked = tracked  # this connection, as it is counted
        self.address = str(socket.remote_address[0]) if socket.remote_address else ""
        self.last_heard = last_heard  # when the last message came, by the wall's monotonic clock
        self.session: ConnectedSession | None = None  # a worker's
        self.name = ""  # an operator's or a requester's, once authenticated
        self.following: int | None = None  # a requester's: the next label to be sent
        self.closed = False
        self._socket = socket
        self._unread = unread
        self._closing: asyncio.Future[None] | None = None  # kept, or it might be collected

    @property
    def authenticated(self) -> bool:
        """Whether an operator or a requester proved to be one."""
        return bool(self.name)

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not read."""
        return self._socket.transport.get_write_buffer_size()

    def send(self, message: ToClient) -> None:
        """Send without waiting; a fatal error closes the connection after it."""
        self.send_frame(encode(message))
        if isinstance(message, Error) and message.fatal:
            self.close(1008, message.code)

    def send_frame(self, frame: str) -> None:
        """Send a frame that is already encoded."""
        if self.closed:
            return
        broadcast((self._socket,), frame)  # the one way to send that never waits
        if self.backlog > self._unread:
            self.drop()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection in good order, after what was sent; returns at once."""
        if not self.closed:
            self.closed = True
            self._closing = asyncio.ensure_future(self._socket.close(code, reason))

    def drop(self) -> None:
        """End the connection at once; what was not read is lost, and is told again on return."""
        self.closed = True
        self._socket.transport.abort()
