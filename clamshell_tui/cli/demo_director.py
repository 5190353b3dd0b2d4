"""Runs the bots of a demo, and enlarges the pool for people that join."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from clamshell_tui.cli.output import join_command
from clamshell_tui.cli.progress import PLAIN_EVERY, Pace, plain_line
from clamshell_tui.cli.signals import Stop
from clamshell_tui.run.snapshot import Snapshot
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.text import show
from clamshell_tui.wire.connection import (
    ConnectionLostError,
    RefusedError,
    WireClient,
    parse_address,
)
from clamshell_tui.wire.invitation import Codes
from clamshell_tui.wire.operator_messages import Done, Order, SnapshotTaken, Watch
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


_PICTURES = 4.0  # snapshots per second
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

    def show(self, snapshot: Snapshot) -> None:
        """Print a line every few seconds, and one at the end."""
        over = snapshot.phase == "finished" and not self._over
        if self._pace() or over:
            self.note(plain_line(snapshot))
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
        async with asyncio.TaskGroup() as group:
            bots = group.create_task(self._work())
            watching = group.create_task(self._watch())
            asked = group.create_task(self._stop.asked.wait())
            await asyncio.wait({watching, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                self._lines.note("finishing the tasks in hand ... (again: stop immediately)")
                await self._order(Order("stop"))
                await asyncio.wait({watching}, timeout=_ENDING)
            for task in (bots, watching, asked):
                task.cancel()

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

    async def _watch(self) -> None:
        async with await self._operator() as line:
            await line.send(Watch(_PICTURES))
            while True:
                try:
                    taken = await line.receive(SnapshotTaken)
                except ConnectionLostError:
                    return  # the run is over: the coordinator has ended
                snapshot = msgspec.convert(taken.snapshot, Snapshot)
                self._lines.show(snapshot)
                if snapshot.phase == "finished":
                    return
                await self._make_room(snapshot)

    async def _make_room(self, snapshot: Snapshot) -> None:
        """Enlarge the pool until no person waits in the reserve behind bots."""
        waiting = [worker.worker for worker in snapshot.workers if worker.slot is None]
        people = [place for place, name in enumerate(waiting, 1) if name not in self._bots]
        size = snapshot.slots + max(people, default=0)
        if size > self._size:
            self._size, self._people = size, True
            await self._order(Order("set", key="pool.size", value=size))

    async def _order(self, order: Order) -> None:
        """Send an order over its own connection, so that its reply is not taken for a snapshot."""
        with suppress(ConnectionLostError, RefusedError):  # the run is over by itself
            async with await self._operator() as line:
                await line.ask(order, Done)

    async def _operator(self) -> WireClient:
        return await WireClient.open(
            parse_address(self._codes.address), "operator", self._codes.operator, "clamshell-demo"
        )
