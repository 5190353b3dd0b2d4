"""Nothing that comes over the wire acts on the terminal or is taken for markup."""

import re

import pytest
from textual.widgets import Input

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Notice, Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    AssignmentStopped,
    Over,
    Qualified,
    TaskAssigned,
    TrainingAssigned,
)
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import joined, statement
from tests.worker_client.terminal import WAIT, Terminal, terminal
from worker_client.lifecycle import SessionPhase
from worker_client.outbox import SeatStore

PAYLOADS = [
    "\x1b]52;c;cm0gLX4=\x07\x1b[2J\x1b[31mred \x9b2J\x9d0;title\x9c \x1bP1$r\x1b\\ \x1b_apc\x1b\\",
    "\u202eevil\u2066\u200f \u2028line\u2029paragraph\x85 \x00\x07\x08\r\n\x0b\x7f",
    "e" + "\u0301" * 500,
    "[@click=app.bell]press me[/]",
    "[@click=app.close]press me[/]",
    "[link=https://example.org]x[/link]",
    "[/",
    "[/b][bold red",
    "$primary {x} %s \\[ \\",
]
_ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(screen: Terminal) -> None:
    """Neither the screen's text nor its styles carry anything from the payload that acts."""
    for strip in screen.app.screen._compositor.render_strips():
        for text, style, control in strip:
            assert not control
            assert not _ACTS.search(text), repr(text)
            if style is not None and style.meta:
                assert not {name for name in style.meta if name.startswith("@")}, style.meta
            assert style is None or not style.link


QUICK = 2  # of the payloads; the real terminal of test_hostile_terminal.py is shown all of them


@pytest.mark.parametrize(
    "evil",
    [
        *PAYLOADS[:QUICK],
        *(pytest.param(evil, marks=pytest.mark.slow) for evil in PAYLOADS[QUICK:]),
    ],
)
def test_no_text_of_the_wire_acts_anywhere(
    play: Play, store: SeatStore, monkeypatch: pytest.MonkeyPatch, evil: str
) -> None:
    """Refusal, title, instructions, classes, records, numbers, notices, reasons and names."""
    monkeypatch.setattr("worker_client.notices.BLOCKED", 0.0)
    short = evil[:100]

    async def story() -> None:
        async with terminal(store) as screen:
            server = screen.server
            await server.hello()
            await server.say(Error("code", f"told: {evil}"))
            await screen.reads("told:")
            harmless(screen)
            await screen.until(lambda: screen.app.screen.query_one(Input).has_focus)
            await screen.press("enter")
            classes = (short, "b")
            await server.seat(
                joined(worker=short, title=evil, instructions=evil * 3, classes=classes)
            )
            await screen.until(lambda: screen.session.phase is SessionPhase.INSTRUCTIONS)
            harmless(screen)
            await server.say(Welcome(VERSION, short, "s"), Notice(evil))
            record = Record(short, text=evil * 3, numbers=((short, 1.0),))
            await server.say(TrainingAssigned((record, record)))
            await screen.reads("Training record 1 of 2")
            harmless(screen)
            await screen.press("1", "1", "enter")
            await server.say(Qualified(True, 0, 2, (1, 1), 0), WAIT)
            await screen.reads("You are in", "Enter go on")
            harmless(screen)
            await screen.press("enter")
            await server.say(TaskAssigned("a1", (record, record), 1800.0))
            await screen.reads("Record 1 of 2")
            await screen.press("1")
            await screen.click("RecordView", 5, 2)
            await screen.click("Banner", 5, 0)
            await screen.click("ClassList", 6, 2)
            harmless(screen)
            await server.say(Error("request", evil, fatal=False))
            await screen.until(lambda: screen.session.problem != "")
            harmless(screen)
            await server.say(AssignmentStopped("a1", "withdrawn", 1, 1))
            await screen.reads("no longer yours")
            harmless(screen)
            await server.say(Over(evil, statement()))
            await screen.reads("Thank you", "$0.123")
            harmless(screen)

    play(story())
