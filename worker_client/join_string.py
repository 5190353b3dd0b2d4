"""The line that leads to a seat: ``clam://HOST:PORT/CODE#FINGERPRINT``."""

import re
from typing import NamedTuple

from clamshell_tui.errors import InputError

SCHEME = "clam://"
PORT = 7777
_LINE = re.compile(
    r"(?:clam://)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?:/(?P<code>[0-9A-Za-z-]{1,32})?)?"
    r"(?:#(?P<fingerprint>[0-9A-Fa-f:]+))?"
)
_CODE = re.compile("[0-9A-Za-z]{4}-[0-9A-Za-z]{4}")
_SHORTEST_FINGERPRINT = 16  # hex digits; 64 bits are beyond anybody who would want this seat


class JoinString(NamedTuple):
    """Where the coordinator is, and which seat is meant.

    ``code`` is empty while unknown. With a ``fingerprint``, the first hex digits of the SHA-256 of
    the coordinator's certificate, the connection is encrypted and the certificate must match.
    """

    host: str
    port: int = PORT
    code: str = ""
    fingerprint: str = ""

    @property
    def url(self) -> str:
        """The WebSocket's address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.fingerprint else 'ws'}://{host}:{self.port}"

    @property
    def place(self) -> str:
        """``host:port``, as people write it."""
        return f"{self.host}:{self.port}"


def parse(text: str) -> JoinString:
    """The parts of a join string, with or without ``clam://``; InputError says what is wrong."""
    line = text.strip()
    found = _LINE.fullmatch(line)
    if found is None:
        raise InputError(
            f'"{line[:80]}" is not a join string. It looks like clam://127.0.0.1:7777/K7QM-2F9X'
        )
    if _CODE.fullmatch(line):
        raise InputError(
            f'"{line}" is the code alone. Copy the whole line: clam://127.0.0.1:7777/{line}, say'
        )
    port = int(found["port"] or PORT)
    if not 0 < port < 65536:
        raise InputError(f"port {port} (in the join string) is not between 1 and 65535")
    fingerprint = (found["fingerprint"] or "").replace(":", "").lower()
    if 0 < len(fingerprint) < _SHORTEST_FINGERPRINT:
        raise InputError(
            f"the fingerprint after # has {len(fingerprint)} hex digits, at least "
            f"{_SHORTEST_FINGERPRINT} are needed. Copy the whole line, in quotes"
        )
    return JoinString(found["host"].strip("[]"), port, (found["code"] or "").upper(), fingerprint)


def code_typed(text: str) -> str:
    """A join code as people type it: lower case, spaces for dashes."""
    return re.sub(r"[\s-]+", "-", text.strip()).strip("-").upper()
