"""The processes behind a run with gateways, read from /proc."""

from pathlib import Path
from typing import NamedTuple

from tests.gateways.served import Run


class Processes(NamedTuple):
    """Process ids."""

    gateway: int
    fork_server: int
    seats: list[int]


def processes(run: Run) -> Processes:
    """Those of this run, as they are now."""
    [gateway] = [pid for pid in children(run.process.pid) if b"gateways" in command(pid)]
    [forks] = children(gateway)
    return Processes(gateway, forks, children(forks))


def children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for words in lists for word in words.read_text().split()]


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
