"""What a page is made from: the tables of a run, and a replica that was told its journal."""

from collections.abc import Mapping
from typing import NamedTuple

from clamshell_tui.core.config import RunConfig
from clamshell_tui.replica import Replica
from clamshell_tui.replica.run_file import KeptRun
from clamshell_tui.report import Summary, summarise
from clamshell_tui.runfile import RunFile, Tables
from clamshell_tui.runfile.rows import WorkerRow
from clamshell_tui.scenario.replay import config_of

_BY_SPEED = frozenset({"latency", "speed-quality"})  # objectives that know the threshold


class Material(NamedTuple):
    """Times in seconds since the run began. ``start`` is the first assignment, ``end`` the end."""

    meta: Mapping[str, str]
    config: RunConfig
    tables: Tables
    summary: Summary
    replica: Replica
    threshold: float | None  # of maintenance, s per label, at the end; None: speed is not judged
    start: float
    end: float

    @property
    def people(self) -> list[WorkerRow]:
        """Everybody who ever joined, in the order in which they came."""
        return sorted(self.tables.workers.values(), key=lambda row: (row.joined_at, row.id))


def read_material(file: RunFile) -> Material:
    """Replay a run file, which takes about as long as the engine took for its decisions.

    Raises RunFileError when it does not say what was run, ClamshellError when it cannot be
    replayed, EnvironmentFaultError when it is damaged.
    """
    config = config_of(file)
    tables = file.tables()
    kept = KeptRun(file)
    for _ in kept.load():
        pass
    starts = [row.started_at for row in tables.assignments.values()]
    end = kept.replica.end
    by_speed = config.maintenance.objective in _BY_SPEED
    return Material(
        meta=tables.meta,
        config=config,
        tables=tables,
        summary=summarise(tables),
        replica=kept.replica,
        threshold=kept.replica.threshold if by_speed else None,
        start=min(starts, default=end),
        end=end,
    )
