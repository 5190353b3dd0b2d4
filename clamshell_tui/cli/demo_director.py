"""Runs the bots of a demo, and enlarges the pool for people that join."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.cli.progress import PLAIN_EVERY, Pace, plain_line
from clamshell_tui.cli.signals import Stop
from clamshell_tui.client.operator import ConnectionState, Endpoint, RemoteRun
from clamshell_tui.run.snapshot import Snapshot
from clamshell_tui.run.totals import RunTotals
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.text import show
from clamshell_tui.wire.connection import ConnectionLostError, RefusedError, parse_address
from clamshell_tui.wire.invitation import Codes, join_command
from clamshell_tui.wire.operator_messages import Order
from worker_client.bot import RUN_OVER
from worker_client.crowd_of_bots import run


class DemoPlan(NamedTuple):
    """The options of a demo, completed."""

    scenario: Scenario
    bots: int
    speed: float
    port: int
    out: Path
    screen: bool  # show the operator's screen in this terminal
    gateways: tuple[str, ...]  # further options of the coordinator


_LOOK_EVERY = 0.25  # seconds
_GONE = (ConnectionState.LOST, ConnectionState.OVER)  # the coordinator has ended
_ENDING = 10.0  # seconds to finish tasks after a request to stop


class Lines:
    """Progress as lines, for pipes and logs; ``silent`` while the screen owns the terminal."""

    def __init__(self, title: str) -> None:
        self.silent = False
        self._title = show(title)
        self._pace = Pace(PLAIN_EVERY)
        self._over = False

    def invite(self, codes: Codes) -> None:
        """Print how to join."""
        for code in codes.seats:
            self.note(f"join with: {join_command(codes.join(code))}")
            for way in codes.without_a_client(code):
                self.note(f"or with: {way}")

    def show(self, seen: RunTotals) -> None:
        """Print a line every few seconds, and one at the end."""
        over = seen.phase == "finished" and not self._over
        if self._pace() or over:
            self.note(plain_line(seen))
        self._over |= over

    def note(self, text: str) -> None:
        if not self.silent:
            print(f"{self._title}: {text}", file=sys.stderr, flush=True)


class Director:
    """Runs the bots, and acts as the run's operator: one more slot for each person."""

    def __init__(self, plan: "DemoPlan", codes: Codes, lines: Lines, stop: Stop) -> None:
        self._plan = plan
        self._codes = codes
        self._lines = lines
        self._stop = stop
        self._bots: set[str] = set()
        self._people = False  # whether any have joined
        self._size = plan.scenario.pool.size

    async def direct(self) -> None:
        """Return when the run is over, or some seconds after a request to stop."""
        self._stop.gently = True
        address = parse_address(self._codes.address)
        place = Endpoint(address, self._codes.operator, "clamshell demo")
        remote = await RemoteRun.connect(place, asyncio.get_running_loop().time)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(remote.keep_up())
            bots = group.create_task(self._work())
            watching = group.create_task(self._watch(remote))
            asked = group.create_task(self._stop.asked.wait())
            await asyncio.wait({watching, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                self._lines.note("finishing the tasks in hand ... (again: stop immediately)")
                await _order(remote, Order("stop"))
                await asyncio.wait({watching}, timeout=_ENDING)
            for task in (following, bots, watching, asked):
                task.cancel()
        await remote.close()

    async def _work(self) -> None:
        """Run the bots; stop the run if all of them have left it, and no person is there."""
        scenario, codes = self._plan.scenario, self._codes
        fates = await run(
            [codes.join(code) for code in codes.bots],
            scenario.crowd,
            seed=scenario.seed,
            together=self._plan.bots,
            seated=self._bots.add,
        )
        if not self._people and all(fate.reason != RUN_OVER for fate in fates):
            self._stop.asked.set()

    async def _watch(self, remote: RemoteRun) -> None:
        """Show progress and make room for people, until the run is over."""
        while remote.contact not in _GONE:
            seen = remote.replica.snapshot_at(remote.now())
            self._lines.show(seen.run)
            if seen.run.phase == "finished":
                return
            await self._make_room(remote, seen)
            await asyncio.sleep(_LOOK_EVERY)

    async def _make_room(self, remote: RemoteRun, seen: Snapshot) -> None:
        """Enlarge the pool until no person waits in the reserve behind bots."""
        waiting = [worker.worker for worker in seen.workers if worker.state == "reserve"]
        people = [place for place, name in enumerate(waiting, 1) if name not in self._bots]
        size = seen.run.slots + max(people, default=0)
        if size > self._size:
            self._size, self._people = size, True
            await _order(remote, Order("set", key="pool.size", value=size))


async def _order(remote: RemoteRun, order: Order) -> None:
    with suppress(ConnectionLostError, RefusedError):  # the run is over by itself
        await remote.order(order)
