"""The bytes that reach a real terminal when everything that comes over the wire is an attack."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Notice, Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import Begin, Over, TaskAssigned
from tests.hostile import ATTACKS, leaks
from tests.worker_client.conftest import Play
from tests.worker_client.pseudo_terminal import WORKER, PseudoTerminal
from tests.worker_client.scripted import Coordinator, coordinator, joined, statement

PAYLOADS = [
    *ATTACKS,
    "[@click=app.close]x[/] [link=http://evil.example]y[/link]",
    "[/ [/b] [bold red $primary \\[",
]


def test_no_byte_of_the_wire_acts_on_a_terminal(play: Play, tmp_path: Path) -> None:
    """Refusal, run, worker, title, instructions, classes, notice, records, numbers, reason."""

    async def story() -> None:
        async with coordinator() as server:
            line = f"clam://127.0.0.1:{server.port}/{server.join.code}"
            with PseudoTerminal(*WORKER, "--state", str(tmp_path), line) as screen:
                for number, evil in enumerate(PAYLOADS):
                    await refused(server, screen, f"refused{number} {evil}")
                for number, evil in enumerate(PAYLOADS):
                    await instructed(server, screen, number, evil)
                    await at_work(server, screen, number, evil)
                await server.say(Error("request", "".join(PAYLOADS), fatal=False))
                account = replace(statement(), worker="".join(PAYLOADS[:6]))
                await server.say(Over("".join(PAYLOADS), account))
                await shows(screen, "Thank you")
                screen.press(b"\r")
                assert screen.ends() == 0
                assert list(leaks(screen.shown.decode())) == []

    play(story())


async def refused(server: Coordinator, screen: PseudoTerminal, why: str) -> None:
    await server.hello()
    await server.say(Error("code", why))
    await shows(screen, why.split()[0])
    screen.press(b"\r")


async def instructed(server: Coordinator, screen: PseudoTerminal, number: int, evil: str) -> None:
    """Come to the seat for the first time, or once more."""
    await server.hello()
    seat = joined(
        worker=evil,
        title=evil,
        instructions=f"read{number} {evil}",
        classes=(evil, f"b{evil}"),
    )
    await server.say(Welcome(VERSION, evil, evil), seat)
    await shows(screen, f"read{number}")
    screen.press(b"\r")
    await server.expect(Begin)


async def at_work(server: Coordinator, screen: PseudoTerminal, number: int, evil: str) -> None:
    """A notice, and a task with the payload in every part; then the connection is lost."""
    text = Record(evil, text=f"text{number} {evil}", numbers=((evil, 1.0),))
    await server.say(Notice(evil), TaskAssigned(f"a{number}", (text, text), 1800.0))
    await shows(screen, f"text{number}")
    if number < len(PAYLOADS) - 1:
        await server.hang_up()


async def shows(screen: PseudoTerminal, words: str) -> None:
    await asyncio.to_thread(screen.reads, words.encode())
