"""A run with gateways, in processes as a user starts them, and clients that look at screens."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from clamshell_tui.wire.invitation import Codes, parse_codes
from clamshell_tui.wire.messages import Authenticate, Granted
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from tests.coordinator.process import Process, started
from worker_client.keys import QUIET

PETS = """\
dataset = {kind = "wire", classes = ["cat", "dog"]}
learning.enabled = false
pool = {size = 2, reserve = 1, start_with = 0.5}
tasks = {records_per_task = 3}
straggler_mitigation.enabled = false
maintenance.threshold = inf
"""
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;:?<>=$ ]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Screen:
    """All that a client was sent; a screen is read by its words, in the order of their drawing."""

    def __init__(self) -> None:
        self.output = b""
        self._more = asyncio.Event()

    def take(self, output: bytes) -> None:
        self.output += output
        self._more.set()

    @property
    def text(self) -> str:
        """Without escape sequences."""
        return _SEQUENCE.sub(b"", self.output).decode("utf-8", "replace")

    async def reads(self, *words: str) -> None:
        """Wait until all of this was drawn since :meth:`forget`."""
        while not all(word in self.text for word in words):
            self._more.clear()
            try:
                await self._more.wait()
            except asyncio.CancelledError:
                raise AssertionError(f"{words} not in {self.text[-3000:]!r}") from None

    def forget(self) -> None:
        self.output = b""

    async def pause(self) -> None:
        """As a person makes one before a new record: a key that comes sooner does not count."""
        await asyncio.sleep(2 * QUIET)


class SshTerminal(Screen):
    """A session of a real ssh client."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        super().__init__()
        self.process = process
        self._reading = asyncio.create_task(self._read())

    def press(self, keys: bytes) -> None:
        self.process.stdin.write(keys)

    async def ends(self) -> int | None:
        """Wait for the end of the session; its exit status."""
        await self._reading
        await self.process.wait_closed()
        return self.process.exit_status

    async def _read(self) -> None:
        while output := await self.process.stdout.read(65536):
            self.take(output)


class Run(Process):
    """A coordinator with gateways."""

    @property
    def codes(self) -> Codes:
        return parse_codes([f"{word} {rest}" for word in self.said for rest in self.said[word]])

    @property
    def ssh_port(self) -> int:
        return int(self.codes.ssh.split()[1])

    async def submit(self, *texts: str, last: bool = True) -> None:
        """Give the run records to label."""
        async with await self.connect("requester") as requester:
            await requester.ask(Authenticate(self.codes.requester, "ann"), Granted)
            records = tuple(NewRecord(text, text=text) for text in texts)
            await requester.ask(Submit(records, last), Submitted)

    @asynccontextmanager
    async def ssh(self, user: str, answer: str = "") -> AsyncIterator[asyncssh.SSHClientConnection]:
        """A connection as this user; ``answer`` is typed at the prompt."""
        async with asyncssh.connect(
            "127.0.0.1",
            self.ssh_port,
            username=user,
            known_hosts=None,
            client_keys=None,
            agent_path=None,
            config=None,
            client_factory=lambda: _Typist(answer),
        ) as connection:
            yield connection

    @asynccontextmanager
    async def terminal(self, user: str, answer: str = "") -> AsyncIterator[SshTerminal]:
        """A session of 80x24 cells."""
        async with self.ssh(user, answer) as connection:
            process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
                term_type="xterm-256color", term_size=(80, 24), encoding=None
            )
            yield SshTerminal(process)


class _Typist(asyncssh.SSHClient):
    def __init__(self, answer: str) -> None:
        self._answer = answer
        self._typed = False

    def kbdint_auth_requested(self) -> str | None:
        answer, self._typed = self._answer and not self._typed, True
        return "" if answer else None

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: object
    ) -> list[str]:
        return [self._answer] if prompts else []


@asynccontextmanager
async def serving(folder: Path, *options: str, text: str = PETS) -> AsyncIterator[Run]:
    """A run of three seats; its records are submitted later."""
    (folder / "pets.toml").write_text(text)
    async with started(folder, "--seats", "3", *options) as process:
        yield Run(process.process, process.said)
