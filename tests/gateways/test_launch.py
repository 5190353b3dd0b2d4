"""The gateways as processes: replaced when they are killed, gone when nothing needs them."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from clamshell_tui.cli.output import invitation
from clamshell_tui.gateways.__main__ import Orders
from clamshell_tui.gateways.settings import RUN_OVER
from clamshell_tui.wire.invitation import parse_codes
from tests.coordinator.wire import story, until
from tests.gateways.processes import processes
from tests.gateways.served import Run, serving
from tests.gateways.web_client import place, tab


@story
async def test_a_killed_process_is_replaced_and_the_code_leads_back(tmp_path: Path) -> None:
    async with serving(tmp_path, "--ssh", "0", "--web", "0") as run:
        code, ports = run.codes.seats[0], (run.ssh_port, place(run))
        await run.submit("meow", "purr", "woof")
        async with tab(run, code) as first:
            await first.reads("P001", "Enter")
            await first.press(b"\r")
            await first.reads("Record 1 of 3")
        for victim in ("fork_server", "gateway"):
            before = processes(run)
            os.kill(getattr(before, victim), signal.SIGKILL)
            await until(lambda gone=before: not any(map(alive, [gone.fork_server, *gone.seats])))  # type: ignore[misc]
            assert (run.ssh_port, place(run)) == ports
            await _shows_again(run, code)


async def _shows_again(run: Run, code: str) -> None:
    while True:
        try:
            async with tab(run, code) as again:
                await again.reads("P001", "Record 1 of 3")
                return
        except (OSError, IndexError):  # not there yet
            await asyncio.sleep(0.1)


@pytest.mark.slow
@story
async def test_nothing_is_left_when_the_coordinator_is_killed_and_no_participant_looks(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "--web", "0") as run:
        async with tab(run, run.codes.seats[0]) as first:
            await first.reads("P001")
            left = processes(run)
        os.kill(run.process.pid, signal.SIGKILL)
        await until(lambda: not any(map(alive, [left.gateway, left.fork_server, *left.seats])))


@story
async def test_a_statement_stays_after_the_run_until_it_is_closed(tmp_path: Path) -> None:
    async with serving(tmp_path, "--web", "0") as run:
        async with tab(run, run.codes.seats[0]) as first:
            await first.reads("P001", "Enter")
            left = processes(run)
            run.process.send_signal(signal.SIGTERM)
            await run.end()
            assert alive(left.gateway)
            await first.press(b"\x1b")  # the screen still takes keys
        await until(lambda: not any(map(alive, [left.gateway, left.fork_server, *left.seats])))


@pytest.mark.parametrize("said", [RUN_OVER, b""])
@story
async def test_a_process_knows_a_run_that_is_over_from_a_coordinator_that_was_killed(
    said: bytes,
) -> None:
    reads, writes = os.pipe()
    orders = Orders(reads)
    os.write(writes, said)
    os.close(writes)
    await orders.over.wait()
    os.close(reads)
    assert orders.goodbye == bool(said)


def alive(pid: int) -> bool:
    """Whether it runs; a process that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_each_seat_is_announced_by_a_command_and_a_link() -> None:
    codes = parse_codes(
        [
            "listening 192.0.2.5 7777",
            "seat K7QM-2F9X",
            "ssh 192.0.2.5 2222 SHA256:abc",
            "web 192.0.2.5 8443 https://192.0.2.5:8443/",
        ]
    )
    assert invitation(codes, codes.seats[0]).splitlines() == [
        "ssh -p 2222 K7QM-2F9X@192.0.2.5",
        "https://192.0.2.5:8443/j/K7QM-2F9X",
    ]
    alone = codes._replace(ssh="", web="")
    assert "clam://192.0.2.5:7777/K7QM-2F9X" in invitation(alone, codes.seats[0])
