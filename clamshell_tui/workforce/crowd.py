"""The crowd of a run: creates workers, and decides when they join."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import clamshell_tui.plugins  # noqa: F401  # policies of other packages, in bots too
from clamshell_tui.errors import ScenarioError
from clamshell_tui.workforce.behaviour import BEHAVIOURS, Behaviour
from clamshell_tui.workforce.checks import problems
from clamshell_tui.workforce.config import CrowdConfig, ScriptedAction, WorkerConfig
from clamshell_tui.workforce.hard_records import HardRecords
from clamshell_tui.workforce.latency import latency_of
from clamshell_tui.workforce.machine import SimulatedMachine
from clamshell_tui.workforce.person import Person
from clamshell_tui.workforce.populations import POPULATIONS, Population
from clamshell_tui.workforce.populations.trace import (
    RecordedWorker,
    TracePopulation,
    read_trace,
)
from clamshell_tui.workforce.recruitment import recruiter_for


class SimulatedCrowd:
    """All workers that may join a run.

    Each worker has its own generator, seeded by the run's seed and the worker's number. So the n-th
    worker is the same, and needs the same time for the same tasks, whatever the others do and
    whichever techniques are enabled.

    ``base`` is the folder that a relative ``trace`` path starts from; with ``recorded`` workers, no
    trace is read. Raises ScenarioError for the first of ``checks.problems``, and DatasetError for a
    trace that cannot be read.
    """

    def __init__(
        self,
        config: CrowdConfig,
        *,
        n_classes: int,
        seed: int,
        base: Path | None = None,
        recorded: Sequence[RecordedWorker] = (),
    ) -> None:
        for problem in problems(config, n_classes):
            raise ScenarioError(problem)
        self._config = config
        self._n_classes = n_classes
        self._seed = seed
        self._sample = TracePopulation(recorded) if recorded else _population(config, base)
        self._shares = sorted(config.behaviours.items())
        self._made = 0
        self._recruited = 0
        self._hard = None
        if config.hard_records:
            self._hard = HardRecords(config.hard_records, config.hard_accuracy, n_classes, seed)
        explicit = [(each, name) for each in config.worker for name in each.names]
        self._scheduled = [(each.at, each, name) for each, name in explicit if each.at is not None]
        self._explicit = [(each, name) for each, name in explicit if each.at is None]
        self.recruiter = recruiter_for(
            config.population, config.recruitment, Random(f"{seed}/recruitment")
        )

    def recruit(self) -> Behaviour:
        """Return the next worker that takes a posting: explicit ones, then the population's."""
        number = self._recruited
        self._recruited += 1
        if number < len(self._explicit):
            rng = Random(f"{self._seed}/explicit/{number}")
            return self._explicit_worker(*self._explicit[number], rng)
        rng = Random(f"{self._seed}/worker/{number - len(self._explicit)}")
        name = self._behaviour(rng.random())
        return self._behave(name, self._person(rng), rng)

    def scheduled(self) -> list[tuple[float, Behaviour]]:
        """Return the explicit workers that join at a given time, with the time, earliest first.

        They need no posting. Call it once: each call samples the workers again.
        """
        joining = [
            (at, self._explicit_worker(each, name, Random(f"{self._seed}/scheduled/{number}")))
            for number, (at, each, name) in enumerate(self._scheduled)
        ]
        return sorted(joining, key=lambda pair: pair[0])

    def machines(self) -> list[SimulatedMachine]:
        """Return the machines, in the order of the scenario."""
        return [
            SimulatedMachine(each, self._n_classes, self._seed, number)
            for number, each in enumerate(self._config.machine, 1)
        ]

    @property
    def script(self) -> list[ScriptedAction]:
        """The scripted events, earliest first."""
        return sorted(self._config.script, key=lambda action: action.at)

    def _behaviour(self, uniform: float) -> str:
        for name, share in self._shares:
            if uniform < share:
                return name
            uniform -= share
        return "honest"

    def _person(self, rng: Random) -> Person:
        return self._sample(rng, self._config, self._n_classes)

    def _explicit_worker(self, worker: WorkerConfig, name: str, rng: Random) -> Behaviour:
        """Return a person of the population with the explicit values of the scenario."""
        person = self._person(rng)
        if worker.mean is not None:
            custom = self._config.custom
            deviation = worker.deviation
            if deviation is None:
                deviation = custom.deviation / custom.mean * worker.mean
            person.latency = latency_of(custom.distribution, worker.mean, deviation)
        if worker.accuracy is not None:
            person = Person(person.latency, worker.accuracy, self._n_classes)
        behaviour = self._behave(worker.behaviour, person, rng)
        behaviour.name = name
        return behaviour

    def _behave(self, behaviour: str, person: Person, rng: Random) -> Behaviour:
        made = BEHAVIOURS[behaviour](person, self._config, rng)
        self._made += 1
        made.number, made.hard = self._made, self._hard
        return made


def _population(config: CrowdConfig, base: Path | None) -> Population:
    if config.trace is not None:
        return TracePopulation(read_trace((base or Path()) / config.trace))
    return POPULATIONS[config.population]
