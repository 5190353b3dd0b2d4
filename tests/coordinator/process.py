"""A coordinator in a process of its own, to be killed or ended."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Hello, Welcome
from tests.coordinator.wire import Talker

COMMAND = "import sys; from clamshell_tui.cli import main; sys.exit(main(sys.argv[1:]))"


class Process:
    """``clamshell serve`` as a user runs it."""

    def __init__(self, process: asyncio.subprocess.Process, said: dict[str, list[str]]) -> None:
        self.process = process
        self.said = said

    @property
    def port(self) -> int:
        return int(self.said["listening"][0].split()[1])

    async def connect(self, role: Any = "worker") -> Talker:
        socket = await connect(f"ws://127.0.0.1:{self.port}", compression=None, ping_interval=None)
        talker = Talker(socket)
        await talker.say(Hello(VERSION, role))
        await talker.hear_a(Welcome)
        return talker

    async def end(self) -> int:
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def serving(
    *command: str, env: dict[str, str] | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, list[str]]]]:
    """Yield a coordinator that is ready, and the lines it printed by their first word; kill it."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=env
    )
    assert process.stdout is not None
    said: dict[str, list[str]] = {}
    try:
        while "ready" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, "it ended before it was ready"
            word, _, rest = line.strip().partition(" ")
            said.setdefault(word, []).append(rest)
        yield process, said
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns when collected


@asynccontextmanager
async def started(
    folder: Path, *options: str, watch: tuple[str, ...] = ()
) -> AsyncIterator[Process]:
    """``watch`` is a command that runs others, and watches them."""
    async with serving(
        *(*watch, sys.executable, "-c", COMMAND),
        *("serve", str(folder / "pets.toml"), "--db", str(folder / "run.db")),
        *("--headless", "--port", "0", "--linger", "1", "--max-rate", "10000", *options),
    ) as (process, said):
        yield Process(process, said)
