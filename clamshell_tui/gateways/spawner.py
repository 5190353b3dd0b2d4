"""Programs in pseudo-terminals of their own, started by the fork server."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from clamshell_tui.errors import EnvironmentFaultError

_STARTING = 60.0  # seconds for the imports, on a cold and slow disk
_ENDING = 5.0  # seconds from SIGTERM to SIGKILL


class WindowSize(NamedTuple):
    """Of a terminal, in cells."""

    columns: int
    rows: int


class Spawned(NamedTuple):
    """A program on a terminal: the terminal's descriptor, and its exit code once it has ended."""

    pid: int
    terminal: int
    ended: "asyncio.Future[int]"

    def end(self) -> None:
        """Send SIGTERM, and SIGKILL a little later; returns immediately."""
        self._kill(signal.SIGTERM)
        asyncio.get_running_loop().call_later(_ENDING, self._kill, signal.SIGKILL)

    def _kill(self, number: signal.Signals) -> None:
        if not self.ended.done():  # after that, another process may have the number
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Spawner:
    """The fork server's other side. Made by :func:`spawner`."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._one_request = asyncio.Lock()
        self._running: dict[int, asyncio.Future[int]] = {}
        self._reply: asyncio.Future[Spawned | None] = asyncio.get_running_loop().create_future()
        self._rest = b""
        self.failed = asyncio.Event()
        """Set when the fork server has ended by itself, and all programs with it."""

    async def ready(self) -> None:
        """Wait until the client is imported; EnvironmentFaultError if that fails."""
        asyncio.get_running_loop().add_reader(self._control, self._read)
        try:
            async with asyncio.timeout(_STARTING):
                await self._reply
        except TimeoutError:
            raise EnvironmentFaultError("the worker's client did not start in a minute") from None

    async def start(
        self,
        *,
        arguments: Sequence[str] = (),
        program: Sequence[str] = (),
        environment: Mapping[str, str],
        size: WindowSize,
    ) -> Spawned:
        """Start the worker's client with ``arguments``, or ``program`` if there is one.

        Do not cancel it: the next call would get this one's terminal.
        """
        request = {
            "arguments": list(arguments),
            "program": list(program),
            "environment": dict(environment),
            **size._asdict(),
        }
        async with self._one_request:
            self._reply = asyncio.get_running_loop().create_future()
            self._control.sendall(json.dumps(request).encode())
            spawned = await self._reply
        assert spawned is not None, "a request is answered by a terminal"
        return spawned

    def close(self) -> None:
        """End all programs immediately."""
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()

    def _read(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
        if not data:
            asyncio.get_running_loop().remove_reader(self._control)
            self._fail()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line), descriptors)

    def _take(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "ended" in message:
            ended = self._running.pop(message["ended"])
            ended.set_result(message["code"])
        elif "pid" in message:
            ended = asyncio.get_running_loop().create_future()
            self._running[message["pid"]] = ended
            self._reply.set_result(Spawned(message["pid"], descriptors[0], ended))
        else:
            self._reply.set_result(None)

    def _fail(self) -> None:
        self.failed.set()
        if not self._reply.done():
            error = EnvironmentFaultError("the worker's client cannot be started here")
            self._reply.set_exception(error)
        for ended in self._running.values():
            ended.set_result(-signal.SIGKILL)
        self._running.clear()


@asynccontextmanager
async def spawner() -> AsyncIterator[Spawner]:
    """A fork server; every program that it started ends with the block."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "utf8", "-m", "clamshell_tui.gateways.fork_server"),
            stdin=theirs.fileno(),
            stdout=asyncio.subprocess.DEVNULL,
        )
        theirs.close()
        made = Spawner(ours)
        try:
            await made.ready()
            yield made
        finally:
            made.close()
            try:
                async with asyncio.timeout(_ENDING):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
