"""The bytes that reach a real terminal when everything that comes over the wire is an attack."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.protocol.messages import Error, Notice, Welcome
from clamshell_tui.protocol.parts import Record
from clamshell_tui.protocol.worker_messages import Begin, Over, Task
from tests.worker_client.conftest import Play
from tests.worker_client.pseudo_terminal import WORKER, PseudoTerminal
from tests.worker_client.scripted import Coordinator, coordinator, joined, statement

PAYLOADS = [
    "\x1b[3J",  # clears what was scrolled away
    "\x1b[6;66H",  # moves the cursor
    "\x1b[4;53;21m",  # colours
    "\x1b[?66h",  # a mode
    "\x1b[21t",  # asks for the title, which comes back as if typed
    "\x1b]0;stolen\x07",  # sets the title
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # writes the clipboard
    "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",  # a link
    "\x1bP$q\x22p\x1b\\",  # asks by DCS
    "\x1b_G1\x1b\\",  # APC
    "\x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "\x1bc",  # resets
    "\x9b7J",  # the same with C1
    "\x9d2;stolen\x9c",
    "\x90$q\x9c",
    "\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "a\rb\nc\x85d\u2028e\u2029f",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061c",
    "[@click=app.close]x[/] [link=http://evil.example]y[/link]",
    "[/ [/b] [bold red $primary \\[",
]
_OURS = re.compile(
    r"\x1b\[(?:[0-9;]*[mHJK]|\?(?:7|25|10\d\d|20\d\d)[hl]|\?20\d\d\$p|[<>]\d*u|c|\?u)|\x1b\]22;\w+\x07"
)
_ACTS = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


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
                assert list(leaks(screen.shown)) == []

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
    await server.say(Welcome(1, evil, evil), seat)
    await shows(screen, f"read{number}")
    screen.press(b"\r")
    await server.expect(Begin)


async def at_work(server: Coordinator, screen: PseudoTerminal, number: int, evil: str) -> None:
    """A notice, and a task with the payload in every part; then the connection is lost."""
    text = Record(evil, text=f"text{number} {evil}", numbers=((evil, 1.0),))
    await server.say(Notice(evil), Task(f"a{number}", (text, text), 1800.0))
    await shows(screen, f"text{number}")
    if number < len(PAYLOADS) - 1:
        await server.hang_up()


async def shows(screen: PseudoTerminal, words: str) -> None:
    await asyncio.to_thread(screen.reads, words.encode())


def leaks(shown: bytes) -> Iterator[str]:
    """Whatever acts on a terminal and is not one of the few things that Textual does."""
    text = shown.decode()
    rest = _OURS.sub("", text)
    yield from (repr(rest[found.start() :][:20]) for found in _ACTS.finditer(rest))
    yield from (repr(evil) for evil in PAYLOADS if evil in text and _ACTS.search(evil))


@pytest.mark.parametrize("evil", PAYLOADS[:-2])
def test_the_check_itself_sees_every_payload(evil: str) -> None:
    assert list(leaks(f"\x1b[1;1H{evil}\x1b[0m".encode()))
