"""A live run with its neighbours: the operator's screen and the gateways, each a process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from typing import Any

import msgspec

from clamshell_tui.cli.child_screen import ChildScreen, stderr_to
from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.live import LiveService, ServeOptions
from clamshell_tui.coordinator.serve import Coordinator, Gateways, GatewaySecrets, serve
from clamshell_tui.coordinator.server import bind
from clamshell_tui.errors import InputError
from clamshell_tui.gateways.launch import check_ssh, gateways
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.participant_texts import Texts
from clamshell_tui.scenario.toml_text import to_toml
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import codes_beside, parse_codes

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


async def serve_with_screen(
    options: ServeOptions,
    opening: AbstractAsyncContextManager[Coordinator[LiveService]],
    gateways: Gateways,
) -> int:
    """Serve until it is over and its screen is closed; return the coordinator's exit code."""
    beside = codes_beside(options.db)
    screen = _Screen(beside, options.db)
    codes = options.codes_file or beside  # printed, they would be written across the screen
    options = msgspec.structs.replace(options, codes_file=codes)
    return await serve(options, opening, screen.shown, gateways)


class _Screen:
    """The operator's screen on a run. However it closes, the run continues."""

    def __init__(self, codes: Path, run_file: Path) -> None:
        self._codes = codes
        self._run_file = run_file

    @asynccontextmanager
    async def shown(self, live: LiveService, ended: asyncio.Event) -> AsyncIterator[None]:
        """After the run is over, wait for the operator to close the screen, or for ``ended``."""
        live.held = True  # later clients learn that the run is over
        showing = asyncio.create_task(self._show(live))
        ending = asyncio.create_task(self._let_go(live, showing, ended))
        try:
            yield
        finally:
            ending.cancel()
            closed = not showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing
        if not closed:
            say(f"the screen is closed; {self._standing(live)}")

    async def _let_go(
        self, live: LiveService, showing: asyncio.Task[None], ended: asyncio.Event
    ) -> None:
        """Let the coordinator end once the screen is closed, or a signal asks for the end."""
        signalled = asyncio.create_task(ended.wait())
        try:
            await asyncio.wait((showing, signalled), return_when=asyncio.FIRST_COMPLETED)
        finally:
            signalled.cancel()
            live.held = False

    async def _show(self, live: LiveService) -> None:
        log = self._run_file.with_name(f"{self._run_file.name}-log")
        async with ChildScreen(self._codes, closes=False) as screen:
            with stderr_to(log):
                code = await screen.closed()
        how = "is closed" if code == 0 else f"has gone ({code})"
        say(f"the screen {how}; {self._standing(live)}")

    def _standing(self, live: LiveService) -> str:
        """Return the state of the run or study, and the commands that are of use then."""
        name, what = show(str(self._run_file)), live.what
        if live.run.finished:
            commands = ", ".join([each.format(name) for each in live.looked_at])
            return f"the {what} is over: {commands}"
        if live.run_loop.stopping:
            return f"the {what} is stopped: clamshell serve ... --db {name} goes on with it"
        return f"the {what} goes on: clamshell watch {name}. Ctrl-C stops it, SIGTERM gently"


def gateways_for(options: ServeOptions, *, ssh: int | None, web: int | None) -> Gateways:
    """Return the gateways on these ports.

    InputError if two ports are the same, EnvironmentFaultError if ssh cannot be offered or a port
    is in use; nothing has begun then.
    """
    if ssh is not None:
        check_ssh()
    named = {options.port: "--port"}
    for port, option in ((ssh, "--ssh"), (web, "--web")):
        if port is None:
            continue
        if port and port in named:
            raise InputError(f"{named[port]} and {option} are both {port}. Choose two ports")
        named[port] = option
        bind(options.host, port, option).close()
    if ssh is None and web is None:
        return lambda _lines, _secrets: nullcontext(())

    @asynccontextmanager
    async def started(
        lines: Sequence[str], secrets: GatewaySecrets
    ) -> AsyncIterator[Sequence[str]]:
        settings = _settings(options, lines, secrets, ssh=ssh, web=web)
        async with gateways(settings, say) as announced:
            yield announced

    return started


def _settings(
    options: ServeOptions,
    lines: Sequence[str],
    secrets: GatewaySecrets,
    *,
    ssh: int | None,
    web: int | None,
) -> Settings:
    codes = parse_codes(lines)
    place, mark, fingerprint = codes.address.partition("#")
    shown, _, port = place.rpartition(":")
    host = _LOOPBACK.get(options.host, shown)
    folder = options.db.with_name(f"{options.db.name}-gateways").absolute()
    return Settings(
        ssh=ssh,
        web=web,
        host=options.host,
        shown_host=shown,
        pem=str(options.db.with_name(f"{options.db.name}.pem").absolute()) if options.lan else None,
        folder=str(folder),
        coordinator=f"{host}:{port}{mark}{fingerprint}",
        operator=secrets.token,
        secret=secrets.forwarding,
        texts=_kept(options.texts, folder),
    )


def _kept(texts: Texts, folder: Path) -> str | None:
    """Write the sentences for the gateways, which outlast a change of the file; return where."""
    if not texts.replaced:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sections: dict[str, Any] = {}
    for key, text in texts.replaced.items():
        section, name, *form = key.split(".")
        table = sections.setdefault(section, {})
        if form:
            table.setdefault(name, {})[form[0]] = text
        else:
            table[name] = text
    path = folder / "texts.toml"
    path.write_text(to_toml(sections), "utf-8")
    return str(path)
