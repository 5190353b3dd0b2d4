"""Estimates in the background: a child process that thinks, and never outlives its owner.

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
from clamshell_tui.experiments.whatif import TETHERED, Estimate, Request

_MODULE = "clamshell_tui.experiments.whatif"


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
        stdin = self._child.stdin
        assert stdin is not None
        with suppress(ConnectionError):  # it has failed already: the iteration will say so
            stdin.write(msgspec.json.encode(self._request) + b"\n")
            await stdin.drain()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        child = self._child
        assert child is not None
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        await child.wait()
        assert child.stdin is not None
        child.stdin.close()

    async def __aiter__(self) -> AsyncIterator[Estimate]:
        """The estimates as they come. ClamshellError if the child could not make them."""
        child = self._child
        assert child is not None, "use it as a context manager"
        assert child.stdout is not None
        async for line in child.stdout:
            yield msgspec.json.decode(line, type=Estimate)
        if await child.wait():
            raise ClamshellError("the estimate failed: the run's settings cannot be simulated")
