"""The coordinator of a live test: a child process that can be killed and started again."""

import asyncio
from pathlib import Path
from typing import Self

from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.wire.invitation import Codes

_LOOK_EVERY = 0.2  # seconds, at whether it is still there
_LINGER = "1"  # seconds of the wall that it waits at the end for who went away for good
_RATE = "100000"  # messages a second: a bot at 100 times its pace is no attack


class Host:
    """A context manager that ends with the process gone; ``start`` it first."""

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
        """Start it, at the port that it had before; raises what it complains about."""
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
        """It ends without a word, as in a power cut."""
        assert self._child is not None, "not started"
        child, self._child = self._child, None
        child.kill()
        child.__exit__(None)

    async def watch(self) -> None:
        """Until the coordinator has ended in order; raises what it complains about if it fails."""
        while True:
            child = self._child
            if child is None:  # it was killed on purpose
                await asyncio.sleep(_LOOK_EVERY)
            elif await child.ended(_LOOK_EVERY) and child is self._child:
                child.check()
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._child is not None:
            self._child.__exit__(*raised)
