"""A power cut: whatever was acknowledged is on the disk.

The writes, the syncs and the acknowledgements of a real coordinator are recorded with strace. A
power cut at any moment then leaves what was synced, and any sectors of what was only written.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from clamshell_tui.core.events import AssignmentAnswered
from clamshell_tui.errors import RunFileError
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire.messages import Authenticate, Granted
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import Begin, Join, Joined, TaskAssigned
from tests.coordinator.process import started
from tests.coordinator.wire import PETS, label, until

SECTOR = 512  # bytes that a disk writes in one piece
CALLS = "pwrite64,write,ftruncate,fsync,fdatasync,sendto,sendmsg"

_CALL = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_UNFINISHED = " <unfinished ...>"
_FILE = re.compile(r"\d+<([^>]*)>")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_KEY = re.compile(rb'"type":"acknowledged","assignment":"([0-9a-f]+)"')


class Write(NamedTuple):
    """Bytes that a process handed to the system."""

    file: str
    at: int
    data: bytes


class Sync(NamedTuple):
    """The system said that a file is on the disk."""

    file: str


class Truncation(NamedTuple):
    """A file was given another length."""

    file: str
    length: int


class Told(NamedTuple):
    """An acknowledgement began to leave."""

    assignment: str


Step = Write | Sync | Truncation | Told


def _steps(trace: Path, files: set[str]) -> Iterator[Step]:
    """System calls on ``files`` and acknowledgements, from strace; a call counts at its end,
    but an acknowledgement at its beginning."""
    begun: dict[tuple[str, str], str] = {}
    for line in trace.read_text().splitlines():
        if found := _CALL.match(line):
            process, call, rest = found.groups()
            if call.startswith("send"):
                for data in _BYTES.findall(rest):
                    for key in _KEY.findall(_plain(data)):
                        yield Told(key.decode())
            elif rest.endswith(_UNFINISHED):
                begun[process, call] = rest.removesuffix(_UNFINISHED)
            else:
                yield from _step(call, rest, files)
        elif found := _RESUMED.match(line):
            process, call, rest = found.groups()
            if (process, call) in begun:
                yield from _step(call, begun.pop((process, call)) + rest, files)


def _step(call: str, rest: str, files: set[str]) -> Iterator[Step]:
    found = _FILE.match(rest)
    file = Path(_plain(found[1]).decode()).name if found else ""
    if file not in files or " = -1" in rest:
        return
    if call in {"fsync", "fdatasync"}:
        yield Sync(file)
    elif call == "ftruncate":
        yield Truncation(file, int(rest.split(",")[1].split(")")[0]))
    elif call in {"pwrite64", "write"}:
        (data,) = _BYTES.findall(rest)
        at = int(rest.split('"')[2].split(",")[2].split(")")[0])
        yield Write(file, at, _plain(data))


def _plain(escaped: str) -> bytes:
    """The bytes that strace -xx writes as ``\\x66\\x6f``."""
    return bytes.fromhex(escaped.replace("\\x", ""))


class Disk:
    """Writes that are on the disk for certain, and writes that may be."""

    def __init__(self) -> None:
        self.synced: dict[str, bytes] = {}
        self._latest: dict[str, bytearray] = {}
        self._waiting: dict[str, list[Write | Truncation]] = {}

    def take(self, step: Write | Sync | Truncation) -> None:
        """Do what a process asked for."""
        latest = self._latest.setdefault(step.file, bytearray())
        if isinstance(step, Sync):
            self.synced[step.file] = bytes(latest)
            self._waiting.pop(step.file, None)
        else:
            _apply(latest, step)
            self._waiting.setdefault(step.file, []).append(step)

    def after_a_cut(self, rng: Random) -> dict[str, bytes]:
        """The files: what was synced, and any of the sectors that were only written."""
        share = rng.choice((0.0, 0.5, 0.9))
        files = {name: bytearray(data) for name, data in self.synced.items()}
        for name, waiting in self._waiting.items():
            for step in waiting:
                for part in _sectors(step) if isinstance(step, Write) else [step]:
                    if rng.random() < share:
                        _apply(files.setdefault(name, bytearray()), part)
        return {name: bytes(data) for name, data in files.items()}


def _apply(content: bytearray, step: Write | Truncation) -> None:
    if isinstance(step, Truncation):
        del content[step.length :]
        return
    content.extend(bytes(max(0, step.at - len(content))))
    content[step.at : step.at + len(step.data)] = step.data


def _sectors(write: Write) -> Iterator[Write]:
    at, data = write.at, write.data
    while data:
        size = SECTOR - at % SECTOR
        yield Write(write.file, at, data[:size])
        at, data = at + size, data[size:]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("labels", [60, pytest.param(300, marks=pytest.mark.slow)])
def test_no_power_cut_loses_what_was_acknowledged(tmp_path: Path, labels: int) -> None:
    (tmp_path / "pets.toml").write_text(PETS)
    asyncio.run(asyncio.wait_for(_traced(tmp_path, labels), 60 + labels))
    steps = list(_steps(tmp_path / "trace", {"run.db", "run.db-wal"}))
    told = sum(isinstance(step, Told) for step in steps)
    assert told == labels
    assert _lost(tmp_path, steps, Random(labels)) == 0
    unsynced = [
        step for number, step in enumerate(steps) if number < 40 or not isinstance(step, Sync)
    ]
    assert _lost(tmp_path, unsynced, Random(labels)) > 0, "without syncs the same cuts lose labels"


async def _traced(folder: Path, labels: int) -> None:
    """Labels given to a coordinator that strace watches, which is then killed."""
    trace = folder / "trace"
    watched = ("strace", "-D", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}")
    async with started(folder, watch=(*watched, "-o", str(trace))) as process:
        requester = await process.connect("requester")
        await requester.ask(Authenticate(process.said["requester"][0]), Granted)
        records = tuple(NewRecord(str(n), text="meow") for n in range(min(1000, labels + 9)))
        await requester.ask(Submit(records), Submitted)
        more = tuple(NewRecord(str(n), text="woof") for n in range(1000, labels + 9))
        await requester.ask(Submit(more), Submitted)
        worker = await process.connect()
        await worker.ask(Join(process.said["seat"][0]), Joined)
        await worker.say(Begin())
        await label(worker, await worker.hear_until(TaskAssigned), labels)
        process.process.kill()
        end = re.compile(rf"^{process.process.pid} +\+\+\+ killed", re.MULTILINE)
        await until(lambda: end.search(trace.read_text()[-1000:]) is not None)


def _lost(folder: Path, steps: list[Step], rng: Random) -> int:
    """Cut the power after every acknowledgement, and now and then between: how many are lost."""
    disk, acknowledged, lost = Disk(), set[int](), 0
    for step in steps:
        if isinstance(step, Told):
            acknowledged.add(int(step.assignment[32:], 16))
        else:
            disk.take(step)
        if acknowledged and (isinstance(step, Told) or rng.random() < 0.1):
            lost += len(acknowledged - _stored(folder, disk.after_a_cut(rng)))
    return lost


def _stored(folder: Path, files: dict[str, bytes]) -> set[int]:
    """The assignments whose answers a restart would find."""
    for name in ("run.db", "run.db-wal", "run.db-shm"):
        (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        with open_run(folder / "run.db") as file:
            file.verify_journal()
            events = [event for _, event in file.events()]
            return {int(each.assignment) for each in events if isinstance(each, AssignmentAnswered)}
    except RunFileError:  # not even the tables are there
        return set()
