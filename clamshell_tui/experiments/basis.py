"""What experiments on a run start from: its settings as they stand, its work, and its crowd."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.errors import ScenarioError
from clamshell_tui.experiments.asking import labels_in_all, with_settings
from clamshell_tui.experiments.bare import Outcome, Work, play
from clamshell_tui.experiments.crowd_seen import CrowdSeen, as_config, drawn, see
from clamshell_tui.replica.run_file import KeptRun
from clamshell_tui.report import Summary, summarise
from clamshell_tui.runfile import RunFile, open_run
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.replay import CLASSES, unproven
from clamshell_tui.scenario.rules import stored_scenario
from clamshell_tui.text import show
from clamshell_tui.workforce.config import CrowdConfig, RecruitmentModel

_NEED_DATA = ("dataset.", "learning.", "stop.accuracy")
_PASSES = 0.01  # pass mark for people who have qualified already: one right answer


class Basis(Struct, frozen=True):
    """A run to experiment on. ``seen`` is its crowd; None: the population that the scenario names.

    ``fresh`` says whether people like those seen are to come, or the same ones in order.
    """

    name: str
    scenario: Scenario
    classes: tuple[str, ...]
    labels: int
    gold: int
    seen: CrowdSeen | None
    outcome: Outcome
    fresh: bool = True


def from_run_file(path: Path, *, fresh: bool = True) -> Basis:
    """The run in a file, finished or not; InputError if nobody has completed a task in it."""
    with open_run(path) as file, unproven(path):
        return _of_run(file, fresh=fresh)


def _of_run(file: RunFile, *, fresh: bool) -> Basis:
    run = KeptRun(file)
    for _ in run.load():
        pass
    summary = summarise(file.tables())
    scenario = stored_scenario(file.meta, show(file.path.name))
    truth = {record: name.truth for record, name in run.names.items() if name.truth is not None}
    engine = run.replica.engine
    return Basis(
        name=file.path.name,
        scenario=with_settings(scenario, engine.state.config),
        classes=run.config.classes,
        labels=labels_in_all(engine),
        gold=len(engine.state.gold),
        seen=see(engine, truth, scenario.crowd),
        outcome=_recorded(summary, engine.state.first_assignment),
        fresh=fresh,
    )


def from_scenario(scenario: Scenario, base: Path) -> Basis:
    """A scenario that nobody has run: it is simulated once, in full, to see how many labels."""
    from clamshell_tui.scenario.runner import run_scenario  # seconds: numpy and scikit-learn

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


def _recorded(summary: Summary, began: float | None) -> Outcome:
    return Outcome(
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


def changed(basis: Basis, settings: Sequence[str] = ()) -> Work:
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
    return Work(config, crowd, scenario.requester, scenario.simulation, labels, basis.gold)


def unseen_tails(basis: Basis, tried: Sequence[Work]) -> bool:
    """Whether mitigation hid what some of these works depend on: how long long tasks last."""
    mitigated = basis.scenario.straggler_mitigation.enabled
    off = any(not work.config.straggler_mitigation.enabled for work in tried)
    return basis.seen is not None and mitigated and off


UNSEEN_TAILS = (
    "Mitigation ended long tasks before it was seen how long they would have taken: "
    "without it, where workers lapse now and then, runs take longer than simulated here."
)


def simulate(work: Work, seen: CrowdSeen | None, seed: int, *, fresh: bool) -> Outcome:
    """One run of ``work`` by the crowd seen, or by its own where there is none.

    The same seed brings the same people to any work.
    """
    if seen is None:
        return play(work, seed)
    rng = Random(f"{seed}/crowd seen")
    people = drawn(seen, rng, fresh=fresh)
    return play(replace(work, crowd=_recruiting(work.crowd, seen, rng)), seed, people)


def _recruiting(crowd: CrowdConfig, seen: CrowdSeen, rng: Random) -> CrowdConfig:
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
