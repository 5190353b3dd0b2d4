"""From a run file back to the engine's final state: proof that the journal is the whole run."""

from collections.abc import Iterable
from hashlib import blake2b
from importlib import metadata
from typing import Any, NamedTuple

import msgspec

from clamshell_tui.core.config import RULES, RunConfig
from clamshell_tui.core.crowd_platform.assignment import Assignment
from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.core.faults import InvalidEventError
from clamshell_tui.errors import ClamshellError, RunFileError
from clamshell_tui.runfile import RunFile
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import SCENARIO, require_rules, stored_scenario
from clamshell_tui.text import show

CLASSES, DIGEST = "classes", "state_digest"
"""Keys of a run file's ``meta`` table: what a replay starts from and must arrive at."""


def described(scenario: Scenario) -> dict[str, str]:
    """What the ``meta`` table of every run says from the start: what was run, and by which rules.

    The classes are added when the data are known.
    """
    return {
        "version": metadata.version("clamshell-tui"),
        "rules": str(RULES),
        "scenario": scenario.name,
        "description": scenario.description,
        "population": scenario.crowd.population,
        "seed": str(scenario.seed),
        SCENARIO: as_toml(scenario),
    }


class Verification(NamedTuple):
    """What was found: ``entries`` of an unbroken journal, and what their replay came to."""

    entries: int
    digest: str
    recorded: bool  # False: the run did not end, so there is nothing to compare the digest with


def verify(file: RunFile) -> Verification:
    """Check the journal's hashes, replay it, and compare the final state with the recorded one.

    Raises EnvironmentFaultError for a damaged journal, or one of other rules; ClamshellError when
    the replay differs.
    """
    entries = file.verify_journal()
    require_rules(file.meta, show(file.path.name), "hashes right; ")
    try:
        digest = state_digest(replay(file))
    except InvalidEventError as error:
        reason = str(error).partition("\n")[0]
        raise _differs(file, f"an event is refused ({show(reason)})") from error
    recorded = file.meta.get(DIGEST)
    if recorded is not None and recorded != digest:
        raise _differs(file, "the final state is another one")
    return Verification(entries, digest, recorded is not None)


def replay(file: RunFile) -> Engine:
    """Return a fresh engine to which every event of the journal has been told.

    Raises EnvironmentFaultError when the journal was made by other rules.
    """
    require_rules(file.meta, show(file.path.name))
    return _told(Engine(config_of(file)), file.events())


def config_of(file: RunFile) -> RunConfig:
    """The configuration that a run was made with; RunFileError when the file does not say."""
    name = show(file.path.name)
    try:
        classes = msgspec.json.decode(file.meta[CLASSES], type=tuple[str, ...])
    except (KeyError, msgspec.DecodeError) as error:
        raise RunFileError(f"{name} does not say which classes it was made with") from error
    return stored_scenario(file.meta, name).run_config(classes)


def _told(engine: Engine, events: Iterable[tuple[float, Event]]) -> Engine:
    for at, event in events:
        engine.handle(event, at)
    return engine


def _differs(file: RunFile, how: str) -> ClamshellError:
    version = show(file.meta.get("version", "unknown"))
    return ClamshellError(
        f"{show(file.path.name)}: replaying the journal, {how}. The run was written by version "
        f"{version}; replay it with that one"
    )


def state_digest(engine: Engine) -> str:
    """BLAKE2b-128 in hex over everything that a run comes to: labels, work, people, money."""
    canonical = msgspec.json.encode(_state(engine))
    return blake2b(canonical, digest_size=16).hexdigest()


def _state(engine: Engine) -> dict[str, Any]:
    state = engine.state
    return {
        "now": engine.now,
        "phase": state.phase,
        "finish_reason": state.finish_reason,
        "records": [state.records.submitted, len(state.records)],
        "labels": [(record, state.labels[record]) for record in state.labels],
        "set_aside": sorted(state.set_aside.items()),
        "workers": [_worker(worker) for worker in state.pool.workers.values()],
        "assignments": [_assignment(assignment) for assignment in state.assignments],
        "tasks": [
            [task.id, task.batch, task.records, task.active, task.state, task.started, task.ended]
            for task in state.tasks
        ],
        "batches": [
            [batch.id, batch.model, batch.cut, batch.started, batch.ended, batch.mpl]
            for batch in state.batches
        ],
        "duplicates": state.duplicates,
        "evictions": engine.maintainer.evictions,
        "models": engine.retraining.version,
        "agreement": state.election.agreement.alpha,
        "paid": sorted(state.ledger.totals.items()),
        "random": state.rng.getstate(),
    }


def _worker(worker: Worker) -> list[Any]:
    return [
        worker.id,
        worker.state,
        worker.slot,
        worker.reason,
        worker.joined,
        worker.seated,
        worker.ended,
        worker.completed,
        worker.terminated,
        worker.skipped,
        [worker.gold_correct, worker.gold_asked, worker.agreed, worker.compared],
        sorted(worker.earned.items()),
    ]


def _assignment(assignment: Assignment) -> list[Any]:
    return [
        assignment.id,
        assignment.task.id,
        assignment.worker.id,
        assignment.started,
        assignment.ended,
        assignment.duplicate,
        assignment.state,
        assignment.labels,
        assignment.micros,
    ]
