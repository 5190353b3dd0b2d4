"""A study that is served again, in the same folder."""

from pathlib import Path

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
