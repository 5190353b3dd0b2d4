"""Small simulations with defaults, and a record of their steps."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import msgspec

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import RunConfig
from clamshell_tui.scenario.config import SimulationConfig
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.simulator.trainer import SimulatedTrainer
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd

Step = tuple[float, e.Event, list[c.Command]]

EXACT: dict[str, Any] = {  # nothing but the work itself takes time
    "population": "custom",
    "reaction": False,
    "termination_notice": False,
    "abandonment": 0.0,
    "recruitment": {"distribution": "lognormal", "mean": 10.0},
}


class Run:
    """A simulation and the list of its steps."""

    def __init__(
        self,
        config: RunConfig,
        crowd: Mapping[str, Any],
        *,
        records: int = 60,
        gold: int = 0,
        seed: int = 1,
        trainer: SimulatedTrainer | None = None,
        **settings: Any,
    ) -> None:
        rng = Random(seed)
        truth = [rng.randrange(len(config.classes)) for _ in range(records)]
        self.config = config
        self.steps: list[Step] = []
        self.simulation = Simulation(
            config,
            SimulatedCrowd(
                msgspec.convert(crowd, CrowdConfig), n_classes=len(config.classes), seed=seed
            ),
            truth,
            gold=dict(enumerate(truth[:gold])),
            submissions=[(0.0, records)],
            trainer=trainer,
            settings=SimulationConfig(**settings),
            observe=lambda now, event, commands: self.steps.append((now, event, commands)),
        )

    def run(self, limit: int = 100_000, each: Callable[[], object] | None = None) -> "Run":
        """Run to the end, within ``limit`` steps; call ``each`` after every step."""
        for _ in range(limit):
            if not self.simulation.step():
                return self
            if each is not None:
                each()
        raise AssertionError(f"not over after {limit} steps: {self.steps[-3:]}")

    def batch_latencies(self) -> list[float]:
        """Seconds from the first assignment of each batch to its last label."""
        found: list[float] = []
        began: float | None = None
        for now, _, commands in self.steps:
            for command in commands:
                if isinstance(command, c.CloseBatch):
                    assert began is not None
                    found.append(now - began)
                    began = None
                elif isinstance(command, c.Assign) and began is None:
                    began = now
        return found
