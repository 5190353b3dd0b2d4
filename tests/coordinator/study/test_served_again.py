"""A study that is served again, in the same folder."""

import shutil
from pathlib import Path

import pytest

from clamshell_tui.errors import ClamshellError
from clamshell_tui.study.verify import verify_study
from tests.coordinator.study.studies import running_study, study_options, write_study
from tests.coordinator.study.test_hostile_participants import WORK, first_task
from tests.coordinator.wire import story, until


@story
async def test_who_does_not_return_after_a_restart_has_dropped_out_at_any_speed(
    tmp_path: Path,
) -> None:
    file = write_study(tmp_path, WORK % "")
    async with running_study(study_options(tmp_path, file)) as place:
        await first_task(place)
    async with running_study(study_options(tmp_path, file, speed=10_000.0)) as place:
        person = place.person("P001")
        await until(lambda: bool(person.outcome))
        assert (person.outcome, person.stages[-1].outcome) == ("dropped-out", "dropped-out")


@story
async def test_a_run_of_another_study_is_found_and_not_gone_on_with(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        async with running_study(study_options(folder, write_study(folder, WORK % ""))) as place:
            await first_task(place)
            condition = place.person("P001").condition
    mine, other = [folder / "run" / f"{condition}.db" for folder in folders]
    verify_study(mine.parent)
    mine.unlink()
    options = study_options(folders[0], folders[0] / "pets.toml")
    with pytest.raises(ClamshellError, match=f"has study.db but no {mine.name}"):
        async with running_study(options):
            pass
    assert not mine.exists(), "no empty run takes its place"
    shutil.copy(other, mine)
    with pytest.raises(ClamshellError, match=rf"{mine.name} is the run of another study"):
        async with running_study(options):
            pass
    with pytest.raises(ClamshellError, match=rf"{mine.name} is the run of another study"):
        verify_study(mine.parent)
