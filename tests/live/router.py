"""A router between participants and coordinator: ``python router.py LISTEN_PORT HOST PORT``.

On SIGUSR1 it forgets its connections: the clients are reset, and the far side hears nothing.
"""

import asyncio
import signal
import sys
from contextlib import suppress

Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Router:
    """Forwards connections to one place."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._pairs: set[Pair] = set()
        self._forgotten: list[Pair] = []  # kept open, so that the far side hears nothing

    async def serve(self, port: int) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.forget)
        async with await asyncio.start_server(self._accept, "127.0.0.1", port) as server:
            await server.serve_forever()

    def forget(self) -> None:
        for pair in self._pairs:
            pair[1].transport.pause_reading()  # type: ignore[attr-defined]  # of a socket
            pair[0].transport.abort()
        self._forgotten += self._pairs
        self._pairs.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._to)
        except OSError:
            writer.transport.abort()
            return
        pair = writer, far_writer
        self._pairs.add(pair)
        await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))
        if pair in self._pairs:
            self._pairs.remove(pair)
            for each in pair:
                each.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof() if writer.can_write_eof() else None


if __name__ == "__main__":
    asyncio.run(Router(sys.argv[2], int(sys.argv[3])).serve(int(sys.argv[1])))
