"""A live run with the operator's screen beside it, in a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from clamshell_tui.cli.child_screen import Face, hushed
from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.assemble import Options, Service
from clamshell_tui.coordinator.serve import Gateways, serve
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import codes_beside


async def serve_with_screen(options: Options, gateways: Gateways) -> int:
    """Serve a run to its end, and the screen to its own; returns the coordinator's exit code."""
    beside = codes_beside(options.db)
    screen = _Screen(beside, options.db)
    codes = options.codes_file or beside  # not across the screen
    return await serve(msgspec.structs.replace(options, codes_file=codes), screen.shown, gateways)


class _Screen:
    """Shown on a run; closing it, however, does nothing to the run."""

    def __init__(self, codes: Path, run_file: Path) -> None:
        self._codes = codes
        self._run_file = run_file

    @asynccontextmanager
    async def shown(self, live: Service, told_to_end: asyncio.Event) -> AsyncIterator[None]:
        """Until the run is over and the screen is closed, by whoever looks at it or by a signal."""
        showing = asyncio.create_task(self._show(live))
        told = asyncio.create_task(told_to_end.wait())
        try:
            yield
            # Somebody may want to look at the end.
            await asyncio.wait((showing, told), return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            closed = not showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing
        if not closed:
            say(f"the screen is closed; {self._standing(live)}")

    async def _show(self, live: Service) -> None:
        log = self._run_file.with_name(f"{self._run_file.name}-log")
        async with Face(self._codes, closes=False) as face:
            with hushed(log):
                code = await face.closed()
        how = "is closed" if code == 0 else f"has gone ({code})"
        say(f"the screen {how}; {self._standing(live)}")

    def _standing(self, live: Service) -> str:
        """What the run does now, and how to see it again."""
        name = show(str(self._run_file))
        again = f"clamshell watch {name}"
        if live.run.finished:
            return f"the run is over: {again}"
        if live.run_loop.stopping:
            return f"the run is stopped: clamshell serve ... --db {name} goes on with it"
        return f"the run goes on: {again}. Ctrl-C stops it, SIGTERM gently"
