"""A live run with bots, started by a program: for tests, notebooks and prototypes."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from msgspec.structs import replace

from clamshell_tui.api.scenarios import LoadedScenario, ScenarioLike, loaded
from clamshell_tui.client import Requester
from clamshell_tui.client.loop_thread import LoopThread
from clamshell_tui.coordinator.child import ChildCoordinator, absolute
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.wire.invitation import Codes
from worker_client import crowd_of_bots

_RATE = "100000"  # messages per second: a bot at 1,000 times its pace is no attack
_LINGER = "0"  # wall-clock seconds that the coordinator waits at the end for absent workers


class Crowd:
    """A running coordinator with its workers; a context manager, also with ``async with``.

    ``address`` and ``token`` are for requesters, also of other programs; ``joins`` are the join
    lines of the free seats, for ``clamshell-worker``. Leaving the context ends the run.
    """

    def __init__(
        self, source: LoadedScenario, *, bots: int, seats: int, speed: float, db: Path | None
    ) -> None:
        scenario = _with_pool_of(seats + bots, absolute(source.scenario, source.base))
        self._stack = ExitStack()
        with self._stack as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="clamshell-")))
            options = ["--speed", f"{speed:g}", "--seats", str(seats), "--bot-seats", str(bots)]
            options += ["--max-rate", _RATE, "--linger", _LINGER, "--port", "0"]
            self._child = stack.enter_context(
                ChildCoordinator(scenario, db or folder / "run.db", *options)
            )
            thread = LoopThread("clamshell-bots")
            stack.callback(thread.close)
            self._codes: Codes = thread.run(self._child.codes())
            if bots:
                joins = [self._codes.join(code) for code in self._codes.bots]
                crowd, seed = scenario.crowd, scenario.seed
                thread.start(crowd_of_bots.run(joins, crowd, seed=seed, speed=speed))
            self._stack = stack.pop_all()

    @property
    def address(self) -> str:
        return self._codes.address

    @property
    def token(self) -> str:
        """The requester's token."""
        return self._codes.requester

    @property
    def joins(self) -> tuple[str, ...]:
        return tuple([self._codes.join(code) for code in self._codes.seats])

    def requester(self) -> Requester:
        """Return a new connection; close it, or use it as a context manager."""
        return Requester(self.address, self.token)

    def close(self) -> None:
        """End the run and its workers. Idempotent."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)


def serve(
    scenario: ScenarioLike,
    *,
    bots: int = 0,
    seats: int = 0,
    speed: float = 1.0,
    db: str | Path | None = None,
    settings: Mapping[str, object] = {},
) -> Crowd:
    """Start a coordinator on loopback, and bots that work for it.

    ``speed`` is in seconds of the run per second, for bots. A pool of more slots than there are
    seats is made as small as those, because the first batch waits for a full pool. The run is kept
    in ``db``, or thrown away. Raises ScenarioError, DatasetError and EnvironmentFaultError of the
    start::

        with cs.serve("sentiment.toml", bots=8, speed=100) as crowd, crowd.requester() as requester:
            requester.submit([cs.NewRecord("t1", text="what a day", truth="good")], last=True)
            labels = {each.id: each.label for each in requester.labels()}
    """
    source = loaded(scenario, settings)
    return Crowd(source, bots=bots, seats=seats, speed=speed, db=None if db is None else Path(db))


def _with_pool_of(workers: int, scenario: Scenario) -> Scenario:
    pool = replace(scenario.pool, size=max(1, min(workers, scenario.pool.size)))
    return replace(scenario, pool=pool)
