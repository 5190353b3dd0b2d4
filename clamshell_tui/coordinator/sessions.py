"""Access: seats with their codes, workers' sessions, tokens; and all connections.

Codes and tokens are derived (see ``access_key``). The run file keeps the number of their latest
issue and whether it is revoked.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from hmac import compare_digest
from typing import Literal, NamedTuple

from msgspec import Struct
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from clamshell_tui.coordinator.admission import TrackedConnection
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.runfile.access_key import AccessKey, normal_code
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study.worker_ids import label_of
from clamshell_tui.wire.codec import to_frame
from clamshell_tui.wire.messages import Error, ToClient

SeatKind = Literal["seat", "bot", "machine"]
SEAT_KINDS: tuple[SeatKind, ...] = ("seat", "bot", "machine")
_LETTERS = {"seat": "S", "bot": "B", "machine": "M"}  # of the labels


class ConnectedSession(Struct, eq=False):
    """A worker's session; ``peer`` is its connection, None while disconnected."""

    worker: WorkerId
    kind: str  # of its seat
    access: AccessRow
    peer: "Peer | None" = None
    statement_sent: bool = False
    notices: list[str] = []  # the operator's messages to it, for the way back

    @property
    def bot(self) -> bool:
        """Whether it is at a seat for a bot."""
        return self.kind == "bot"

    @property
    def machine(self) -> bool:
        """Whether it is at a seat for a machine."""
        return self.kind == "machine"


class _Issued(NamedTuple):
    """One issue of a code or a token."""

    hash: bytes
    row: AccessRow
    issue: int

    @property
    def current(self) -> bool:
        return self.issue == self.row.issue and not self.row.revoked


