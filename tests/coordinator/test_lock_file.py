"""One coordinator for one run, and starts that were cut short."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.lock_file import LockFile, lock_path
from clamshell_tui.errors import EnvironmentFaultError, RunFileError
from tests.coordinator.process import started
from tests.coordinator.wire import PETS, options_for, running, story

DYING = """\
import asyncio, os, signal, sys
from pathlib import Path
from clamshell_tui.coordinator import store
from clamshell_tui.coordinator.serve import opened
from tests.coordinator.wire import options_for

FOLDER = Path(sys.argv[1])
writing = store._writing


def dying(batch, left):
    class Dying(writing(batch)):
        def _step(self):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        def execute(self, *args):
            self._step()
            return super().execute(*args)

        def executescript(self, script):
            self._step()
            done = super().executescript(script)
            self._step()
            return done

    return Dying


async def start(folder):
    async with opened(options_for(folder)):
        pass


for step in range(1, 1000):
    folder = FOLDER / str(step)
    folder.mkdir()
    child = os.fork()
    if not child:
        store._writing = lambda batch: dying(batch, step)
        asyncio.run(start(folder))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break  # the whole start has fewer steps
"""


@pytest.mark.slow
def test_a_start_that_was_killed_at_any_step_can_be_made_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], check=True, timeout=60)
    folders = sorted(tmp_path.iterdir(), key=lambda folder: int(folder.name))
    assert len(folders) > 20, "before each statement"
    killed = [folder for folder in folders if lock_path(folder / "run.db").exists()]
    assert killed == folders[:-1]
    for folder in killed:
        asyncio.run(_serves(options_for(folder)))


async def _serves(options: Options) -> None:
    async with running(options) as place:
        assert len(place.secrets["seat"]) == 3, "the codes of the first start were never published"
        await place.join()


def test_a_file_with_anything_in_it_is_never_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    LockFile(path)  # and then it was killed, for all that the next one can see
    claimed = lock_path(path).read_bytes()
    assert b'"begun":false' in claimed
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE meta (precious)")
    connection.close()
    before = path.read_bytes()
    _let_go_of(path)
    lock_path(path).write_bytes(claimed)
    with pytest.raises(RunFileError, match="another program; not touched"):
        asyncio.run(_serves(options_for(tmp_path)))
    assert path.read_bytes() == before


def test_an_incomplete_copy_is_not_taken_for_a_start_that_was_cut_short(tmp_path: Path) -> None:
    asyncio.run(_copied_without_its_log(tmp_path))
    copied = tmp_path / "copy" / "run.db"
    with pytest.raises(RunFileError, match="looks incomplete: was it copied while running"):
        asyncio.run(_serves(options_for(copied.parent)))
    assert copied.exists()


async def _copied_without_its_log(folder: Path) -> None:
    async with running(options_for(folder)):
        (folder / "copy").mkdir()
        (folder / "copy" / "run.db").write_bytes((folder / "run.db").read_bytes())


@story
async def test_a_second_coordinator_is_told_who_has_the_run_and_a_dead_one_has_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "pets.toml").write_text(PETS)
    async with started(tmp_path) as first:
        pid = first.process.pid
        words = ["serve", str(tmp_path / "pets.toml"), "--db", str(tmp_path / "run.db")]
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "clamshell_tui.cli.die_with_parent", *words, "--port", "0"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await second.communicate()
        assert second.returncode == EnvironmentFaultError.exit_code
        assert f"error: run already open by pid {pid} on host ".encode() in told
        first.process.kill()
        await first.end()
    assert lock_path(tmp_path / "run.db").exists(), "it had no time to remove it"
    async with started(tmp_path) as third:
        assert third.process.pid != pid
        assert f'"pid":{third.process.pid},' in lock_path(tmp_path / "run.db").read_text()


def test_a_claim_that_was_torn_by_a_crash_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    lock_path(path).write_bytes(b'{"pid":12,"ho')
    with LockFile(path) as lock:
        assert not lock.never_begun
        assert f'"pid":{os.getpid()}' in lock_path(path).read_text()


def test_a_claim_in_a_place_that_is_not_there_is_told_to_the_user(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFaultError, match=r"no such directory\. Create it"):
        LockFile(tmp_path / "none" / "run.db")


def _let_go_of(path: Path) -> None:
    """Close what a process would not have survived."""
    for descriptor in range(3, 256):
        try:
            if os.path.samestat(os.fstat(descriptor), lock_path(path).stat()):
                os.close(descriptor)
        except OSError:
            continue
