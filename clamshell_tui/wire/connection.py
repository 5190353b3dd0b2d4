"""Client side of a connection: address, TLS, authentication, messages, retries.

Each failure is raised as an error with a message for the user. Failures that may pass, so that a
retry makes sense, are :class:`ConnectionLostError`.

A run makes its own certificate, and no authority signs it: its fingerprint is part of the address.
A client therefore encrypts without verification, and compares the fingerprint before it sends
anything.
"""

import asyncio
import errno
import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping
from random import uniform
from typing import Literal, NamedTuple, NoReturn, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.participant_texts import fault
from clamshell_tui.text import show
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import ProtocolError, decode_to_client, encode
from clamshell_tui.wire.invitation import HOST, PORT
from clamshell_tui.wire.messages import (
    LATER,
    Authenticate,
    Error,
    Granted,
    Hello,
    Notice,
    ToClient,
    ToServer,
    Welcome,
)

Role = Literal["operator", "requester"]
Reply = TypeVar("Reply", bound=ToClient)
Result = TypeVar("Result")

PATIENCE = 30.0  # seconds that a coordinator may be away
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds before each further attempt, plus or minus a quarter; the last one repeats. A client is
back within 2 s of the network, and 30 clients do not connect at the same instant."""
_JITTER = (0.75, 1.25)
_OPENING = 5.0  # seconds that the opening of a connection may take
_PING = 10.0  # seconds between two pings, and until a missing pong ends the connection
_TOKEN_LENGTHS = range(16, 129)  # characters, by the protocol
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
_ADDRESS = re.compile(rf"(?:clam://)?{HOST}(?::(\d{{1,5}}))?/?(?:#([0-9A-Fa-f:]{{16,}}))?")


class ConnectionLostError(EnvironmentFaultError):
    """The coordinator cannot be reached at the moment; it may be restarting."""


class RefusedError(InputError):
    """The coordinator refused a request; the connection stays open."""


class Address(NamedTuple):
    """Address of a coordinator; with the fingerprint of its certificate if it uses TLS."""

    host: str
    port: int
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Parse ``HOST[:PORT][#FINGERPRINT]``; InputError if it is something else."""
    found = _ADDRESS.fullmatch(text.strip())
    port = int(found[2] or PORT) if found is not None else 0
    if found is None or not 0 < port < 65536:
        raise InputError(
            f'"{show(text[:80])}" is not an address. It looks like 127.0.0.1:7777, or '
            "lab1:7777#FINGERPRINT with TLS"
        )
    host = f"[{found[1]}]" if ":" in found[1] and found[1][0] != "[" else found[1]
    return Address(host, port, (found[3] or "").replace(":", "").lower())


class WrongCertificateError(InputError):
    """The server is not the coordinator that the address names."""


class Backoff:
    """Pauses between attempts to connect."""

    def __init__(self) -> None:
        self._attempts = 0

    def next(self) -> float:
        """Return the seconds until the next attempt: longer each time, and never quite the same."""
        pause = PAUSES[min(self._attempts, len(PAUSES) - 1)]
        self._attempts += 1
        return pause * uniform(*_JITTER)

    def reset(self) -> None:
        """Begin again with short pauses: an attempt succeeded."""
        self._attempts = 0


class Connection:
    """A connection to a coordinator, from any role; its errors name the address and a way out."""

    def __init__(self, address: Address, socket: ClientConnection) -> None:
        self.address = address
        self._socket = socket

    @classmethod
    async def dial(
        cls,
        address: Address,
        *,
        headers: Mapping[str, str] | None = None,
        largest: int | None = None,
    ) -> Self:
        """Connect, and compare the certificate before anything is sent.

        ``largest`` is that of a frame, in bytes. Raises ConnectionLostError for what may pass,
        WrongCertificateError, or InputError.
        """
        opened = cls(address, await _dial(address, headers or {}, largest))
        expected = address.fingerprint
        if expected and not certificate_matches(opened._socket.transport, expected):
            await opened.close()
            raise fault(WrongCertificateError, "connection.certificate", place=address)
        return opened

    async def send(self, message: ToServer) -> None:
        try:
            await self._socket.send(encode(message))
        except ConnectionClosed as error:
            raise self._lost() from error

    async def receive_any(self) -> ToClient:
        """Return the next message, an error too."""
        try:
            return decode_to_client(await self._socket.recv())
        except ConnectionClosed as error:
            raise self._lost() from error
        except ProtocolError as error:
            raise self.unexpected(str(error)) from error

    async def close(self) -> None:
        await self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _lost(self) -> ConnectionLostError:
        told = f"{self.address} closed the connection. Is it still running?"
        return ConnectionLostError(told, key="connection.closed", place=self.address)

    def unexpected(self, what: str) -> ClamshellError:
        """The error for a message that the protocol does not allow."""
        return fault(
            ClamshellError, "connection.protocol", place=self.address, what=show(what[:200])
        )


