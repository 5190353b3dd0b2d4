"""The gateways of a run, as a process beside its coordinator."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.gateways.settings import RUN_OVER, Settings
from clamshell_tui.text import show

_STARTING = 90.0  # seconds
_ENDING = 1.5  # seconds, for seats that no participant looks at
_AGAIN = 1.0  # seconds until a process that has ended is replaced
_LOOK_EVERY = 0.05  # seconds, at a process that is about to end


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
    After the block it goes on while participants look at their statements, for some minutes.
    """
    process, lines = await _started(settings)
    keeping = asyncio.create_task(_keep(_fixed(settings, lines), process, say))
    try:
        yield lines
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(
    settings: Settings, process: "subprocess.Popen[bytes]", say: Callable[[str], None]
) -> None:
    """Replace the process whenever it ends; let it end when cancelled."""
    try:
        while True:
            await asyncio.sleep(_AGAIN)
            code = process.poll()
            if code is None:
                continue
            say(f"clamshell: the gateways ended ({code}); starting them again")
            try:
                process, _ = await _started(settings)
            except ClamshellError as error:
                say(f"clamshell: {error}")
    finally:
        await _end(process)


async def _started(settings: Settings) -> tuple["subprocess.Popen[bytes]", list[str]]:
    # Not a process of asyncio's, which would be killed with our event loop.
    process = _popen(Path(settings.folder))
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(settings) + b"\n")
        process.stdin.flush()
        async with asyncio.timeout(_STARTING):
            lines = await asyncio.to_thread(_lines, process)
    except TimeoutError:
        process.kill()
        raise EnvironmentFaultError("the gateways did not start in time") from None
    except BaseException:
        process.kill()
        raise
    if lines[-1:] != ["ready"]:
        raise _complaint(Path(settings.folder), process.wait())
    return process, lines[:-1]


def _popen(folder: Path) -> "subprocess.Popen[bytes]":
    log = _log(folder)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "clamshell_tui.gateways"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the coordinator, which ends us last
        )
    finally:
        os.close(log)


def _lines(process: "subprocess.Popen[bytes]") -> list[str]:
    """Return its lines up to ``ready``, or up to its end."""
    assert process.stdout is not None
    lines: list[str] = []
    while lines[-1:] != ["ready"] and (line := process.stdout.readline()):
        lines.append(line.decode().strip())
    return lines


async def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let it end; one that still shows statements is left to itself."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # it has ended
        process.stdin.write(RUN_OVER)
        process.stdin.close()
    process.stdout.close()
    for _ in range(int(_ENDING / _LOOK_EVERY)):
        if process.poll() is not None:
            return
        await asyncio.sleep(_LOOK_EVERY)


def _fixed(settings: Settings, lines: list[str]) -> Settings:
    """The same ports again: participants have them."""
    ports = {line.split()[0]: int(line.split()[2]) for line in lines}
    return msgspec.structs.replace(settings, ssh=ports.get("ssh"), web=ports.get("web"))


def _log(folder: Path) -> int:
    """The file that errors go to, not across an operator's screen."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    except OSError as error:
        raise EnvironmentFaultError(
            f"cannot keep seats in {show(str(folder))}: {error.strerror}. Choose another --db"
        ) from error


def _complaint(folder: Path, code: int) -> ClamshellError:
    """The last line of a process that has ended, as an error."""
    lines = (folder / "log").read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else f"the gateways ended with exit code {code}"
    kind = InputError if code == 2 else EnvironmentFaultError
    return kind(show(last.removeprefix("clamshell: error: ")))
