"""The end of a run: everybody is told, in every stage, and the file is good for a report."""

from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.core.events import WorkerDisconnected, WorkerJoined, WorkerReconnected
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    Over,
    Rejoin,
)
from tests.coordinator.wire import running, story, until


@story
async def test_readers_and_newcomers_are_told_while_the_screen_is_open(pets: Options) -> None:
    async with running(pets) as place:
        place.coordinator.service.held = True
        await place.submit("meow")
        worker, task = await place.working()
        reader, _ = await place.join()
        away, joined = await place.join("bot")
        await away.socket.close()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert (await worker.hear_until(Over)).statement.records_micros == 20_000
        told = await reader.hear_until(Over)
        assert (told.reason, told.statement.total_micros) == ("the run is over", 0)
        for each in (worker, reader):
            await each.socket.close()
        async with await place.connect() as late:
            assert (await late.ask(Join(place.code()), Error)).code == "over"
        async with await place.connect() as back:
            await back.ask(Rejoin(joined.token), Joined)
            assert (await back.hear_a(Over)).reason == "the run is over"
        assert not place.run_loop.stopping, "more may come, while the screen is open"
        place.coordinator.service.held = False
        await until(lambda: place.run_loop.stopping)


@story
async def test_who_accepts_the_instructions_after_the_end_leaves_no_trace(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        reader, _ = await place.join()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        before = place.run.journal.seq
        await reader.hear_until(Over)
        await reader.ask(Begin(), Over)
        assert place.run.journal.seq == before


def test_a_file_with_events_after_the_end_is_verified_and_reported(
    pets: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @story
    async def served() -> None:
        async with running(pets) as place:
            await place.submit("meow")
            worker, task = await place.working()
            await place.join()  # former versions let this one begin after the end
            await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
            await worker.hear_until(Over)
            end = place.run.engine.now
            place.run.apply(WorkerDisconnected(WorkerId("P001")), end + 50.0)
            place.run.apply(WorkerReconnected(WorkerId("P001")), end + 60.0)
            place.run.apply(WorkerJoined(WorkerId("P002")), end + 90.0)
            await place.turn()

    served()
    with open_run(pets.db) as file:
        verify(file)
    page, figures = str(tmp_path / "r.html"), str(tmp_path / "figures")
    for words in (["report", "-o", page, "--csv", figures], ["summary"]):
        assert main([*words, str(pets.db)]) == 0, capsys.readouterr().err
