"""A gateway process: reads its orders from stdin, prints where it listens, ends with its parent."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.gateways.coordinator import CoordinatorClient
from clamshell_tui.gateways.seats import Seats
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.gateways.spawner import spawner


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
    told_to_end = _told_to_end()
    async with AsyncExitStack() as stack:
        listening = {
            word: stack.enter_context(bind(settings.host, port, word))
            for word, port in (("ssh", settings.ssh), ("web", settings.web))
            if port is not None
        }
        spawn = await stack.enter_async_context(spawner())
        coordinator = CoordinatorClient(settings)
        seats = Seats(settings, spawn, coordinator)
        stack.push_async_callback(seats.close)
        if "ssh" in listening:
            await _serve_ssh(settings, seats, coordinator, listening["ssh"], stack)
        print("ready", flush=True)
        await told_to_end.wait()


async def _serve_ssh(
    settings: Settings,
    seats: Seats,
    coordinator: CoordinatorClient,
    listener: socket.socket,
    stack: AsyncExitStack,
) -> None:
    from clamshell_tui.gateways.ssh import SshGateway

    gateway = SshGateway(settings, seats, coordinator)
    acceptor = await gateway.listen(listener)
    stack.callback(acceptor.close)
    port = listener.getsockname()[1]
    print(f"ssh {settings.shown_host} {port} {gateway.fingerprint}", flush=True)


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
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EnvironmentFaultError(
            f"cannot listen on {host}:{port}: {reason}. Choose another port (--{word})"
        ) from error


def _told_to_end() -> asyncio.Event:
    """Set when the parent has closed our stdin, or on SIGTERM."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)

    def look() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            told.set()

    loop.add_reader(0, look)
    return told


if __name__ == "__main__":
    sys.exit(main())
