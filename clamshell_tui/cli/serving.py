"""A live run with the operator's screen beside it, in a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from clamshell_tui.cli.face import Face, hushed
from clamshell_tui.client.codes import codes_beside
from clamshell_tui.coordinator.live import Live, Options
from clamshell_tui.coordinator.saying import say
from clamshell_tui.coordinator.serve import serve
from clamshell_tui.text import show


async def serve_with_screen(options: Options) -> int:
    """Serve a run to its end, and the screen to its own; returns the coordinator's exit code."""
    beside = codes_beside(options.db)
    screen = _Screen(beside, options.db)
    codes = options.codes_file or beside  # not across the screen
    return await serve(msgspec.structs.replace(options, codes_file=codes), screen.shown)


class _Screen:
    """Shown on a run; closing it, however, does nothing to the run."""

    def __init__(self, codes: Path, run_file: Path) -> None:
        self._codes = codes
        self._run_file = run_file

    @asynccontextmanager
    async def shown(self, _: Live) -> AsyncIterator[None]:
        """Until the run is over and the screen is closed."""
        showing = asyncio.create_task(self._show())
        try:
            yield
            await showing  # somebody may want to look at the end
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing

    async def _show(self) -> None:
        log = self._run_file.with_name(f"{self._run_file.name}-log")
        async with Face(self._codes, closes=False) as face:
            with hushed(log):
                code = await face.closed()
        again = f"clamshell watch {show(str(self._run_file))}"
        how = "is closed" if code == 0 else f"has gone ({code})"
        say(f"the screen {how}; the run goes on: {again}. Ctrl-C stops it, SIGTERM gently")
