"""A tab without a browser: requests, the cookie, and the WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.gateways.served import Run, Screen

SIZE = json.dumps({"columns": 80, "rows": 24})


class WebTerminal(Screen):
    """A tab without a browser."""

    def __init__(self, wire: ClientConnection) -> None:
        super().__init__()
        self.wire = wire
        self._reading = asyncio.create_task(self._read())

    async def press(self, keys: bytes) -> None:
        await self.wire.send(keys)

    async def ends(self) -> int | None:
        """Wait for the end; the code that the connection was closed with."""
        await self._reading
        return self.wire.close_code

    async def _read(self) -> None:
        try:
            async for output in self.wire:
                assert isinstance(output, bytes)
                self.take(output)
        except ConnectionClosed:
            pass


def place(run: Run) -> tuple[str, int]:
    host, port, _ = run.codes.web.split()
    return host, int(port)


async def get(run: Run, path: str, host: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request."""
    name, port = place(run)
    reader, writer = await asyncio.open_connection(name, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host or f'{name}:{port}'}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


async def cookie(run: Run, code: str) -> str:
    _, headers, _ = await get(run, f"/j/{code}")
    return headers["Set-Cookie"].partition(";")[0]


@asynccontextmanager
async def dialled(
    run: Run, cookie: str, *, origin: str | None = "", host: str = ""
) -> AsyncIterator[ClientConnection]:
    name, port = place(run)
    headers = {"Cookie": cookie} if cookie else {}
    if host:
        headers["Host"] = host
    async with connect(
        f"ws://{name}:{port}/ws",
        origin=f"http://{name}:{port}" if origin == "" else origin,  # type: ignore[arg-type]
        additional_headers=headers,
        compression=None,
        proxy=None,
    ) as wire:
        yield wire


@asynccontextmanager
async def tab(run: Run, code: str) -> AsyncIterator[WebTerminal]:
    async with dialled(run, await cookie(run, code)) as wire:
        await wire.send(SIZE)
        yield WebTerminal(wire)
