"""A log that was cut, or garbled: the run file is an exact prefix of the run's commits."""

import asyncio
import struct
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.worker_messages import Begin, Rejoin, TaskAssigned
from tests.coordinator.wire import label, options_for, patient, running

SECTOR = 512  # bytes
FRAME_HEADER, WAL_HEADER = 24, 32  # bytes (https://sqlite.org/fileformat.html, 4.1)


class Log(NamedTuple):
    """A run file and its log as they were at some moment of a run."""

    database: bytes
    log: bytes

    @property
    def page(self) -> int:
        """Bytes of a page."""
        (size,) = struct.unpack(">I", self.log[8:12])
        return int(size)

    def commits(self) -> list[int]:
        """Where in the log each commit ends, in bytes; the first is before them all."""
        ends, size = [WAL_HEADER], FRAME_HEADER + self.page
        for start in range(WAL_HEADER, len(self.log) - size + 1, size):
            pages_after_commit = struct.unpack_from(">I", self.log, start + 4)[0]
            if pages_after_commit:
                ends.append(start + size)
        return ends

    def put(self, folder: Path, log: bytes) -> Path:
        """The run file with another log."""
        path = folder / "run.db"
        path.write_bytes(self.database)
        path.with_name("run.db-wal").write_bytes(log)
        for beside in (path.with_name("run.db-shm"), mark_path(path)):
            beside.unlink(missing_ok=True)
        return path


async def _recorded(folder: Path) -> tuple[Log, str]:
    """With the token of its worker."""
    async with running(options_for(folder, limits=patient(per_second=1e6, burst=1e6))) as place:
        await place.submit(*(f"pet {number}" for number in range(80)))
        worker, joined = await place.join()
        await worker.say(Begin())
        await label(worker, await worker.hear_until(TaskAssigned), 60)
        files = ((folder / f"run.db{end}").read_bytes() for end in ("", "-wal"))
        return Log(*files), joined.token


def _content(path: Path) -> tuple[object, ...] | None:
    """Contents of the file, None if it was not begun; every page and every hash is checked."""
    try:
        with open_run(path) as file:
            entries = file.verify_journal()
            counts = (
                file.connection.execute(f"SELECT COUNT(*), TOTAL({column}) FROM {table}").fetchone()
                for table, column in (
                    ("label", "record"),
                    ("ledger", "micros"),
                    ("answer", "record"),
                )
            )
            last = file.connection.execute("SELECT MAX(hash) FROM journal").fetchone()
            return (entries, last, *counts)
    except Exception as error:
        if "looks incomplete" in str(error):
            return None
        raise


@pytest.mark.parametrize("cuts", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_log_cut_or_garbled_anywhere_is_an_exact_prefix_of_the_commits(
    tmp_path: Path, cuts: int
) -> None:
    (tmp_path / "run").mkdir()
    recorded, _ = asyncio.run(_recorded(tmp_path / "run"))
    ends = recorded.commits()
    assert len(ends) > 60, "a commit for each label at least"
    prefixes = {end: _content(recorded.put(tmp_path, recorded.log[:end])) for end in ends}
    assert len(set(prefixes.values())) > 60
    rng = Random(cuts)
    for _ in range(cuts):
        at = rng.randrange(len(recorded.log))
        if rng.random() < 0.5:
            log, whole = recorded.log[:at], at
        else:
            log, whole = _garbled(recorded, at, rng)
        expected = prefixes[max((end for end in ends if end <= whole), default=WAL_HEADER)]
        assert _content(recorded.put(tmp_path, log)) == expected, at


def _garbled(recorded: Log, at: int, rng: Random) -> tuple[bytes, int]:
    """The log with up to a sector of other bytes, and how far it is as it was."""
    length = rng.choice((1, SECTOR))
    log = bytearray(recorded.log)
    for index in range(at, min(at + length, len(log))):
        log[index] ^= rng.randrange(1, 256)
    size = FRAME_HEADER + recorded.page
    whole = 0 if at < WAL_HEADER else at - (at - WAL_HEADER) % size
    return bytes(log), whole


def test_a_run_goes_on_after_its_log_was_torn(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    recorded, token = asyncio.run(_recorded(tmp_path / "run"))
    ends = recorded.commits()
    for end in ends[len(ends) // 4 :: len(ends) // 5]:
        path = recorded.put(tmp_path, recorded.log[: end + 1000])
        asyncio.run(_goes_on(tmp_path, token))
        with open_run(path) as file:
            assert verify(file).entries
        path.unlink()


async def _goes_on(folder: Path, token: str) -> None:
    async with running(options_for(folder)) as place, await place.connect() as worker:
        before = len(place.run.label_log)
        assert before > 0
        await worker.say(Rejoin(token))
        await label(worker, await worker.hear_until(TaskAssigned), 3)
        assert len(place.run.label_log) == before + 3