class ConnectedSessions:
    """Codes, tokens, and the session of each worker; ``keep`` stores rows in the run file.

    Labels of rows other than seats begin with ``mark``: in a study a seat has any label, and its
    worker the same.
    """

    def __init__(
        self, keep: Callable[[AccessRow], None], key: AccessKey, *, mark: str = ""
    ) -> None:
        self._keep = keep
        self._key = key
        self._mark = mark
        self._seats: dict[str, AccessRow] = {}  # by label
        self._staff: dict[str, AccessRow] = {}
        self._issued: dict[bytes, _Issued] = {}
        self._holders: dict[str, ConnectedSession] = {}  # by the label of the seat
        self.workers: dict[WorkerId, ConnectedSession] = {}
        self.authenticated: set[Peer] = set()
        """Connections of operators and requesters."""

    def restore(self, rows: Iterable[AccessRow]) -> None:
        """Restore seats, sessions and tokens from a run file."""
        seats_first = lambda row: (row.kind == "session", len(row.label), row.label)  # noqa: E731
        for row in sorted(rows, key=seats_first):
            for issue in range(1, row.issue + 1):
                self._remember(row, issue)
            if row.kind == "session":
                self._sit(row)
            else:
                (self._seats if row.kind in _LETTERS else self._staff)[row.label] = row

    # -- seats and their codes ------------------------------------------------------------------

    def seats(self, kind: SeatKind) -> list[AccessRow]:
        """Return all seats of a kind, in the order of their issue."""
        return [row for row in self._seats.values() if row.kind == kind]

    def new_seat(self, kind: SeatKind, label: str = "") -> AccessRow:
        """Make a seat; without a label it gets the next number of its kind."""
        label = label or f"{_LETTERS[kind]}{len(self.seats(kind)) + 1:03}"
        row = self._seats[label] = AccessRow(label, kind, issue=0)
        self.reissue(row)
        return row

    def code(self, seat: AccessRow) -> str:
        """Return the seat's code in its latest issue."""
        return self._key.code(seat.kind, seat.label, seat.issue)

    def find_code(self, code: str) -> AccessRow | None:
        """Return the seat of a valid code; None for a wrong, replaced or revoked one."""
        found = self._find(normal_code(code), *SEAT_KINDS)
        return found.row if found is not None and found.current else None

    def was_code(self, code: str) -> bool:
        """Whether this was a code that has been replaced or revoked."""
        found = self._find(normal_code(code), *SEAT_KINDS)
        return found is not None and not found.current

    def holder(self, seat: AccessRow) -> ConnectedSession | None:
        """Return the session at a seat, None if the seat is free."""
        return self._holders.get(seat.label)

    def seat_of(self, session: ConnectedSession) -> AccessRow:
        """Return the seat of a session."""
        assert session.access.seat is not None, "checked by the schema"
        return self._seats[session.access.seat]

    def revoke(self, row: AccessRow) -> None:
        """Revoke a code or a token until its next issue."""
        row.revoked = True
        self._keep(row)

    def reissue(self, row: AccessRow) -> None:
        """Replace a code or a token by another one; the old one is no longer valid."""
        row.issue, row.revoked = row.issue + 1, False
        while not self._remember(row, row.issue):  # two codes of 40 bits are the same
            row.issue += 1
        self._keep(row)

    # -- sessions -------------------------------------------------------------------------------

    def open(self, seat: AccessRow, worker: str = "") -> ConnectedSession:
        """Start the session of a new worker at a free seat; by default it gets the next number."""
        label = worker or f"P{len(self.workers) + 1:03}"
        row = AccessRow(self._mark + label, "session", issue=0, seat=seat.label)
        self.reissue(row)
        return self._sit(row)

    def add(self, worker: WorkerId, *, bot: bool) -> ConnectedSession:
        """Add the session of a worker whom a study lets in: it has no code or token here."""
        kind = "bot" if bot else "seat"
        row = AccessRow(worker, "session", seat=label_of(worker))
        session = ConnectedSession(worker, kind, row)
        self.workers[worker] = session
        return session

    def at_same_seat(self, session: ConnectedSession) -> Iterator[WorkerId]:
        """Yield the workers of other sessions at the seat of this one, the last one first."""
        for each in reversed(self.workers.values()):
            if each.access.seat == session.access.seat and each is not session:
                yield each.worker

    def vacate(self, session: ConnectedSession) -> None:
        """End a session, so that its seat's code leads to a new one."""
        self.revoke(session.access)
        session.statement_sent = True  # no client can ask for it any more
        self._holders.pop(self.seat_of(session).label, None)

    def token_of(self, session: ConnectedSession) -> str:
        """Return the session's token in its latest issue."""
        return self._token(session.access)

    def by_token(self, token: str) -> ConnectedSession | None:
        """Return the session of a valid token, if there is one."""
        found = self._find(token, "session")
        return self.workers[self._worker(found.row)] if found and found.current else None

    def was_token(self, token: str) -> bool:
        """Whether this token's seat was taken from another place since."""
        found = self._find(token, "session")
        return found is not None and not found.current and not found.row.revoked

    # -- operators and requesters -----------------------------------------------------------------

    def staff(self, label: str, role: str = "") -> AccessRow:
        """Return the row of a token: of ``operator``, ``requester``, or another label of a role."""
        name = self._mark + label
        row = self._staff.get(name)
        if row is None:
            row = self._staff[name] = AccessRow(name, role or label, issue=0)
            self.reissue(row)
        return row

    def staff_token(self, label: str, role: str = "") -> str:
        """Return a token in its latest issue; it is the same after a restart."""
        return self._token(self.staff(label, role))

    @property
    def forwarding_secret(self) -> str:
        """Secret of our gateways; the same after a restart, which their seats survive."""
        return self._key.token("forwarding", "", 0)

    def authentic(self, role: str, token: str) -> bool:
        """Whether this is a valid token of an operator, or a requester."""
        found = self._find(token, role)
        return found is not None and found.current

    # -- private ----------------------------------------------------------------------------------

    def _sit(self, row: AccessRow) -> ConnectedSession:
        assert row.seat is not None, "checked by the schema"
        worker = self._worker(row)
        kind = self._seats[row.seat].kind
        session = self.workers[worker] = ConnectedSession(
            worker, kind, row, statement_sent=row.revoked
        )
        if not row.revoked:
            self._holders[row.seat] = session
        return session

    def _worker(self, row: AccessRow) -> WorkerId:
        return WorkerId(row.label.removeprefix(self._mark))

    def _token(self, row: AccessRow) -> str:
        return self._key.token(row.kind, row.label, row.issue)

    def _remember(self, row: AccessRow, issue: int) -> bool:
        """Index an issue; False if its code is already that of another seat."""
        if row.kind in _LETTERS:
            secret = normal_code(self._key.code(row.kind, row.label, issue))
        else:
            secret = self._key.token(row.kind, row.label, issue)
        found = _Issued(_hash(secret), row, issue)
        return self._issued.setdefault(found.hash, found) is found

    def _find(self, secret: str, *kinds: str) -> _Issued | None:
        hashed = _hash(secret)
        found = self._issued.get(hashed)
        valid = found is not None and compare_digest(found.hash, hashed)
        return found if valid and found is not None and found.row.kind in kinds else None


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Gone:
    """Put into the inbox of a loop when a connection has ended."""


