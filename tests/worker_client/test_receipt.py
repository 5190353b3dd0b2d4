"""The receipt with more rows than there is room for: total and code stay in view."""

import pytest

from clamshell_tui.wire.study_messages import DebriefShown, PayLine
from tests.worker_client.conftest import Play
from tests.worker_client.terminal import Terminal, terminal
from tests.worker_client.test_stage_screens import begin
from worker_client.outbox import SeatStore

ROWS = tuple(PayLine("bonus", 1_000_000, f"reason {n:02}") for n in range(14))
TEXT = "\n\n".join(["Thank you.", *(f"Line {n}." for n in range(3)), "The last line."])
ALWAYS = ("Total for P001", "\u20ac14.00", "Q 7 X K", "Please show this", "Enter I have shown")


@pytest.mark.parametrize("text", ["", TEXT], ids=["alone", "below a text"])
def test_rows_scroll_after_the_text_and_the_rest_stays(
    play: Play, store: SeatStore, text: str
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            pay = 14_000_000, "EUR", "Q7XK", "withdrawn"
            await begin(screen, DebriefShown(text, ROWS, *pay))
            await screen.reads("reason 00", "more lines below", *ALWAYS)
            seen = await _read_to_the_end(screen)
            assert all(line.reason in seen for line in ROWS)
            assert not text or seen.index("The last line.") < seen.index("reason 13")
            await screen.press("home", "home")
            await screen.reads("reason 00", *ALWAYS)

    play(story())


async def _read_to_the_end(screen: Terminal) -> str:
    """Press the key that scrolls until nothing is below, and return all that was seen."""
    seen = screen.text
    for _ in range(60):
        await screen.press("down")
        assert all(words in screen.text for words in ALWAYS), screen.text
        seen += screen.text
        if "below" not in screen.text and "reason 13" in screen.text:
            return seen
    raise AssertionError(screen.text)
