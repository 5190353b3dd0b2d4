"""Lines that the coordinator prints at its start, for people and programs: one fact a line."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.coordinator.sessions import ConnectedSessions, SeatKind
from clamshell_tui.errors import ClamshellError
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.wire.invitation import codes_beside


class ListenAddress(NamedTuple):
    """Address of the server; ``fingerprint`` is of its certificate, empty without TLS."""

    host: str
    port: int
    fingerprint: str = ""


def announcement(
    address: ListenAddress,
    sessions: ConnectedSessions,
    wanted: Mapping[SeatKind, int],
    *,
    others: Sequence[str] = (),
    over: bool = False,
) -> Iterator[str]:
    """Yield the lines; make the seats that are missing.

    The codes of a run that is ``over`` lead only the workers that it had to their statements.
    """
    yield f"listening {address.host} {address.port}"
    for host in others:  # of other networks of this machine, for participants there
        yield f"also {host} {address.port}"
    if address.fingerprint:
        yield f"fingerprint {address.fingerprint}"
    for kind, count in wanted.items():
        for _ in range(0 if over else count - len(sessions.seats(kind))):
            sessions.new_seat(kind)
        for row in sessions.seats(kind):
            if not row.revoked and not (over and sessions.holder(row) is None):
                yield f"{kind} {sessions.code(row)}"
    for role in ("operator", "requester"):
        yield f"{role} {sessions.staff_token(role)}"


def publish(lines: Sequence[str], file: Path | None) -> None:
    """Print the lines, or write them to a file readable by its owner only."""
    text = "".join(f"{line}\n" for line in lines)
    if file is None:
        print(text, end="", flush=True)
        return
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
            opened.write(text)
        part.replace(file)
    except OSError as error:
        raise cannot_write(file, error) from error


@contextmanager
def published(
    lines: Sequence[str], file: Path | None, run_file: Path
) -> Iterator[Callable[[Sequence[str]], None]]:
    """Publish the lines, and keep them beside the run file while it is served.

    ``clamshell watch RUN_FILE`` reads them there. The function that is yielded writes other lines
    to the files; one that cannot be written keeps the old ones.
    """
    beside = codes_beside(run_file)
    files = {beside}
    publish(lines, beside)
    try:
        if file is None or Path(os.path.realpath(file)) != beside:
            publish(lines, file)
            files |= {file} if file is not None else set()

        def again(lines: Sequence[str]) -> None:
            for each in files:
                with suppress(ClamshellError):
                    publish(lines, each)

        yield again
    finally:
        beside.unlink(missing_ok=True)


def say(text: str) -> None:
    """Print a line to stderr; ignore a closed terminal."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
