"""The coordinator believes that a connection speaks for another address only from a gateway."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from clamshell_tui.coordinator.server import FORWARDED
from clamshell_tui.core.events import SeatTaken
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Hello, Welcome
from clamshell_tui.wire.worker_messages import Begin, Join, Joined, Wait
from tests.coordinator.wire import Place, Talker, options_for, patient, running, story


async def dial(place: Place, header: str) -> Talker:
    headers = {FORWARDED: header} if header else {}
    url = f"ws://127.0.0.1:{place.port}"
    wire: Any = await connect(url, compression=None, additional_headers=headers)
    talker = Talker(wire)
    with suppress(ConnectionClosed):  # refused before it could say anything
        await talker.say(Hello(VERSION, "worker"))
    return talker


@story
async def test_participants_behind_a_gateway_are_counted_by_their_own_addresses(
    tmp_path: Path,
) -> None:
    options = options_for(tmp_path, limits=patient(per_address=2))
    async with running(options) as place:
        secret = place.coordinator.server.secret
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
            await (await dial(place, f"{secret} {address}")).hear_a(Welcome)
        refused = await (await dial(place, f"{secret} 192.0.2.1")).hear_until(Error)
        assert refused.code == "busy"


@story
async def test_the_journal_says_which_gateway_a_worker_came_by(tmp_path: Path) -> None:
    options = options_for(tmp_path)
    async with running(options) as place:
        secret = place.coordinator.server.secret
        for address in ("192.0.2.1 ssh", "192.0.2.2 web"):
            talker = await dial(place, f"{secret} {address}")
            await talker.hear_a(Welcome)
            await talker.ask(Join(place.code()), Joined)
            await talker.say(Begin())
            await talker.hear_until(Wait)
    with open_run(options.db) as file:
        seats = [each.via for _, each in file.events() if isinstance(each, SeatTaken)]
    assert seats == ["ssh", "web"]


@story
async def test_seats_that_outlive_a_coordinator_are_known_to_the_next_one(tmp_path: Path) -> None:
    options = options_for(tmp_path)
    secrets = []
    for _ in range(2):
        async with running(options) as place:
            secrets.append(place.coordinator.server.secret)
    assert secrets[0] == secrets[1]


@story
async def test_wrong_codes_from_behind_a_gateway_lock_out_no_other_participant(
    tmp_path: Path,
) -> None:
    async with running(options_for(tmp_path)) as place:
        secret = place.coordinator.server.secret
        for _ in range(6):
            talker = await dial(place, f"{secret} 192.0.2.66")
            await talker.hear_a(Welcome)
            await talker.ask(Join("WRONGONE"), Error)
        talker = await dial(place, f"{secret} 192.0.2.7")
        await talker.hear_a(Welcome)
        assert (await talker.ask(Join(place.code()), Joined)).worker == "P001"


@story
async def test_without_the_secret_an_address_is_not_believed(tmp_path: Path) -> None:
    headers = ("", "x 192.0.2.1", "192.0.2.1", " 192.0.2.1", "\xe4 192.0.2.1")
    options = options_for(tmp_path, limits=patient(per_address=1))
    async with running(options) as place:
        await (await dial(place, "")).hear_a(Welcome)
        others = [await dial(place, header) for header in headers]
        refused = await asyncio.gather(*(other.hear_until(Error) for other in others))
        # each counts as this machine's
        assert [(each.code, header) for each, header in zip(refused, headers, strict=True)] == [
            ("busy", header) for header in headers
        ]
