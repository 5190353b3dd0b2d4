"""The free seats on one screen: what is copied and written, and what is seen."""

from pathlib import Path

import pytest

from clamshell_tui.operator_app.join_dialog import FILE
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.wire.invitation import join_command, join_line
from tests.coordinator.wire import story
from tests.operator_app.screen import Loaded, screen


def seats(count: int) -> dict[str, str]:
    """Codes and commands of a run with TLS, at as long an address as IPv4 has."""
    codes = [f"AAAA-{number:04}" for number in range(count)]
    place = "192.168.100.100:7777"
    return {code: join_command(join_line(place, code, "0123456789abcdef" * 4)) for code in codes}


def test_a_join_line_fits_80_columns_with_16_digits_of_the_fingerprint() -> None:
    (line,) = seats(1).values()
    assert line == ("clamshell-worker 'clam://192.168.100.100:7777/AAAA-0000#0123456789abcdef'")
    assert len(line) < 80


@story
async def test_a_seat_is_chosen_and_its_line_copied(kept: FileRun) -> None:
    given = seats(20)
    async with screen(Loaded(kept), (80, 24), seats=given) as shown:
        await shown.reads(given["AAAA-0000"])
        await shown.press("j")
        await shown.reads(*given, given["AAAA-0000"])
        assert "below" not in shown.text
        await shown.press("right", "right", "down", "c")
        await shown.reads(given["AAAA-0008"], "copied")
        assert shown.app.clipboard == given["AAAA-0008"]
        await shown.press("escape")
        assert len(shown.app.screen_stack) == 1


@story
async def test_more_seats_than_fit_are_counted_and_reached(kept: FileRun) -> None:
    async with screen(Loaded(kept), (80, 24), seats=seats(160)) as shown:
        await shown.press("j")
        await shown.reads("AAAA-0047", "112 more below", "Escape: back")
        await shown.press(*["pagedown"] * 5)
        await shown.press("down")
        await shown.reads("AAAA-0159", "Escape: back")
        assert "more below" not in shown.text


@story
async def test_a_seat_that_is_taken_disappears_and_the_cursor_stays(kept: FileRun) -> None:
    async with screen(Loaded(kept), (80, 24), seats=seats(3)) as shown:
        await shown.press("j", "right")
        await shown.reads("AAAA-0000", "/AAAA-0001#")
        del shown.app._seats["AAAA-0000"]
        await shown.reads_no(" AAAA-0000 ")
        await shown.reads("/AAAA-0001#")


def test_all_lines_are_written_to_a_file_of_the_owner(
    kept: FileRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ways = {"AAAA-0000": "ssh -p 2222 AAAA-0000@lab1\nhttps://lab1:8443/j/AAAA-0000"}

    @story
    async def write() -> None:
        async with screen(Loaded(kept), seats=ways) as shown:
            await shown.press("j", "w")
            await shown.reads(f"written to {FILE}")

    write()
    file = tmp_path / FILE
    assert file.read_text().splitlines() == [
        "AAAA-0000  ssh -p 2222 AAAA-0000@lab1",
        "AAAA-0000  https://lab1:8443/j/AAAA-0000",
    ]
    assert file.stat().st_mode & 0o777 == 0o600


@story
async def test_without_a_free_seat_the_screen_says_how_to_make_one(kept: FileRun) -> None:
    async with screen(Loaded(kept), seats={"AAAA-0000": "x"}) as shown:
        await shown.press("j")
        shown.app._seats.clear()
        await shown.reads("no free seat is known; x and c issue a join code")
