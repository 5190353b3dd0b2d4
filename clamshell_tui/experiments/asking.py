"""What an operator's screen asks the estimator, from the engine that it follows."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.experiments.crowd_seen import see
from clamshell_tui.experiments.whatif import Request
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml


def request_of(
    engine: Engine, scenario: Scenario, truth: Mapping[int, int], base: Path | None = None
) -> Request:
    """The request for a run as it stands; InputError while nobody has completed a task.

    ``scenario`` is what the run was started with, ``truth`` the right classes of the records for
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
    """How many labels the run came to, or is going to."""
    state = engine.state
    if state.phase == "finished":
        return len(state.labels)
    records = state.records.submitted - len(state.gold)
    return min(records, state.config.stop.labels or records)


def with_settings(scenario: Scenario, config: RunConfig) -> Scenario:
    """The scenario with the engine's settings as they stand: an operator may have changed some."""
    shared = (name for name in RunConfig.__struct_fields__ if name != "classes")
    return replace(scenario, **{name: getattr(config, name) for name in shared})
