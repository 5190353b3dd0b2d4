"""Joining in a real browser. Needs Chromium, so it is left out of the test command."""

import asyncio
from pathlib import Path

import pytest

from tests.coordinator.wire import story
from tests.gateways.chromium import PROGRAM, Tab, chromium
from tests.gateways.served import serving
from worker_client.keys import QUIET

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt: chromium)"),
]

TEXTS = """\
dataset = {kind = "csv", path = "texts.csv", text = "text", label = "label"}
requester.gold = 2
learning.enabled = false
pool = {size = 1, reserve = 0}
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 10, votes = 1}
straggler_mitigation.enabled = false
maintenance.threshold = inf
"""


@story
async def test_a_participant_joins_labels_is_interrupted_reloads_and_sees_the_pay(
    tmp_path: Path,
) -> None:
    rows = [f"{('meow', 'woof')[n % 2]} {n},{('cat', 'dog')[n % 2]}" for n in range(12)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *rows]))
    async with (
        serving(tmp_path, "--ssh", "0", "--web", "0", text=TEXTS) as run,
        chromium(tmp_path / "profile") as browser,
        browser.tab() as tab,
    ):
        link = f"{run.codes.web.split()[2]}j/{run.codes.seats[0]}"
        await tab.open(link)
        await tab.reads("I have read this")
        assert await tab.value("location.pathname + document.cookie") == "/"
        await tab.press("Enter")
        for number in (1, 2):
            await _answer(tab, f"record {number} of 2")
        await tab.reads("Enter send")
        await tab.press("Enter")
        await tab.reads("You are in: 2 of 2 right", "Enter go on")
        await tab.press("Enter")
        for number in range(1, 6):
            await _answer(tab, f"Record {number} of 10")
        await tab.reads("Record 6 of 10", "5 of 10 labelled")
        await tab.reload()
        await tab.reads("Record 6 of 10", "5 of 10 labelled")
        async with run.terminal(run.codes.seats[0]) as terminal:  # elsewhere for a moment
            await terminal.reads("Record 6 of 10")
            await tab.notices("open in another window")
            await tab.press("Enter")  # the button has the focus
            assert await terminal.ends() == 0
        for number in range(6, 11):
            await _answer(tab, f"Record {number} of 10")
        await tab.reads("Enter send")
        await tab.press("Enter")
        await tab.reads("Total for P001", "$0.2")
        await tab.press("Enter")
        await tab.notices("This session has ended")
        await tab.reads("P001 earned $0.2")


@story
async def test_a_page_that_is_too_narrow_says_so_and_takes_no_keys(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, "--web", "0") as run,
        chromium(tmp_path / "profile") as browser,
        browser.tab(1100, 700) as tab,
    ):
        await run.submit("meow", "purr", "woof")
        await tab.open(f"{run.codes.web.split()[2]}j/{run.codes.seats[0]}")
        await tab.reads("I have read this")
        await tab.window(400, 700)
        await tab.notices("too narrow", "of 80 columns")
        await tab.press("Enter")
        await tab.window(600, 500)
        await tab.notices("None")
        await tab.reads("I have read this")  # in a smaller font
        await tab.press("Enter")
        await tab.reads("Record 1 of 3")


@story
async def test_a_pasted_escape_sequence_arrives_without_its_control_characters(
    tmp_path: Path,
) -> None:
    async with (
        serving(tmp_path, "--web", "0") as run,
        chromium(tmp_path / "profile") as browser,
        browser.tab() as tab,
    ):
        await tab.open(f"{run.codes.web.split()[2]}j/{run.codes.seats[0]}")
        await tab.reads("I have read this")
        await tab.value(_COUNT_SENT)
        await tab.value(_PASTE)
        assert await tab.value("window.sent.join('')") == "\x1b[200~a[201~b\x1b[201~"


@story
async def test_without_a_code_the_page_asks_for_one(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, "--web", "0") as run,
        chromium(tmp_path / "profile") as browser,
        browser.tab() as tab,
    ):
        await tab.open(run.codes.web.split()[2])
        await tab.notices("Type the code")
        await tab.press(*run.codes.seats[0].lower(), "Enter")
        await tab.reads("I have read this")


_COUNT_SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.sent.push(typeof data === "string" ? data : new TextDecoder().decode(data));
  send.call(this, data);
};
"""
_PASTE = """
const data = new DataTransfer();
data.setData("text/plain", "a\\x1b[201~\\x07b\\x9b");
const field = document.querySelector(".xterm-helper-textarea");
field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
"""


async def _answer(tab: Tab, record: str) -> None:
    shown = await tab.reads(record)
    await asyncio.sleep(2 * QUIET)  # a key that comes sooner does not count
    await tab.press("1" if "meow" in shown else "2")
