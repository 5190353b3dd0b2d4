"""Scripted users at their terminals: a worker behind a faulty network, or the operator."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from clamshell_tui.client.operator import Endpoint, RemoteRun
from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.testing.live.faulty_proxy import FaultyProxy
from clamshell_tui.testing.live.terminal import LOOK, Terminal
from clamshell_tui.wire.connection import parse_address
from clamshell_tui.wire.invitation import JoinString
from worker_client.app import WorkerApp
from worker_client.keys import keys_of, must_be_typed
from worker_client.lifecycle import SessionPhase
from worker_client.outbox import SeatStore

Truth = Callable[[str], int]
"""The class of a record, by the record's id."""


class ScriptedParticipant:
    """A worker at the real client. ``folder`` holds the client's outbox."""

    def __init__(self, seat: str, coordinator: int, folder: Path, truth: Truth) -> None:
        self.proxy = FaultyProxy(coordinator)
        self.terminal: Terminal | None = None
        self._seat = seat
        self._folder = folder
        self._truth = truth
        self._app: WorkerApp | None = None

    async def open(self, size: tuple[int, int]) -> None:
        """Start the client, in its former seat if it had one."""
        if not self.proxy.port:
            await self.proxy.open()
        join = JoinString("127.0.0.1", self.proxy.port, self._seat)
        self._app = WorkerApp(SeatStore(self._folder), join, quiet=0.0)
        self.terminal = Terminal(self._app, size)
        await self.terminal.open()

    @property
    def worker(self) -> str:
        """The worker's id; empty before it has joined."""
        seat = self._app.session.seat if self._app is not None else None
        return "" if seat is None else seat.worker

    async def kill(self) -> None:
        """End the client without a message to the coordinator; its outbox stays as it is.

        It takes a while to end on a slow machine, and must not reconnect meanwhile.
        """
        state = self.proxy.state
        self.proxy.put("down")
        await self.close()
        self.proxy.put(state)

    async def close(self) -> None:
        if self.terminal is not None:
            await self.terminal.close()

    async def leave(self) -> None:
        await self.close()
        self.proxy.close()

    async def label(self, what: str) -> None:
        """Press a key for each record of the task: its true class, or the class ``what``."""
        assert self._app is not None, "opened"
        assert self.terminal is not None, "opened"
        session = self._app.session
        while (
            session.phase not in (SessionPhase.WORKING, SessionPhase.TRAINING)
            or session.cover is not None
        ):
            await asyncio.sleep(LOOK)
            session = self._app.session
        assert session.sheet is not None, "working"
        assert session.seat is not None, "working"
        classes = session.seat.classes
        for record in session.sheet.records[session.sheet.at :]:
            name = classes[self._truth(record.id)] if what == "right" else what
            if must_be_typed(classes):
                await self.terminal.press(*name, "enter")
            else:
                await self.terminal.press(keys_of(classes)[classes.index(name)])

    @property
    def screen(self) -> str:
        return "" if self.terminal is None else self.terminal.screen


class ScriptedOperator:
    """The operator at the real screen."""

    def __init__(self, address: str, token: str) -> None:
        self.terminal: Terminal | None = None
        self._place = Endpoint(parse_address(address), token, "operator")
        self._app: OperatorApp | None = None
        self._source: RemoteRun | None = None

    async def open(self, size: tuple[int, int]) -> None:
        clock = asyncio.get_running_loop().time
        self._source = await RemoteRun.connect(self._place, clock)
        self._app = OperatorApp(self._source, clock)
        self.terminal = Terminal(self._app, size)
        await self.terminal.open()

    async def kill(self) -> None:
        await self.leave()

    async def leave(self) -> None:
        if self.terminal is not None:
            await self.terminal.close()
        if self._source is not None:
            await self._source.close()

    @property
    def screen(self) -> str:
        """Name of the page, or of the screen on top of it."""
        if self._app is None or self.terminal is None:
            return ""
        return self._app.page.ID if len(self._app.screen_stack) == 1 else self.terminal.screen
