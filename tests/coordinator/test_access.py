"""Admission, the messages allowed to each role, and protection from other clients."""

import asyncio
import hmac
import json
import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.runfile.access_key import ALPHABET, AccessKey
from clamshell_tui.wire import OLDEST, VERSION
from clamshell_tui.wire.codec import decode_to_client, encode
from clamshell_tui.wire.messages import (
    ALLOWED,
    Authenticate,
    Error,
    Granted,
    Hello,
    Notice,
    ToServer,
    Welcome,
)
from clamshell_tui.wire.operator_messages import Describe, Done, Order
from clamshell_tui.wire.requester_messages import Follow, Predict, Submit
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Qualification,
    Rejoin,
    Skip,
    Stay,
    TaskAssigned,
    Wait,
)
from tests.coordinator.wire import DEADLINE, options_for, patient, running, story, until

EVERYTHING: tuple[ToServer, ...] = (
    Hello(VERSION, "worker"),
    Join("AAAA-AAAA"),
    Rejoin("x" * 43),
    Begin(),
    Qualification((0,)),
    Answer("00", (0,)),
    Skip("00"),
    Heartbeat(),
    Stay(),
    Leave(),
    Authenticate("x" * 43),
    Describe(),
    Order("pause"),
    Submit(),
    Follow(),
    Predict(()),
)
BAD_FRAMES = (
    "",
    "null",
    "[]",
    "{}",
    "[" * 5000,
    '{"type":"answer"}',
    '{"type":"answer","assignment":"x","labels":[1.5]}',
    '{"type":"answer","assignment":"x","labels":[-1]}',
    '{"type":"answer","assignment":"x","labels":[99]}',
    '{"type":"begin","more":1}',
    '{"type":"join","code":"AAAA-AAAA","code":"AAAA-AAAB"}',
    '{"type":"begin","type":"begin"}',
    '{"type":"begin","type":"leave"',
    '{"type":"join","code":NaN}',
    '{"type":"no-such"}',
    '{"type":7}',
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\x00\x01",
    "x" * 70_000,
)


@pytest.mark.parametrize("frame", BAD_FRAMES, ids=range(len(BAD_FRAMES)))
@story
async def test_a_bad_frame_ends_its_connection_and_changes_nothing(
    pets: Options, frame: str | bytes
) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        before, entries = place.digest, place.run.journal.seq
        async with await place.connect() as bad:
            await bad.socket.send(frame)
            heard = [decode_to_client(told) async for told in _until_closed(bad.socket)]
            assert all(isinstance(error, Error) and error.code == "protocol" for error in heard)
            assert bad.socket.close_code in {1008, 1009, 1007}
        assert (place.digest, place.run.journal.seq) == (before, entries)
        assert (await worker.ask(Answer(task.assignment, (0,)), Acknowledged)).micros == 20_000


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("message", EVERYTHING, ids=lambda message: type(message).__name__)
@story
async def test_a_role_may_say_what_the_table_allows_and_nothing_else(
    pets: Options, role: str, message: ToServer
) -> None:
    async with running(pets) as place:
        before = place.digest
        async with await place.connect(role) as talker:
            await talker.say(message)
            if isinstance(message, Heartbeat | Stay) and role == "worker":
                return
            error = await talker.hear_a(Error)
            if isinstance(message, ALLOWED[role]):
                assert error.code in {"code", "token", "protocol"}  # it has no role yet
            else:
                assert (error.code, error.fatal) == ("role", True)
        assert place.digest == before


@pytest.mark.parametrize("origin", ["http://localhost", "https://example.org", "null"])
@story
async def test_a_browser_page_cannot_connect(pets: Options, origin: Any) -> None:
    async with running(pets) as place:
        with pytest.raises(InvalidStatus, match="403"):
            await place.dial(origin=origin)


@pytest.mark.parametrize(
    ("protocol", "install"),
    [
        (OLDEST - 1, "pip install -U clamshell-tui"),
        (VERSION + 1, "pip install clamshell-tui=="),
    ],
)
@story
async def test_another_version_of_the_protocol_is_told_what_to_install(
    pets: Options, protocol: int, install: str
) -> None:
    async with running(pets) as place:
        socket = await place.dial()
        await socket.send(json.dumps({"type": "hello", "protocol": protocol, "role": "worker"}))
        error = decode_to_client(await socket.recv())
        assert isinstance(error, Error)
        assert error.code == "version"
        assert install in error.message


