"""Codes files and join strings.

``clamshell serve`` prints where it listens, the join codes and the tokens, one fact per line:
``WORD VALUE...``. Unknown words are ignored, so that later versions can add some. A join string is
the address of one seat: ``clam://HOST:PORT/CODE#FINGERPRINT``.
"""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.errors import InputError
from clamshell_tui.participant_texts import fault
from clamshell_tui.text import show

SCHEME = "clam://"
PORT = 7777
EXAMPLE = "clam://127.0.0.1:7777/K7QM-2F9X"
_V6 = r"[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._-]+)?"
HOST = rf"(?P<host>\[{_V6}\]|{_V6}|[A-Za-z0-9._-]+)"
"""Pattern of a host: a name, IPv4, or IPv6 with its zone; only in brackets can a port follow."""
_LINE = re.compile(
    rf"(?:clam://)?{HOST}"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?:/(?P<code>[0-9A-Za-z-]{1,32})?)?"
    r"(?:#(?P<fingerprint>[0-9A-Fa-f:]+))?"
)
_CODE = re.compile("[0-9A-Za-z]{4}-[0-9A-Za-z]{4}")
_SHORTEST_FINGERPRINT = 16
"""Hex digits. To pass for a given coordinator, an attacker tries 2^64 keys: 580 years at 10^9 a
second. Two keys of the attacker's own that collide, after 2^32, gain nothing."""


def join_line(place: str, code: str, fingerprint: str = "") -> str:
    """Return a join string that fits a line, with as much of the fingerprint as is needed."""
    mark = f"#{fingerprint[:_SHORTEST_FINGERPRINT]}" if fingerprint else ""
    return f"{SCHEME}{place}/{code}{mark}"


def join_command(join: str) -> str:
    """Return the shell command that takes a seat."""
    return f"clamshell-worker {shlex.quote(join)}"


class Codes(NamedTuple):
    """``address`` is ``HOST:PORT``, with ``#FINGERPRINT`` where connections are encrypted."""

    address: str
    seats: tuple[str, ...]
    bots: tuple[str, ...]
    operator: str
    requester: str
    ready: bool
    ssh: str = ""  # HOST PORT FINGERPRINT, if participants can join by ssh
    web: str = ""  # HOST PORT URL, if they can join in a browser
    machines: tuple[str, ...] = ()

    def join(self, code: str) -> str:
        """Join string of a code."""
        place, _, fingerprint = self.address.partition("#")
        return join_line(place, code, fingerprint)

    def without_a_client(self, code: str) -> list[str]:
        """The ssh command and the web link for a code, as far as the gateways are served."""
        ways = []
        if self.ssh:
            host, port, _ = self.ssh.split()
            ways.append(f"ssh -p {port} {code}@{host.strip('[]')}")
        if self.web:
            ways.append(f"{self.web.split()[2]}j/{code}")
        return ways


def codes_beside(run_file: Path) -> Path:
    """Codes file that a coordinator keeps beside its run file, readable by its owner only."""
    real = Path(os.path.realpath(run_file))
    return real.with_name(f"{real.name}-codes")


def looks_like_codes(path: Path) -> bool:
    """Whether ``clamshell serve`` wrote this file, and so may overwrite it."""
    with path.open("rb") as file:
        return file.read(10) == b"listening "


def read_codes(path: Path) -> Codes:
    """Read a file of ``clamshell serve --codes-file``."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise InputError(f"cannot read {show(str(path))}: {reason} (--codes-file)") from error
    codes = parse_codes(text.splitlines())
    if not codes.address:
        raise InputError(
            f"{show(path.name)} does not say where a coordinator listens. Name the file that "
            "clamshell serve --codes-file wrote"
        )
    return codes


def parse_codes(lines: Iterable[str]) -> Codes:
    """Parse the lines printed so far; missing facts are empty."""
    found: dict[str, list[str]] = {}
    for line in lines:
        word, _, value = line.strip().partition(" ")
        found.setdefault(word, []).append(value)
    host, _, port = found.get("listening", [""])[0].rpartition(" ")
    address = f"[{host}]:{port}" if ":" in host and host[0] != "[" else f"{host}:{port}"
    fingerprint = found.get("fingerprint", [""])[0]
    return Codes(
        (address + (f"#{fingerprint}" if fingerprint else "")) if port else "",
        tuple(found.get("seat", ())),
        tuple(found.get("bot", ())),
        found.get("operator", [""])[0],
        found.get("requester", [""])[0],
        "ready" in found,
        found.get("ssh", [""])[0],
        found.get("web", [""])[0],
        tuple(found.get("machine", ())),
    )


class JoinString(NamedTuple):
    """Address of a coordinator and the join code of a seat.

    ``code`` is empty while unknown. With a ``fingerprint``, the first hex digits of the SHA-256 of
    the coordinator's certificate, the connection is encrypted and the certificate must match.
    """

    host: str
    port: int = PORT
    code: str = ""
    fingerprint: str = ""

    @property
    def place(self) -> str:
        """``host:port``, for display."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse(text: str) -> JoinString:
    """Parse a join string, with or without ``clam://``; InputError names the fault.

    A pasted command or sentence may contain it: between quotes or brackets, before a full stop,
    or broken over lines by a terminal or a mail program.
    """
    found = _pasted(text) or _LINE.fullmatch(text.strip())
    if found is None:
        line = " ".join(text.split())
        raise fault(InputError, "join.no_line", line=line[:80], example=EXAMPLE)
    line = found[0]
    if _CODE.fullmatch(line):
        example = f"clam://127.0.0.1:7777/{line}"
        raise fault(InputError, "join.code_alone", line=line, example=example)
    port = int(found["port"] or PORT)
    if not 0 < port < 65536:
        raise fault(InputError, "join.port", port=port)
    fingerprint = (found["fingerprint"] or "").replace(":", "").lower()
    if 0 < len(fingerprint) < _SHORTEST_FINGERPRINT:
        digits, least = len(fingerprint), _SHORTEST_FINGERPRINT
        raise fault(InputError, "join.fingerprint", digits=digits, least=least)
    host = found["host"].strip("[]").rstrip(".")
    return JoinString(host, port, (found["code"] or "").upper(), fingerprint)


def _pasted(text: str) -> re.Match[str] | None:
    """The join string after ``clam://`` in pasted text.

    The words that follow are taken as its continuation only while it is incomplete without them:
    they could begin with letters that look like hex digits.
    """
    start = text.lower().find(SCHEME)
    words = text[start + len(SCHEME) :].split() if start >= 0 else []
    for count in range(1, len(words) + 1):
        found = _LINE.match(SCHEME + "".join(words[:count]))
        follows = words[count : count + 1]
        if found is None or found.start("host") != len(SCHEME):
            return None
        if _complete(found) and not (follows and follows[0][0] == "#"):
            return found
        if len(words) == 1:  # an error says what is missing
            return found
    return None


def _complete(found: re.Match[str]) -> bool:
    """Whether a seat is named, and no part of the fingerprint is missing or unreadable."""
    rest = found.string[found.end() :]
    digits = (found["fingerprint"] or "").replace(":", "")
    whole = not digits or len(digits) >= _SHORTEST_FINGERPRINT
    return whole and bool(_CODE.fullmatch(found["code"] or "")) and rest[:1] != "#"


def code_typed(text: str) -> str:
    """Normalise a typed join code: upper case, dashes for spaces."""
    return re.sub(r"[\s-]+", "-", text.strip()).strip("-").upper()
