"""From a run file back to the engine's final state: proof that the journal is the whole run."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from clamshell_tui.core.config import RULES, RunConfig, problems
from clamshell_tui.core.crowd_platform.assignment import Assignment
from clamshell_tui.core.crowd_platform.worker import Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.phase import Phase
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError
from clamshell_tui.runfile import Projector, RecordNames, RunFile, Tables
from clamshell_tui.runfile.differences import Difference, differences
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import SCENARIO, require_rules, rules_of, stored_scenario
from clamshell_tui.text import show

_FIRST = {"meta": 0, "record": 1}  # tables from which others follow
_SHOWN = 200  # terminal cells of a reason
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
    """What was found: ``entries`` of an unbroken journal, and what their replay came to.

    Of a run that is not ``finished``, entries may be missing at the end.
    """

    entries: int
    digest: str
    finished: bool


def verify(file: RunFile) -> Verification:
    """Check the hashes, replay the journal, and compare every table with what it leads to.

    Raises EnvironmentFaultError for a file that is damaged, altered, or made by other rules; it
    names the first difference.
    """
    name = show(file.path.name)
    file.check_integrity()
    entries = file.verify_journal()
    require_rules(file.meta, name, "hashes right; ")
    unsealed = [*file.differences()]
    try:
        expected, engine = _projected(file)
    except ClamshellError:
        if unsealed:  # the reason, if it is the scenario or the classes
            raise _altered(name, unsealed) from None
        raise
    found = file.tables()
    _complete(file, expected, found, engine)
    if altered := [*differences(expected, found), *unsealed]:
        raise _altered(name, altered)
    over = engine.state.phase is Phase.FINISHED
    return Verification(entries, state_digest(engine), over and file.whole and bool(file.seal))


def _altered(name: str, found: Sequence[Difference]) -> EnvironmentFaultError:
    """What the run was made with comes first, since all else follows from it."""
    cells = {each[:3]: each for each in reversed(found)}
    first = min(reversed(cells.values()), key=lambda each: _FIRST.get(each.table, len(_FIRST)))
    more = f"; {len(cells) - 1} more" if len(cells) > 1 else ""
    return EnvironmentFaultError(
        f"{name} is not what its journal leads to: {first}{more}. "
        "Restore it from a back-up, or make the run again"
    )


def require_finished(found: Verification, name: str) -> None:
    """Raise EnvironmentFaultError where a run's file may not be the whole run."""
    if not found.finished:
        raise EnvironmentFaultError(
            f"{name}: {found.entries} journal entries, every hash is right, and every table is as "
            "they say; unfinished: entries may be missing at the end. Go on with the run to its "
            "end, or copy it again with its -wal file"
        )


def _projected(file: RunFile) -> tuple[Tables, Engine]:
    """The tables that a journal leads to, and the engine in its final state."""
    config = config_of(file)
    tables, engine = Tables(), Engine(config)
    projector = Projector(tables, RecordNames(config.classes), journal=False)
    with replaying(file.path):
        for at, event in file.events():
            projector.record(at, event, engine.handle(event, at))
    return tables, engine


def _complete(file: RunFile, expected: Tables, found: Tables, engine: Engine) -> None:
    """Put into the expected tables all that the journal does not say, but the file does.

    The ids of records are in the requester's data, or came over the wire; what is taken from the
    compared tables themselves is proven by the seal.
    """
    submitted = file.external_ids()
    for record, row in expected.labels.items():
        if (other := found.labels.get(record)) is not None:
            row.external_id = submitted.get(record, other.external_id)
            row.truth = other.truth
    notes = [row for row in found.warnings if row.at == 0.0 and row.code == "dataset"]
    expected.warnings[:0] = notes
    stored = described(stored_scenario(file.meta, show(file.path.name)))
    expected.meta |= {key: stored[key] for key in ("rules", "scenario", "description", "seed")}
    if engine.state.phase is Phase.FINISHED:
        entries, last = file.journal_end()
        expected.meta |= end_of(entries, last) | {DIGEST: state_digest(engine)}


@contextmanager
def unproven(path: Path, what: str = "its tables contradict each other") -> Iterator[None]:
    """Turn whatever absurd contents of a run file lead to into EnvironmentFaultError.

    Nothing in a file that was not verified can be relied on, so no check foresees all of it.
    """
    try:
        yield
    except ClamshellError:
        raise
    except Exception as error:
        reason = show(f"{type(error).__name__}: {error}".partition("\n")[0], _SHOWN)
        raise EnvironmentFaultError(
            f"{show(path.name)} is damaged: {what} ({reason}). "
            "See clamshell verify; restore it from a back-up, or make the run again"
        ) from error


def replaying(path: Path) -> AbstractContextManager[None]:
    """The same for the events of a journal, which the engine may refuse."""
    return unproven(path, "its journal cannot be replayed")


def replay(file: RunFile) -> Engine:
    """Return a fresh engine to which every event of the journal has been told.

    Raises EnvironmentFaultError when the journal was made by other rules.
    """
    require_rules(file.meta, show(file.path.name))
    return _projected(file)[1]


def config_of(file: RunFile) -> RunConfig:
    """The configuration that a run was made with; RunFileError when the file does not say."""
    name = show(file.path.name)
    try:
        classes = msgspec.json.decode(file.meta[CLASSES], type=tuple[str, ...])
    except (KeyError, msgspec.DecodeError) as error:
        raise RunFileError(f"{name} does not say which classes it was made with") from error
    config = stored_scenario(file.meta, name).run_config(classes)
    if rules_of(file.meta) == RULES and (problem := next(problems(config), None)):
        raise RunFileError(f"{name}: its settings cannot be used: {show(problem, _SHOWN)}")
    return config


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
