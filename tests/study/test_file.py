"""``study.db``: what is committed is kept, what was erased is gone, and what was altered shows."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.core.events import WorkerJoined
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError
from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.runfile.output_path import LockedError
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study import events as e
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.plan import Guest
from clamshell_tui.study.reader import is_study_folder, read_study, run_file
from clamshell_tui.study.schema import StudyMeta
from clamshell_tui.study.sealed import SealedRow, seal
from clamshell_tui.study.verify import verify_study
from tests.kept import simulated
from tests.study.helpers import QUESTIONS, StudyBench, plan_with, state_of

SECRET = "I cried when the dog of my aunt Clementine died"
META = StudyMeta(
    name="hurry",
    version="0.3",
    began=1.7e9,
    file="hurry.toml",
    text="[study]\n",
    texts={"consent.md": "# Welcome"},
    digests={"hurry.toml": "ab"},
    classes=("yes", "no"),
    plan=plan_with(),
)


class Kept(StudyBench):
    """A bench whose journal goes to a file."""

    def __init__(self, folder: Path, meta: StudyMeta = META) -> None:
        super().__init__(meta.plan)
        self.file = StudyFile.create(folder, meta)

    def _pass(self, event: e.StudyEvent, now: float) -> list[object]:  # type: ignore[override]
        out = super()._pass(event, now)
        self.file.append(event, now)
        self.file.commit_now()
        return list(out)

    def answer(self, label: str, text: str) -> None:
        """Answer the questionnaire."""
        rows = [seal(label, QUESTIONS, "age", 31), seal(label, QUESTIONS, "more", text)]
        self.file.put_sealed(rows)
        self.do(
            e.QuestionsAnswered(label, QUESTIONS, {row.question: row.digest for row in rows}), 5.0
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "study"


@pytest.fixture
def kept(folder: Path) -> Iterator[Kept]:
    bench = Kept(folder)
    yield bench
    bench.file.close()


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in which two participants answered and nobody worked in an engine."""
    folder = tmp_path_factory.mktemp("ended") / "study"
    plan = plan_with(stages=tuple(each for each in META.plan.stages if each.kind != "work"))
    bench = Kept(folder, msgspec.structs.replace(META, plan=plan))
    bench.do(e.ClockSet(1.7e9, 2.0))
    for label in ("L1", "L2"):
        bench.do(e.Arrived(label, "ssh"), 1.0)
        bench.do(e.Consented(label, "ab" * 32))
        bench.to_stage_from(4, label)
    for label in ("L1", "L2"):
        rows = [seal(label, 5, "age", 30.5), seal(label, 5, "more", f"{SECRET} {label}")]
        bench.file.put_sealed(rows)
        bench.do(e.QuestionsAnswered(label, 5, {row.question: row.digest for row in rows}))
        bench.do(e.PageRead(label, 6, 0))
    bench.file.put_access(AccessRow("L1", "seat", 2))
    bench.file.commit_now()
    bench.file.close()
    return folder


@pytest.fixture
def copied(ended: Path, tmp_path: Path) -> Path:
    """A copy of the ended study, to be altered."""
    shutil.copytree(ended, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_study_is_read_back_as_it_was_written(ended: Path) -> None:
    found = read_study(ended)
    assert found.meta.texts == META.texts
    assert found.meta.classes == META.classes
    assert {row.answer for row in found.sealed} == {30.5, f"{SECRET} L1", f"{SECRET} L2"}
    assert found.access == (AccessRow("L1", "seat", 2),)
    assert [entry.seq for entry in found.entries] == list(range(1, len(found.entries) + 1))
    assert found.itinerary.people["L2"].outcome == "completed"
    assert found.utc(10.0) == 1.7e9 + 5.0, "two seconds pass in a second"
    assert is_study_folder(ended)


def test_a_study_goes_on_where_it_was(folder: Path) -> None:
    bench = Kept(folder)
    bench.to_stage(QUESTIONS, "L1")
    bench.do(e.Arrived("L2", "web"))
    bench.file.close()
    with StudyFile.open(folder) as file:
        assert state_of(file.itinerary) == state_of(bench.itinerary)
        file.itinerary.handle(e.Consented("L2", "ab" * 32), 9.0)
        file.append(e.Consented("L2", "ab" * 32), 9.0)
        file.commit_now()
    found = read_study(folder)
    assert found.itinerary.people["L2"].consented_at == 9.0
    with pytest.raises(EnvironmentFaultError, match=r"L1 worked in .*not here"):
        verify_study(folder)


def test_a_commit_in_a_thread_writes_all_that_was_appended(kept: Kept, folder: Path) -> None:
    file = kept.file

    async def two_commits() -> None:
        first = asyncio.ensure_future(file.commit())
        await asyncio.sleep(0)
        file.append(e.StudyStopped("op"), 2.0)  # while the thread writes
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert file.pending
        await file.commit()

    for number in range(3):
        file.append(e.Arrived(f"L{number + 1}", "ssh"), 1.0)
    asyncio.run(two_commits())
    assert not file.pending
    file.close()
    assert len(read_study(folder).entries) == 4


def test_a_failed_commit_can_be_repeated(kept: Kept, folder: Path) -> None:
    file = kept.file
    file.append(e.StudyStopped("op"), 1.0)
    kept.file._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError):
        file.commit_now()
    kept.file._connection.execute("PRAGMA query_only = OFF")
    assert file.pending
    file.commit_now()
    file.close()
    assert len(read_study(folder).entries) == 1


