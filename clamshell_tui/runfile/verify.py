"""Verify a run file: hash chain, replay, and every table against the fold of the journal."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clamshell_tui.core.ids import Phase
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.run.check import check_same
from clamshell_tui.run.digest import state_digest
from clamshell_tui.runfile.differences import Difference, differences
from clamshell_tui.runfile.fold import FOLDED, JournalFold, add_names
from clamshell_tui.runfile.journal import end_of
from clamshell_tui.runfile.meta import DIGEST, described
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.runfile.schema import TABLES_AT
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show

REPAIR = "Write its tables anew with clamshell verify --repair-tables"
_FIRST = {"meta": 0, "record": 1}  # tables from which others follow


class Verification(NamedTuple):
    """Result: number of journal entries, and digest of the state after their replay.

    Of a run that is not ``finished``, entries may be missing at the end, unless it is ``closed``.
    """

    entries: int
    digest: str
    finished: bool
    closed: bool


def verify(file: RunFile) -> Verification:
    """Check the hashes, replay the journal, and compare every table with the fold of the replay.

    Tables that lag behind the journal are compared at the entry that they include. Raises
    EnvironmentFaultError, which names the first difference, for a file that is damaged, altered, or
    made by other rules; AssertionError if fold and engine disagree, a bug of ours.
    """
    name = show(file.path.name)
    file.check_integrity()
    entries = file.verify_journal()
    require_rules(file.meta, name, "hashes right; ")
    unsealed = [*file.missing_objects(), *file.broken_seals()]
    try:
        fold = JournalFold(file)
        fold.advance(max(file.tables_at, 0))
    except ClamshellError:
        if unsealed:  # the reason, if it is the scenario or the classes
            raise _altered(name, unsealed) from None
        raise
    if altered := [*_differences(file, fold), *unsealed]:
        raise _altered(name, altered)
    fold.advance()
    check_same(fold.engine, fold.tables, fold.engine.now)  # not caught: a bug of ours
    over = fold.engine.state.phase is Phase.FINISHED
    digest = state_digest(fold.engine)
    closed = file.whole and bool(file.seal)
    return Verification(entries, digest, over and closed, closed)


def _differences(file: RunFile, fold: JournalFold) -> Iterator[Difference]:
    """Yield the differences of the stored tables from a fold up to the entry that they include."""
    expected, found = fold.tables, file.tables()
    add_names(file, expected, found)
    stored = described(stored_scenario(file.meta, show(file.path.name)))
    expected.meta |= {key: stored[key] for key in ("rules", "scenario", "description", "seed")}
    if file.seal:
        entries, last = file.journal_end()
        if file.format >= 2:
            expected.meta[TABLES_AT] = str(entries)
        if fold.engine.state.phase is Phase.FINISHED:
            end = end_of(entries, last) | {DIGEST: state_digest(fold.engine)}
            if file.format >= 2:  # a coordinator that fails at its end seals the file without them
                end = {key: value for key, value in end.items() if key in file.meta}
            expected.meta |= end
    yield from differences(expected, found)


def _altered(name: str, found: Sequence[Difference]) -> EnvironmentFaultError:
    """Report a difference of configuration first, since all others follow from it."""
    named = {each.table for each in found if each.row}
    found = [each for each in found if each.row or each.table not in named]
    cells = {each[:3]: each for each in reversed(found)}
    first = min(reversed(cells.values()), key=lambda each: _FIRST.get(each.table, len(_FIRST)))
    more = f"; {len(cells) - 1} more" if len(cells) > 1 else ""
    follows = all(each.table in FOLDED and each.row for each in cells.values())
    return EnvironmentFaultError(
        f"{name} is not what its journal leads to: {first}{more}. "
        + (REPAIR if follows else "Restore it from a back-up, or make the run again")
    )


def require_finished(found: Verification, name: str) -> None:
    """Raise EnvironmentFaultError if the run in the file goes on, or may have gone on."""
    if found.finished:
        return
    if found.closed:
        words = "it was closed in good order. Go on with the run to its end"
    else:
        words = (
            "entries may be missing at the end. Go on with the run to its end, or copy it again "
            "with its -wal file"
        )
    raise EnvironmentFaultError(
        f"{name}: {found.entries} journal entries, every hash is right, and every table is as they "
        f"say; unfinished: {words}"
    )
