"""A moment of a run, as the pages draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clamshell_tui.operator_app.source import Source
from clamshell_tui.run.history import History
from clamshell_tui.run.names import RecordName
from clamshell_tui.run.playback import Playback
from clamshell_tui.run.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class View:
    """The run at ``at``, in seconds since its start.

    ``history`` also holds later events when the operator looks back: query it with its ``until``
    methods.
    """

    at: float
    snapshot: Snapshot
    source: Source
    player: Playback

    @property
    def history(self) -> History:
        return self.source.replica.history

    @property
    def speed_limit(self) -> float | None:
        """Seconds per label above which a worker is slow; None if speed is not an objective."""
        by_speed = self.source.config.maintenance.objective in ("latency", "speed-quality")
        return self.snapshot.run.threshold if by_speed else None

    @property
    def classes(self) -> Sequence[str]:
        return self.source.config.classes

    @property
    def names(self) -> Mapping[int, RecordName]:
        return self.source.names

    def record_id(self, record: int) -> str:
        """The requester's id of a record, or its number."""
        name = self.source.names.get(record)
        return name.id if name is not None else str(record)
