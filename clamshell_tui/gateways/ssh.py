"""Joining by ``ssh CODE@host``: a terminal and nothing else.

There is no shell behind it. A session gets the worker's screen of its code, the user ``operator``
with the token the operator's. Commands, file transfer, forwarding and agents are refused.
"""

import asyncio
import os
import re
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import asyncssh

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.gateways.coordinator import CoordinatorClient, UnreachableError
from clamshell_tui.gateways.pending import PendingConnection, PendingConnections
from clamshell_tui.gateways.seat import Detached, PtySeat
from clamshell_tui.gateways.seats import Seats
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.gateways.spawner import WindowSize
from clamshell_tui.gateways.terminal_modes import PLAIN

OPERATOR = "operator"

_LOGIN = 20  # seconds
_TRIES = 4  # wrong codes of one connection: the user's name, and three at the prompt
_BUFFER = 65536  # bytes in the kernel for a client that does not read; by default up to 4 MB
_WAITING = 65536  # bytes of output that may wait in this process for one client
_TYPED = 65536  # bytes of keys that may wait for the program
_TERMS = re.compile(
    r"(xterm|screen|tmux|rxvt|linux|vt100|vt220|konsole|putty|alacritty|foot|wezterm|ghostty|kitty"
    r"|st|iterm2?|eterm|gnome|mlterm|contour|cygwin|ansi)(-[a-z0-9]{1,20}){0,3}"
)
_LANG = re.compile(r"(C|POSIX|[a-z]{2,3}(_[A-Z]{2})?)(\.[A-Za-z0-9-]{1,16})?(@[a-z]{1,16})?")


def host_key(folder: Path) -> asyncssh.SSHKey:
    """The key kept there, or a new one; EnvironmentFaultError if it cannot be used."""
    file = folder / "ssh_host_key"
    try:
        if not file.exists():
            text = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(text)
        return asyncssh.read_private_key(file)
    except (OSError, asyncssh.KeyImportError) as error:
        raise EnvironmentFaultError(f"{file} cannot be used ({error}). Move it away") from error


class SshGateway:
    """Listens for ssh; :attr:`fingerprint` is what a client shows at its first visit."""

    def __init__(self, settings: Settings, seats: Seats, coordinator: CoordinatorClient) -> None:
        self._key = host_key(Path(settings.folder))
        self.fingerprint = self._key.get_fingerprint("sha256")
        self.seats = seats
        self.coordinator = coordinator
        self.pending = PendingConnections(asyncio.get_running_loop().time)
        self.texts = settings.sentences()

    async def listen(self, listener: socket.socket) -> asyncssh.SSHAcceptor:
        """Accept connections."""
        asyncssh.set_log_level("CRITICAL")  # it logs user names, which are codes
        return await asyncssh.listen(
            sock=listener,
            server_factory=lambda: _SshConnection(self),
            server_host_keys=[self._key],
            encoding=None,
            line_editor=False,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            compression_algs=None,
            gss_host=None,
            public_key_auth=False,
            password_auth=False,
            login_timeout=_LOGIN,
            keepalive_interval=15,
            keepalive_count_max=4,
            window=_TYPED,
            server_version="clamshell",
        )


