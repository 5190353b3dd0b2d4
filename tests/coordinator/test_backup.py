"""Back-ups: made of a run that goes on, verified, and gone on with."""

import asyncio
import stat
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.client.backup import fetch_back_up
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.core.events import AssignmentAnswered
from clamshell_tui.runfile.backup import restore, write_back_up
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.operator_messages import BackUp
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Joined, Rejoin, TaskAssigned
from tests.coordinator.process import started
from tests.coordinator.wire import PETS, Place, label, options_for, patient, running, story

TEXTS = [f"record {number}" for number in range(30)]


async def copied(place: Place) -> bytes:
    return await fetch_back_up(f"127.0.0.1:{place.port}", place.secrets["operator"][0])


def answers(path: Path) -> int:
    """How many answers the journal of a run file holds."""
    with open_run(path) as file:
        return sum(isinstance(event, AssignmentAnswered) for _, event in file.events())


@story
async def test_a_copy_holds_all_that_was_acknowledged_and_the_run_goes_on_from_it(
    pets: Options, tmp_path: Path
) -> None:
    async with running(pets) as place:
        await place.submit(*TEXTS)
        worker, joined = await place.join()
        task = await place.begun(worker)
        task = await label(worker, task, 7)
        image = await copied(place)
        await label(worker, task, 3)
    found = write_back_up(tmp_path / "copy.db", [image])
    assert (answers(tmp_path / "copy.db"), found.closed) == (7, True)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    restored = restore(tmp_path / "copy.db", pets.db)
    assert restored.lacking >= 3, "the three answers after it"
    async with running(pets) as place, await place.connect() as back:
        assert (await back.ask(Rejoin(joined.token), Joined)).worker == joined.worker
        task = await back.hear_until(TaskAssigned)
        assert (await back.ask(Answer(task.assignment, (0,)), Acknowledged)).outcome == "counted"
    with open_run(pets.db) as file:
        verify(file)
    assert answers(pets.db) == 8


@story
async def test_only_an_operator_gets_a_copy_and_a_part_follows_a_beginning(pets: Options) -> None:
    async with running(pets) as place:
        async with await place.staff("requester") as requester:
            assert (await requester.ask(BackUp(), Error)).code == "role"
        async with await place.staff("operator") as operator:
            assert (await operator.ask(BackUp(5), Error)).code == "request"


def test_the_commands_copy_and_restore_a_served_and_a_finished_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.toml").write_text(PETS)

    @story
    async def served() -> None:
        async with started(tmp_path) as process:
            back_up = asyncio.to_thread(main, ["backup", "run.db", "-o", "live.db"])
            assert await back_up == 0
            in_use = asyncio.to_thread(main, ["restore", "live.db", "run.db", "--force"])
            assert await in_use == 3
            process.process.terminate()
            await process.end()

    served()
    said = capsys.readouterr()
    assert "live.db: " in said.out
    assert "verified" in said.out
    assert "run already open" in said.err
    assert main(["backup", "run.db", "-o", "live.db"]) == 2, "it exists"
    assert main(["backup", "run.db", "-o", "over.db"]) == 0
    assert main(["restore", "live.db", "run.db"]) == 2
    assert main(["restore", "over.db", "run.db", "--force"]) == 0
    assert main(["restore", "live.db", "new.db"]) == 0
    assert main(["verify", "run.db"]) == 0
    bad = bytearray((tmp_path / "over.db").read_bytes())
    bad[bad.index(b"StopRequested")] ^= 1
    (tmp_path / "bad.db").write_bytes(bad)
    capsys.readouterr()
    assert main(["restore", "bad.db", "run.db", "--force"]) == 3
    assert "clamshell: error: the copy is not good: bad.db is damaged" in capsys.readouterr().err
    assert main(["verify", "run.db"]) == 0, "it was not touched"
    assert main(["backup", "127.0.0.1:1", "-o", "no.db", "--token", "x" * 43]) == 3
    assert not (tmp_path / "no.db").exists()


@pytest.mark.slow
@story
async def test_a_hundred_copies_under_load_are_all_restored(tmp_path: Path) -> None:
    scenario = PETS.replace("size = 2, reserve = 1", "size = 8, reserve = 0")
    limits = patient(per_second=1e6, burst=1e6)
    options = options_for(tmp_path, scenario, seats=8, limits=limits)
    texts = [f"record {number}" for number in range(6000)]
    async with running(options) as place:
        for first in range(0, len(texts), 300):
            await place.submit(*texts[first : first + 300], last=first == 5700)
        counted = 0

        async def work() -> None:
            nonlocal counted
            worker, task = await place.working()
            while True:
                done = await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
                counted += 1
                await asyncio.sleep(0.03)
                task = done.next or await worker.hear_until(TaskAssigned)

        working = [asyncio.create_task(work()) for _ in range(8)]
        least, images = list[int](), list[bytes]()
        while len(images) < 100:
            least.append(counted)
            images.append(await copied(place))
        for each in working:
            each.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    for acknowledged, image in zip(least, images, strict=True):
        (tmp_path / "copy.db").unlink(missing_ok=True)
        write_back_up(tmp_path / "copy.db", [image])
        restore(tmp_path / "copy.db", tmp_path / "back.db")
        with open_run(tmp_path / "back.db") as file:
            verify(file)
        assert answers(tmp_path / "back.db") >= acknowledged
    assert least[-1] > 200, "there was a load"
