"""The coordinator of a live test: a child process that can be killed and restarted."""

import asyncio
from pathlib import Path
from typing import Self

from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.wire.invitation import Codes

_LOOK_EVERY = 0.2  # seconds between two looks at the process
_LINGER = "1"  # wall-clock seconds that it waits at the end for absent workers
_RATE = "100000"  # messages per second: a bot at 100 times its pace is no attack


class CoordinatorProcess:
    """Context manager around a coordinator process; call :meth:`start` first."""

    def __init__(self, scenario: Scenario, run_file: Path, *, speed: float, seats: int, bots: int):
        self.codes: Codes
        self.port = 0
        self._scenario = scenario
        self._run_file = run_file
        self._options = ["--speed", f"{speed:g}", "--seats", str(seats), "--bot-seats", str(bots)]
        self._options += ["--max-rate", _RATE, "--linger", _LINGER]
        self._options += ["--max-connections", str(2 * (seats + bots) + 10)]
        self._child: ChildCoordinator | None = None

    async def start(self, port: int = 0) -> None:
        """Start it, on its former port if it had one; raise its error if it fails."""
        port = self.port or port
        child = ChildCoordinator(
            self._scenario, self._run_file, "--port", str(port), *self._options
        )
        self._child = child.__enter__()
        codes = await child.codes()
        if not self.port:
            self.codes = codes
            self.port = int(codes.address.rpartition(":")[2])

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        assert self._child is not None, "not started"
        child, self._child = self._child, None
        child.kill()
        child.__exit__(None)

    async def watch(self) -> None:
        """Wait for the regular end of the coordinator; raise its error if it fails."""
        while True:
            child = self._child
            if child is None:  # killed by a step
                await asyncio.sleep(_LOOK_EVERY)
            elif await child.ended(_LOOK_EVERY) and child is self._child:
                child.check()
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._child is not None:
            self._child.__exit__(*raised)
