"""Two bare servers, as a program: an echo, and an echo of what is in a file.

Without an argument it is ``websockets`` alone, with the settings of our server. With the name of a
file, each message is a row in SQLite before it is sent back, on the disk (FULL), by one writer that
commits together whatever came during the commit before.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.benchmarks.served import end


@contextmanager
def bare(arguments: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """This file as a program: its process, and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bare_server", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None, "it was started with a pipe"
        yield process.pid, int(process.stdout.readline())
    finally:
        end(process)


class GroupCommit:
    """Rows go to SQLite together, as many as came while the last ones were written."""

    def __init__(self, file: str) -> None:
        self._run = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            self._run.execute(f"PRAGMA {pragma}")
        self._run.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, as in our store
        self._run.execute("CREATE TABLE message (seq INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        self._inbox: deque[tuple[str, asyncio.Future[None]]] = deque()
        self._bell = asyncio.Event()

    def put(self, text: str) -> "asyncio.Future[None]":
        """Done once it is on the disk."""
        written = asyncio.get_running_loop().create_future()
        self._inbox.append((text, written))
        self._bell.set()
        return written

    async def write(self) -> None:
        """Go on until cancelled."""
        running = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            while True:
                await self._bell.wait()
                self._bell.clear()
                batch = list(self._inbox)
                self._inbox.clear()
                await running.run_in_executor(thread, self._commit, [(text,) for text, _ in batch])
                for _, written in batch:
                    if not written.cancelled():
                        written.set_result(None)

    def _commit(self, rows: list[tuple[str]]) -> None:
        self._run.execute("BEGIN IMMEDIATE")
        self._run.executemany("INSERT INTO message (text) VALUES (?)", rows)
        self._run.execute("COMMIT")


async def _serve_bare(file: str | None) -> None:
    """Echo until interrupted; with a file, only what is in it."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    commits = GroupCommit(file) if file else None

    async def handle(connection: ServerConnection) -> None:
        try:
            async for text in connection:
                if commits is not None:
                    await commits.put(str(text))
                await connection.send(text)
        except ConnectionClosed:
            pass

    async with serve(
        handle,
        "127.0.0.1",
        0,
        compression=None,
        max_queue=16,
        ping_interval=10.0,
        ping_timeout=10.0,
        server_header=None,
    ) as server:
        writing = asyncio.ensure_future(commits.write()) if commits else None
        print(server.sockets[0].getsockname()[1], flush=True)
        await stopped.wait()
    if writing is not None:
        writing.cancel()  # not earlier: the server waits for handlers, and they for their rows


if __name__ == "__main__":
    asyncio.run(_serve_bare(sys.argv[1] if len(sys.argv) > 1 else None))
