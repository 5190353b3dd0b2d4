"""Starting point of experiments on a run: its settings as they stand, its work and its crowd.

It is read from a run file or a scenario, or built from the engine that an operator's screen
follows.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.crowd_fit.crowd import FittedCrowd, as_config, drawn, see
from clamshell_tui.experiments.fast_simulation import FastOutcome, FastWork, play
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.runfile.file_run import record_names
from clamshell_tui.runfile.fold import current_tables, replay
from clamshell_tui.runfile.meta import CLASSES, unproven
from clamshell_tui.runfile.reader import RunFile, open_run
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.rules import stored_scenario
from clamshell_tui.text import show
from clamshell_tui.workforce.config import CrowdConfig, RecruitmentModel

if TYPE_CHECKING:
    from clamshell_tui.experiments.fast_simulation import FastOutcome, FastWork
from collections.abc import Mapping

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine


class Request(Struct, frozen=True):
    """A run as it stands. ``scenario`` is TOML with the settings as they stand.

    ``labels`` is the number that the run will deliver, ``left`` how many of them are missing;
    ``seconds`` and ``dollars`` have gone since the first task and the first payment; ``present``
    people are here. ``base`` is the folder that data files are relative to; without it the data
    cannot be had, and nothing is said about passive learning.
    """

    scenario: str
    classes: tuple[str, ...]
    crowd: FittedCrowd
    labels: int
    left: int
    gold: int
    seconds: float
    dollars: float
    present: int
    base: str | None = None
    seeds: Annotated[int, msgspec.Meta(ge=2)] = 20


_NEED_DATA = ("dataset.", "learning.", "stop.accuracy")
_PASSES = 0.01  # pass mark for workers already qualified: one right answer


class Basis(Struct, frozen=True):
    """A run to experiment on. ``seen`` is its crowd; None: the population that the scenario names.

    ``fresh`` says whether people like those seen are to come, or the same ones in order.
    """

    name: str
    scenario: Scenario
    classes: tuple[str, ...]
    labels: int
    gold: int
    seen: FittedCrowd | None
    outcome: FastOutcome
    fresh: bool = True
    currency: str = "USD"  # of the outcome's ``dollars``, and all that are simulated


def from_run_file(path: Path, *, fresh: bool = True) -> Basis:
    """The run in a file, finished or not; InputError if no worker has completed a task in it."""
    with open_run(path) as file, unproven(path):
        return _of_run(file, fresh=fresh)


def _of_run(file: RunFile, *, fresh: bool) -> Basis:
    engine = replay(file)
    classes = engine.state.config.classes
    summary = summarise(current_tables(file).tables)
    scenario = stored_scenario(file.meta, show(file.path.name))
    names = record_names(file, classes)
    truth = {record: name.truth for record, name in names.items() if name.truth is not None}
    return Basis(
        name=file.path.name,
        scenario=with_settings(scenario, engine.state.config),
        classes=classes,
        labels=labels_in_all(engine),
        gold=len(engine.state.gold),
        seen=see(engine, truth, scenario.crowd),
        outcome=_recorded(summary, engine.state.first_assignment),
        fresh=fresh,
        currency=summary.currency,
    )


def from_scenario(scenario: Scenario, base: Path) -> Basis:
    """A scenario before its first run: simulate it once, in full, to count the labels."""
    from clamshell_tui.simulator.run_scenario import run_scenario  # seconds: numpy and scikit-learn

    result = run_scenario(scenario, base)
    crowd = scenario.crowd
    if crowd.trace is not None:
        crowd = replace(crowd, trace=str((base / crowd.trace).resolve()))
    starts = [row.started_at for row in result.tables.assignments.values()]
    return Basis(
        name=scenario.name,
        scenario=replace(scenario, crowd=crowd),
        classes=msgspec.json.decode(result.tables.meta[CLASSES], type=tuple[str, ...]),
        labels=result.summary.labels.delivered,
        gold=scenario.requester.gold,
        seen=None,
        outcome=_recorded(result.summary, min(starts, default=None)),
    )


def _recorded(summary: Summary, began: float | None) -> FastOutcome:
    return FastOutcome(
        seconds=summary.seconds or 0.0,
        dollars=summary.cost.total / 1e6,
        batch=summary.batches.mean,
        correct=summary.labels.accuracy,
        labels=summary.labels.delivered,
        assignments=summary.work.assignments,
        duplicates=summary.work.duplicates,
        evictions=len(summary.workers.evicted),
        recruiting=began or 0.0,
    )


# Under other settings


def set_on(basis: Basis, settings: Sequence[str]) -> Basis:
    """The basis with settings changed for good: what everything else is compared with."""
    if not settings:
        return basis
    changed(basis, settings)
    scenario = parse_scenario(as_toml(basis.scenario), basis.name, settings)
    return replace(basis, scenario=scenario)


def changed(basis: Basis, settings: Sequence[str] = ()) -> FastWork:
    """The work of the run under ``section.key=value`` settings; ScenarioError if one is wrong."""
    for setting in settings:
        if setting.strip().startswith(_NEED_DATA):
            raise ScenarioError(
                f'"{show(setting)}" needs the records, and here none are learned from. Write '
                "clamshell trace, then clamshell run with --set crowd.population=trace"
            )
    scenario = parse_scenario(as_toml(basis.scenario), basis.name, settings)
    labels = basis.labels
    if scenario.stop.labels is not None and scenario.stop.labels != basis.scenario.stop.labels:
        labels = scenario.stop.labels
    crowd, qualification = scenario.crowd, scenario.qualification
    if basis.seen is not None:
        crowd = as_config(crowd, basis.seen, fresh=basis.fresh)
        qualification = replace(qualification, pass_mark=min(qualification.pass_mark, _PASSES))
    config = replace(scenario.run_config(basis.classes), qualification=qualification)
    return FastWork(config, crowd, scenario.requester, scenario.simulation, labels, basis.gold)


def unseen_tails(basis: Basis, tried: Sequence[FastWork]) -> bool:
    """Whether mitigation hid what some of these works depend on: how long long tasks last."""
    mitigated = basis.scenario.straggler_mitigation.enabled
    off = any(not work.config.straggler_mitigation.enabled for work in tried)
    return basis.seen is not None and mitigated and off


UNSEEN_TAILS = (
    "Mitigation ended long tasks before it was seen how long they would have taken: "
    "without it, where workers lapse now and then, runs take longer than simulated here."
)


def simulate(work: FastWork, seen: FittedCrowd | None, seed: int, *, fresh: bool) -> FastOutcome:
    """One run of ``work`` by the crowd seen, or by its own where there is none.

    The same seed brings the same people to any work.
    """
    if seen is None:
        return play(work, seed)
    rng = Random(f"{seed}/crowd seen")
    people = drawn(seen, rng, fresh=fresh)
    return play(replace(work, crowd=_recruiting(work.crowd, seen, rng)), seed, people)


def _recruiting(crowd: CrowdConfig, seen: FittedCrowd, rng: Random) -> CrowdConfig:
    """How long recruitment takes is known from a few people only: draw that too."""
    model = crowd.recruitment
    if model is None or seen.recruitment is None:
        return crowd
    spread = 1.0 if model.distribution == "exponential" else _log_spread(model)
    factor = rng.lognormvariate(0.0, spread / seen.recruitment.joined**0.5)
    mean = min(1e7, max(0.001, model.mean * factor))
    return replace(crowd, recruitment=replace(model, mean=mean))


def _log_spread(model: RecruitmentModel) -> float:
    return 0.6 if model.spread is None else model.spread


def request_of(
    engine: Engine, scenario: Scenario, truth: Mapping[int, int], base: Path | None = None
) -> Request:
    """The request for a run as it stands; InputError while no worker has completed a task.

    ``scenario`` is that of the start of the run, ``truth`` the right classes of the records for
    which they are known, ``base`` the folder that the scenario's data files are relative to.
    """
    state = engine.state
    began = state.first_assignment
    labels = labels_in_all(engine)
    return Request(
        scenario=as_toml(with_settings(scenario, state.config)),
        classes=state.config.classes,
        crowd=see(engine, truth, scenario.crowd),
        labels=labels,
        left=max(0, labels - len(state.labels)),
        gold=len(state.gold),
        seconds=0.0 if began is None else engine.now - began,
        dollars=_spent(engine) / 1e6,
        present=state.pool.seated + len(state.pool.reserve),
        base=None if base is None else str(base),
    )


def _spent(engine: Engine) -> int:
    """Micro-dollars, with the waiting that is not booked yet."""
    state = engine.state
    waiting = sum(
        state.ledger.time(worker.paid_since, engine.now)
        for worker in state.pool.workers.values()
        if worker.paid_since is not None
    )
    return waiting + sum(state.ledger.totals.values())


def labels_in_all(engine: Engine) -> int:
    """Number of labels that the run delivered, or will deliver."""
    state = engine.state
    if state.phase == "finished":
        return len(state.labels)
    records = state.records.submitted - len(state.gold)
    return min(records, state.config.stop.labels or records)


def with_settings(scenario: Scenario, config: RunConfig) -> Scenario:
    """The scenario with the engine's settings as they stand: an operator may have changed some."""
    shared = (name for name in RunConfig.__struct_fields__ if name != "classes")
    return replace(scenario, **{name: getattr(config, name) for name in shared})
