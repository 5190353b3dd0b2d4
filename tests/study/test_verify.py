"""A study file that was altered, or does not fit the runs beside it, is found by verify."""

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.core.events import WorkerJoined
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError
from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study import events as e
from clamshell_tui.study.plan import Guest
from clamshell_tui.study.reader import is_study_folder, read_study, run_file
from clamshell_tui.study.schema import run_fingerprint
from clamshell_tui.study.verify import verify_study
from tests.kept import simulated
from tests.study.helpers import WORK, plan_with
from tests.study.kept_study import META, Kept

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
        "entry 1 does not match its hash, or the description of the study was altered",
    ),
    "the texts": ("DELETE FROM meta WHERE key = 'texts'", "description of the study was altered"),
    "a code": ("UPDATE access SET issue = 3 WHERE label = 'L1'", "no code of L1 in issue 2"),
    "a code that is revoked": (
        "UPDATE access SET revoked = 1 WHERE label = 'L2'",
        "no code of L2 in issue 1",
    ),
    "a code that is gone": ("DELETE FROM access WHERE label = 'L3'", "no code of L3 in issue 1"),
    "a code for a stranger": (
        "INSERT INTO access VALUES ('L10', 'seat', 1, 0, NULL)",
        "a code of L10, who is not invited",
    ),
    "a session that is gone": ("DELETE FROM access WHERE label = ':L1'", "whether L1 came"),
    "a session of another": (
        "UPDATE access SET seat = 'L2' WHERE label = ':L1'",
        "a session :L1 that cannot be",
    ),
    "a view": ("CREATE VIEW nice AS SELECT 1", "its tables are not those"),
    "the rules": ("UPDATE meta SET value = '99' WHERE key = 'rules'", "rules 99"),
    "a later format": ("PRAGMA user_version = 9", "Upgrade clamshell-tui"),
    "an earlier format": ("PRAGMA user_version = 1", "Use the one that began the study"),
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


def _figures(path: Path) -> dict[str, dict[str, int]]:
    """What the workers of a run without checks did, as the study has it."""
    records: Counter[str] = Counter()
    with open_run(path) as file:
        tables = file.tables()
    for answer in tables.answers:
        records[tables.assignments[answer.assignment].worker] += 1
    return {label: {"records": number} for label, number in records.items()}


@pytest.fixture
def both(run: Path, folder: Path) -> Callable[..., Path]:
    """A folder with a run, and a study in which these worked, of those in ``helped``."""

    def made(working: list[str], helped: list[str], **changed: dict[str, int]) -> Path:
        guests = [
            Guest(label, "helped" if label in helped else "alone")
            for label in dict.fromkeys([*working, *helped])
        ]
        plan = plan_with(guests=tuple(guests))
        runs = {"helped": run_fingerprint("")}  # a simulated run has no secret
        bench = Kept(folder, msgspec.structs.replace(META, plan=plan, runs=runs))
        bench.to_stage(WORK, *working)
        for label in working:
            figures = (_figures(run) | changed).get(label, {})
            bench.do(e.WorkEnded(label, "over", **figures))
        bench.file.close()
        shutil.copy(run, run_file(folder, "helped"))
        return folder

    return made


def test_verify_checks_the_run_of_each_condition(run: Path, both: Callable[..., Path]) -> None:
    workers = _workers(run)
    found = verify_study(both(workers, workers))
    assert set(found.runs) == {"helped"}
    assert any(line.startswith("helped: ") for line in found.lines())


def test_verify_misses_a_worker_in_the_run(run: Path, both: Callable[..., Path]) -> None:
    workers = _workers(run)
    folder = both([*workers, "L9"], [*workers, "L9"])
    with pytest.raises(EnvironmentFaultError, match=r"L9 worked in helped, but not in helped\.db"):
        verify_study(folder)


def test_verify_finds_a_stranger_in_the_run(run: Path, both: Callable[..., Path]) -> None:
    workers = _workers(run)
    folder = both(workers[:1], workers)
    with pytest.raises(EnvironmentFaultError, match=f"{workers[1]} worked"):
        verify_study(folder)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"records": 100}, "has 100 records, the run "),
        ({"records": 0}, "has no records, the run "),
        ({"checks_asked": 2, "checks_right": 1}, "has 1 of 2 checks right, the run 0 of 0"),
    ],
)
def test_verify_compares_the_figures_of_the_work_with_the_run(
    figures: dict[str, int], said: str, run: Path, both: Callable[..., Path]
) -> None:
    workers, found = _workers(run), _figures(run)
    label = next(iter(found))
    folder = both(workers, workers, **{label: found[label] | figures})
    with pytest.raises(EnvironmentFaultError, match=f"end of work of {label} .*{said}"):
        verify_study(folder)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (e.Consented("L1", "cd" * 32), "L1 was shown a consent text that is none of the study"),
        (e.RecordTried("L1", 2, "t1", 2), "no class has the number 2"),
    ],
)
def test_verify_compares_what_was_read_and_chosen_with_the_study(
    event: e.StudyEvent, said: str, kept: Kept, folder: Path
) -> None:
    if isinstance(event, e.Consented):
        kept.do(e.Arrived("L1", "ssh"))
    else:
        kept.to_stage(2, "L1")
    kept.do(event)
    kept.file.close()
    with pytest.raises(EnvironmentFaultError, match=said):
        verify_study(folder)
