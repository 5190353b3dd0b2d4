"""Joining in a browser: one page with a terminal, and the WebSocket that it speaks to.

``/j/CODE`` puts the code into a cookie and leads to ``/``, the same page for all; only ``/ws``
asks for the cookie. So a link in a mail works although the cookie is SameSite=Strict, and a program
that looks at links for a preview takes no seat.
"""

import asyncio
import json
import logging
import re
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from html import escape
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from importlib.resources import files
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.gateways.coordinator import UnreachableError
from clamshell_tui.gateways.pending import PendingConnection, PendingConnections
from clamshell_tui.gateways.seat import Detached
from clamshell_tui.gateways.seats import Seats, is_code, normal
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.gateways.spawner import WindowSize
from clamshell_tui.participant_texts import Texts

_OPENING = 10.0  # seconds for a request, and for the first size
_BUFFER = 65536  # bytes in the kernel for a client that does not read; by default up to 4 MB
_PER_ADDRESS, _IN_ALL = 128, 256  # a browser opens six connections for a page
_LOOK = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
_CLOSE_CODES: dict[Detached, int] = {"taken": 4001, "ended": 4002}
_NO_CODE, _FULL, _AWAY = 4003, 4004, 1013
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # xterm.js makes style elements
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_GUARDS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SENTENCE = re.compile(r"\{\{(web\.[a-z_]+)\}\}")  # in the page, by key
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
}

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False  # paths hold codes


def tls(pem: str) -> ssl.SSLContext:
    """The run's certificate; EnvironmentFaultError if it cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pem)
    except OSError as error:
        raise EnvironmentFaultError(f"{pem} cannot be used ({error}). Remove it") from error
    return context


class WebGateway:
    """Listens for browsers."""

    def __init__(self, settings: Settings, seats: Seats) -> None:
        self._seats = seats
        self._pem = settings.pem
        self._pending = PendingConnections(
            asyncio.get_running_loop().time, per_address=_PER_ADDRESS, in_all=_IN_ALL
        )
        self._texts = settings.sentences()
        self._files = _static_files(self._texts)
        self._names = {"localhost", settings.shown_host.strip("[]").lower()}
        host = socket.gethostname().lower()
        self._names |= {host, f"{host}.local"}
        self._cookie = "clamshell"

    async def listen(self, listener: socket.socket) -> Server:
        """Accept connections."""
        # A browser sends its cookies to all ports of a host.
        self._cookie = f"clamshell-{listener.getsockname()[1]}"
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)  # for accepted ones too
        return await serve(
            self._seat,  # type: ignore[arg-type]  # it gets what create_connection made
            create_connection=partial(_CountedTab, self._pending),  # type: ignore[arg-type]  # is called
            sock=listener,
            ssl=tls(self._pem) if self._pem is not None else None,
            process_request=self._answer,
            compression=None,
            max_size=65536,
            max_queue=4,
            open_timeout=_OPENING,
            close_timeout=1.0,
            ping_interval=20,
            ping_timeout=20,
            server_header=None,
            logger=_log,
        )

    # -- requests ---------------------------------------------------------------------------------

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to a request; None to go on with a WebSocket."""
        path = request.path.partition("?")[0]
        host = request.headers.get("Host", "")
        if not self._ours(host):
            return _response(HTTPStatus.MISDIRECTED_REQUEST, "this is not that host")
        if path == "/ws":
            origin = urlsplit(request.headers.get("Origin", "")).netloc
            return None if origin == host else _response(HTTPStatus.FORBIDDEN, "of a foreign page")
        if path.startswith("/j/"):
            return self._with_code(unquote(path.removeprefix("/j/")))
        return self._files.get(path) or _response(HTTPStatus.NOT_FOUND, "there is no such page")

    def _ours(self, host: str) -> bool:
        """Whether a page of this host is ours, and not one whose name was bent to our address."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def _with_code(self, code: str) -> Response:
        headers = {"Location": "/"}
        code = normal(code)
        if is_code(code):
            secure = "; Secure" if self._pem is not None else ""
            cookie = f"{self._cookie}={code}; Path=/; HttpOnly; SameSite=Strict{secure}"
            headers["Set-Cookie"] = cookie
        return _response(HTTPStatus.SEE_OTHER, "", headers)

    # -- seats ------------------------------------------------------------------------------------

    async def _seat(self, connection: "_CountedTab") -> None:
        """One tab, from its opening to its end."""
        tab = _Tab(connection)
        try:
            code = await self._right_code(connection)
            if not code:
                await connection.close(_NO_CODE)
                return
            async with asyncio.timeout(_OPENING):
                size = _size(await connection.recv())
            connection.leave()
            address = str(connection.remote_address[0])
            seat = await self._seats.take(code, _LOOK, size, f"{address} web")
        except (TimeoutError, UnreachableError):
            await connection.close(_AWAY)
            return
        except ClamshellError as error:
            await connection.close(_FULL, _shortened(self._texts.error(error)))
            return
        except (ConnectionClosed, msgspec.MsgspecError):
            return
        try:
            await seat.attach(tab, size)
            async for frame in connection:
                if isinstance(frame, bytes):
                    await seat.type(tab, frame)
                else:
                    seat.resize(tab, _size(frame))
        except (ConnectionClosed, msgspec.MsgspecError):
            pass
        finally:
            seat.detach(tab)

    async def _right_code(self, connection: "_CountedTab") -> str:
        """The code in the cookie if it is good; empty if not, after a while."""
        assert connection.request is not None
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(connection.request.headers.get("Cookie", ""))
        except (CookieError, LookupError):  # several Cookie headers, or nonsense
            return ""
        morsel = cookies.get(self._cookie)
        if morsel is None:
            return ""
        if await self._seats.good(morsel.value):
            return morsel.value
        await self._pending.slow_down(str(connection.remote_address[0]))
        return ""


class _CountedTab(ServerConnection):
    """A connection that is counted until it has a seat."""

    def __init__(self, pending: PendingConnections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pending = pending
        self._entry: PendingConnection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "sockets are read and written"
        super().connection_made(transport)
        address = transport.get_extra_info("peername", ("",))[0]
        self._entry = self._pending.enter(str(address), transport.abort)

    def process_event(self, event: Any) -> None:
        if self._entry is not None:
            self._entry.silent = False
        super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        super().connection_lost(exc)

    def leave(self) -> None:
        """It has a seat, or has ended."""
        if self._entry is not None:
            self._pending.leave(self._entry)
            self._entry = None


class _Tab:
    """A tab as a sink of its seat."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._closing: asyncio.Task[None] | None = None

    async def send(self, output: bytes) -> None:
        """Pass output on; returns when little of it waits."""
        try:
            await self._connection.send(output)
        except ConnectionClosed as error:
            raise BrokenPipeError from error

    def close(self, why: Detached) -> None:
        """Close the tab's connection, and say why; a tab that does not read is cut off."""
        closing = self._connection.close(_CLOSE_CODES[why], why)
        self._closing = asyncio.ensure_future(closing)


