"""``clamshell serve`` as a user meets it: what it prints, how it ends, what it refuses."""

import asyncio
import signal
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from clamshell_tui.cli import main
from clamshell_tui.coordinator.announcement import publish, published
from clamshell_tui.runfile.writer import RunFileWriter
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.invitation import codes_beside, read_codes
from clamshell_tui.wire.messages import Authenticate, Granted, Hello, Welcome
from clamshell_tui.wire.operator_messages import (
    Describe,
    Described,
    Done,
    JournalRead,
    Order,
    ReadJournal,
)
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    Over,
    TaskAssigned,
    Wait,
)
from tests.coordinator.process import Process, started
from tests.coordinator.wire import PETS, Talker, story


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pets.toml").write_text(PETS)
    return tmp_path


async def working(process: Process) -> tuple[Talker, TaskAssigned]:
    requester = await process.connect("requester")
    await requester.ask(Authenticate(process.said["requester"][0], "r"), Granted)
    await requester.ask(Submit((NewRecord("1", text="meow"),), last=True), Submitted)
    await requester.socket.close()
    worker = await process.connect()
    await worker.ask(Join(process.said["seat"][0]), Joined)
    await worker.say(Begin())
    return worker, await worker.hear_until(TaskAssigned)


@story
async def test_it_prints_what_programs_need_and_runs_faster_than_the_wall_clock(
    folder: Path,
) -> None:
    options = ("--seats", "2", "--bot-seats", "3", "--speed", "50x")
    async with started(folder, *options) as process:
        assert {word: len(found) for word, found in process.said.items()} == {
            "listening": 1,
            "seat": 2,
            "bot": 3,
            "operator": 1,
            "requester": 1,
            "ready": 1,
        }
        assert process.said["listening"][0].startswith("127.0.0.1 ")
        worker = await process.connect()
        joined = await worker.ask(Join(process.said["seat"][0]), Joined)
        assert joined.speed == 50.0
        await worker.ask(Begin(), Wait)


@story
async def test_codes_and_tokens_that_change_are_in_the_file_beside_the_run(folder: Path) -> None:
    async with started(folder) as process:
        operator = await process.connect("operator")
        await operator.ask(Authenticate(process.said["operator"][0], "ann"), Granted)
        code = (await operator.ask(Order("issue-code"), Done)).detail
        token = (await operator.ask(Order("rotate-token", key="operator"), Done)).detail
        await operator.ask(Describe(), Described)  # the file is written before the next reply
        found = read_codes(codes_beside(folder / "run.db"))
        assert (found.seats[-1], found.operator, found.ready) == (code, token, True)


@story
async def test_it_ends_by_itself_when_all_is_labelled_and_everybody_has_gone(
    folder: Path,
) -> None:
    async with started(folder) as process:
        worker, task = await working(process)
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        await worker.hear_until(Over)
        await worker.socket.close()
        assert await process.end() == 0


