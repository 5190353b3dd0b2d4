"""Client of the forecast: a child process that never outlives its owner.

::

    async with Estimator(request) as estimator:
        async for estimate in estimator:
            ...

Leaving the block ends the child; if the owner is killed, the end of its pipe ends the child.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec

from clamshell_tui.errors import ClamshellError
from clamshell_tui.experiments.baseline import Request
from clamshell_tui.experiments.forecast import TETHERED, Estimate

_MODULE = "clamshell_tui.experiments.forecast"


class Estimator:
    """One request; iterate it once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._child: Process | None = None

    @property
    def pid(self) -> int:
        """The child's process id, once it has been started."""
        assert self._child is not None, "use it as a context manager"
        return self._child.pid

    async def __aenter__(self) -> Self:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _MODULE, TETHERED, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        try:
            await self._tell(self._child)
        except BaseException:  # a cancellation here would skip the exit of the block
            await self._end(self._child)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._child is not None
        await self._end(self._child)

    async def __aiter__(self) -> AsyncIterator[Estimate]:
        """The estimates as they come. ClamshellError if the child could not make them."""
        child = self._child
        assert child is not None, "use it as a context manager"
        assert child.stdout is not None
        async for line in child.stdout:
            yield msgspec.json.decode(line, type=Estimate)
        if await child.wait():
            raise ClamshellError("the estimate failed: the run's settings cannot be simulated")

    async def _tell(self, child: Process) -> None:
        assert child.stdin is not None
        with suppress(ConnectionError):  # it has failed already: the iteration will say so
            child.stdin.write(msgspec.json.encode(self._request) + b"\n")
            await child.stdin.drain()

    async def _end(self, child: Process) -> None:
        """However often we are cancelled meanwhile, which an app that closes does: it is killed,
        so it will not be long."""
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        while child.returncode is None or not child.stdout.at_eof():
            with suppress(asyncio.CancelledError):
                await child.stdout.read()
                await child.wait()
