"""Joining in a real browser. Needs Chromium, so it is left out of the test command."""

import asyncio
from pathlib import Path

import pytest

from tests.coordinator.wire import story
from tests.gateways.chromium import PROGRAM, Tab, chromium
from tests.gateways.served import serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt: chromium)"),
]

TEXTS = """\
dataset = {kind = "file", path = "texts.csv", text = "text", label = "label"}
learning.enabled = false
pool = {size = 1, reserve = 1, start_with = 1.0}
qualification = {records = 2, pass_mark = 0.5}
tasks = {records_per_task = 10}
quality = {votes = 1}
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
        serving(tmp_path, "--web", "0", text=TEXTS) as run,
        chromium(tmp_path / "profile") as browser,
        browser.tab() as tab,
    ):
        await tab.open(f"{run.codes.web.split()[2]}j/{run.codes.seats[0]}")
        await tab.reads("Enter")
        await tab.press("Enter")
        for _ in range(2):
            await _answer(tab)
        await tab.reads("Record 1 of 10")
        for number in range(5):
            await tab.reads(f"Record {number + 1} of 10")
            await _answer(tab)
        await tab.reads("Record 6 of 10")
        await tab.reload()
        await asyncio.sleep(0)
        await tab.reads("Record 6 of 10")


async def _answer(tab: Tab) -> None:
    shown = await tab.reads("of")
    await tab.press("1" if "meow" in shown else "2")
