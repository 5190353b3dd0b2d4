"""The requester's client against a coordinator that a test can make say anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from clamshell_tui.client import AsyncRequester, Labelled, NewRecord, Predicted, Requester
from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.connection import (
    ConnectionLostError,
    RefusedError,
    WireClient,
    parse_address,
)
from clamshell_tui.wire.messages import Error, Notice, Welcome
from clamshell_tui.wire.requester_messages import (
    Follow,
    LabelsDelivered,
    Predict,
    Submit,
    Submitted,
)
from tests.client.tiny_coordinator import TOKEN, Behaviour, Talk, admit, coordinator

Result = TypeVar("Result")
IMPATIENT = 0.05  # seconds


def run(test: Coroutine[Any, Any, Result]) -> Result:
    async def bounded() -> Result:
        async with asyncio.timeout(60):
            return await test

    return asyncio.run(bounded())


@asynccontextmanager
async def connected(*behaviours: Behaviour) -> AsyncIterator[AsyncRequester]:
    """A requester of a coordinator that behaves so."""
    async with (
        coordinator(*behaviours) as address,
        await AsyncRequester.connect(address, TOKEN) as requester,
    ):
        yield requester


def label(number: int) -> Labelled:
    return Labelled(number, f"r{number}", "pos", 1.0, float(number))


def records(count: int, text: str = "some words") -> Iterator[NewRecord]:
    return (NewRecord(f"r{number}", text=text) for number in range(count))


class Desk:
    """Takes in what is submitted; remembers every message."""

    def __init__(self) -> None:
        self.heard: list[Submit] = []

    async def __call__(self, talk: Talk) -> None:
        await admit(talk)
        while True:
            await self.serve_one(talk)

    async def serve_one(self, talk: Talk) -> None:
        message = await talk.hear()
        assert isinstance(message, Submit)
        self.heard.append(message)
        await talk.say(Submitted(len(message.records), sum(map(len, self.batches))))

    @property
    def batches(self) -> list[tuple[NewRecord, ...]]:
        return [message.records for message in self.heard if message.records]


def following(*frames: LabelsDelivered, then: str = "") -> Callable[[Talk], Awaitable[None]]:
    async def behave(talk: Talk) -> None:
        await admit(talk)
        message = await talk.hear()
        assert isinstance(message, Follow)
        for frame in frames:
            await talk.say(frame)
        if then == "hang up":
            await talk.hang_up()

    return behave


def test_every_record_arrives_once_and_in_order() -> None:
    desk = Desk()

    async def test() -> int:
        async with connected(desk) as requester:
            return await requester.submit(records(2500), last=True)

    assert run(test()) == 2500
    assert [len(batch) for batch in desk.batches] == [1000, 1000, 500]
    assert [r.id for batch in desk.batches for r in batch] == [f"r{n}" for n in range(2500)]
    assert desk.heard[-1] == Submit(last=True)


def test_long_records_are_sent_in_frames_that_are_short_enough() -> None:
    desk = Desk()

    async def test() -> None:
        async with connected(desk) as requester:
            await requester.submit(records(10, text="é" * 15_000))

    run(test())  # the tiny coordinator refuses frames that are too long, as the real one does
    assert [len(batch) for batch in desk.batches] == [2, 2, 2, 2, 2]


def test_a_record_that_fits_into_no_frame_is_named() -> None:
    async def test() -> None:
        async with connected(Desk()) as requester:
            await requester.submit([NewRecord("big", text="x" * 70_000)])

    with pytest.raises(InputError, match=r'record "big" is 70,\d+ bytes long, the limit is 65,536'):
        run(test())


def test_records_are_not_taken_faster_than_they_are_stored() -> None:
    taken = 0
    stored: list[int] = []

    async def slow(talk: Talk) -> None:
        await admit(talk)
        while True:
            message = await talk.hear()
            assert isinstance(message, Submit)
            stored.append(taken)
            await talk.say(Submitted(len(message.records), 0))

    def source() -> Iterator[NewRecord]:
        nonlocal taken
        for record in records(5000):
            taken += 1
            yield record

    async def test() -> None:
        async with connected(slow) as requester:
            await requester.submit(source())

    run(test())
    assert stored == [1001, 2001, 3001, 4001, 5000]


def test_a_submission_is_sent_again_after_a_lost_connection() -> None:
    desk = Desk()

    async def crashing(talk: Talk) -> None:
        await admit(talk)
        await talk.hear()
        await talk.hang_up()

    async def test() -> int:
        async with connected(crashing, desk) as requester:
            return await requester.submit(records(3))

    assert run(test()) == 3
    assert desk.batches == [tuple(records(3))]


def test_labels_go_on_where_the_connection_was_lost() -> None:
    first = following(LabelsDelivered((label(0), label(1))), then="hang up")
    heard: list[int] = []

    async def second(talk: Talk) -> None:
        await admit(talk)
        message = await talk.hear()
        assert isinstance(message, Follow)
        heard.append(message.since)
        await talk.say(LabelsDelivered((label(1), label(2))), LabelsDelivered((), finished=True))

    async def test() -> list[int]:
        async with connected(following(), first, second) as requester:
            return [found.number async for found in requester.labels()]

    assert run(test()) == [0, 1, 2]
    assert heard == [2]


def test_without_following_labels_end_with_what_is_there() -> None:
    some = following(LabelsDelivered((label(4),)), LabelsDelivered(()))

    async def test() -> list[int]:
        async with connected(following(), some) as requester:
            labels = requester.labels(follow=False, since=4)
            return [found.number async for found in labels]

    assert run(test()) == [4]


def test_predictions_come_back() -> None:
    async def oracle(talk: Talk) -> None:
        await admit(talk)
        message = await talk.hear()
        assert isinstance(message, Predict)
        await talk.say(Predicted(3, ("pos",) * len(message.records), (0.9,) * len(message.records)))

    async def test() -> list[Predicted]:
        async with connected(oracle) as requester:
            return await requester.predict(records(2))

    assert run(test()) == [Predicted(3, ("pos", "pos"), (0.9, 0.9))]


def test_a_notice_in_between_is_not_taken_for_the_reply() -> None:
    async def noticing(talk: Talk) -> None:
        await admit(talk)
        await talk.hear()
        await talk.say(Notice("PAUSED: disk full"), Notice("going on"), Predicted(0))
        await talk.until_closed()

    async def test() -> Predicted:
        async with coordinator(noticing) as address:
            line = await WireClient.open(parse_address(address), "operator", TOKEN)
            async with line:
                return await line.ask(Predict(()), Predicted)

    assert run(test()) == Predicted(0)


def test_a_refused_request_says_why_and_the_connection_goes_on() -> None:
    async def strict(talk: Talk) -> None:
        await admit(talk)
        await talk.hear()
        await talk.say(Error("request", "id r0 is there\x1b[2J twice", fatal=False))
        await Desk().serve_one(talk)

    async def test() -> int:
        async with connected(strict) as requester:
            with pytest.raises(RefusedError, match="id r0 is there\ufffd\\[2J twice"):
                await requester.submit(records(1))
            return await requester.submit(records(2))

    assert run(test()) == 2


def test_a_wrong_token_is_told_at_once() -> None:
    async def test() -> None:
        async with coordinator(admit) as address:
            await AsyncRequester.connect(address, "wrong-token-but-long-enough")

    with pytest.raises(InputError, match=r"127\.0\.0\.1:\d+: token not accepted"):
        run(test())


def test_a_token_that_cannot_be_one_is_not_even_sent() -> None:
    async def test() -> None:
        async with coordinator(admit) as address:
            await AsyncRequester.connect(address, "short")

    with pytest.raises(
        InputError,
        match=r"127\.0\.0\.1:\d+ can be reached, but the token is no token of a requester",
    ):
        run(test())


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("foo.invalid", r"there is no host foo\.invalid that can be found"),
        ("127.0.0.1:1", r"127\.0\.0\.1:1 refused the connection\. Is clamshell serve running"),
        ("a b", '"a b" is not an address'),
    ],
)
def test_of_a_wrong_address_and_a_wrong_token_the_address_is_told_first(
    address: str, wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong) as told:
        run(AsyncRequester.connect(address, "short"))
    assert ("Copy all of it (--token)" in str(told.value)) is (address != "a b")


def test_nobody_there_is_told_after_the_patience() -> None:
    async def test() -> None:
        async with coordinator(admit) as address:
            pass
        requester = AsyncRequester(address, TOKEN, patience=IMPATIENT)
        await requester.submit(records(1))

    with pytest.raises(ConnectionLostError, match=r"refused the connection\. Is clamshell serve"):
        run(test())


@pytest.mark.parametrize("frame", ["{}", '{"type":"wait"}', "[" * 1000, '{"type":"nonsense"}'])
def test_a_coordinator_that_talks_nonsense_is_no_crash(frame: str) -> None:
    async def babbling(talk: Talk) -> None:
        await talk.hear()
        await talk.say_raw(frame)
        await talk.hear()

    async def test() -> None:
        async with coordinator(babbling) as address:
            await AsyncRequester.connect(address, TOKEN)

    with pytest.raises(ClamshellError, match="does not speak our protocol"):
        run(test())


def test_something_out_of_turn_is_no_crash() -> None:
    async def confused(talk: Talk) -> None:
        await talk.hear()
        await talk.say(Welcome(VERSION, "", ""))
        await talk.hear()
        await talk.say(Submitted(1, 1))

    async def test() -> None:
        async with coordinator(confused) as address:
            await AsyncRequester.connect(address, TOKEN)

    with pytest.raises(ClamshellError, match="Submitted instead of Granted"):
        run(test())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lab1:80", ("lab1", 80, "")),
        ("lab1", ("lab1", 7777, "")),
        ("[::1]:7777", ("[::1]", 7777, "")),
        ("[fe80::1%eth0]:80", ("[fe80::1%eth0]", 80, "")),
        ("fe80::1%eth0", ("[fe80::1%eth0]", 7777, "")),
        ("10.0.0.1:7777#AB:cdef012345678901", ("10.0.0.1", 7777, "abcdef012345678901")),
        ("10.0.0.1:7777#abcdef0123456789", ("10.0.0.1", 7777, "abcdef0123456789")),
        ("host:0", None),
        ("host:99999", None),
        ("", None),
        ("a b", None),
    ],
)
def test_addresses_are_checked(text: str, parts: tuple[str, int, str] | None) -> None:
    if parts is None:
        with pytest.raises(
            InputError, match=r"is not an address\. It looks like 127\.0\.0\.1:7777"
        ):
            parse_address(text)
    else:
        assert parse_address(text) == parts


async def _blocking_twin(address: str) -> tuple[int, list[int]]:
    def twin() -> tuple[int, list[int]]:
        with Requester(address, TOKEN) as requester:
            accepted = requester.submit(records(2), last=True)
            labels = [found.number for found in requester.labels()]
        return accepted, labels

    return await asyncio.to_thread(twin)


def test_the_blocking_requester_does_the_same() -> None:
    desk = Desk()
    some = following(LabelsDelivered((label(0), label(1))), LabelsDelivered((), finished=True))

    async def test() -> tuple[int, list[int]]:
        async with coordinator(desk, some) as address:
            return await _blocking_twin(address)

    assert run(test()) == (2, [0, 1])
