"""The gateways of a run, as a process beside its coordinator."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.text import show

_STARTING = 90.0  # seconds
_ENDING = 10.0  # seconds; the programs in the seats end first
_AGAIN = 1.0  # seconds until a process that has ended is replaced


def check_ssh() -> None:
    """Raise EnvironmentFaultError if ssh cannot be offered."""
    if find_spec("asyncssh") is None:
        raise EnvironmentFaultError(
            "--ssh needs the package asyncssh. Install it: pip install 'clamshell-tui[ssh]'"
        )


@asynccontextmanager
async def gateways(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[list[str]]:
    """A process that serves ssh and web; yields the lines that say where.

    If it ends by itself, ``say`` reports it and another one takes its place, on the same ports.
    """
    process, lines = await _started(settings)
    keeping = asyncio.create_task(_keep(_fixed(settings, lines), process, say))
    try:
        yield lines
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(settings: Settings, process: Process, say: Callable[[str], None]) -> None:
    """Replace the process whenever it ends; end it when cancelled."""
    try:
        while True:
            code = await process.wait()
            say(f"clamshell: the gateways ended ({code}); starting them again")
            await asyncio.sleep(_AGAIN)
            try:
                process, _ = await _started(settings)
            except ClamshellError as error:
                say(f"clamshell: {error}")
    finally:
        await _end(process)


async def _started(settings: Settings) -> tuple[Process, list[str]]:
    folder = Path(settings.folder)
    log = _log(folder)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "clamshell_tui.gateways"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the coordinator, which ends us last
        )
    finally:
        os.close(log)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(settings) + b"\n")
    try:
        async with asyncio.timeout(_STARTING):
            return process, await _lines(process)
    except TimeoutError:
        await _end(process)
        raise EnvironmentFaultError("the gateways did not start in time") from None
    except _EndedError:
        raise _complaint(folder, await process.wait()) from None
    except BaseException:
        await _end(process)
        raise


async def _lines(process: Process) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    while (line := (await process.stdout.readline()).decode().strip()) != "ready":
        if not line:
            raise _EndedError
        lines.append(line)
    return lines


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_ENDING):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _fixed(settings: Settings, lines: list[str]) -> Settings:
    """The same ports again, for whom the first lines were printed."""
    ports = {line.split()[0]: int(line.split()[2]) for line in lines}
    return msgspec.structs.replace(settings, ssh=ports.get("ssh"), web=ports.get("web"))


def _log(folder: Path) -> int:
    """The file that errors go to, not across an operator's screen."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot keep seats in {show(str(folder))}: {error.strerror}. Choose another --db"
        ) from error


def _complaint(folder: Path, code: int) -> ClamshellError:
    """The last words of a process that has ended."""
    lines = (folder / "log").read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else f"the gateways ended with exit code {code}"
    kind = InputError if code == 2 else EnvironmentFaultError
    return kind(show(last.removeprefix("clamshell: error: ")))


class _EndedError(Exception):
    """It ended before it was ready."""
