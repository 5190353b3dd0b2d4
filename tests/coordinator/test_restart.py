"""After a restart acknowledged answers are kept, none is paid twice, and the run goes on."""

import gzip
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.lock_file import lock_path
from clamshell_tui.core.config import RULES
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.rules import rules_of
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Joined,
    Qualification,
    Rejoin,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.coordinator.wire import (
    DEADLINE,
    PETS,
    answer_rightly,
    label,
    options_for,
    right,
    running,
    story,
    until,
)

OLDER = Path(__file__).parents[1] / "runfile" / "older"
GENERATED = """\
dataset = {kind = "generated", records = 80, features = 4, difficulty = 0.0}
requester.gold = 4
qualification = {records = 2, pass_mark = 0.5}
pool = {size = 1, reserve = 0}
tasks.records_per_task = 2
"""
STREAM = """\
dataset = {kind = "csv", path = "pets.csv", text = "text", label = "label"}
requester = {mode = "stream", per_minute = 600.0, initial = 2, gold = 4}
qualification.enabled = false
learning.enabled = false
pool.size = 2
"""
SOUNDS = (("dog", "woof"), ("cat", "meow"))
HALF_KNOWN = """\
dataset = {kind = "csv", path = "pets.csv", text = "text", label = "label"}
requester.gold = 2
qualification.enabled = false
pool = {size = 1, reserve = 0}
tasks.records_per_task = 1
"""
BARRIER = PETS.replace("records_per_task = 1", 'records_per_task = 1, batching = "barrier"')


@story
async def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    pets = options_for(tmp_path, BARRIER)
    async with running(pets) as place:
        await place.submit("meow", "woof", "grr")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
        done = await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert done.next is not None
        owed, secrets = done.owed_micros, place.secrets
        other = await place.worker()  # waits, and is paid for it
        await other.hear_until(Wait)  # the first batch is one task, for the workers present
    async with running(pets) as place:
        for word in ("seat", "bot", "operator", "requester"):
            assert set(secrets[word]) <= set(place.secrets[word]), "they are still good"
        async with await place.connect() as returned:
            again = await returned.ask(Rejoin(joined.token), Joined)
            assert (again.worker, again.begun) == ("P001", True)
            offered = await returned.hear_a(TaskAssigned)
            assert (offered.assignment, offered.records) == (
                done.next.assignment,
                done.next.records,
            )
            first = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
            assert (first.outcome, first.micros) == ("repeated", 20_000)
            answered = Answer(offered.assignment, (1,))
            last = await returned.ask(answered, Acknowledged)
            assert (last.outcome, last.owed_micros >= owed + 20_000) == ("counted", True)
        place.secrets = secrets
        newcomer, _ = await place.join()
        assert newcomer


