"""What ``clamshell serve`` says at its start: where it listens, and the codes and tokens.

One fact per line, ``WORD VALUE...``; words that are not known here are left to later versions.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.errors import InputError
from clamshell_tui.text import show


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

    def join(self, code: str) -> str:
        """The line that leads a worker, or a bot, to the seat of ``code``."""
        place, mark, fingerprint = self.address.partition("#")
        return f"clam://{place}/{code}{mark}{fingerprint}"

    def without_a_client(self, code: str) -> list[str]:
        """An ssh command and a link that lead to the same seat, as far as there are such ways."""
        ways = []
        if self.ssh:
            host, port, _ = self.ssh.split()
            ways.append(f"ssh -p {port} {code}@{host.strip('[]')}")
        if self.web:
            ways.append(f"{self.web.split()[2]}j/{code}")
        return ways


def codes_beside(run_file: Path) -> Path:
    """Where the codes of a run are that is being served, for its owner's other programs alone."""
    real = Path(os.path.realpath(run_file))
    return real.with_name(f"{real.name}-codes")


def looks_like_codes(path: Path) -> bool:
    """Whether a file is one that ``clamshell serve`` wrote, and may write again."""
    with path.open("rb") as file:
        return file.read(10) == b"listening "


def read_codes(path: Path) -> Codes:
    """The codes in a file that ``clamshell serve --codes-file`` wrote."""
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
    """The codes in the lines that have come so far; what is missing is empty."""
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
    )
