"""One HTTP request at a time to a server that the user names, by the standard library.

``http.client`` and not ``urllib``: it follows no redirect and no proxy variable, so records and key
go to the host of the URL and to no other.
"""

import asyncio
import http.client
import ipaddress
import socket
import ssl
from contextlib import suppress
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from clamshell_tui.errors import InputError
from clamshell_tui.text import show

KEY = "OPENAI_API_KEY"
"""Environment variable of the API key; there is no option, since others can read a command line."""
_LARGEST = 8 * 1024 * 1024  # bytes of a reply that are read
_DIAL = 10.0  # seconds to connect


class Reply(NamedTuple):
    """A reply of any status. ``pause`` is the ``Retry-After`` in seconds, if there is one."""

    status: int
    body: bytes
    pause: float | None = None
    location: str = ""


class Server(NamedTuple):
    """Base URL of an API, such as ``http://127.0.0.1:8080/v1``, and the key for it."""

    scheme: str
    host: str
    port: int
    path: str
    key: str = ""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def loopback(self) -> bool:
        """Whether no other machine sees what is sent."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    async def request(self, path: str, body: bytes | None, seconds: float) -> Reply:
        """GET, or POST a JSON ``body``. OSError or HTTPException; the socket waits ``seconds``."""
        connection = self._connection()
        try:
            return await asyncio.to_thread(self._exchange, connection, path, body, seconds)
        finally:
            _break_off(connection)  # if it was cancelled, the thread still waits for the reply

    def _connection(self) -> http.client.HTTPConnection:
        if self.scheme == "http":
            return http.client.HTTPConnection(self.host, self.port, timeout=_DIAL)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self.host, self.port, timeout=_DIAL, context=context)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes | None,
        seconds: float,
    ) -> Reply:
        headers = {"Accept": "application/json", "User-Agent": "clamshell-worker"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            connection.request("GET" if body is None else "POST", self.path + path, body, headers)
            reply = connection.getresponse()
            location = reply.headers.get("Location", "")
            return Reply(reply.status, reply.read(_LARGEST), _pause(reply.headers), location)
        finally:
            connection.close()


def server_at(url: str, *, key: str, allow_remote: bool) -> Server:
    """Parse the URL of ``--openai``. InputError if it cannot be used, or may not.

    ``/v1`` is added to a URL without a path; the path of the endpoint itself is cut off.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f'"{show(url[:80])}" is not a URL (--openai). It looks like http://127.0.0.1:8080/v1'
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(
            f"the URL may hold no password, query or fragment (--openai). Put a key into {KEY}"
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    port = port or (443 if parts.scheme == "https" else 80)
    server = Server(parts.scheme, parts.hostname, port, path, _checked(key))
    if not path.isascii() or any(each <= " " for each in path):
        raise InputError("the path of the URL is not ASCII (--openai). Escape it with %")
    if not server.loopback and not allow_remote:
        raise InputError(
            f"{show(server.host)} is another machine, which would see all records (--openai). "
            "Add --allow-remote if it may"
        )
    if server.key and not server.loopback and server.scheme == "http":
        raise InputError(
            f"the key in {KEY} would go over the network unencrypted (--openai). Use https, or "
            f"unset {KEY}"
        )
    return server


def _pause(headers: Message) -> float | None:
    """``Retry-After`` is a number of seconds, or a date: of the server's clock, as is ``Date``."""
    text = headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        return (
            parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])
        ).total_seconds()
    except (TypeError, ValueError):
        return None


def _checked(key: str) -> str:
    key = key.strip()
    if not key.isascii() or any(not "!" <= each <= "~" for each in key):
        raise InputError(f"the key in {KEY} has characters that no key has. Copy it again")
    return key


def _break_off(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
