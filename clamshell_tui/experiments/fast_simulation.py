"""Runs without data: the engine, a crowd, and records with a true class and nothing else.

No model is trained, as it does not change how long a given number of labels takes or costs. So a
run takes milliseconds, and hundreds of settings can be tried on a crowd.
"""

from collections.abc import Sequence
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.core.commands import Command, DeliverLabels
from clamshell_tui.core.config import LearningConfig, RunConfig, StopConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.run.statistics import mean, ratio
from clamshell_tui.scenario.config import RequesterConfig, SimulationConfig
from clamshell_tui.scenario.submissions import submissions
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from clamshell_tui.workforce.populations.trace import RecordedWorker
from clamshell_tui.workforce.recruitment import Recruiter


class FastWork(Struct, frozen=True):
    """Work to simulate: ``labels`` records without known labels, after ``gold`` ones.

    ``present`` people are there at the start, trained; the others are recruited.
    """

    config: RunConfig
    crowd: CrowdConfig
    requester: RequesterConfig
    simulation: SimulationConfig
    labels: int
    gold: int
    present: int = 0


class FastOutcome(Struct, frozen=True):
    """Result: seconds from the first task to the last label, dollars in all.

    ``batch`` is the mean batch latency in seconds, ``correct`` the share of labels that are right;
    None where there is none.
    """

    seconds: float
    dollars: float
    batch: float | None
    correct: float | None
    labels: int
    assignments: int
    duplicates: int
    evictions: int
    recruiting: float  # seconds before the first task


def play(work: FastWork, seed: int, recorded: Sequence[RecordedWorker] = ()) -> FastOutcome:
    """One run; ``recorded`` workers in place of the population that ``work.crowd`` names."""
    config = replace(
        work.config, seed=seed, learning=LearningConfig(enabled=False), stop=StopConfig()
    )
    n_classes = len(config.classes)
    crowd = SimulatedCrowd(work.crowd, n_classes=n_classes, seed=seed, recorded=recorded)
    if work.present:
        crowd.recruiter = _Present(crowd.recruiter, work.present)
    rng = Random(f"{seed}/truth")
    truth = rng.choices(range(n_classes), k=work.gold + work.labels)
    tally = _Tally(truth)
    simulation = Simulation(
        config,
        crowd,
        truth,
        gold=dict(enumerate(truth[: work.gold])),
        submissions=list(submissions(work.requester, len(truth))),
        settings=work.simulation,
        observe=tally.observe,
    )
    simulation.run()
    return _outcome(simulation.engine, tally)


class _Tally:
    """Counts what the engine does not keep: right labels, and when the last one came."""

    def __init__(self, truth: Sequence[int]) -> None:
        self._truth = truth
        self.delivered = 0
        self.right = 0
        self.last = 0.0

    def observe(self, now: float, event: Event, commands: list[Command]) -> None:
        truth = self._truth
        for command in commands:
            if isinstance(command, DeliverLabels):
                self.last = now
                self.delivered += len(command.records)
                pairs = zip(command.records, command.labels, strict=True)
                self.right += sum([truth[record] == label for record, label in pairs])


def _outcome(engine: Engine, tally: _Tally) -> FastOutcome:
    state = engine.state
    began = state.first_assignment
    batches = [
        batch.ended - batch.started
        for batch in state.batches
        if batch.ended is not None and batch.started is not None
    ]
    return FastOutcome(
        seconds=max(0.0, tally.last - began) if began is not None else 0.0,
        dollars=sum(state.ledger.totals.values()) / 1e6,
        batch=mean(batches),
        correct=ratio(tally.right, tally.delivered),
        labels=tally.delivered,
        assignments=len(state.assignments),
        duplicates=state.duplicates,
        evictions=engine.maintainer.evictions,
        recruiting=began or 0.0,
    )


class _Present(Recruiter):
    """People already present take the first seats at time 0; others are recruited."""

    def __init__(self, others: Recruiter, present: int) -> None:
        self._others = others
        self._waiting = present
        self._entering = 0

    def posted(self, seats: int, expires: float, now: float) -> list[float]:
        entering = min(seats, self._waiting)
        self._waiting = 0
        self._entering += entering
        return [now] * entering + self._others.posted(seats - entering, expires, now)

    def arrived(self, now: float) -> bool:
        if self._entering:
            self._entering -= 1
            return True
        return self._others.arrived(now)