class _Size(msgspec.Struct, forbid_unknown_fields=True):
    columns: int
    rows: int


def _size(frame: str | bytes) -> WindowSize:
    size = msgspec.json.decode(frame, type=_Size)
    return WindowSize(size.columns, size.rows)


def _shortened(reason: str) -> str:
    """Return what fits into a close frame: 123 bytes."""
    return reason.encode()[:120].decode("utf-8", "ignore")


def _static_files(texts: Texts) -> dict[str, Response]:
    """The static files by path. Those with a version in their name never change."""
    sentences = json.dumps(texts.section("web"))
    headers = {"Content-Type": _TYPES["js"]}
    script = f"export const texts = {sentences};\n"
    found = {"/texts.js": _response(HTTPStatus.OK, script, headers)}
    for file in files("clamshell_tui.gateways").joinpath("static").iterdir():
        name = file.name.removesuffix(".gz")
        kind = _TYPES.get(name.rpartition(".")[2])
        if kind is None:
            continue
        headers = {"Content-Type": kind}
        if file.name != name:
            headers |= {"Content-Encoding": "gzip", "Cache-Control": "max-age=604800, immutable"}
        path = "/" if name == "index.html" else f"/{name}"
        body = file.read_bytes()
        if name == "index.html":
            body = _SENTENCE.sub(lambda key: escape(texts(key[1])), body.decode()).encode()
        found[path] = _response(HTTPStatus.OK, body, headers)
    return found


def _response(
    status: HTTPStatus, body: str | bytes, headers: Mapping[str, str] | None = None
) -> Response:
    body = body.encode() if isinstance(body, str) else body
    every = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return Response(status, status.phrase, Headers({**_GUARDS, **every, **(headers or {})}), body)
