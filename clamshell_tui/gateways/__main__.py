"""A gateway process: reads its orders from stdin and prints where it listens.

When stdin ends, the coordinator is gone, and this process ends too, as soon as no participant looks
at a seat any more. When the run is over, participants look at their statements, for some minutes;
when the coordinator was killed, they are at work, and another one may have them by now.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.gateways.coordinator import CoordinatorClient
from clamshell_tui.gateways.seats import Seats
from clamshell_tui.gateways.settings import RUN_OVER, Settings
from clamshell_tui.gateways.spawner import spawner
from clamshell_tui.wire.listener import listening_socket

_STATEMENTS = 300.0  # seconds that participants may look at theirs when the run is over
_KILLED = 12 * 3600.0  # seconds for the seats of a coordinator that was killed
_GOODBYE = 0.2  # seconds for the last frames of closed connections


def main() -> int:
    """Serve until stdin ends; returns the exit code."""
    settings = msgspec.json.decode(sys.stdin.buffer.readline(), type=Settings)
    try:
        private_folder(Path(settings.folder))
        asyncio.run(_serve(settings))
    except ClamshellError as error:
        print(f"clamshell: error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    return 0


async def _serve(settings: Settings) -> None:
    orders = Orders(sys.stdin.fileno())
    async with AsyncExitStack() as stack:
        listening = {
            word: stack.enter_context(bind(settings.host, port, word))
            for word, port in (("ssh", settings.ssh), ("web", settings.web))
            if port is not None
        }
        spawn = await stack.enter_async_context(spawner())
        coordinator = CoordinatorClient(settings)
        seats = Seats(settings, spawn, coordinator)
        async with AsyncExitStack() as servers:
            if "ssh" in listening:
                await _serve_ssh(settings, seats, coordinator, listening["ssh"], servers)
            if "web" in listening:
                await _serve_web(settings, seats, listening["web"], servers)
            print("ready", flush=True)
            await _either(orders.over.wait(), spawn.failed.wait())
        if spawn.failed.is_set():
            raise EnvironmentFaultError("the process that starts the clients has ended")
        patience = _STATEMENTS if orders.goodbye else _KILLED
        await _either(orders.end.wait(), seats.left(patience))
        await seats.close()
        await asyncio.sleep(_GOODBYE)


async def _either(*waits: Coroutine[None, None, object]) -> None:
    """Wait for the first of these."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _serve_ssh(
    settings: Settings,
    seats: Seats,
    coordinator: CoordinatorClient,
    listener: socket.socket,
    servers: AsyncExitStack,
) -> None:
    from clamshell_tui.gateways.ssh import SshGateway

    gateway = SshGateway(settings, seats, coordinator)
    acceptor = await gateway.listen(listener)
    servers.callback(acceptor.close)  # established sessions go on
    port = listener.getsockname()[1]
    print(f"ssh {settings.shown_host} {port} {gateway.fingerprint}", flush=True)


async def _serve_web(
    settings: Settings, seats: Seats, listener: socket.socket, servers: AsyncExitStack
) -> None:
    from clamshell_tui.gateways.web import WebGateway

    server = await WebGateway(settings, seats).listen(listener)
    servers.callback(server.close, close_connections=False)
    scheme = "http" if settings.pem is None else "https"
    host, port = settings.shown_host, listener.getsockname()[1]
    print(f"web {host} {port} {scheme}://{host}:{port}/", flush=True)


def private_folder(folder: Path) -> None:
    """Make the folder, for its owner alone; EnvironmentFaultError if it cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot keep seats in {folder}: {error.strerror}. Choose another --db"
        ) from error


def bind(host: str, port: int, word: str) -> socket.socket:
    """A listening socket; EnvironmentFaultError if there can be none."""
    try:
        return listening_socket(host, port, backlog=256)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EnvironmentFaultError(
            f"cannot listen on {host}:{port}: {reason}. Choose another port (--{word})"
        ) from error


class Orders:
    """``over``: our parent has closed the pipe, or is gone. ``end``: SIGTERM, end soon.

    ``goodbye``: whether the parent said that the run is over.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.over = asyncio.Event()
        self.end = asyncio.Event()
        self.goodbye = False
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._end)
        self._loop.add_reader(pipe, self._look)

    def _end(self) -> None:
        self.end.set()
        self.over.set()

    def _look(self) -> None:
        if said := os.read(self._pipe, 4096):
            self.goodbye = said == RUN_OVER
        else:
            self._loop.remove_reader(self._pipe)
            self.over.set()


if __name__ == "__main__":
    sys.exit(main())
