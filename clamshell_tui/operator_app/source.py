"""Where the run on the screen comes from: a coordinator, or a file."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from clamshell_tui.client.operator import ConnectionState, RemoteRun
from clamshell_tui.core.config import RunConfig
from clamshell_tui.run.names import RecordName, Title
from clamshell_tui.run.replica import Replica
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.wire.connection import RefusedError
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.parts import Record


class Source(Protocol):
    """What screens need to know of it."""

    @property
    def live(self) -> bool:
        """Whether the run may go on, and can be acted on."""

    @property
    def title(self) -> Title:
        """What run it is."""

    @property
    def config(self) -> RunConfig:
        """As the run began."""

    @property
    def scenario(self) -> str:
        """The scenario as TOML."""

    @property
    def replica(self) -> Replica:
        """What is known of it up to now."""

    @property
    def names(self) -> Mapping[int, RecordName]:
        """What records are called, by number; those that are known."""

    @property
    def contact(self) -> str:
        """How we stand with whoever tells us, in a word or two."""

    @property
    def notices(self) -> deque[str]:
        """What is to be told; whoever shows them takes them away."""

    @property
    def loaded(self) -> float:
        """How much of what there is has come, 0 to 1."""

    def now(self) -> float:
        """The run's time."""

    async def keep_up(self) -> None:
        """Follow the run until there is no more to come."""

    async def order(self, order: Order) -> str:
        """Have something done; raises ClamshellError with the reason if it is not."""

    def join(self, code: str) -> str:
        """The line that leads to the seat of a code."""

    async def unused(self, codes: Iterable[str]) -> Collection[str]:
        """Those of the join codes that still lead to a seat."""

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        """The contents of records; without those that are not to be had."""

    async def close(self) -> None:
        """Let go of it."""


class FileSource:
    """A run file, loaded while the screen is already there."""

    live = False

    def __init__(self, run: FileRun) -> None:
        self._run = run
        self.title = run.title
        self.config = run.config
        self.scenario = run.scenario
        self.replica = run.replica
        self.names = run.names
        self.loaded = 0.0
        self.notices: deque[str] = deque()

    @property
    def contact(self) -> str:
        """What the header says of it."""
        return "kept" if self.loaded >= 1.0 else f"loading {self.loaded:.0%}"

    def now(self) -> float:
        """The end of what is loaded."""
        return self.replica.end

    async def keep_up(self) -> None:
        """Load, giving the screen its turn after every part."""
        for share in self._run.load():
            self.loaded = share
            await asyncio.sleep(0)

    async def order(self, order: Order) -> str:
        """There is nobody who could do it."""
        raise RefusedError(f"this run is over: nothing can be done to it any more ({order.do})")

    def join(self, code: str) -> str:
        """There are no seats any more."""
        return code

    async def unused(self, codes: Iterable[str]) -> Collection[str]:
        """None: the run is over."""
        return ()

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        """Only what came over the wire is in the file."""
        return self._run.contents(records)

    async def close(self) -> None:
        """Close the file."""
        self._run.close()


class LiveSource:
    """A coordinator, over the wire."""

    live = True

    def __init__(self, run: RemoteRun) -> None:
        self._run = run
        self.title = run.title
        self.config = run.config
        self.scenario = run.scenario
        self.replica = run.replica
        self.names = run.names
        self.notices = run.notices

    @property
    def contact(self) -> str:
        """What the header says of it."""
        return str(self._run.contact)

    @property
    def loaded(self) -> float:
        """A coordinator does not say how long its journal is: all, or not yet."""
        return 0.0 if self._run.contact is ConnectionState.CATCHING_UP else 1.0

    def now(self) -> float:
        """The run's time, as far as can be told."""
        return self._run.now()

    async def keep_up(self) -> None:
        """Follow it to its end."""
        await self._run.keep_up()

    async def order(self, order: Order) -> str:
        """Have it done."""
        return await self._run.order(order)

    def join(self, code: str) -> str:
        """At the coordinator."""
        address = self._run.place.address
        mark = f"#{address.fingerprint}" if address.fingerprint else ""
        return f"clam://{address}/{code}{mark}"

    async def unused(self, codes: Iterable[str]) -> Collection[str]:
        """As the coordinator says."""
        return await self._run.unused(codes)

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        """From the coordinator."""
        return await self._run.look_up(records)

    async def close(self) -> None:
        """Say goodbye."""
        await self._run.close()