class WireClient(Connection):
    """The connection of an operator or a requester: authenticated, with replies to requests.

    Use it as an async context manager, or close it.
    """

    @classmethod
    async def open(
        cls, address: Address, role: Role, token: str, client: str = "", *, name: str = ""
    ) -> Self:
        """Connect and authenticate; ConnectionLostError if no coordinator answers.

        ``name`` is the operator's, for the journal.
        """
        if len(token) not in _TOKEN_LENGTHS:
            await _refuse_token(address, role)
        opened = await cls.dial(address)
        try:
            await opened.send(Hello(VERSION, role, client))
            await opened.receive(Welcome)
            await opened.send(Authenticate(token, name or role))
            await opened.receive(Granted)
        except BaseException:
            await opened.close()
            raise
        return opened

    async def receive(self, expected: type[Reply]) -> Reply:
        """Return the next message, of type ``expected``; RefusedError if it is a refusal.

        Notices may arrive at any time and are skipped.
        """
        message = await self.next()
        while isinstance(message, Notice) and not issubclass(Notice, expected):
            message = await self.next()
        if isinstance(message, expected):
            return message
        raise self.unexpected(f"{type(message).__name__} instead of {expected.__name__}")

    async def next(self) -> ToClient:
        """Return the next message of any type; RefusedError if it is a refusal."""
        message = await self.receive_any()
        if isinstance(message, Error):
            raise self._refusal(message)
        return message

    async def ask(self, message: ToServer, expected: type[Reply]) -> Reply:
        """Send a request and return its reply."""
        await self.send(message)
        return await self.receive(expected)

    def _refusal(self, error: Error) -> ClamshellError:
        text = f"{self.address}: {show(error.message)}"
        if error.code in LATER:
            return ConnectionLostError(text)
        if error.code in ("token", "version", "role"):
            return InputError(text)
        return ClamshellError(text) if error.fatal else RefusedError(text)


def _unverified_context() -> ssl.SSLContext:
    """Encrypts only: call :func:`certificate_matches` before sending anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate_matches(transport: asyncio.BaseTransport, fingerprint: str) -> bool:
    """Whether the SHA-256 of the peer's certificate starts with these lower-case hex digits."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    digest = hashlib.sha256(certificate or b"").hexdigest()
    return certificate is not None and hmac.compare_digest(digest[: len(fingerprint)], fingerprint)


async def retry_until(
    work: Callable[[], Coroutine[None, None, Result]], patience: float = PATIENCE
) -> Result:
    """Await ``work()``, again after each lost connection, for at most ``patience`` seconds."""
    loop = asyncio.get_running_loop()
    give_up, backoff = loop.time() + patience, Backoff()
    while True:
        try:
            return await work()
        except ConnectionLostError:
            pause = backoff.next()
            if loop.time() + pause > give_up:
                raise
        await asyncio.sleep(pause)


async def _refuse_token(address: Address, role: Role) -> NoReturn:
    """Raise InputError for an invalid token; if the address is wrong as well, for both."""
    why = f"the token is no token of a {role}. Copy all of it (--token)"
    try:
        found = await _dial(address, {}, None)
    except ClamshellError as error:
        raise InputError(f"{error} And {why}") from error
    await found.close()
    raise InputError(f"{address} can be reached, but {why}")


async def _dial(
    address: Address, headers: Mapping[str, str], largest: int | None
) -> ClientConnection:
    host = f"[{address.host.strip('[]')}]" if ":" in address.host else address.host
    scheme = "wss" if address.fingerprint else "ws"
    try:
        return await connect(
            f"{scheme}://{host}:{address.port}",
            ssl=_unverified_context() if address.fingerprint else None,
            additional_headers=headers,
            compression=None,
            max_size=largest,
            proxy=None,
            open_timeout=_OPENING,
            close_timeout=1,
            ping_interval=_PING,
            ping_timeout=_PING,
        )
    except (OSError, InvalidHandshake, InvalidMessage) as error:
        raise _why_not(address, error) from error


def _why_not(address: Address, error: Exception) -> ClamshellError:
    """Say why no connection could be opened; what may pass is a ConnectionLostError."""
    tls = bool(address.fingerprint)

    def passing(what: str, **values: object) -> ClamshellError:
        return fault(ConnectionLostError, f"connection.{what}", place=address, **values)

    def refused(what: str, hint: str) -> ClamshellError:
        """Whoever serves is told what to look at; participants, what they can do."""
        kind, lan = ("encrypted ", " --lan") if tls else ("", "")
        running = f"Is clamshell serve{lan} running there?{hint}"
        told = f"{address} refused the {kind}connection. {running}"
        return ConnectionLostError(told, key=f"connection.{what}", place=address)

    match error:
        case InvalidMessage():  # closed during the handshake: a restart, or no WebSocket
            return passing("no_answer" if tls else "no_answer_plain")
        case ssl.SSLEOFError() | ConnectionResetError() if tls:
            plain = " If it is without --lan, leave out the part from # on"
            return refused("refused_encryption", plain)
        case InvalidStatus(response=response) if response.status_code >= 500:
            return passing("proxy")
        case ssl.SSLError():
            return fault(InputError, "connection.no_encryption", place=address)
        case socket.gaierror():  # worth a retry: the network may be down for a while
            return passing("no_host", host=show(address.host))
        case TimeoutError():
            return passing("silent")
        case OSError() if error.errno in _UNREACHABLE:
            return passing("unreachable", why=error.strerror)
        case OSError():
            return refused("refused", "")
        case _:
            return fault(
                InputError, "connection.no_coordinator", place=address, why=show(str(error))
            )
