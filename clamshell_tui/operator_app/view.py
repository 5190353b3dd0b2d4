"""The run on the screen, and a moment of it as the pages draw it."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clamshell_tui.client.operator import FollowedStudy
from clamshell_tui.core.config import RunConfig
from clamshell_tui.run.history import History
from clamshell_tui.run.names import RecordName, Title
from clamshell_tui.run.playback import Playback
from clamshell_tui.run.replica import Replica
from clamshell_tui.run.snapshot import Snapshot
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.study_messages import PersonOrder, PersonResult, StartAt, StartNow


class Source(Protocol):
    """A run that can be shown: a :class:`RemoteRun`, or a :class:`FileRun`."""

    @property
    def live(self) -> bool:
        """True if the run takes orders."""

    @property
    def title(self) -> Title: ...

    @property
    def config(self) -> RunConfig:
        """The configuration at the start of the run."""

    @property
    def scenario(self) -> str:
        """The scenario as TOML."""

    @property
    def replica(self) -> Replica: ...

    @property
    def study(self) -> FollowedStudy | None:
        """The study that the run is of, if any; it has another replica in each condition."""

    @property
    def names(self) -> Mapping[int, RecordName]:
        """The known names of records, by number."""

    @property
    def contact(self) -> str:
        """Connection state, for the header."""

    @property
    def notices(self) -> deque[str]:
        """Queued notifications; the screen removes those that it has shown."""

    @property
    def loaded(self) -> float:
        """Share of the run that is loaded, 0 to 1."""

    def now(self) -> float:
        """Seconds since the start of the run."""

    async def keep_up(self) -> None:
        """Feed the replica until the run ends."""

    async def order(self, order: Order | StartNow | StartAt) -> str:
        """Send an order; return a detail to show. ClamshellError says why it was refused."""

    async def order_people(self, order: PersonOrder) -> tuple[PersonResult, ...]:
        """Send an order about participants; return the result of each. Errors as for orders."""

    async def select(self, condition: int | None) -> None:
        """Follow the run of another condition of the study."""

    def join(self, code: str) -> str:
        """The invitation for a join code."""

    async def free(self, codes: Iterable[str]) -> Collection[str]:
        """Return the join codes whose seats are free."""

    async def close(self) -> None: ...


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
    def currency(self) -> str:
        """The ISO 4217 code of all amounts."""
        return self.source.title.currency

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
