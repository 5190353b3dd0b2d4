"""A participant's terminal that is killed between a key and its acknowledgement."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.load import parse_scenario
from tests.live.processes import eventually
from tests.worker_client.pseudo_terminal import WORKER, PseudoTerminal
from worker_client.keys import QUIET

RECORDS = 3
SCENARIO = f"""\
learning.enabled = false
qualification.enabled = false
straggler_mitigation.enabled = false
dataset = {{kind = "generated", records = {RECORDS}, features = 2, classes = 2}}
requester.gold = 0
tasks.records_per_task = 1
pool = {{size = 1, reserve = 0}}
"""
ANSWER, ACKNOWLEDGEMENT = "to the coordinator", "to the client"


class Cable:
    """Between a client and a coordinator; ``cut`` is the direction in which nothing arrives."""

    def __init__(self, coordinator: int) -> None:
        self.port = 0
        self.cut = ""
        self.kept = b""  # bytes that did not arrive
        self._coordinator = coordinator

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side closes it."""
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._coordinator)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(reader, ours, ANSWER))
            tasks.create_task(self._pump(theirs, writer, ACKNOWLEDGEMENT))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: str
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if self.cut == direction:
                    self.kept += data
                else:
                    sink.write(data)
        sink.close()


@asynccontextmanager
async def cable(coordinator: int) -> AsyncIterator[Cable]:
    """A cable on a free port of this machine."""
    made = Cable(coordinator)
    async with await asyncio.start_server(made.carry, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.mark.parametrize("lost", [pytest.param(ANSWER, marks=pytest.mark.slow), ACKNOWLEDGEMENT])
def test_an_answer_not_acknowledged_is_sent_again_and_counts_once(
    tmp_path: Path, lost: str
) -> None:
    run_file = tmp_path / "run.db"

    async def story() -> None:
        scenario = parse_scenario(SCENARIO, "killed.toml", default_name="killed")
        with ChildCoordinator(
            scenario, run_file, "--port", "0", "--seats", "1", "--bot-seats", "0"
        ) as coordinator:
            codes = await coordinator.codes()
            async with cable(int(codes.address.rpartition(":")[2])) as line:
                join = f"clam://127.0.0.1:{line.port}/{codes.seats[0]}"
                command = [*WORKER, "--state", str(tmp_path / "seats"), join]
                await killed_after_a_key(command, line, lost)
                line.cut = ""
                await asyncio.to_thread(labels_the_rest, command)
            assert await coordinator.ended(60.0)
            coordinator.check()

    asyncio.run(asyncio.wait_for(story(), 120))
    assert not list((tmp_path / "seats").rglob("outbox.json"))
    check_the_books(run_file)


async def killed_after_a_key(command: list[str], line: Cable, lost: str) -> None:
    """Join, label the first record, and die while the screen says that it is being sent."""
    with PseudoTerminal(*command) as screen:
        await asyncio.to_thread(screen.reads, b"I have read this")
        screen.press(b"\r")
        await asyncio.to_thread(screen.reads, b"Record 1 of 1")
        line.cut, line.kept = lost, b""
        screen.forget()
        await asyncio.sleep(2 * QUIET)  # a key that comes sooner does not count
        screen.press(b"1")
        await asyncio.to_thread(screen.reads, b"sending")
        if lost is ACKNOWLEDGEMENT:
            stored = await asyncio.to_thread(eventually, lambda: b'"counted"' in line.kept)
            assert stored, "the coordinator has it, and has not acknowledged it"
        screen.send(signal.SIGKILL)
        assert screen.ends() == -signal.SIGKILL


def labels_the_rest(command: list[str]) -> None:
    """The same command leads back to the seat, and the first label is not asked for again."""
    with PseudoTerminal(*command) as screen:
        screen.reads(b"stored and paid")
        screen.presses(b"1", until=b"Thank you")  # a key that comes too early does nothing
        screen.reads(f"Records, {RECORDS} tasks".encode())
        screen.press(b"\r")
        assert screen.ends() == 0


def check_the_books(run_file: Path) -> None:
    """One label and one payment per record, and a journal that agrees."""
    with open_run(run_file) as file:
        assert verify(file).finished
        answers = file.connection.execute("SELECT record, label, counted FROM answer").fetchall()
        paid = file.connection.execute(
            "SELECT micros FROM ledger WHERE kind = 'records'"
        ).fetchall()
    assert sorted(record for record, _, _ in answers) == list(range(RECORDS))
    assert all(counted for _, _, counted in answers)
    assert paid == [(20_000,)] * RECORDS
