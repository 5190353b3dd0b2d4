"""Studies with all their files, to be changed by each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study import events as e
from clamshell_tui.study.sealed import seal
from tests.study.files import StudyFiles
from tests.study.helpers import SHA, plan_with
from tests.study.kept_study import META, SECRET, Kept


@pytest.fixture
def files(tmp_path: Path) -> StudyFiles:
    return StudyFiles(tmp_path)


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
        bench.do(e.Consented(label, SHA))
        bench.to_stage_from(4, label)
    for label in ("L1", "L2"):
        rows = [seal(label, 5, "age", 30.5), seal(label, 5, "more", f"{SECRET} {label}")]
        bench.file.put_sealed(rows)
        bench.do(e.QuestionsAnswered(label, 5, {row.question: row.digest for row in rows}))
        bench.do(e.PageRead(label, 6, 0))
    bench.do(e.CodeReissued("L1", "ann"))
    bench.file.put_access(AccessRow("L1", "seat", 2))
    bench.file.commit_now()
    bench.file.close()
    return folder


@pytest.fixture
def copied(ended: Path, tmp_path: Path) -> Path:
    """A copy of the ended study, to be altered."""
    shutil.copytree(ended, tmp_path / "copy")
    return tmp_path / "copy"
