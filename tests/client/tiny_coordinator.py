"""A coordinator of a few lines, on a real socket, with scripted replies."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import Server, ServerConnection, serve

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import decode_to_server, encode
from clamshell_tui.wire.messages import (
    Authenticate,
    Error,
    Granted,
    Hello,
    ToClient,
    ToServer,
    Welcome,
)

TOKEN = "right-token-of-the-requester"


class Talk:
    """One connection, seen from the coordinator."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def hear(self) -> ToServer:
        return decode_to_server(await self._socket.recv())

    async def say(self, *messages: ToClient) -> None:
        for message in messages:
            await self._socket.send(encode(message))

    async def say_raw(self, frame: str) -> None:
        await self._socket.send(frame)

    async def until_closed(self) -> None:
        await self._socket.wait_closed()

    async def hang_up(self) -> None:
        """As a crash looks like from the other side."""
        self._socket.transport.abort()
        await self._socket.wait_closed()


Behaviour = Callable[[Talk], Awaitable[None]]


@asynccontextmanager
async def coordinator(*behaviours: Behaviour) -> AsyncIterator[str]:
    """Its address; the n-th connection gets the n-th behaviour, further ones the last."""
    connections = 0

    async def handle(socket: ServerConnection) -> None:
        nonlocal connections
        number, connections = connections, connections + 1
        await behaviours[min(number, len(behaviours) - 1)](Talk(socket))

    async with serve(handle, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{port_of(server)}"


def port_of(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


async def admit(talk: Talk) -> None:
    """Hello and authentication of a requester or operator."""
    hello = await talk.hear()
    assert isinstance(hello, Hello)
    await talk.say(Welcome(VERSION, "test", "tiny"))
    proof = await talk.hear()
    assert isinstance(proof, Authenticate)
    if proof.token == TOKEN:
        await talk.say(Granted("requester"))
    else:
        await talk.say(Error("token", "token not accepted"))
