"""Terminals that are not UTF-8: ASCII only, and said so."""

import asyncio
import re
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from clamshell_tui.terminal.ascii_filter import encoding_of, in_ascii, why_plain
from clamshell_tui.wire.messages import Notice
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.worker_messages import AssignmentStopped, Skip, TaskAssigned
from tests.worker_client.conftest import Play
from tests.worker_client.pseudo_terminal import UTF_8, WORKER, PseudoTerminal
from tests.worker_client.scripted import coordinator, joined
from tests.worker_client.terminal import WAIT

STEPS = bytes(32 * column + row for row in range(8) for column in range(8))
PICTURE = Record("p", image=Image(8, 8, 1, STEPS))
PLAIN = Record("f", text="\u2018feet\u2019 \u2013 done")
PROSE = Record("f", text="F\u00fc\u00dfe \u2192 \u8db3 \u2013 done")


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, False),
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),  # a Macintosh
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # what Python makes of it
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, False),
    ],
)
def test_what_the_locale_says_of_the_terminal(environment: dict[str, str], plain: bool) -> None:
    assert bool(why_plain(environment)) == plain


@pytest.mark.parametrize(
    ("environment", "written", "encoding"),
    [
        ({}, "utf-8", "utf-8"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", "ascii"),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso8859-1", "iso8859-1"),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, "ISO-8859-15", "iso8859-15"),
        ({"LANG": "de_DE.ISO-8859-1"}, "utf-8", "ascii"),  # the locale is not installed
        ({"LANG": "ru_RU.KOI8-R", "LC_ALL": "C"}, "utf-8", "ascii"),
    ],
)
def test_a_terminal_shows_the_encoding_that_we_write_and_it_reads(
    environment: dict[str, str], written: str, encoding: str
) -> None:
    assert encoding_of(environment, written) == encoding


def test_only_frames_are_drawn_in_ascii_and_letters_stay_where_there_are_any() -> None:
    line = "\u2500\u2502 \u00e9 \u0436 \u25b6"
    assert in_ascii(line, "utf-8") == "-| \u00e9 \u0436 >"
    assert in_ascii(line, "iso8859-1") == "-| \u00e9 ? >"
    assert in_ascii("\u20ac5.00 \u00a32", "iso8859-1") == "E5.00 \u00a32"
    assert in_ascii("\u20ac5.00 \u00a32") == "E5.00 L2"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_ascii_takes_as_many_cells(text: str) -> None:
    assert in_ascii(text).isascii()
    assert len(in_ascii(text)) == cell_len(text)


@pytest.mark.parametrize("environment", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, UTF_8])
def test_nothing_but_ascii_reaches_a_terminal_that_is_not_utf_8(
    play: Play, tmp_path: Path, environment: dict[str, str]
) -> None:
    async def story() -> None:
        async with coordinator() as server:
            line = f"clam://127.0.0.1:{server.port}/{server.join.code}"
            command = [*WORKER, "--state", str(tmp_path), line]
            with PseudoTerminal(*command, env=environment) as screen:
                await server.seat(joined(begun=True, title="F\u00fc\u00dfe"))
                await server.say(WAIT)
                await asyncio.to_thread(screen.reads, b"0.12")
                await server.say(TaskAssigned("a1", (PROSE, PICTURE), 1800.0))
                if environment is not UTF_8:
                    assert await server.expect(Skip) == Skip("a1", unseen=True)
                    await server.say(AssignmentStopped("a1", "withdrawn", 0, 123_400), WAIT)
                    await server.say(TaskAssigned("a2", (PLAIN, PICTURE), 1800.0))
                await asyncio.to_thread(screen.reads, b"done")
                screen.press(
                    b"\xfc\xff"
                )  # what such a terminal sends for a letter ends no keyboard
                await server.say(Notice("told in the meantime"))
                await asyncio.to_thread(screen.reads, b"told in the meantime")
                for words in (b"Record 2 of 2", b"Enter send"):
                    await asyncio.to_thread(screen.presses, b"1", until=words)
                screen.send(signal.SIGTERM)
                assert screen.ends() == 143
                check(screen.shown, plain=environment is not UTF_8)

    play(story())


def check(shown: bytes, *, plain: bool) -> None:
    """A ramp and a remark, or half-blocks and letters as they are."""
    assert shown.isascii() == plain
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert ("drawn in plain ASCII, because L" in text) == plain
    assert ("'feet' - done" in text) == plain
    assert "e > ??" not in text, "no record is ever drawn with letters left out"
    assert bool(re.search(r" \.+:+-+=+\++\*+#+", text)) == plain
    assert ("\u2580" in text) == (not plain)
    assert ("F\u00fc\u00dfe \u2192 \u8db3 \u2013 done" in text) == (not plain)