GONE = Gone()


class Peer(ABC):
    """A client, as the handlers of its messages see it."""

    def __init__(self, role: str, last_heard: float) -> None:
        self.role = role
        self.encoding = "utf-8"  # of the client's terminal
        self.width, self.height = 0, 0  # of it in cells; 0: not known
        self.via = "terminal"  # or the gateway: ssh, web
        self.tracked: TrackedConnection | None = None  # its entry in Admission
        self.address = ""
        self.connected_at = last_heard
        self.last_heard = last_heard  # time of the last message, by the monotonic clock
        self.session: ConnectedSession | None = None  # a worker's
        self.name = ""  # an operator's or a requester's, once authenticated
        self.following: int | None = None  # a requester's: number of the next label to send
        self.closed = False
        self.refused = False  # whether its messages are ignored

    @property
    def authenticated(self) -> bool:
        """Whether an operator or a requester showed its token."""
        return bool(self.name)

    @abstractmethod
    def send(self, *messages: ToClient) -> None:
        """Send without blocking; close the connection after a fatal error."""

    @abstractmethod
    def drop(self) -> None:
        """Abort the connection; unread messages are lost."""

    def refuse_after(self, seconds: float, error: Error) -> None:
        """Ignore what it sends from now on, and close it with a fatal error later."""
        self.refused = True
        asyncio.get_running_loop().call_later(seconds, self.send, error)


class SocketPeer(Peer):
    """A connection. Sending never blocks: a client that leaves too much unread is dropped."""

    def __init__(
        self,
        socket: ServerConnection,
        role: str,
        last_heard: float,
        unread: int,
        tracked: TrackedConnection,
    ) -> None:
        super().__init__(role, last_heard)
        self.tracked = tracked
        self.address = str(socket.remote_address[0]) if socket.remote_address else ""
        self.connected_at = tracked.since
        self._socket = socket
        self._unread = unread
        self._closing: asyncio.Future[None] | None = None  # a reference, or it might be collected

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not read."""
        return self._socket.transport.get_write_buffer_size()

    def send(self, *messages: ToClient) -> None:
        """Send as :class:`Peer` says.

        The frames are written here, together: the library has no call that takes several, and none
        for one that is as cheap.
        """
        if self.closed or self._socket.state is not State.OPEN:
            return
        self._socket.transport.write(b"".join(map(to_frame, messages)))
        if self.backlog > self._unread:
            self.drop()
        for message in messages:
            if isinstance(message, Error) and message.fatal:
                self.close(1008, message.code)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection after the frames already sent; returns immediately."""
        if not self.closed:
            self.closed = True
            self._closing = asyncio.ensure_future(self._socket.close(code, reason))

    def drop(self) -> None:
        self.closed = True
        self._socket.transport.abort()
