"""Drain, decide, one transaction, effects."""

import asyncio
import sqlite3

import pytest

from clamshell_tui.coordinator import owner
from clamshell_tui.coordinator.live import Options
from clamshell_tui.coordinator.store import Store
from clamshell_tui.core.events import TimePassed
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.protocol.messages import (
    Acknowledged,
    Answer,
    NewRecord,
    Submit,
    Submitted,
    Task,
    Wait,
)
from clamshell_tui.runfile import open_run
from clamshell_tui.runfile.rows import MetaRow
from tests.coordinator.wire import DEADLINE, PETS, options_for, running, story, until

MANY = PETS.replace("size = 2, reserve = 1", "size = 40, reserve = 1")


@story
async def test_answers_that_come_together_share_one_commit(pets: Options) -> None:
    options = options_for(pets.base, MANY, seats=20)
    async with running(options) as place:
        await place.submit(*(f"record {number}" for number in range(20)))
        talkers = [await place.worker() for _ in range(20)]
        workers = [(talker, await talker.hear_until(Task)) for talker in talkers]
        before = place.owner.commits
        await asyncio.gather(
            *(talker.say(Answer(task.assignment, (0,))) for talker, task in workers)
        )
        done = await asyncio.gather(*(talker.hear_until(Acknowledged) for talker, _ in workers))
        assert {one.outcome for one in done} == {"counted"}
        assert place.owner.commits - before < 15, "twenty answers, far fewer commits"


@story
async def test_after_a_slow_commit_those_who_were_told_something_share_the_next(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(pets) as place:
        workers = [await place.worker() for _ in range(2)]
        for worker in workers:
            await worker.hear_until(Wait)
        monkeypatch.setattr(owner, "PATIENCE", 1e6)  # so is any commit slow
        monkeypatch.setattr(owner, "MOST_PATIENCE", 2 * DEADLINE)
        await place.submit("meow", "woof")  # tells both, and a requester, who then leaves
        tasks = [await worker.hear_until(Task) for worker in workers]
        before = place.owner.commits
        for worker, task in zip(workers, tasks, strict=True):
            await worker.say(Answer(task.assignment, (0,)))
            await (await worker.socket.ping())  # it was heard, and could have been committed
        for worker in workers:
            await worker.hear_until(Acknowledged)
        assert place.owner.commits - before == 1


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
    monkeypatch.setattr("clamshell_tui.coordinator.owner.RETRY", 0.01)
    async with running(pets) as place:
        store = place.coordinator.live.store
        requester = await place.staff("requester")
        await store.value("PRAGMA max_page_count = 1")  # no page more than there are
        records = tuple(NewRecord(str(n), text="x" * 500) for n in range(100))
        await requester.say(Submit(records))
        await until(lambda: place.owner.paused_by_disk)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await requester.hear()
        await store.value("PRAGMA max_page_count = 100000")
        assert (await requester.hear_a(Submitted)).accepted == 100
        _, task = await place.working()
        assert task.records[0].text == "x" * 500
    told = capsys.readouterr().err
    assert "PAUSED: disk full" in told
    assert "there is space again" in told


@story
async def test_time_is_journalled_while_somebody_is_paid(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.owner.TICK", 0.1)
    async with running(pets) as place:
        await place.worker()
        await place.turn()
        seq, _ = place.run.projector.journal_end()
        await until(lambda: place.run.projector.journal_end()[0] >= seq + 3)
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
        assert connection.execute("SELECT COUNT(*) FROM meta").fetchone() == (2_000,)
    connection.close()
