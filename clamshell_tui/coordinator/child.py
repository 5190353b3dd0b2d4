"""A coordinator as a child process, for ``clamshell demo``, ``label`` and ``test``.

It writes its address to a codes file, ends with its parent, and its output is kept and shown only
if it fails.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, Self, TypeVar

import msgspec

from clamshell_tui.datasets.config import StoredConfig
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import Codes, parse_codes

Result = TypeVar("Result")

_STARTING = 60.0  # seconds; scikit-learn on a cold, slow disk
_LOOK_EVERY = 0.02  # seconds, at the codes file
_DRAINING, _DYING = 5.0, 3.0  # seconds to wait after the first and the second SIGTERM


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """As ``asyncio.run``, but raise one error of an exception group instead of the group.

    An OSError too: a closed pipe, or a full disk.
    """
    try:
        return asyncio.run(work)
    except* (ClamshellError, OSError) as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[ClamshellError | OSError]) -> ClamshellError | OSError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def absolute(scenario: Scenario, base: Path) -> Scenario:
    """Return the scenario with absolute paths to its data, so that its file may be moved."""
    replace = msgspec.structs.replace
    dataset, crowd = scenario.dataset, scenario.crowd
    if isinstance(dataset, StoredConfig):
        dataset = replace(dataset, path=str((base / dataset.path).resolve()))
    if crowd.trace is not None:
        crowd = replace(crowd, trace=str((base / crowd.trace).resolve()))
    return replace(scenario, dataset=dataset, crowd=crowd)


class ChildCoordinator:
    """``clamshell serve`` on loopback; leaving the context ends the process.

    ``options`` are added to its command line. Errors of the child are raised here.
    """

    def __init__(self, scenario: Scenario, run_file: Path, *options: str) -> None:
        self._scenario = scenario
        self._run_file = run_file
        self._options = options
        self._folder = TemporaryDirectory(prefix="clamshell-")
        self._chatter = TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process: subprocess.Popen[bytes] | None = None
        self._was_ready = False

    async def codes(self) -> Codes:
        """Wait until it is ready; raise its error if it ends instead."""
        file = self.codes_file
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _STARTING
        while True:
            codes = parse_codes(file.read_text().splitlines() if file.exists() else [])
            if codes.ready:
                self._was_ready = True
                return codes
            self.check()
            if loop.time() > give_up:
                raise EnvironmentFaultError("the coordinator did not start within a minute")
            await asyncio.sleep(_LOOK_EVERY)

    def check(self) -> None:
        """Raise its error if it has failed."""
        assert self._process is not None
        code = self._process.poll()
        if code is not None and (code != 0 or not self._was_ready):
            raise self._complaint(code)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def ended(self, seconds: float) -> bool:
        """Whether it ends by itself within so many seconds."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        give_up = loop.time() + seconds
        while self._process.poll() is None:
            if loop.time() > give_up:
                return False
            await asyncio.sleep(_LOOK_EVERY)
        return True

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        file = folder / f"{self._scenario.name or 'scenario'}.toml"
        file.write_text(as_toml(self._scenario), encoding="utf-8")
        words = ["serve", str(file), "--headless", "--db", str(self._run_file)]
        words += ["--codes-file", str(self.codes_file)]
        words += self._options
        self._process = subprocess.Popen(
            [sys.executable, "-m", "clamshell_tui.cli.die_with_parent", *words],
            stdin=subprocess.PIPE,  # closed when we end: then it ends too
            stdout=subprocess.DEVNULL,
            stderr=self._chatter,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
        )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._stop(_DRAINING if kind is None else 0.0)
        finally:
            self._chatter.close()
            self._folder.cleanup()

    @property
    def codes_file(self) -> Path:
        """Where the child writes its codes."""
        return Path(self._folder.name) / "codes"

    def _stop(self, draining: float) -> None:
        """Ask, ask again, kill; blocking on purpose, so that nothing can cancel it."""
        process = self._process
        if process is None:
            return
        for seconds in (draining, _DYING):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()

    def _complaint(self, code: int) -> ClamshellError:
        """The child's last line as an error of the same kind."""
        self._chatter.seek(0, os.SEEK_END)
        self._chatter.seek(max(0, self._chatter.tell() - 4096))
        lines = self._chatter.read().decode("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else f"it ended with exit code {code}"
        text = last.removeprefix("clamshell: ").removeprefix("error: ")
        kinds = {2: InputError, 3: EnvironmentFaultError}
        kind = EnvironmentFaultError if code < 0 else kinds.get(code, ClamshellError)
        return kind(f"the coordinator: {show(text)}")