def test_what_was_committed_survives_a_kill(folder: Path) -> None:
    child = os.fork()
    if not child:  # a coordinator that is killed between two commits
        file = StudyFile.create(folder, META)
        file.append(e.Arrived("L1", "ssh"), 1.0)
        file.commit_now()
        file.append(e.Arrived("L2", "ssh"), 2.0)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (folder / "study.db-wal").exists()
    with StudyFile.open(folder) as file:
        assert file.seq == 1
        assert file.itinerary.people["L1"].connected
    assert not (folder / "study.db-wal").exists()


def test_one_coordinator_at_a_time(kept: Kept, folder: Path) -> None:
    with pytest.raises(LockedError):
        StudyFile.open(folder)
    with pytest.raises(LockedError):
        read_study(folder)
    with pytest.raises(EnvironmentFaultError, match=r"study\.db"):
        StudyFile.create(folder, META)


def test_only_the_owner_may_read_it(kept: Kept, folder: Path) -> None:
    assert (folder / "study.db").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


# -- erasing ----------------------------------------------------------------------------------


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("moment", ["during", "after", "crashed"])
def test_an_erased_answer_leaves_no_byte_behind(folder: Path, moment: str) -> None:
    bench = Kept(folder)
    labels = [f"L{number}" for number in range(1, 10)]
    bench.to_stage(QUESTIONS, *labels)
    for number, label in enumerate(labels):  # so long that pages are split, and cells move
        bench.answer(label, f"{SECRET} {label}: " + f"{number} {SECRET} " * 60 * number)
    keys = {row.key for row in _rows(bench.file) if row.participant == "L7"}
    assert SECRET.encode() in _bytes(folder)
    if moment == "during":
        bench.do(e.Withdrew("L7", delete=True))
        assert bench.file.erase("L7") == 2
        assert b"Clementine died L7" not in _bytes(folder), "while it goes on"
    elif moment == "crashed":
        bench.do(e.Withdrew("L7", delete=True))  # and the file was never told to erase
    bench.file.close()
    if moment != "during":
        with StudyFile.open(folder) as file:
            if moment == "after":
                file.itinerary.handle(e.Withdrew("L7", delete=True), 999.0)
                file.append(e.Withdrew("L7", delete=True), 999.0)
                file.erase("L7")
    found = _bytes(folder)
    assert b"died L7" not in found
    assert f"6 {SECRET}".encode() not in found
    assert not any(key and (key in found or key.hex().encode() in found) for key in keys)
    assert f"{SECRET} L8".encode() in found, "the others are kept"
    run = read_study(folder)
    assert {row.answer for row in run.sealed if row.participant == "L7"} == {None}
    assert all(row.erased == (row.participant == "L7") for row in run.sealed)


def _rows(file: StudyFile) -> list[SealedRow]:
    sql = "SELECT participant, stage, question, value, key FROM sealed"
    return [SealedRow(*row) for row in file._connection.execute(sql)]


def test_verify_counts_what_was_erased_on_request(copied: Path) -> None:
    assert (verify_study(copied).answers, verify_study(copied).erased) == (4, 0)
    with StudyFile.open(copied) as file:
        file.itinerary.handle(e.Withdrew("L1", delete=True), 50.0)
        file.append(e.Withdrew("L1", delete=True), 50.0)
        file.erase("L1")
    found = verify_study(copied)
    assert (found.answers, found.erased, found.finished) == (2, 2, False)
    assert "2 values erased on request" in list(found.lines())


def test_free_texts_are_erased_with_the_answers(folder: Path) -> None:
    bench = Kept(folder)
    bench.to_stage(QUESTIONS, "L1")
    for text in ("an earlier remark", SECRET):  # the second replaces the first
        row = seal("L1", QUESTIONS, "comment/r7", text)
        bench.file.put_sealed([row])
        bench.do(e.TextSealed("L1", QUESTIONS, "comment/r7", row.digest))
    bench.refused(e.TextSealed("L1", QUESTIONS + 1, "comment/r7", row.digest))
    [kept] = _rows(bench.file)
    assert (kept.answer, kept.matches(row.digest)) == (SECRET, True)
    bench.do(e.Withdrew("L1", delete=True))
    bench.refused(e.TextSealed("L1", QUESTIONS, "comment/r7", row.digest))
    bench.file.erase("L1")
    bench.file.close()
    assert SECRET.encode() not in _bytes(folder)
    assert b"an earlier remark" not in _bytes(folder)


# -- what was altered -------------------------------------------------------------------------

