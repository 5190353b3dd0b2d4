"""Back-ups of a study: made while it goes on, verified, and served in its place."""

import stat
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.client.backup import fetch_back_up
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.study.backup import archive, write_folder
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.operator_messages import BackedUp, BackUp, Described
from clamshell_tui.wire.study_messages import QuestionsShown, SelectCondition
from clamshell_tui.wire.worker_messages import TaskAssigned
from tests.coordinator.study.studies import running_study, study_options, write_study
from tests.coordinator.wire import story


@story
async def test_a_copy_of_the_folder_is_served_in_its_place(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path))
    async with running_study(options) as place:
        one = await place.participant()
        await one.work(await one.learn(), 1)
        operator = place.secrets["operator"][0]
        copied = await fetch_back_up(f"127.0.0.1:{place.port}", operator)
        codes = place.secrets["seat"]
    copy = tmp_path / "copy"
    write_folder(copy, copied)
    assert {stat.S_IMODE(file.stat().st_mode) for file in copy.iterdir()} == {0o600}
    file = tmp_path / "pets.toml"
    async with running_study(study_options(tmp_path, file, db=copy)) as place:
        assert place.secrets["seat"] == codes
        again = await place.participant()
        task = await again.talker.hear_until(TaskAssigned)
        await again.work(task, 4 // len(task.records) - 1)
        await again.shown(QuestionsShown)
    verify_study(copy)


@story
async def test_the_copy_of_a_condition_that_was_selected_is_its_run_file(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        ann = await place.staff()
        await ann.ask(SelectCondition(1), Described)
        assert (await ann.ask(BackUp(0), BackedUp)).data.startswith(b"SQLite format 3")


@story
async def test_the_command_copies_a_folder_that_is_not_served(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        await (await place.participant()).learn()
    out = tmp_path / "copy"
    assert main(["backup", str(tmp_path / "run"), "-o", str(out)]) == 0
    assert verify_study(out) == verify_study(tmp_path / "run")
    assert main(["backup", str(tmp_path / "run"), "-o", str(out)]) == 2, "it is there"


def test_an_archive_with_a_strange_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFaultError, match="the copy is not good"):
        write_folder(tmp_path / "copy", archive({"../study.db": b""}))
    assert list(tmp_path.iterdir()) == []
