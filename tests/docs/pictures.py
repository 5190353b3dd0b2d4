"""The README's two screenshots: the operator's timeline, and a participant's task.

Each is the real screen at a fixed moment, so that it changes only if the screen changes.
"""

import asyncio
import tempfile
from pathlib import Path

from clamshell_tui.run.log import EventKind
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import stories
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.terminal.themes import DARK
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import TaskAssigned, Wait
from tests.kept import loaded
from tests.operator_app.screen import Loaded, screen
from tests.worker_client.scripted import joined
from tests.worker_client.still import StillApp
from worker_client.outbox import SeatStore

_CLASSES = ("positive", "negative", "neutral")
_RECORDS = (
    Record("p1", text="The camera alone is worth the price, and the battery lasts two days."),
    Record("p2", text="Great, my third phone this year with a cracked display out of the box."),
    Record("p3", text="It comes in black, white and blue."),
)


def take_all(folder: Path) -> None:
    """Write both pictures into ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, taken in (("operator", _operator), ("participant", _participant)):
            svg = asyncio.run(taken(Path(scratch)))
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


async def _operator(scratch: Path) -> str:
    path, story = scratch / "run.db", stories()["stragglers"]
    run_scenario(load_scenario(story), story.parent, out=path)
    run = loaded(path)
    async with screen(Loaded(run), (110, 32), page="timeline") as shown:
        shown.app.theme = DARK.name
        at = run.replica.history.next_event(EventKind.DUPLICATE, run.replica.end * 0.8)
        await shown.seek((at or 0.0) + 5.0)
        await shown.press("right")
        await shown.drawn()
        return shown.app.export_screenshot(title="clamshell replay run.db")


async def _participant(scratch: Path) -> str:
    app = StillApp(SeatStore(scratch))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.hear(Welcome(VERSION, "phones", "clamshell"))
        title = "What do they think of the phone?"
        app.hear(joined(begun=True, title=title, classes=_CLASSES))
        app.hear(Wait("available", 50_000, owed_micros=83_400, seconds=100.0))
        app.hear(TaskAssigned("a1", _RECORDS, 1800.0))
        await pilot.press("1")
        for _ in range(2):  # the first drawing may precede the screen's size
            await pilot.pause()
            app.redraw()
        await pilot.pause()
        return app.export_screenshot(title="clamshell-worker")