@story
async def test_a_client_one_version_older_joins(pets: Options) -> None:
    async with running(pets) as place:
        socket = await place.dial()
        await socket.send(json.dumps({"type": "hello", "protocol": OLDEST, "role": "worker"}))
        welcome = decode_to_client(await socket.recv())
        assert isinstance(welcome, Welcome)
        assert welcome.protocol == OLDEST  # it compares this with its own version


@story
async def test_whoever_says_nothing_is_shown_out(pets: Options) -> None:
    limits = patient(hello=0.2)
    async with running(options_for(pets.base, limits=limits)) as place:
        socket = await place.dial()
        with pytest.raises(ConnectionClosed):
            await socket.recv()


@story
async def test_idle_sockets_keep_nobody_out_and_leave_nothing_behind(
    pets: Options, capfd: pytest.CaptureFixture[str]
) -> None:
    options = options_for(pets.base, limits=patient(connections=60, hello=2.0))
    async with running(options) as place:
        before = len(os.listdir("/proc/self/fd"))
        idle = [await asyncio.open_connection("127.0.0.1", place.port) for _ in range(80)]
        for _, writer in idle[::2]:
            writer.write(b"GET / HTTP/1.1\r\n")  # and never goes on
        clock = place.coordinator.server.now
        worker = None
        began = clock()
        while worker is None:  # for the first moments they may be slow rather than idle
            with suppress(ConnectionClosed, AssertionError, OSError):
                worker, joined = await place.join()
        assert clock() - began < 1.0
        await asyncio.gather(*(reader.read() for reader, _ in idle))
        assert clock() - began < 2.0 + 1.5, "they were shown out"
        for _, writer in idle:
            writer.close()
        await worker.socket.close()
        await until(lambda: len(os.listdir("/proc/self/fd")) <= before)
        assert joined.worker == "P001"
    assert capfd.readouterr().err == "", "strangers' mistakes are not logged"


@story
async def test_a_silent_worker_counts_as_disconnected(pets: Options) -> None:
    async with running(options_for(pets.base, limits=patient(silence=0.5))) as place:
        worker, joined = await place.join()
        await worker.ask(Begin(), Wait)
        with pytest.raises(ConnectionClosed):
            await worker.hear()
        await place.turn()
        assert not place.engine_worker(joined).connected


@story
async def test_too_many_connections_are_refused_and_the_others_are_served(pets: Options) -> None:
    async with running(options_for(pets.base, limits=patient(connections=2))) as place:
        first, second = await place.connect(), await place.connect()
        socket = await place.dial()
        error = decode_to_client(await socket.recv())
        assert isinstance(error, Error)
        assert error.code == "busy"
        await second.socket.close()
        assert (await first.ask(Join("AAAA-AAAA"), Error)).code == "code"


@story
async def test_those_who_return_are_let_in_beside_the_dead_connections_they_replace(
    pets: Options,
) -> None:
    limits = patient(per_address=3)
    async with running(options_for(pets.base, limits=limits)) as place:
        operator = await place.connect("operator")
        await operator.ask(Authenticate(place.secrets["operator"][0]), Granted)
        seats = [await place.join() for _ in range(2)]
        gone = [operator]
        for nth in range(3):  # a router forgets its connections again and again
            for dead, _ in seats:
                dead.socket.transport.pause_reading()
            backs = [await place.connect() for _ in seats]
            for back, (_, joined) in zip(backs, seats, strict=True):
                assert (await back.ask(Rejoin(joined.token), Joined)).worker == joined.worker, nth
            gone += [dead for dead, _ in seats]
            seats = [(back, joined) for back, (_, joined) in zip(backs, seats, strict=True)]
        stranger = await place.connect()
        assert (await stranger.ask(Rejoin("x" * 43), Error)).code == "busy", "that is no token"
        second = await place.connect("operator")
        await second.ask(Authenticate(place.secrets["operator"][0]), Granted)
        for each in (*gone, stranger, second, *(back for back, _ in seats)):
            each.socket.transport.abort()


