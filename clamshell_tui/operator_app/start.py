"""Open the operator's screen for an address or a file; return an exit code."""

import asyncio
import getpass
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from clamshell_tui.client.operator import Endpoint, RemoteRun
from clamshell_tui.operator_app.app import OperatorApp, own_bindings
from clamshell_tui.operator_app.preferences import default_file, load_preferences
from clamshell_tui.operator_app.view import Source
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.terminal.ascii_filter import encoding_of, why_plain
from clamshell_tui.terminal.capabilities import need_screen, why_no_screen
from clamshell_tui.wire.connection import parse_address


def watch(
    address: str,
    token: str,
    *,
    seats: Mapping[str, str] | None = None,
    closes: bool = False,
    read_only: bool = False,
    awaited: bool = False,
) -> int:
    """Show a live run; return the exit code of the screen.

    ``seats`` maps free join codes to the commands that take their seats. ``closes`` ends the screen
    with the run. ``read_only`` leaves out what acts on the run. ``awaited``: the coordinator of a
    study that is over ends with this screen.
    """
    _need_terminal()
    place = Endpoint(parse_address(address), token, operator_name())

    async def show() -> int:
        run = await RemoteRun.connect(place, time.monotonic)  # noqa: TID251  # a screen is a driver
        return await _shown(run, seats=seats, closes=closes, read_only=read_only, awaited=awaited)

    return asyncio.run(show())


def watch_file(path: Path, *, replay: bool) -> int:
    """Show a run file: at its end, or playing from its beginning."""
    if why_no_screen():
        open_run(path).close()  # report a damaged file before a missing terminal
    _need_terminal()
    return asyncio.run(_shown(FileRun(open_run(path)), replay=replay))


def operator_name() -> str:
    """Name under which the journal records this operator's orders."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user on this machine
        return "operator"


async def _shown(
    source: Source,
    *,
    replay: bool = False,
    seats: Mapping[str, str] | None = None,
    closes: bool = False,
    read_only: bool = False,
    awaited: bool = False,
) -> int:
    preferences = load_preferences(default_file(), own_bindings())
    clock = time.monotonic  # noqa: TID251  # a screen is a driver
    app = OperatorApp(
        source,
        clock,
        replay=replay,
        seats=seats,
        closes=closes,
        read_only=read_only,
        awaited=awaited,
        preferences=preferences,
    )
    app.draw_plain(why_plain(os.environ), encoding_of(os.environ, sys.stderr.encoding))
    try:
        await app.run_async()
    finally:
        await source.close()
    if app.crash is not None:
        raise app.crash
    return app.return_code or 0


def _need_terminal() -> None:
    need_screen("for programs there is clamshell summary --json")
