"""Runs in virtual time, and run files, as objects with tables."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clamshell_tui.api.plots import plot
from clamshell_tui.api.scenarios import LoadedScenario, ScenarioLike, loaded
from clamshell_tui.api.table import Table
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import (
    AnswerRow,
    AssignmentRow,
    BatchRow,
    LabelRow,
    LedgerRow,
    ModelRow,
    Tables,
    WorkerRow,
)
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.meta import DIGEST
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Run:
    """A run, finished or not: its summary and its tables.

    ``digest`` is BLAKE2b-128 over the final state, in hex; empty while the run is not over. Equal
    digests mean equal labels, work, workers and money.
    """

    def __init__(
        self, tables: Tables, *, file: Path | None = None, source: LoadedScenario | None = None
    ) -> None:
        self._tables = tables
        self._file = file
        self._source = source

    @property
    def digest(self) -> str:
        return self._tables.meta.get(DIGEST, "")

    @cached_property
    def summary(self) -> Summary:
        """The measures of ``clamshell summary --json``, as attributes."""
        return summarise(self._tables)

    @cached_property
    def labels(self) -> Table:
        """A row per delivered label, in the order of delivery."""
        rows = sorted(self._tables.labels.values(), key=lambda row: (row.at, row.record))
        return Table.of(LabelRow, rows)

    @cached_property
    def answers(self) -> Table:
        """A row per answer to a record; late ones are not ``counted``."""
        rows = sorted(self._tables.answers, key=lambda row: (row.assignment, row.record))
        return Table.of(AnswerRow, rows)

    @cached_property
    def workers(self) -> Table:
        """A row per worker, in the order of joining."""
        workers = self._tables.workers.values()
        rows = sorted(workers, key=lambda row: (row.joined_at, len(row.id), row.id))
        return Table.of(WorkerRow, rows)

    @cached_property
    def assignments(self) -> Table:
        return Table.of(AssignmentRow, self._tables.assignments.values())

    @cached_property
    def ledger(self) -> Table:
        """A row per payment, in micro-dollars."""
        return Table.of(LedgerRow, self._tables.ledger)

    @cached_property
    def batches(self) -> Table:
        return Table.of(BatchRow, self._tables.batches.values())

    @cached_property
    def models(self) -> Table:
        """A row per trained model."""
        return Table.of(ModelRow, self._tables.models)

    def verify(self) -> None:
        """Prove the run: verify its file, or simulate it again and compare the digests.

        Raises EnvironmentFaultError that names the first difference.
        """
        if self._file is not None:
            with open_run(self._file) as file:
                verify(file)
        elif self._source is not None and _simulated(self._source, None).digest != self.digest:
            raise EnvironmentFaultError(
                "the same scenario gives another run here and now. Compare the versions of "
                "numpy, scipy and scikit-learn"
            )

    def plot(self, kind: str = "timeline", ax: "Axes | None" = None) -> "Axes":
        """Draw ``timeline``, ``labels``, ``cost`` or ``learning`` and return the axes.

        Needs matplotlib, the extra ``report``. Without ``ax`` a new figure is made.
        """
        return plot(self._tables, kind, ax)

    def __repr__(self) -> str:
        meta, labels = self._tables.meta, len(self._tables.labels)
        return f"<Run of {meta.get('scenario') or 'a scenario'}: {labels:,} labels>"


def simulate(
    scenario: ScenarioLike,
    *,
    seed: int | None = None,
    settings: Mapping[str, object] = {},
    out: str | Path | None = None,
) -> Run:
    """Run a scenario in virtual time.

    ``scenario`` is the path of a TOML file, the name of a built-in scenario, or its tables as a
    mapping; ``settings`` are changes by ``section.key``. With ``out`` the run is kept in a new run
    file. The same arguments give the same run, here and in ``clamshell run``.
    """
    return _simulated(loaded(scenario, settings, seed), None if out is None else Path(out))


def _simulated(source: LoadedScenario, out: Path | None) -> Run:
    from clamshell_tui.simulator.run_scenario import run_scenario  # imports scikit-learn

    result = run_scenario(source.scenario, source.base, out=out)
    return Run(result.tables, file=out, source=source)


def load_run(path: str | Path) -> Run:
    """Read a run file; RunFileError or EnvironmentFaultError for one that cannot be used."""
    with open_run(Path(path)) as file:
        return Run(current_tables(file).tables, file=Path(path))
