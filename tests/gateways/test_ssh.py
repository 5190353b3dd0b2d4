"""Joining by ssh: one screen for one code, and nothing else for any client."""

import asyncio
import re
import socket
import stat
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path

import asyncssh
import pytest
from websockets.exceptions import ConnectionClosed

from tests.coordinator.wire import story
from tests.gateways.served import Run, Screen, SshTerminal, serving
from tests.gateways.web_client import place, tab


@story
async def test_a_code_leads_to_the_same_record_from_any_session(tmp_path: Path) -> None:
    async with serving(tmp_path, "--ssh", "0") as run:
        code = run.codes.seats[0]
        await run.submit("meow", "purr", "woof")
        async with run.terminal(code) as first:
            await first.reads("P001", "Enter")
            first.press(b"\r")
            await first.reads("Record 1 of 3")
            await first.pause()
            first.press(b"1")
            await first.reads("Record 2 of 3")
            async with run.terminal(code.lower().replace("-", "")) as second:
                await first.reads("open in another window")
                assert await first.ends() == 0
                assert b"\x1b[?1049l" in first.output  # the shell's screen is back
                await second.reads("P001", "Record 2 of 3")
                assert b"\x1b[?1049h" in second.output
        async with run.terminal("study", code) as third:  # the second has just hung up
            await third.reads("Record 2 of 3")
            await _labels_the_rest(third)
            assert await third.ends() == 0
            assert "P001 earned $0.06" in third.text


async def _labels_the_rest(terminal: SshTerminal) -> None:
    """The last two records of the run, the review, and the statement after it."""
    for shown in ("Record 3 of 3", "Enter"):
        terminal.forget()
        await terminal.pause()
        terminal.press(b"1")
        await terminal.reads(shown)
    terminal.press(b"\r")
    await terminal.reads("Total for P001", "Enter close")
    terminal.press(b"\r")


@story
async def test_a_session_is_a_terminal_and_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path, "--ssh", "0") as run:
        code = run.codes.seats[0]
        async with run.ssh(code) as connection:
            await _shows_the_key_beside_the_run(run, connection, tmp_path)
            for refused in (
                connection.run("id"),
                connection.start_sftp_client(),
                connection.open_connection("127.0.0.1", run.port),
                connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", run.port),
            ):
                with pytest.raises((asyncssh.Error, asyncssh.ChannelListenError)):
                    await refused
        async with run.ssh(code) as connection:
            done = await connection.run(request_pty=False)
            assert (done.exit_status, "A terminal is needed" in str(done.stdout)) == (2, True)
        async with run.ssh(code) as connection:
            done = await connection.run(term_type="dumb")
            assert (done.exit_status, "TERM=dumb" in str(done.stdout)) == (2, True)
        assert seats_taken(tmp_path) == 0


async def _shows_the_key_beside_the_run(
    run: Run, connection: asyncssh.SSHClientConnection, folder: Path
) -> None:
    """It is the owner's alone, and the printed fingerprint is the one that a client shows."""
    key = folder / "run.db-gateways" / "ssh_host_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    shown = connection.get_server_host_key()
    assert shown is not None
    assert run.codes.ssh.split() == ["127.0.0.1", str(run.ssh_port), shown.get_fingerprint()]


def seats_taken(folder: Path) -> int:
    return len(list(folder.glob("*-gateways/seats/*")))


@story
async def test_the_operators_screen_needs_the_token(tmp_path: Path) -> None:
    async with serving(tmp_path, "--ssh", "0") as run:
        with pytest.raises(asyncssh.PermissionDenied):
            async with run.ssh("operator", "x" * 43):
                pass
        async with run.terminal("operator", run.codes.operator) as screen:
            await screen.reads("CLAMShell", "Pool")
            screen.press(b"q")
            assert await screen.ends() == 0


@story
async def test_a_right_code_is_let_in_beside_wrong_ones_and_silent_connections(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "--ssh", "0", "--web", "0") as run:
        code, other, _ = run.codes.seats
        with ExitStack() as stack:
            for port in [run.ssh_port] * 200 + [place(run)[1]] * 200:
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            wrong = [asyncio.create_task(_try(run, f"WRN{n}-0000")) for n in range(3)]
            await _let_in(lambda: run.terminal(code))  # silent ones make room after a second
            await _let_in(lambda: tab(run, other))
            await asyncio.gather(*wrong)


async def _let_in(way: Callable[[], AbstractAsyncContextManager[Screen]]) -> None:
    while True:
        try:
            async with way() as screen:
                await screen.reads("· P00")
                return
        except (OSError, asyncssh.Error, ConnectionClosed, IndexError, KeyError):
            await asyncio.sleep(0.1)


async def _try(run: Run, code: str) -> None:
    with pytest.raises((asyncssh.Error, OSError)):
        async with run.ssh(code, code):
            pass


@story
async def test_a_client_that_goes_while_its_seat_starts_leaves_it_to_the_next_one(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "--ssh", "0") as run:
        one, other, _ = run.codes.seats
        async with run.ssh(one) as hasty:
            await hasty.create_process(term_type="xterm", term_size=(80, 24), encoding=None)
        async with run.terminal(other) as second, run.terminal(one) as first:
            await first.reads("· P0", "Enter")
            await second.reads("· P0", "Enter")
            assert {_worker(first), _worker(second)} == {"P001", "P002"}


def _worker(terminal: SshTerminal) -> str:
    found = re.search(r"P\d{3}", terminal.text)
    assert found is not None
    return found[0]
