"""The scripted study of the specification: terminals, ssh clients, browser tabs and bots."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.gateways.chromium import PROGRAM, Tab, chromium
from tests.study_acceptance.lab import (
    BOTS,
    DECLINER,
    LEAVER,
    PEOPLE,
    SPAMMER,
    Server,
    environment,
    long_story,
    serving,
    write_study,
)
from tests.study_acceptance.people import Participant
from tests.study_acceptance.points import Points, conditions
from tests.study_acceptance.screens import SSH, TMUX, BrowserSeat, Pane, Viewer

SPEED = 10
TERMINALS, SSHS, TABS = ("L01", "L02"), ("L03", "L04"), ("L05", "L06")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TMUX or not SSH, reason="not run: tmux and ssh are needed"),
]


class Lab:
    """The seats, whoever sits there, and the coordinator of now."""

    def __init__(self, folder: Path, server: Server, tabs: dict[str, Tab]) -> None:
        self.folder = folder
        self.port = server.port
        self.codes = dict(zip(PEOPLE, server.codes.seats, strict=True))
        self.ssh_port = server.codes.ssh.split()[1]
        self.web = server.codes.web.split()[2]
        self.panes = {label: self.terminal(label) for label in (*TERMINALS, LEAVER)}
        self.panes |= {label: self.ssh(label) for label in SSHS}
        self.tabs = tabs
        self.viewers = {label: Viewer(label, pane) for label, pane in self.panes.items()}
        self.viewers |= {label: Viewer(label, BrowserSeat(tab)) for label, tab in tabs.items()}
        self.clients = {
            label: Participant(
                label, self.codes[label], lambda: self.port, agrees=label != DECLINER
            )
            for label in (DECLINER, SPAMMER)
        }

    def options(self) -> tuple[str, ...]:
        """Serve at the same places again."""
        web = self.web.rstrip("/").rpartition(":")[2]
        return ("--port", str(self.port), "--ssh", self.ssh_port, "--web", web)

    def terminal(self, label: str, state: str = "") -> Pane:
        line = f"clam://127.0.0.1:{self.port}/{self.codes[label]}"
        seat = str(self.folder / "seats" / (state or label))
        return Pane(
            self.folder,
            f"{label}{state}",
            *(sys.executable, "-m", "worker_client", "--state", seat, line),
        )

    def ssh(self, label: str) -> Pane:
        return Pane(
            self.folder,
            f"{label}-ssh",
            *("ssh", "-tt", "-p", self.ssh_port, "-o", "StrictHostKeyChecking=no"),
            *("-o", f"UserKnownHostsFile={self.folder / 'known_hosts'}"),
            f"{self.codes[label]}@127.0.0.1",
        )

    async def open_tab(self, label: str) -> None:
        host = "localhost" if label == TABS[1] else "127.0.0.1"
        link = f"{self.web.replace('127.0.0.1', host)}j/{self.codes[label]}"
        await self.tabs[label].open(link)

    async def close(self) -> None:
        for pane in self.panes.values():
            await pane.close()


@asynccontextmanager
async def bots(folder: Path, server: Server) -> AsyncIterator[asyncio.subprocess.Process]:
    """Bots in a process of their own."""
    joins = [f"clam://127.0.0.1:{server.port}/{code}" for code in server.said["bot"]]
    assert len(joins) == BOTS
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker_client", "--headless", "--bot", "mturk"),
        *("--speed", f"{10 * SPEED}x", *joins),
        stderr=asyncio.subprocess.DEVNULL,
        env=environment(folder),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@long_story
async def test_a_study_with_all_kinds_of_seats(tmp_path: Path) -> None:
    write_study(tmp_path)
    async with AsyncExitStack() as stack:
        tabs: dict[str, Tab] = {}
        if PROGRAM is not None:
            browser = await stack.enter_async_context(chromium(tmp_path / "profile"))
            tabs = {label: await stack.enter_async_context(browser.tab()) for label in TABS}
        await _study(tmp_path, stack, tabs)
    if PROGRAM is None:
        pytest.skip("the tabs were not run: Chromium is not installed (apt: chromium)")


def record_of(screen: str) -> str:
    """The text of the record on a screen."""
    found = re.search(r"(meow|woof) \d+", screen)
    assert found is not None, screen
    return found[0]


async def _study(folder: Path, stack: AsyncExitStack, tabs: dict[str, Tab]) -> None:
    first = ("--port", "0", "--ssh", "0", "--web", "0")
    async with serving(folder, *first, speed=SPEED, dies=f"enter:{LEAVER}") as server:
        lab = Lab(folder, server, tabs)
        stack.push_async_callback(lab.close)
        secrets = server.secrets
        crowd = await stack.enter_async_context(bots(folder, server))
        await lab.clients[DECLINER].go()
        for label, pane in lab.panes.items():
            if label != LEAVER:
                await pane.open()
        for label in tabs:
            await lab.open_tab(label)
        seats = [viewer for label, viewer in lab.viewers.items() if label != LEAVER]
        held = dict(
            zip(
                (viewer.label for viewer in seats),
                await asyncio.gather(*(viewer.until("Record 2 of 3", tasks=1) for viewer in seats)),
                strict=True,
            )
        )
        await lab.panes[LEAVER].open()
        entering = asyncio.create_task(lab.viewers[LEAVER].until("Record 2 of 3", tasks=1))
        assert await server.ends() == -signal.SIGKILL
    before = conditions(folder / "run")
    async with serving(folder, *lab.options(), "--linger", "5", speed=SPEED) as server:
        assert server.secrets[: len(PEOPLE)] == secrets[: len(PEOPLE)]
        for label in SSHS:
            await lab.panes[label].open()
        for label in tabs:
            await lab.open_tab(label)
        for viewer in seats:
            found = await viewer.finds("Record 2 of 3", "1 of 3 labelled")
            assert record_of(found) == record_of(held[viewer.label])
        await entering
        await lab.panes[LEAVER].close()  # in the middle of a task
        lab.panes[f"{LEAVER}-ssh"] = elsewhere = lab.ssh(LEAVER)
        lab.viewers[LEAVER].seat = elsewhere
        await elsewhere.open()
        found = await lab.viewers[LEAVER].finds("Record 2 of 3", "1 of 3 labelled")
        assert record_of(found) == record_of(await entering)
        for tab in tabs.values():
            await tab.reload()
        lab.clients[SPAMMER].wrong, lab.clients[SPAMMER].pace = True, 1.0
        everybody = [viewer.finish() for viewer in lab.viewers.values()]
        await asyncio.gather(*everybody, lab.clients[SPAMMER].go())
        assert await crowd.wait() == 0
        await lab.close()
        for tab in tabs.values():
            await tab.open("about:blank")
        assert await server.ends() == 0
    points = Points(folder)
    points.returned(before)
    points.all(lab.clients, secrets)
    for viewer in lab.viewers.values():
        points.all_of_a_viewer(viewer.label, viewer.total)
