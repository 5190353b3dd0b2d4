"""The last line of ``clamshell serve`` with its screen."""

from pathlib import Path

from clamshell_tui.cli.serving import _Screen
from clamshell_tui.wire.operator_messages import Done, Order
from tests.coordinator.study.studies import running_study, study_options, write_study
from tests.coordinator.wire import story, until


@story
async def test_after_a_study_the_pay_and_the_data_are_offered(tmp_path: Path) -> None:
    async with running_study(study_options(tmp_path, write_study(tmp_path))) as place:
        told = _Screen(tmp_path / "codes", Path("out"))
        goes_on = "the study goes on: clamshell watch out. Ctrl-C stops it, SIGTERM gently"
        assert told._standing(place.service) == goes_on
        await (await place.staff()).ask(Order("stop"), Done)
        await until(lambda: place.service.run.finished)
        over = "the study is over: clamshell pay out, clamshell export out -o data"
        assert told._standing(place.service) == over
