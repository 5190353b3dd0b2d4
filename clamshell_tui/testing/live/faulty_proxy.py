"""A proxy between a client and the coordinator that can drop connections or bytes."""

import asyncio
from contextlib import suppress
from typing import Literal

State = Literal["up", "down", "silent", "deaf"]


class FaultyProxy:
    """A port on this machine; call ``open`` first and ``close`` at the end."""

    def __init__(self, coordinator: int) -> None:
        self.port = 0
        self._coordinator = coordinator
        self._state: State = "up"
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.tear()

    @property
    def state(self) -> State:
        return self._state

    def put(self, state: State) -> None:
        """Change the state; break connections that have lost bytes."""
        lossy = self._state in ("silent", "deaf")
        self._state = state
        if state == "down" or (lossy and state == "up"):
            self.tear()

    def tear(self) -> None:
        """Abort every connection."""
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side closes it."""
        self._ends.add(writer)
        try:
            if self._state != "down":
                theirs, ours = await asyncio.open_connection("127.0.0.1", self._coordinator)
                self._ends.add(ours)
                await asyncio.gather(
                    self._pump(reader, ours, ("silent",)),
                    self._pump(theirs, writer, ("silent", "deaf")),
                )
                self._ends.discard(ours)
        except OSError:  # the coordinator is not there
            pass
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: tuple[State, ...]
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if self._state not in lost:
                    sink.write(data)
        sink.transport.abort() if sink.transport.is_closing() else sink.close()
