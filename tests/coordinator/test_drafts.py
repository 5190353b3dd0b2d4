"""Labels that were chosen and not sent yet: they are stored, and return with the task."""

from pathlib import Path

import pytest

from clamshell_tui.runfile.draft_table import DRAFT, DraftRow
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.repair import repair_tables
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Draft,
    Join,
    Rejoin,
    TaskAssigned,
)
from tests.coordinator.wire import PETS, options_for, running, story

THREE = PETS.replace("records_per_task = 1", "records_per_task = 3")
SOUNDS = ("meow", "woof", "purr", "growl", "hiss", "howl")


def drafts(path: Path) -> list[DraftRow]:
    with open_run(path) as file:
        verify(file)
        return list(file.rows(DRAFT))


@story
async def test_a_draft_outlives_its_client_and_the_coordinator(tmp_path: Path) -> None:
    options = options_for(tmp_path, THREE)
    async with running(options) as place:
        await place.submit(*SOUNDS, last=False)
        code = place.secrets["seat"][0]
        worker, joined = await place.join()
        task = await place.begun(worker)
        assert task.draft == ()
        await worker.say(Draft(task.assignment, (0, None, None)))
        await worker.say(Draft(task.assignment, (0, None, 1)))
        await worker.socket.close()
        elsewhere = await place.connect()
        again = await elsewhere.ask(Join(code), TaskAssigned)
        assert (again.assignment, again.draft) == (task.assignment, (0, None, 1))
        token = joined.token
        await elsewhere.say(Draft(task.assignment, (0, 1, 1)))
        await place.turn()
    (row,) = drafts(options.db)
    assert row.labels == (0, 1, 1)
    async with running(options) as place:
        returned = await place.connect()
        await returned.ask(Rejoin(token), Error)  # the seat went elsewhere
        returned = await place.connect()
        again = await returned.ask(Join(code), TaskAssigned)
        assert again.draft == (0, 1, 1)
        done = await returned.ask(Answer(task.assignment, (0, 1, 1)), Acknowledged)
        assert done.next is not None
        assert done.next.draft == ()
    assert [row.labels for row in drafts(options.db)] == [()]
    repair_tables(options.db)
    assert [row.labels for row in drafts(options.db)] == [()]


@pytest.mark.parametrize("labels", [(0,), (0, 1, 2)])
def test_a_draft_that_does_not_fit_is_refused(tmp_path: Path, labels: tuple[int, ...]) -> None:
    @story
    async def told() -> None:
        async with running(options_for(tmp_path, THREE)) as place:
            await place.submit(*SOUNDS, last=False)
            worker, task = await place.working()
            assert (await worker.ask(Draft(task.assignment, labels), Error)).code == "label"

    told()
