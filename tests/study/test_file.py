"""``study.db``: what is committed is kept, what was erased is gone, and what was altered shows."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.output_path import LockedError
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study import events as e
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.reader import is_study_folder, read_study
from clamshell_tui.study.sealed import SealedRow, seal
from clamshell_tui.study.verify import verify_study
from tests.study.helpers import QUESTIONS, state_of
from tests.study.kept_study import META, SECRET, Kept


def test_a_study_is_read_back_as_it_was_written(ended: Path) -> None:
    found = read_study(ended)
    assert found.meta.texts == META.texts
    assert found.meta.classes == META.classes
    assert {row.answer for row in found.sealed} == {30.5, f"{SECRET} L1", f"{SECRET} L2"}
    assert AccessRow("L1", "seat", 2) in found.access
    assert AccessRow("L2", "seat", 1) in found.access
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
