"""The run of one condition in a study in virtual time."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from msgspec.structs import replace

from clamshell_tui.core.commands import Assign, Command, Reject, Release, Terminate
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.events import AssignmentAnswered, Event, WorkerPaused, WorkerResumed
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.meta import described
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.roles import assign_roles
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.simulator.trainer import SimulatedTrainer
from clamshell_tui.workforce.crowd import SimulatedCrowd


@dataclass
class ConditionRun:
    """The run of one condition."""

    name: str
    scenario: Scenario
    simulation: Simulation
    tables: Tables
    events: list[tuple[float, Event]] = field(default_factory=list)
    news: list[Worker] = field(default_factory=list)  # workers to whom something happened
    paused: list[Worker] = field(default_factory=list)  # workers with a last task in hand
    answered: Counter[str] = field(default_factory=Counter)  # records by participant
    ends: dict[str, str] = field(default_factory=dict)  # why there is no further task, by label


def condition_run(
    name: str, scenario: Scenario, dataset: Dataset, seed: int, *, check: bool
) -> ConditionRun:
    """Return the run of a condition, with its records submitted at the start."""
    scenario = replace(scenario, seed=seed, simulation=replace(scenario.simulation, check=check))
    roles = assign_roles(dataset, scenario)
    config = scenario.run_config(dataset.classes)
    records, tables = roles.records, Tables(described(scenario))
    truth = records.truth.tolist()
    model = RunModel(tables, RecordNames(records.classes, records.ids, truth))
    trainer = None
    if scenario.learning.enabled:
        from clamshell_tui.scenario.learning import make_learner  # scikit-learn takes seconds

        trainer = SimulatedTrainer(make_learner(config, roles), scenario.simulation)

    def observe(at: float, event: Event, commands: list[Command]) -> None:
        model.apply(at, event, commands)
        run.events.append((at, event))
        pool = run.simulation.engine.state.pool
        if isinstance(event, AssignmentAnswered):
            answered = sum(label is not None for label in event.labels)
            run.answered[str(event.worker)] += answered
            run.news.append(pool.workers[event.worker])
        if isinstance(event, WorkerPaused) and pool.workers[event.worker].assignment is not None:
            run.paused.append(pool.workers[event.worker])
        if isinstance(event, WorkerResumed):  # perhaps nothing is left
            run.news.append(pool.workers[event.worker])
        free = [worker for worker in run.paused if worker.assignment is None]  # also without answer
        for worker in free:
            run.paused.remove(worker)
        run.news += free
        for command in commands:
            if isinstance(command, Assign | Reject | Release | Terminate):
                run.news.append(pool.workers[command.worker])

    simulation = Simulation(
        config,
        SimulatedCrowd(scenario.crowd, n_classes=len(dataset.classes), seed=seed),
        _answerable(records, seed),
        ids=records.ids,
        seeds=roles.seeds,
        gold=roles.gold_answers,
        uses=roles.uses,
        submissions=list(roles.submissions(scenario.requester)),
        trainer=trainer,
        settings=scenario.simulation,
        observe=observe,
        recruits=False,
    )
    run = ConditionRun(name, scenario, simulation, tables)
    return run


def _answerable(records: Dataset, seed: int) -> list[int]:
    """Return the class of each record, drawn where it is unknown, the same in all conditions.

    What is to be labelled rarely has known answers. Simulated people then agree and err as they
    would about known records; whether their labels are right is not judged.
    """
    n_classes = len(records.classes)
    return [
        Random(f"{seed}/class/{name}").randrange(n_classes) if label == UNKNOWN else label
        for name, label in zip(records.ids, records.truth.tolist(), strict=True)
    ]