_NO_TRIGGER = "DROP TRIGGER journal_is_never_updated; DROP TRIGGER journal_is_never_deleted;"
_TRIGGERS = """
CREATE TRIGGER journal_is_never_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""
_LAST = "(SELECT MAX(seq) FROM journal)"

ALTERED = {
    "an entry": (
        "UPDATE journal SET body = replace(body, 'ssh', 'web') WHERE seq = 2",
        "entry 2 does not match its hash",
    ),
    "an entry that is gone": ("DELETE FROM journal WHERE seq = 3", "entry 3 is missing"),
    "the end": (f"DELETE FROM journal WHERE seq = {_LAST}", "lacks journal entry"),
    "an answer": (
        "UPDATE sealed SET value = '77' WHERE question = 'age'",
        "answer of L1 to age does not match",
    ),
    "an answer that is gone": (
        "DELETE FROM sealed WHERE question = 'more' AND participant = 'L2'",
        "answer of L2 to more is missing",
    ),
    "an answer that was never given": (
        "INSERT INTO sealed SELECT 'L3', stage, question, value, key FROM sealed LIMIT 1",
        "answer of L3 to age is not in the journal",
    ),
    "an answer that was erased": (
        "UPDATE sealed SET value = NULL, key = NULL",
        "erased, but nobody asked",
    ),
    "the plan": ("UPDATE meta SET value = '[]' WHERE key = 'plan'", "no study has"),
    "a part of the plan": (
        'UPDATE meta SET value = replace(value, \'"record":"t1"\', \'"record":"t9"\')',
        "cannot be",
    ),
    "a view": ("CREATE VIEW nice AS SELECT 1", "its tables are not those"),
    "the rules": ("UPDATE meta SET value = '99' WHERE key = 'rules'", "rules 99"),
    "a later format": ("PRAGMA user_version = 9", "Upgrade clamshell-tui"),
    "another program": ("PRAGMA application_id = 9", "another program"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_verify_names_what_was_altered(copied: Path, what: str) -> None:
    sql, message = ALTERED[what]
    connection = sqlite3.connect(copied / "study.db", isolation_level=None)
    connection.executescript(f"{_NO_TRIGGER}{sql};{_TRIGGERS}")
    connection.close()
    with pytest.raises(ClamshellError, match=message) as caught:
        verify_study(copied)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code in {2, 3}


@pytest.mark.parametrize("cut", [0, 10, 5000])
def test_a_torn_file_is_one_line(copied: Path, cut: int) -> None:
    os.truncate(copied / "study.db", cut)
    with pytest.raises((RunFileError, EnvironmentFaultError)):
        verify_study(copied)


def test_a_folder_without_a_study_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="is a directory without a study"):
        read_study(tmp_path)
    assert not is_study_folder(tmp_path)
    assert not list(tmp_path.iterdir()), "reading makes nothing"


def test_a_mark_of_another_study_says_nothing(copied: Path, kept: Kept) -> None:
    kept.do(e.Arrived("L1", "ssh"))
    kept.file.close()
    shutil.copy(mark_path(kept.file.path), mark_path(copied / "study.db"))
    assert verify_study(copied).entries


# -- with the runs of the conditions ----------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run file, as one condition leaves it."""
    folder = tmp_path_factory.mktemp("run")
    simulated(folder, STORY)
    return next(folder.rglob("*.db"))


STORY = """
name = "small"
seed = 3
[pool]
size = 3
reserve = 0
[qualification]
enabled = false
[maintenance]
threshold = inf
[stop]
labels = 10
"""


def _workers(path: Path) -> list[str]:
    with open_run(path) as file:
        return [event.worker for _, event in file.events() if isinstance(event, WorkerJoined)]


@pytest.fixture
def both(run: Path, folder: Path) -> Callable[[list[str], list[str]], Path]:
    """A folder with a run, and a study in which these worked, of those in ``helped``."""

    def made(working: list[str], helped: list[str]) -> Path:
        guests = [
            Guest(label, "helped" if label in helped else "alone")
            for label in dict.fromkeys([*working, *helped])
        ]
        plan = plan_with(guests=tuple(guests))
        bench = Kept(folder, msgspec.structs.replace(META, plan=plan))
        bench.to_stage(QUESTIONS, *working)
        bench.file.close()
        shutil.copy(run, run_file(folder, "helped"))
        return folder

    return made


def test_verify_checks_the_run_of_each_condition(
    run: Path, both: Callable[[list[str], list[str]], Path]
) -> None:
    workers = _workers(run)
    found = verify_study(both(workers, workers))
    assert set(found.runs) == {"helped"}
    assert any(line.startswith("helped: ") for line in found.lines())


def test_verify_misses_a_worker_in_the_run(
    run: Path, both: Callable[[list[str], list[str]], Path]
) -> None:
    workers = _workers(run)
    folder = both([*workers, "L9"], [*workers, "L9"])
    with pytest.raises(EnvironmentFaultError, match=r"L9 worked in helped, but not in helped\.db"):
        verify_study(folder)


def test_verify_finds_a_stranger_in_the_run(
    run: Path, both: Callable[[list[str], list[str]], Path]
) -> None:
    workers = _workers(run)
    folder = both(workers[:1], workers)
    with pytest.raises(EnvironmentFaultError, match=f"{workers[1]} worked"):
        verify_study(folder)