@story
async def test_a_run_that_is_over_says_so_and_gives_no_codes(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with started(folder) as process:
        requester = await process.connect("requester")
        await requester.ask(Authenticate(process.said["requester"][0], "r"), Granted)
        await requester.ask(Submit((), last=True), Submitted)
        await requester.socket.close()
        assert await process.end() == 0
    assert "is over" not in capfd.readouterr().err
    async with started(folder, "--seats", "5") as process:
        assert "seat" not in process.said
        assert await process.end() == 0
    said = capfd.readouterr().err
    assert f"the run in {folder / 'run.db'} is over and accepts no worker" in said
    assert f"clamshell replay {folder / 'run.db'}" in said


@story
async def test_a_first_sigterm_waits_for_the_work_in_hand_and_a_second_does_not(
    folder: Path,
) -> None:
    async with started(folder) as process:
        worker, task = await working(process)
        process.process.send_signal(signal.SIGTERM)
        late = await process.connect()  # still served
        await late.socket.close()
        assert process.process.returncode is None
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert (await worker.hear_until(Over)).statement.records_micros == 20_000
        await worker.socket.close()
        assert await process.end() == 0
    (folder / "run.db").unlink()
    async with started(folder) as process:
        await working(process)
        operator = await process.connect("operator")
        await operator.ask(Authenticate(process.said["operator"][0]), Granted)
        process.process.send_signal(signal.SIGTERM)
        read = 0
        while True:  # until the first signal is in the journal
            page = await operator.ask(ReadJournal(read), JournalRead)
            read = page.last
            if any(b"StopRequested" in bytes(entry.event) for entry in page.entries):
                break
        process.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.end() == 128 + signal.SIGTERM


@story
async def test_a_sigterm_does_not_wait_longer_than_it_says(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with started(folder, "--drain", "0.5") as process:
        await working(process)
        process.process.send_signal(signal.SIGTERM)
        assert await process.end() == 128 + signal.SIGTERM
    assert "when the tasks in hand are done, in 0.5 s at the latest" in capfd.readouterr().err


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """The folder as a disk of 600 kB; skips where that cannot be had."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk needs root and mount")
    try:
        (folder / "pets.toml").write_text(PETS)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@story
async def test_a_restart_on_a_full_disk_says_so_in_a_line(
    small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with started(small_disk) as process:
        process.process.kill()
    with suppress(OSError), (small_disk / "fill").open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    with pytest.raises(AssertionError, match="ended before it was ready"):
        async with started(small_disk):
            pass
    line = capfd.readouterr().err.splitlines()[-1]
    assert line.startswith(f"clamshell: error: cannot write in {small_disk}: disk full. Free some")


@pytest.mark.parametrize("number", [signal.SIGINT])
@story
async def test_ctrl_c_stops_at_once_even_with_somebody_who_does_not_read(
    folder: Path, number: signal.Signals
) -> None:
    async with started(folder) as process:
        worker, _ = await working(process)
        worker.socket.transport.pause_reading()
        process.process.send_signal(number)
        async with asyncio.timeout(60):
            assert await process.end() == 128 + number
        worker.socket.transport.abort()


def test_codes_can_go_to_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    codes = tmp_path / "codes.txt"
    codes.touch(mode=0o644)
    publish(["listening 127.0.0.1 1", "ready"], codes)
    assert codes.read_text() == "listening 127.0.0.1 1\nready\n"
    assert stat.S_IMODE(codes.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [codes]


@story
async def test_a_screen_of_the_same_user_finds_every_run_that_is_served(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    beside = codes_beside(folder / "run.db")
    async with started(folder, "--seats", "1") as process:
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600
        found = read_codes(beside)
        assert [found.operator] == process.said["operator"]
        assert found.address == f"127.0.0.1:{process.port}"
        assert main(["watch", "run.db"]) == 2
        assert "not a terminal" in capsys.readouterr().err, "that is all that is missing"
        beside.rename(folder / "moved")
        assert main(["watch", "run.db"]) == 2
        assert "Name --codes-file FILE, or ADDRESS and --token T" in capsys.readouterr().err
        (folder / "moved").rename(beside)
        process.process.send_signal(signal.SIGTERM)
        assert await process.end() == 0
    assert not beside.exists()


def test_codes_are_beside_the_run_too_where_they_go_to_a_file(tmp_path: Path) -> None:
    run_file, codes = tmp_path / "run.db", tmp_path / "codes"
    with published(["ready"], codes, run_file):
        assert codes_beside(run_file).read_text() == codes.read_text() == "ready\n"
    assert list(tmp_path.iterdir()) == [codes]
    with published(["ready"], codes_beside(run_file), run_file):
        assert codes_beside(run_file).exists()
    assert list(tmp_path.iterdir()) == [codes]


@story
async def test_on_a_network_everything_is_encrypted_and_the_certificate_is_pinned(
    folder: Path,
) -> None:
    async with started(folder, "--lan", "--host", "127.0.0.1") as process:
        (fingerprint,) = process.said["fingerprint"]
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with connect(f"wss://127.0.0.1:{process.port}", ssl=context) as found:
            certificate = found.transport.get_extra_info("ssl_object").getpeercert(True)
            assert sha256(certificate).hexdigest() == fingerprint
            await found.send(encode(Hello(VERSION, "worker")))
            assert isinstance(decode_to_client(await found.recv()), Welcome)
    key = folder / "run.db.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    async with started(folder, "--lan", "--host", "127.0.0.1") as process:
        assert process.said["fingerprint"] == [fingerprint], "clients that come back still trust it"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["no-such.toml"], 2, "no such file: no-such.toml"),
        (["pets.toml", "--speed", "fast"], 2, "is not a speed; write 20x"),
        (["pets.toml", "--host", "0.0.0.0"], 2, "lets other machines in: add --lan"),
        (["pets.toml", "--host", "192.0.2.7", "--lan"], 3, "cannot listen on 192.0.2.7"),
        (["pets.toml", "--port", "0", "--db", "none/run.db"], 3, "no such directory"),
        (["pets.toml", "--port", "0", "--db", "."], 2, "it is a directory"),
        (["pets.toml", "--port", "0", "--db", "pets.toml"], 2, "pets.toml is read by this command"),
        (["pets.toml", "--port", "0", "--set", "pool.size=0"], 2, "pool.size"),
        (["gone.toml", "--port", "0"], 2, "no-such.csv"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(folder)
    (folder / "gone.toml").write_text(
        'dataset = {kind = "csv", path = "no-such.csv", text = "t", label = "l"}\n'
    )
    before = {path.name for path in folder.iterdir()}
    db = [] if "--db" in arguments else ["--db", "run.db"]
    assert main(["serve", *arguments, *db]) == code
    told = capsys.readouterr()
    assert words in told.err
    assert (told.out, told.err.count("\n"), "Traceback" in told.err) == ("", 1, False)
    assert {path.name for path in folder.iterdir()} == before, "nothing is left behind"


def test_a_port_in_use_is_told_and_leaves_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "pets.toml", "--port", port, "--db", "run.db", "--headless"]) == 3
    assert f"port {port} is in use; try --port 0" in capsys.readouterr().err
    assert not (folder / "run.db").exists()


def test_a_simulated_run_is_not_gone_on_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with RunFileWriter(Path("run.db"), {"version": "0.1.0"}):
        pass
    assert main(["serve", "pets.toml", "--port", "0", "--db", "run.db", "--headless"]) == 2
    assert "is a simulated run" in capsys.readouterr().err
