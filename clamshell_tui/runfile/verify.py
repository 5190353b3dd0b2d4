"""Verify a run file: hash chain, replay, and every table against the fold of the journal."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import Phase
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.run.check import check_same
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.differences import Difference, differences
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.runfile.meta import DIGEST, config_of, described, unproven
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show

_FIRST = {"meta": 0, "record": 1}  # tables from which others follow
_SHOWN = 200  # terminal cells of a reason


class Verification(NamedTuple):
    """Result: number of journal entries, and digest of the state after their replay.

    Of a run that is not ``finished``, entries may be missing at the end.
    """

    entries: int
    digest: str
    finished: bool


def verify(file: RunFile) -> Verification:
    """Check the hashes, replay the journal, and compare every table with the fold of the replay.

    Raises EnvironmentFaultError, which names the first difference, for a file that is damaged,
    altered, or made by other rules; AssertionError if fold and engine disagree, a bug of ours.
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
    """Report a difference of configuration first, since all others follow from it."""
    cells = {each[:3]: each for each in reversed(found)}
    first = min(reversed(cells.values()), key=lambda each: _FIRST.get(each.table, len(_FIRST)))
    more = f"; {len(cells) - 1} more" if len(cells) > 1 else ""
    return EnvironmentFaultError(
        f"{name} is not what its journal leads to: {first}{more}. "
        "Restore it from a back-up, or make the run again"
    )


def require_finished(found: Verification, name: str) -> None:
    """Raise EnvironmentFaultError if entries may be missing at the end of the file."""
    if not found.finished:
        raise EnvironmentFaultError(
            f"{name}: {found.entries} journal entries, every hash is right, and every table is as "
            "they say; unfinished: entries may be missing at the end. Go on with the run to its "
            "end, or copy it again with its -wal file"
        )


def _projected(file: RunFile) -> tuple[Tables, Engine]:
    """Replay a journal; return its tables and the engine in its final state."""
    config = config_of(file)
    tables, engine = Tables(), Engine(config)
    model = RunModel(tables, RecordNames(config.classes))
    with replaying(file.path):
        for at, event in file.events():
            model.apply(at, event, engine.handle(event, at))
    check_same(engine, tables, engine.now)  # not caught: a difference is a bug of ours
    return tables, engine


def _complete(file: RunFile, expected: Tables, found: Tables, engine: Engine) -> None:
    """Copy into the expected tables the cells that a journal does not imply.

    The ids of records are in the requester's data, or came over the wire; the seal covers what is
    copied from the compared tables themselves.
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


def replaying(path: Path) -> AbstractContextManager[None]:
    """Turn any error of a replay into EnvironmentFaultError; see :func:`unproven`."""
    return unproven(path, "its journal cannot be replayed")


def replay(file: RunFile) -> Engine:
    """Return a new engine after a replay of the journal.

    Raises EnvironmentFaultError for a journal of other rules.
    """
    require_rules(file.meta, show(file.path.name))
    return _projected(file)[1]
