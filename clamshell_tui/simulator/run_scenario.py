"""Run a scenario in virtual time: assemble data, crowd, learner, engine and read model."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from clamshell_tui.core.commands import Command
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import EVICTED_WRONGLY, RecordNames
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import MetaRow, Tables, WarningRow
from clamshell_tui.run.totals import RunTotals, totals
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.meta import CLASSES, DIGEST, described
from clamshell_tui.runfile.writer import RunFileWriter
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.roles import Roles, assign_roles
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.simulator.trainer import SimulatedTrainer
from clamshell_tui.workforce.crowd import SimulatedCrowd


@dataclass(frozen=True)
class Prepared:
    """Parts of a run, for one start only: crowd and learner keep state."""

    scenario: Scenario
    config: RunConfig
    roles: Roles
    submissions: list[tuple[float, int]]
    crowd: SimulatedCrowd
    trainer: SimulatedTrainer | None


@dataclass(frozen=True)
class RunResult:
    """A finished run: tables, summary, digest of the final state.

    ``names`` maps the scenario's names of workers to their ids, ``true_means`` ids to true mean
    latencies in seconds per label of a full task.
    """

    tables: Tables
    summary: Summary
    digest: str
    engine: Engine
    names: dict[str, str]
    true_means: dict[str, float]


def run_scenario(
    scenario: Scenario,
    base: Path,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    watch: Callable[[RunTotals], None] | None = None,
    pace: Callable[[], bool] | None = None,
    witness: Callable[[float, Event], None] | None = None,
) -> RunResult:
    """Run ``scenario`` to its end; paths in it are relative to ``base``.

    With ``out`` the run is written to a file, which appears only after a successful end. ``watch``
    receives a snapshot after each event for which ``pace()`` is true, and at the end. ``witness``
    is called with the time and each event.
    """
    meta = described(scenario)
    with ExitStack() as stack:
        writer, tables = None, Tables(meta)
        if out is not None:  # before reading data: fail early if it cannot be written
            writer = stack.enter_context(RunFileWriter(out, meta, overwrite=overwrite))
            tables = writer.tables
        prepared = prepare(scenario, base)
        simulation = _simulation(prepared, tables, writer, witness)
        _execute(simulation, watch, pace)
        digest = state_digest(simulation.engine)
        tables.put(MetaRow(DIGEST, digest))
        _note_evictions(tables, simulation)
    names = {name: str(worker) for name, worker in simulation.names.items()}
    summary, means = summarise(tables), simulation.true_means
    return RunResult(
        tables,
        summary,
        digest,
        simulation.engine,
        names,
        {str(worker): mean for worker, mean in means.items()},
    )


def _note_evictions(tables: Tables, simulation: Simulation) -> None:
    """Keep how many evictions for speed were wrong: only a simulation knows it."""
    evicted = [row for row in tables.evictions if row.reason == "latency"]
    if evicted:
        means = simulation.true_means
        wrong = sum(means[WorkerId(row.worker)] <= row.threshold for row in evicted)
        tables.put(MetaRow(EVICTED_WRONGLY, str(wrong)))


def _simulation(
    prepared: Prepared,
    tables: Tables,
    writer: RunFileWriter | None,
    witness: Callable[[float, Event], None] | None,
) -> Simulation:
    """Build the simulation; the fold of its events goes to ``tables``."""
    roles = prepared.roles
    records, truth = roles.records, roles.records.truth.tolist()
    tables.put(MetaRow("dataset", records.name))
    tables.put(MetaRow(CLASSES, msgspec.json.encode(records.classes).decode()))
    for key, value in roles.meta.items():
        tables.put(MetaRow(key, value))
    for note in records.notes:
        tables.put(WarningRow(0.0, "dataset", note))
    names = RecordNames(records.classes, records.ids, truth)
    model, journal = RunModel(tables, names), Journal()

    def observe(at: float, event: Event, commands: list[Command]) -> None:
        if witness is not None:
            witness(at, event)
        if writer is not None:
            writer.append(journal.entry(at, event))
        model.apply(at, event, commands)

    return Simulation(
        prepared.config,
        prepared.crowd,
        truth,
        ids=records.ids,
        seeds=roles.seeds,
        gold=roles.gold_answers,
        uses=roles.uses,
        submissions=prepared.submissions,
        trainer=prepared.trainer,
        settings=prepared.scenario.simulation,
        observe=model.apply if witness is None and writer is None else observe,
    )


def _execute(
    simulation: Simulation,
    watch: Callable[[RunTotals], None] | None,
    pace: Callable[[], bool] | None,
) -> None:
    engine = simulation.engine
    while simulation.step():
        if watch is not None and pace is not None and pace():
            watch(totals(engine, engine.now))
    if watch is not None:
        watch(totals(engine, engine.now))


def prepare(scenario: Scenario, base: Path) -> Prepared:
    """Load the data and make the parts of a run, all from the scenario's seed.

    Raises DatasetError and ScenarioError for faults that only the data can show.
    """
    seed = scenario.seed
    learns = scenario.learning.enabled
    dataset = _simulable(load(scenario.dataset, base=base, seed=seed, features=learns))
    roles = assign_roles(dataset, scenario)
    config = scenario.run_config(dataset.classes)
    crowd = SimulatedCrowd(scenario.crowd, n_classes=len(dataset.classes), seed=seed, base=base)
    trainer = None
    if learns:
        from clamshell_tui.scenario.learning import make_learner  # scikit-learn takes seconds

        learner = make_learner(config, roles)
        trainer = SimulatedTrainer(learner, scenario.simulation)
    planned = list(roles.submissions(scenario.requester))
    return Prepared(scenario, config, roles, planned, crowd, trainer)


def _simulable(dataset: Dataset) -> Dataset:
    """Keep the records with a known class: a simulated worker needs it to answer."""
    known = [index for index, label in enumerate(dataset.truth.tolist()) if label != UNKNOWN]
    if not known:
        raise DatasetError(
            f"{dataset.name}: no record has a known answer, and simulated workers need one to be "
            "right or wrong about. Name the column of the answers in dataset.label"
        )
    if len(known) == len(dataset):
        return dataset
    unknown = len(dataset) - len(known)
    note = f"{unknown} of {len(dataset)} records have no known answer and are left out"
    return replace(dataset.take(known), notes=(*dataset.notes, note))
