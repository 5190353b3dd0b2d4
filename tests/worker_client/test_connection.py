"""The connection: real sockets, real files."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import Error, Hello, ToClient
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Over,
    Rejoin,
    TaskAssigned,
    Wait,
)
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import (
    DEADLINE,
    TOKEN,
    Coordinator,
    coordinator,
    joined,
    statement,
    texts,
)
from worker_client.driver import SessionDriver
from worker_client.effects import Effect
from worker_client.lifecycle import SessionPhase
from worker_client.outbox import SeatStore
from worker_client.session import Session

WAIT = Wait("available", 50_000, 0)
TASK = TaskAssigned("a1", texts("meow"), 60.0)


class Client:
    """A client without a screen."""

    def __init__(self, store: SeatStore, join: JoinString) -> None:
        seat, answers = store.at(join).load()
        self.session = Session(join.code, seat.token if seat is not None else "", answers)
        self.connection = SessionDriver(self.session, join, store.at(join), self._heard)
        self._changed = asyncio.Event()

    def _heard(self, message: ToClient | None, effects: list[Effect]) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become true of the session."""
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def label(self, label: int) -> None:
        """Press the key of a class."""
        self.connection.perform(self.session.label(label, 0.0))


@asynccontextmanager
async def client(store: SeatStore, join: JoinString) -> AsyncIterator[Client]:
    """A client that is killed at the end, without a word to anybody."""
    made = Client(store, join)
    task = asyncio.create_task(made.connection.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def work(server: Coordinator, worker: Client) -> None:
    """Take a seat and be given a task."""
    await server.seat(joined(begun=True))
    await server.say(WAIT, TASK)
    await worker.until(lambda: worker.session.phase is SessionPhase.WORKING)


def test_an_answer_is_sent_and_leaves_the_disk_when_it_is_acknowledged(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await work(server, worker)
            worker.label(1)
            answer = await server.expect(Answer)
            assert answer.labels == (1,)
            assert store.at(server.join).load()[1] == {"a1": answer}
            await server.say(Acknowledged("a1", "counted", 20_000, 20_000))
            await worker.until(lambda: not worker.session.outbox)
            assert store.at(server.join).load()[1] == {}

    play(story())


def test_after_a_lost_connection_the_token_and_the_answer_come_again(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await work(server, worker)
            worker.label(1)
            await server.expect(Answer)
            await server.hang_up()
            assert await server.seat(joined(begun=True)) == Rejoin(TOKEN)
            assert (await server.expect(Answer)).labels == (1,)
            assert server.connections == 2

    play(story())


def test_a_killed_client_sends_its_answer_after_a_restart(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server:
            async with client(store, server.join) as worker:
                await work(server, worker)
                worker.label(1)
                await server.expect(Answer)
            async with client(store, server.join) as again:
                assert await server.seat(joined(begun=True)) == Rejoin(TOKEN)
                assert (await server.expect(Answer)).labels == (1,)
                await server.say(Acknowledged("a1", "repeated", 20_000, 20_000))
                await again.until(lambda: not again.session.outbox)

    play(story())


def test_the_coordinator_may_be_away_for_a_while(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await work(server, worker)
            server.shut()
            await worker.until(lambda: "refused the connection" in worker.session.trouble)
            worker.label(0)
            async with coordinator(server.port) as back:
                assert await back.seat(joined(begun=True)) == Rejoin(TOKEN)
                assert (await back.expect(Answer)).labels == (0,)
                await worker.until(lambda: worker.session.connected)
                assert worker.session.trouble == ""

    play(story())


def test_heartbeats_come_by_themselves(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await server.seat(joined(begun=True, heartbeat=0.5))
            async with asyncio.timeout(DEADLINE):
                while server.beats < 2:
                    await server.beat.wait()
                    server.beat.clear()
            assert worker.session.connected

    play(story())


def test_a_refused_code_ends_the_attempts_until_there_is_another(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await server.expect(Hello)
            await server.expect(Join)
            await server.say(Error("code", "code not accepted (2 tries left)"))
            await worker.until(lambda: worker.session.problem != "")
            await server.gone.wait()
            worker.connection.perform(worker.session.enter_code("ANOTHER"))
            await server.expect(Hello)
            assert await server.expect(Join) == Join("ANOTHER")

    play(story())


def test_the_end_of_the_session_ends_the_connection_and_the_seat(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server:
            worker = Client(store, server.join)
            running = asyncio.create_task(worker.connection.run())
            await server.seat(joined(begun=True))
            await server.say(Over("the run is over", statement()))
            async with asyncio.timeout(DEADLINE):
                await running
            assert store.at(server.join).load() == (None, {})

    play(story())


@pytest.mark.parametrize(
    "frame", ["{}", '{"type":"train","records":[]}', '{"type":"granted","role":"operator"}', b"\0"]
)
def test_nonsense_from_the_coordinator_is_told_and_the_connection_tried_again(
    play: Play, store: SeatStore, frame: str | bytes
) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await work(server, worker)
            await server.say_raw(frame)
            await worker.until(lambda: "does not speak our protocol" in worker.session.trouble)
            assert await server.seat(joined(begun=True)) == Rejoin(TOKEN)
            assert worker.session.sheet is not None

    play(story())


def test_a_full_disk_is_told_and_the_answer_goes_out_all_the_same(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server, client(store, server.join) as worker:
            await work(server, worker)
            folder = store.at(server.join).folder
            (folder / "outbox.json.new").mkdir()  # what cannot be opened for writing
            worker.label(1)
            assert (await server.expect(Answer)).labels == (1,)
            assert worker.session.problem.startswith("cannot keep answers on disk")

    play(story())


# -- who cannot be reached ------------------------------------------------------------------------


async def trouble(store: SeatStore, join: JoinString) -> str:
    """What a person is told who tries to join there."""
    async with client(store, join) as worker:
        await worker.until(lambda: worker.session.problem != "")
        assert not worker.session.wants_connection
        return worker.session.problem


def test_nobody_there(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        told = await trouble(store, JoinString("127.0.0.1", port, "X"))
        why = f"127.0.0.1:{port} refused the connection. Wait a little, or tell whoever invited you"
        assert told == why

    play(story())


def test_somebody_else_there(play: Play, store: SeatStore) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            told = await trouble(store, JoinString("127.0.0.1", port, "X"))
            assert "does not answer as a coordinator" in told

    play(story())


def test_no_such_host(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        told = await trouble(store, JoinString("no-such-host.invalid", 7777, "X"))
        assert "there is no host no-such-host.invalid that can be found from here" in told

    play(story())


# -- encryption -----------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody has signed, with its key."""
    path = tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "1", "-subj", "/CN=clamshell", "-keyout", path,
         "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@asynccontextmanager
async def encrypted(certificate: Path) -> AsyncIterator[tuple[Coordinator, JoinString]]:
    """A coordinator behind TLS, and the line that leads to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    scripted = Coordinator()
    async with serve(scripted.serve_one, "127.0.0.1", 0, ssl=context) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        der = ssl.PEM_cert_to_DER_cert(certificate.with_suffix(".crt").read_text())
        yield scripted, JoinString("127.0.0.1", port, "X", sha256(der).hexdigest()[:32])


def test_a_pinned_certificate_is_trusted(play: Play, store: SeatStore, certificate: Path) -> None:
    async def story() -> None:
        async with encrypted(certificate) as (server, join), client(store, join) as worker:
            await server.seat(joined())
            await worker.until(lambda: worker.session.connected)
            worker.connection.perform(worker.session.accept())
            await server.expect(Begin)

    play(story())


def test_another_certificate_is_told_nothing(
    play: Play, store: SeatStore, certificate: Path
) -> None:
    async def story() -> None:
        async with encrypted(certificate) as (server, join):
            told = await trouble(store, join._replace(fingerprint="0" * 32))
            assert "shows another certificate than the fingerprint" in told
            await server.nothing_more()

    play(story())


def test_tls_where_there_is_none_is_told(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server:
            told = await trouble(store, server.join._replace(fingerprint="0" * 32))
            assert told.endswith("Copy the whole line again, or tell whoever invited you")

    play(story())


def test_no_tls_where_there_is_some_is_told(
    play: Play, store: SeatStore, certificate: Path
) -> None:
    async def story() -> None:
        async with encrypted(certificate) as (_, join):
            assert "is the part from # on there" in await trouble(
                store, join._replace(fingerprint="")
            )

    play(story())