async def _pretend(socket: ClientConnection) -> None:
    """Say hello, and then nothing but heartbeats, until it is shown out."""
    with suppress(ConnectionClosed):
        await socket.send(encode(Hello(VERSION, "worker")))
        while True:
            await socket.send(encode(Heartbeat()))
            await asyncio.sleep(0.3)


@story
async def test_strangers_that_beat_keep_no_one_out_and_the_operator_is_told(pets: Options) -> None:
    limits = patient(connections=30, join=3.0)
    async with running(options_for(pets.base, limits=limits)) as place:
        seated, joined = await place.join()
        watching = await place.staff("operator")
        strangers = [await place.dial() for _ in range(60)]
        beating = [asyncio.create_task(_pretend(stranger)) for stranger in strangers]
        clock = place.coordinator.server.now
        began = clock()
        seated.socket.transport.abort()
        async with await place.connect() as returned:
            assert (await returned.ask(Rejoin(joined.token), Joined)).worker == joined.worker
        async with await place.connect() as newcomer:
            await newcomer.ask(Join(place.code()), Joined)
        async with await place.staff("operator"):
            assert clock() - began < 3.0, "nobody waited until the strangers had gone"
        assert "connections from 127.0.0.1 without a code" in (await watching.hear_a(Notice)).text
        await asyncio.gather(*beating)
        assert clock() - began < DEADLINE / 2, "their heartbeats do not prolong their time"


@story
async def test_a_client_that_does_not_read_is_dropped_and_may_resume(pets: Options) -> None:
    limits = patient(unread=20_000, per_second=100_000, burst=100_000)
    text = "x" * 2_000
    async with running(options_for(pets.base, limits=limits)) as place:
        await place.submit(text)
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
        worker.socket.transport.pause_reading()
        while worker.socket.state is State.OPEN:
            with suppress(ConnectionClosed):
                await worker.say(Begin())  # is answered with the task in hand
        async with await place.connect() as returned:
            await returned.say(Rejoin(joined.token))
            assert (await returned.hear_until(TaskAssigned)).assignment == task.assignment


@story
async def test_a_flood_is_read_slowly(pets: Options) -> None:
    limits = patient(per_second=50.0, burst=5.0)
    async with running(options_for(pets.base, limits=limits)) as place:
        await place.submit("meow")
        worker, _ = await place.working()
        began = place.coordinator.server.now()
        for _ in range(30):
            await worker.say(Begin())
        for _ in range(30):
            await worker.hear_until(TaskAssigned)
        assert place.coordinator.server.now() - began > 0.4


@story
async def test_no_secret_is_in_the_file_and_only_its_owner_can_read_it(pets: Options) -> None:
    async with running(pets) as place:
        _, joined = await place.join()
        secrets = [joined.token, *place.secrets["operator"], *place.secrets["requester"]]
        secrets += [code for kind in ("seat", "bot") for code in place.secrets[kind]]
        secrets += [code.replace("-", "") for code in secrets]
        await place.turn()
        files = list(pets.db.parent.glob("run.db*"))
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
        raw = b"".join(file.read_bytes() for file in files)
    raw += pets.db.read_bytes()
    assert b"access" in raw
    assert not [secret for secret in secrets if secret.encode() in raw]


async def _until_closed(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


def test_codes_are_forty_bits_of_crockfords_alphabet() -> None:
    key = AccessKey(b"key")
    codes = [key.code("seat", f"S{number:03}", 1) for number in range(200)]
    assert len(set(codes)) == 200
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    by_hand = hmac.digest(b"key", b"seat\0S001\x001", "sha256")[:5]
    digits = "".join(f"{byte:08b}" for byte in by_hand)
    letters = [ALPHABET[int(digits[at : at + 5], 2)] for at in range(0, 40, 5)]
    assert codes[1].replace("-", "") == "".join(letters)


@story
async def test_messages_are_heard_in_order_in_fragments_and_beyond_the_burst_too(
    pets: Options,
) -> None:
    options = options_for(pets.base, limits=patient(per_second=200.0, burst=6.0))
    orders = [Order("pause"), Order("resume")] * 20
    async with running(options) as place, await place.staff("operator") as operator:
        for number, order in enumerate(orders):
            frame = encode(order)
            split = number % 7 == 3
            await operator.socket.send([frame[:9], frame[9:]] if split else frame)
        for order in orders:
            assert (await operator.hear_a(Done)).do == order.do
