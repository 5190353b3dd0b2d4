"""``clamshell-worker --exec`` and ``--openai``: machines in one or several seats."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import parse
from worker_client.machine.chat import ChatModel
from worker_client.machine.completion import PROMPT
from worker_client.machine.http_server import KEY, server_at
from worker_client.machine.labeller import Labeller
from worker_client.machine.program import Program, command_in
from worker_client.machine.seat import MachineSeat


def programs(command: str, *, timeout: float, restarts: int) -> Callable[[], Labeller]:
    """Return a maker of programs. InputError if the command cannot be started."""
    words = command_in(command)
    return lambda: Program(words, timeout=timeout, restarts=restarts, say=_say)


def models(
    url: str,
    model: str,
    prompt: Path | None,
    *,
    timeout: float,
    restarts: int,
    allow_remote: bool,
) -> Callable[[], Labeller]:
    """Return a maker of clients of a model server. InputError for a URL or prompt of no use."""
    server = server_at(url, key=os.environ.get(KEY, ""), allow_remote=allow_remote)
    template = PROMPT if prompt is None else _read(prompt)
    return lambda: ChatModel(server, model, timeout=timeout, restarts=restarts, template=template)


def run_cli(joins: Sequence[str], make: Callable[[], Labeller]) -> int:
    """Keep a machine in each seat until its session is over; return the exit code.

    Machines that fail do not disturb the others. The last of their errors is raised in the end.
    """
    seats = [MachineSeat(parse(join), make()) for join in joins]
    return asyncio.run(_run(seats))


async def _run(seats: Sequence[MachineSeat]) -> int:
    ended: list[int] = []
    work = asyncio.gather(*map(_live, seats))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, _end, work, ended, number)
    try:
        errors = await work
    except asyncio.CancelledError:
        if ended:  # by a signal; the programs have been ended too
            return 128 + ended[0]
        raise
    failures = [error for error in errors if error is not None]
    for error in failures[:-1]:
        _say(f"error: {error}")
    if failures:
        raise failures[-1]
    return 0


def _end(
    work: "asyncio.Future[list[ClamshellError | None]]", ended: list[int], number: int
) -> None:
    ended.append(number)
    work.cancel()


async def _live(seat: MachineSeat) -> ClamshellError | None:
    """Keep a seat to its end, print how it went, and return its error."""
    try:
        reason = await seat.live()
    except ClamshellError as error:
        print(seat.report(), file=sys.stderr)
        return error
    except asyncio.CancelledError:
        print(f"{seat.report()}; stopped", file=sys.stderr)
        raise
    print(f"{seat.report()}; {show(reason)}", file=sys.stderr)
    return None


def _read(prompt: Path) -> str:
    try:
        return prompt.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"cannot read {show(str(prompt))}: {reason} (--prompt)") from error


def _say(line: str) -> None:
    print(f"clamshell-worker: {line}", file=sys.stderr)