class _SshConnection(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, gateway: SshGateway) -> None:
        self._gateway = gateway
        self._connection: asyncssh.SSHServerConnection | None = None
        self._entry: PendingConnection | None = None
        self._address = ""
        self._secret = ""  # a code, or the operator's token
        self._is_operator = False
        self._has_session = False
        self._tries = _TRIES

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        wire = conn.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._address = conn.get_extra_info("peername", ("",))[0]
        self._entry = self._gateway.pending.enter(self._address, conn.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    async def begin_auth(self, username: str) -> bool:
        if self._entry is not None:
            self._entry.silent = False
        self._is_operator = username == OPERATOR
        if self._is_operator or username == "study":
            return True
        return not await self._right(username)

    def auth_completed(self) -> None:
        self._leave()
        asyncio.get_running_loop().call_later(_LOGIN, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if not self._has_session and self._connection is not None:
            self._connection.close()

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> asyncssh.auth.KbdIntChallenge:
        prompt = "Operator token: " if self._is_operator else f"{self._gateway.texts('ssh.code')}: "
        return "CLAMShell", "", "", [(prompt, not self._is_operator)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and await self._right(responses[0].strip())

    async def _right(self, secret: str) -> bool:
        """Whether the code or the token is good; a wrong one is answered slowly."""
        gateway = self._gateway
        if self._is_operator:
            right = await gateway.coordinator.is_operator(secret)
        else:
            try:
                right = await gateway.seats.good(secret)
            except UnreachableError:
                right = False
        if right:
            self._secret = secret
        else:
            await gateway.pending.slow_down(self._address)
            self._tries -= 1
            if not self._tries and self._connection is not None:
                self._connection.abort()
        return right

    def session_requested(self) -> "_SshSession | bool":
        if self._has_session or not self._secret:
            return False
        self._has_session = True
        return _SshSession(
            self._gateway, self._secret, self._address, is_operator=self._is_operator
        )

    def _leave(self) -> None:
        if self._entry is not None:
            self._gateway.pending.leave(self._entry)
            self._entry = None


class _SshSession(asyncssh.SSHServerSession[bytes]):
    """The terminal of one connection, as a sink of its seat."""

    def __init__(
        self, gateway: SshGateway, secret: str, address: str, *, is_operator: bool
    ) -> None:
        self._seats = gateway.seats
        self._texts = gateway.texts
        self._secret = secret
        self._address = address
        self._is_operator = is_operator
        self._term = ""
        self._size = WindowSize(80, 24)
        self._seat: PtySeat | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._typed = bytearray()
        self._has_typed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- called by asyncssh -----------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan
        chan.set_write_buffer_limits(_WAITING)

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        self._term = term_type or "dumb"
        self._size = WindowSize(term_size[0], term_size[1])
        return True

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        self._do(self._show())

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._typed += data
        self._has_typed.set()
        if len(self._typed) > _TYPED:
            self._channel.pause_reading()

    def eof_received(self) -> bool:
        return True  # the screen stays: it ends with the program, or with the connection

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        self._size = WindowSize(width, height)
        if self._seat is not None:
            self._seat.resize(self, self._size)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._tasks:
            task.cancel()
        if self._seat is not None:
            self._seat.detach(self)
        self._channel.get_connection().close()  # it serves one session

    # -- called by the seat -----------------------------------------------------------------------

    async def send(self, output: bytes) -> None:
        """Pass output on; returns when little of it waits."""
        self._channel.write(output)
        await self._writable.wait()

    def close(self, why: Detached) -> None:
        """End the session, in good order as far as the client reads."""
        with suppress(OSError):
            if why == "taken":
                taken = self._texts("ssh.taken")
                self._channel.write(PLAIN + f"{taken}\r\n".encode())
            self._channel.exit(0)

    # -- the session ------------------------------------------------------------------------------

    async def _show(self) -> None:
        if self._term in ("", "dumb"):
            self._refuse(self._texts("ssh.dumb" if self._term else "ssh.no_terminal"))
            return
        try:
            self._seat = await self._take()
        except (ClamshellError, OSError) as error:
            self._refuse(self._texts.error(error))
            return
        self._do(self._pass_keys_on(self._seat))
        await self._seat.attach(self, self._size)

    async def _take(self) -> PtySeat:
        look = {"TERM": _known_term(self._term), "LANG": self._lang()}
        if self._is_operator:
            return await self._seats.operator(self._secret, look, self._size)
        return await self._seats.take(self._secret, look, self._size, f"{self._address} ssh")

    async def _pass_keys_on(self, seat: PtySeat) -> None:
        while True:
            await self._has_typed.wait()
            self._has_typed.clear()
            keys = bytes(self._typed)
            self._typed.clear()
            self._channel.resume_reading()
            await seat.type(self, keys)

    def _refuse(self, text: str) -> None:
        with suppress(OSError):
            self._channel.write(f"{text}\r\n".encode())
            self._channel.exit(2)

    def _lang(self) -> str:
        lang = self._channel.get_environment().get("LANG", "")
        return lang if _LANG.fullmatch(lang) else "C.UTF-8"

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _known_term(term: str) -> str:
    return term if _TERMS.fullmatch(term) else "xterm-256color"
