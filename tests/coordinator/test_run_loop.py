"""Drain, decide, one transaction, effects."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from tempfile import TemporaryDirectory

import pytest

from clamshell_tui.coordinator import run_loop as run_loop
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.store import Store
from clamshell_tui.core.events import TimePassed
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.run.tables import MetaRow
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.reader import RunFile, open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Authenticate, Error, Granted, Notice
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Leave, Over, TaskAssigned, Wait
from tests.coordinator.process import started
from tests.coordinator.wire import (
    DEADLINE,
    PETS,
    Talker,
    options_for,
    patient,
    running,
    story,
    until,
)

MANY = PETS.replace("size = 2, reserve = 1", "size = 40, reserve = 1")


@story
async def test_answers_that_come_together_share_one_commit(pets: Options) -> None:
    options = options_for(pets.base, MANY, seats=20)
    async with running(options) as place:
        await place.submit(*(f"record {number}" for number in range(20)))
        talkers = [await place.worker() for _ in range(20)]
        workers = [(talker, await talker.hear_until(TaskAssigned)) for talker in talkers]
        before = place.run_loop.commits
        await asyncio.gather(
            *(talker.say(Answer(task.assignment, (0,))) for talker, task in workers)
        )
        done = await asyncio.gather(*(talker.hear_until(Acknowledged) for talker, _ in workers))
        assert {one.outcome for one in done} == {"counted"}
        assert place.run_loop.commits - before < 15, "twenty answers, far fewer commits"


@story
async def test_after_a_slow_commit_those_who_were_told_something_share_the_next(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(pets) as place:
        workers = [await place.worker() for _ in range(2)]
        for worker in workers:
            await worker.hear_until(Wait)
        monkeypatch.setattr(run_loop, "PATIENCE", 1e6)  # so is any commit slow
        monkeypatch.setattr(run_loop, "MOST_PATIENCE", 2 * DEADLINE)
        await place.submit("meow", "woof")  # notifies both, and a requester, which then leaves
        tasks = [await worker.hear_until(TaskAssigned) for worker in workers]
        before = place.run_loop.commits
        for worker, task in zip(workers, tasks, strict=True):
            await worker.say(Answer(task.assignment, (0,)))
            await (await worker.socket.ping())  # it was heard, and could have been committed
        for worker in workers:
            await worker.hear_until(Acknowledged)
        assert place.run_loop.commits - before == 1


@story
async def test_nobody_is_told_anything_before_it_is_on_the_disk(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    commit = Store.commit

    async def noted(store: Store) -> None:
        await commit(store)
        order.append("committed")

    monkeypatch.setattr(Store, "commit", noted)
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        order.clear()
        await worker.say(Answer(task.assignment, (0,)))
        await worker.hear_until(Acknowledged)
        assert order, "the acknowledgement came after a commit"
        assert not place.run.messages


@story
async def test_a_full_disk_pauses_the_run_which_goes_on_when_there_is_space(
    pets: Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.loop.RETRY", 0.01)
    async with running(pets) as place:
        store = place.coordinator.service.store
        requester, operator = await place.staff("requester"), await place.staff("operator")
        waiting, reading = await place.worker(), (await place.join())[0]
        await waiting.hear_until(Wait)
        stranger = await place.connect("operator")
        await store.value("PRAGMA max_page_count = 1")  # no page more than there are
        records = tuple(NewRecord(str(n), text="x" * 500) for n in range(100))
        await requester.say(Submit(records))
        for one in (operator, waiting, reading):
            assert (await one.hear_a(Notice)).text.startswith("PAUSED: disk full; what you sent")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await requester.hear()
        await store.value("PRAGMA max_page_count = 100000")
        assert (await requester.hear_a(Submitted)).accepted == 100, "and no notice: it waits"
        for one in (operator, reading):
            assert "there is space on the disk again" in (await one.hear_a(Notice)).text
        assert (await waiting.hear_until(TaskAssigned)).records[0].text == "x" * 500
        assert (await stranger.ask(Authenticate("x" * 43), Error)).code == "token", "not a word"
    told = capsys.readouterr().err
    assert "PAUSED: disk full" in told
    assert "there is space on the disk again" in told


@pytest.mark.parametrize("points", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_wherever_the_disk_gets_full_nothing_is_lost_or_acknowledged_too_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: int
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.loop.RETRY", 0.001)
    monkeypatch.setattr("clamshell_tui.coordinator.run_loop.MOST_ENTRIES", 7)
    acknowledged = asyncio.run(_label_on_a_disk_that_is_full(tmp_path, points))
    with open_run(tmp_path / "run.db") as file:
        assert _labels(file) == acknowledged
        verify(file)
        assert len(acknowledged) > 2 * points


async def _label_on_a_disk_that_is_full(folder: Path, points: int) -> set[str]:
    """Again and again; returns the records whose labels were acknowledged."""
    options = options_for(folder, limits=patient(per_second=1e6, burst=1e6))
    acknowledged: set[str] = set()
    async with running(options) as place, await place.staff("requester") as requester:
        for first in range(0, 60 * points, 1000):
            records = tuple(NewRecord(f"{n}", text="meow") for n in range(first, first + 1000))
            await requester.ask(Submit(records), Submitted)
        worker, task = await place.working()
        labelling = asyncio.create_task(_label(worker, task, acknowledged))
        store, run_loop = place.coordinator.service.store, place.run_loop
        for point in range(points):
            pages = await store.value("PRAGMA page_count")
            await store.value(f"PRAGMA max_page_count = {pages + point % 4}")
            await until(lambda: run_loop.paused_by_disk or labelling.done())
            known = set(acknowledged)
            if not point % 10:
                assert known <= _copied(folder), "acknowledged answers are in the file"
            await store.value("PRAGMA max_page_count = 1000000")
            await until(lambda: not run_loop.paused_by_disk)
        await worker.say(Leave())
        await labelling
    return acknowledged


async def _label(worker: Talker, task: TaskAssigned, acknowledged: set[str]) -> None:
    """Until the run is over."""
    await worker.say(Answer(task.assignment, (0,)))
    while not isinstance(message := await worker.hear(), Over):
        if isinstance(message, Acknowledged):
            acknowledged.add(task.records[0].id)
            if message.next is not None:
                task = message.next
                await worker.say(Answer(task.assignment, (0,)))


def _copied(folder: Path) -> set[str]:
    """Contents of the disk if the machine stopped now."""
    with TemporaryDirectory() as name:
        for end in ("", "-wal"):
            shutil.copy(folder / f"run.db{end}", name)
        with open_run(Path(name) / "run.db") as file:
            return _labels(file)


def _labels(file: RunFile) -> set[str]:
    return {row.external_id for row in current_tables(file).tables.labels.values()}


@story
async def test_a_full_disk_at_the_start_is_told_and_leaves_nothing(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(store: Store, *, seal: bool = False) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(Store, "write_tables", full)
    with pytest.raises(EnvironmentFaultError, match=r"disk full\. Free some space"):
        async with running(pets):
            pass
    assert not os.listdir(pets.base)


@story
async def test_a_run_paused_by_a_full_disk_can_be_stopped(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.loop.RETRY", 0.01)
    with pytest.raises(EnvironmentFaultError, match=r"disk full\. Free some space"):
        await _stopped_while_paused(pets)
    async with running(pets) as place:
        assert len(place.run.records) == 0, "no worker had an acknowledgement"


async def _stopped_while_paused(options: Options) -> None:
    async with running(options) as place:
        requester = await place.staff("requester")
        await place.coordinator.service.store.value("PRAGMA max_page_count = 1")
        records = tuple(NewRecord(str(n), text="x" * 500) for n in range(100))
        await requester.say(Submit(records))
        await until(lambda: place.run_loop.paused_by_disk)


@story
async def test_a_real_limit_on_the_size_of_files_pauses_a_real_process(tmp_path: Path) -> None:
    (tmp_path / "pets.toml").write_text(PETS)
    async with started(tmp_path) as process:
        requester = await process.connect("requester")
        await requester.ask(Authenticate(process.said["requester"][0]), Granted)
        operator = await process.connect("operator")
        await operator.ask(Authenticate(process.said["operator"][0]), Granted)
        pid, log = process.process.pid, (tmp_path / "run.db-wal").stat().st_size
        prlimit(pid, RLIMIT_FSIZE, (log + 3000, RLIM_INFINITY))  # in the middle of a page
        records = tuple(NewRecord(str(n), text="x" * 500) for n in range(100))
        await requester.say(Submit(records))
        assert (await operator.hear_a(Notice)).text.startswith("PAUSED: disk full")
        prlimit(pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
        assert (await requester.hear_a(Submitted)).accepted == 100
        assert "there is space on the disk again" in (await operator.hear_a(Notice)).text
        process.process.kill()
        await process.end()
    async with started(tmp_path):
        pass
    with open_run(tmp_path / "run.db") as file:
        kept = file.connection.execute("SELECT COUNT(*) FROM record").fetchone()
    assert kept == (100,)


@story
async def test_time_is_journalled_while_somebody_is_paid(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.loop.TICK", 0.1)
    async with running(pets) as place:
        await place.worker()
        await place.turn()
        seq = place.run.journal.seq
        await until(lambda: place.run.journal.seq >= seq + 3)
    with open_run(pets.db) as file:
        last = [event for _, event in file.events()][-3:]
    assert TimePassed() in last


@story
async def test_a_commit_survives_a_power_cut_and_shuts_others_out(pets: Options) -> None:
    store = await Store.create(pets.db)
    assert await store.value("PRAGMA synchronous") == 2
    assert await store.value("PRAGMA journal_mode") == "wal"
    assert await store.value("PRAGMA locking_mode") == "exclusive"
    assert await store.value("PRAGMA foreign_keys") == 1
    with pytest.raises(EnvironmentFaultError, match="is locked"):
        await Store.open(pets.db)
    await store.close()


@story
async def test_a_commit_that_changes_many_pages_writes_to_the_runs_own_files_only(
    pets: Options,
) -> None:
    store = await Store.create(pets.db)
    for value in ("first", "second"):
        for number in range(2_000):
            store.put(MetaRow(f"key {number}", value * 20))
        await store.commit()
    temporary = [name for name in _open_files() if "etilqs_" in name]
    await store.close()
    assert not temporary, "names of SQLite's temporary files"


def _open_files() -> set[str]:
    """Of this process, those without a name any more too."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that the list was read from
            found.add(os.readlink(f"/proc/self/fd/{number}"))
    return found


@story
async def test_a_commit_is_finished_even_if_its_task_is_cancelled(pets: Options) -> None:
    store = await Store.create(pets.db)
    for number in range(2_000):
        store.put(MetaRow(f"key {number}", "value"))
    committing = asyncio.create_task(store.commit())
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await store.close()
    with sqlite3.connect(pets.db) as connection:
        found = connection.execute("SELECT COUNT(*) FROM meta WHERE key LIKE 'key %'").fetchone()
        assert found == (2_000,)
    connection.close()