@story
async def test_records_that_came_over_the_wire_are_there_after_a_restart(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        secrets = place.secrets
    async with running(pets) as place:
        place.secrets = secrets
        assert len(place.run.records) == 2
        async with await place.staff("requester") as requester:
            again = (NewRecord("meow", text="meow"), NewRecord("new", text="new"))
            submitted = await requester.ask(Submit(again), Submitted)
            assert (submitted.accepted, submitted.total) == (2, 3)
        _, task = await place.working()
        assert task.records[0].text in {"meow", "woof", "new"}


@story
async def test_known_answers_train_the_model_and_are_not_asked_also_after_a_restart(
    tmp_path: Path,
) -> None:
    rows = [
        f"{animal} {i},{sound if i < 12 else ''}" for i in range(16) for animal, sound in SOUNDS
    ]
    (tmp_path / "pets.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    options = options_for(tmp_path, HALF_KNOWN)
    async with running(options) as place:
        engine = place.run.engine
        assert engine.state.seeds == 24 - 2 - 6  # two are gold, a quarter is held out
        await until(lambda: engine.retraining.labels_used == 16)
        assert len(engine.state.records) == 8
        secrets = place.secrets
    async with running(options) as place:
        place.secrets = secrets
        engine = place.run.engine
        assert (engine.state.seeds, engine.retraining.labels_used) == (16, 16)
        worker, task = await place.working()
        assert int(task.records[0].text.split()[1]) >= 12  # type: ignore[union-attr]  # a text
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        await until(lambda: engine.retraining.labels_used == 17)
    with open_run(options.db) as file:
        verify(file)


@story
async def test_a_crash_costs_a_worker_no_pay_and_gives_at_most_a_tick(pets: Options) -> None:
    async with running(pets) as place:
        worker, joined = await place.join()
        await worker.ask(Begin(), Wait)
        await place.turn()
        worker.socket.transport.abort()
        paid_until = place.run.engine.now
    # The process ended without telling the journal that the worker's connection is gone, or just
    # after: either way the interval is closed no earlier than the last entry.
    async with running(pets) as place:
        engine = place.run.engine
        found = place.engine_worker(joined)
        assert not found.connected
        price = engine.state.ledger.time(found.joined, paid_until)
        most = engine.state.ledger.time(found.joined, paid_until + 5.0 + 1.0)
        assert price <= found.owed <= most


@story
async def test_a_live_run_does_not_say_that_its_people_were_a_simulated_population(
    pets: Options,
) -> None:
    async with running(pets):
        pass
    with open_run(pets.db) as file:
        assert file.meta["seed"] == "1"
        assert "population" not in file.meta


@story
async def test_another_scenario_is_not_mixed_into_a_run(pets: Options) -> None:
    async with running(pets):
        pass
    other = options_for(pets.base, PETS + "pay.per_record = 1.0\n")
    with pytest.raises(
        InputError, match=r"pets with other settings than these \(pay\.per_record\)"
    ):
        async with running(other):
            pass


@story
async def test_a_second_coordinator_on_the_same_file_is_refused(pets: Options) -> None:
    async with running(pets) as place:
        holder = rf"run already open by pid {os.getpid()} on host \S+ since \d\d:\d\d \(run\.db\)"
        with pytest.raises(EnvironmentFaultError, match=holder):
            async with running(pets):
                pass
        assert (await place.connect()) is not None
    assert not lock_path(pets.db).exists()


@story
async def test_a_file_that_was_made_and_never_written_is_begun(pets: Options) -> None:
    pets.db.touch()
    async with running(pets) as place:
        assert await place.join()


@story
async def test_a_table_that_was_tampered_with_is_noticed(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
    with sqlite3.connect(pets.db) as connection:
        connection.execute("DROP TRIGGER label_is_never_updated")
        connection.execute("UPDATE label SET label = 'dog'")
    connection.close()
    with pytest.raises(
        EnvironmentFaultError, match="table label, row 0, column label: expected 'cat', found 'dog'"
    ):
        async with running(pets):
            pass


@story
async def test_a_run_of_older_rules_is_left_alone_and_its_version_named(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
    with sqlite3.connect(pets.db) as connection:
        connection.execute("DELETE FROM meta WHERE key = 'rules'")
        connection.execute("UPDATE meta SET value = '0.1.0' WHERE key = 'version'")
    connection.close()
    before = pets.db.read_bytes()
    with pytest.raises(EnvironmentFaultError, match=r"rules 1, .* pip install clamshell-tui==0\.1"):
        async with running(pets):
            pass
    assert pets.db.read_bytes() == before


@pytest.mark.slow
@story
async def test_the_model_goes_on_learning_from_all_labels_after_a_restart(tmp_path: Path) -> None:
    options = options_for(tmp_path, GENERATED, seats=0)
    async with running(options) as place:
        bot, joined = await place.join("bot")
        await bot.say(Begin())
        train = await bot.hear_until(TrainingAssigned)
        await bot.say(Qualification(right(train.records)))
        await answer_rightly(bot, await bot.hear_until(TaskAssigned), times=2)
    async with running(options) as place, await place.connect() as bot:
        before = len(place.run.label_log)
        assert before == 4
        await bot.ask(Rejoin(joined.token), Joined)
        await answer_rightly(bot, await bot.hear_until(TaskAssigned), times=2)
        await until(lambda: place.run.engine.retraining.labels_used >= before + 2)


@pytest.mark.slow
@story
async def test_a_stream_of_records_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text(
        "text,label\n" + "".join(f"pet {n},{'cat' if n % 2 else 'dog'}\n" for n in range(40))
    )
    options = options_for(tmp_path, STREAM, speed=10.0)
    async with running(options) as place:
        await until(lambda: place.run.engine.state.records.submitted >= 10)
    assert place.run.engine.state.records.submitted < 40
    async with running(options) as place:
        await until(lambda: place.run.engine.state.records.submitted == 40)
        assert not place.run.engine.state.submission_open
        assert len(place.run.engine.state.gold) == 4


@pytest.mark.slow
@story
async def test_other_records_than_the_run_began_with_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "pets.csv"
    data.write_text("text,label\n" + "".join(f"pet {n},{'cd'[n % 2]}\n" for n in range(40)))
    options = options_for(tmp_path, STREAM, speed=10.0)
    async with running(options):
        pass
    data.write_text(data.read_text().replace("pet 7", "pet 77"))
    with pytest.raises(InputError, match=r"records of pets\.csv have changed since run\.db began"):
        async with running(options):
            pass


def _alone(options: Options) -> Path:
    """A copy of the run file without what stands beside it."""
    copy = options.db.with_name("copy.db")
    copy.write_bytes(options.db.read_bytes())
    return copy


@story
async def test_a_run_that_is_over_is_one_file_even_while_it_is_served(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        worker, task = await place.working()
        task = await label(worker, task, 1)
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        await until(lambda: place.run.finished)
        await place.turn()
        assert not pets.db.with_name("run.db-wal").exists()
        with open_run(_alone(pets)) as file:
            assert verify(file).finished
    async with running(pets) as place:
        assert place.run.finished
    with open_run(_alone(pets)) as file:
        assert verify(file).finished


@story
async def test_a_run_copied_without_its_log_is_unfinished(
    pets: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        worker, task = await place.working()
        await place.coordinator.service.store.value("PRAGMA wal_checkpoint(FULL)")
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        copy = _alone(pets)
    assert main(["verify", str(copy)]) == 3
    told = capsys.readouterr().err
    assert "unfinished: entries may be missing at the end" in told
    assert told.count("\n") == 1


@story
async def test_a_run_that_goes_on_is_unfinished_with_its_log_too(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
    with open_run(pets.db) as file:
        assert not verify(file).finished


@story
async def test_tables_that_lag_behind_are_completed_after_a_crash(
    pets: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clamshell_tui.coordinator.run_loop.MOST_LAG", DEADLINE)
    crashed = options_for(pets.base, db=pets.base / "crashed.db")
    async with running(pets) as place:
        await place.submit("meow", "woof", "grr", "hiss")
        worker, joined = await place.join()
        await worker.say(Begin())
        await label(worker, await worker.hear_until(TaskAssigned), 3)
        for end in ("", "-wal"):
            shutil.copy(f"{pets.db}{end}", f"{crashed.db}{end}")
    with open_run(crashed.db) as file:
        assert not file.tables().labels
        tables, note = current_tables(file)
        assert len({row.external_id for row in tables.labels.values()}) == 3
        assert "read from its journal instead" in note
        found = verify(file)
        assert not found.closed
    async with running(crashed) as place, await place.connect() as worker:
        assert place.run.journal.seq >= found.entries
        await worker.ask(Rejoin(joined.token), Joined)
        task = await worker.hear_until(TaskAssigned)
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
    with open_run(crashed.db) as file:
        assert verify(file).closed
        assert len(file.tables().labels) == 4
        assert current_tables(file).note == ""


@story
async def test_the_tables_are_written_a_moment_after_the_journal(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        store = place.coordinator.service.store
        await until(lambda: store.tables_at == store.entries)
        assert await store.value("SELECT COUNT(*) FROM label") == 1


@story
async def test_a_run_that_was_closed_is_one_file_and_lacks_nothing(
    pets: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
    assert sorted(os.listdir(pets.base)) == ["run.db", "run.db-mark"]
    assert mark_path(pets.db).stat().st_mode & 0o777 == 0o600
    assert main(["verify", str(pets.db)]) == 3
    said = capsys.readouterr().err
    assert "unfinished: it was closed in good order" in said
    async with running(pets) as place:
        assert await place.coordinator.service.store.value(f"{COUNT} LIKE 'seal_%'") == 0


COUNT = "SELECT COUNT(*) FROM meta WHERE key"


@story
async def test_a_file_that_lacks_acknowledged_entries_is_refused(
    pets: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
    before = pets.db.read_bytes()
    async with running(pets) as place:
        await place.submit("grr", last=False)
    last = place.run.journal.seq
    pets.db.write_bytes(before)
    words = f"run.db lacks journal entry {last}, which was acknowledged. Restore a later back-up"
    with pytest.raises(EnvironmentFaultError, match=words):
        async with running(pets):
            pass
    assert main(["verify", str(pets.db)]) == 3
    assert words in capsys.readouterr().err
    mark_path(pets.db).unlink()
    async with running(pets):
        pass


@story
async def test_the_mark_of_another_run_is_no_matter(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", last=False)
    pets.db.rename(pets.db.with_name("other.db"))
    async with running(pets) as place:
        assert not mark_path(pets.db).exists()
    mark_path(pets.db).write_text("torn")
    async with running(pets) as place:
        pass


@story
async def test_a_live_run_of_format_1_is_verified_and_finished_by_its_own_version(
    pets: Options,
) -> None:
    pets.db.write_bytes(gzip.decompress((OLDER / "format-1-live.db.gz").read_bytes()))
    before = pets.db.read_bytes()
    with open_run(pets.db) as file:
        if rules_of(file.meta) != RULES:
            pytest.skip("it is of former rules")
        assert verify(file).entries == len([*file.events()])
    with pytest.raises(InputError, match="begun by a version with other join codes"):
        async with running(pets):
            pass
    assert pets.db.read_bytes() == before


@story
async def test_a_warning_that_was_tampered_with_is_noticed(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
    with sqlite3.connect(pets.db) as connection:
        connection.execute("INSERT INTO warning VALUES (3.0, 'poison', 'a task')")
    connection.close()
    with pytest.raises(EnvironmentFaultError, match=r"table warning, row \d: expected no row"):
        async with running(pets):
            pass
