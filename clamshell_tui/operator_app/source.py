"""Sources of the run on the screen: a coordinator or a run file."""

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
from clamshell_tui.wire.invitation import join_line
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.parts import Record


class Source(Protocol):
    """A run that can be shown."""

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

    async def order(self, order: Order) -> str:
        """Send an order; return a detail to show. ClamshellError says why it was refused."""

    def join(self, code: str) -> str:
        """The invitation for a join code."""

    async def free(self, codes: Iterable[str]) -> Collection[str]:
        """Return the join codes whose seats are free."""

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        """Return the contents of records, without those that are unavailable."""

    async def close(self) -> None: ...


class FileSource:
    """A run file, loaded in parts so that the screen appears immediately."""

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
        return "kept" if self.loaded >= 1.0 else f"loading {self.loaded:.0%}"

    def now(self) -> float:
        return self.replica.end

    async def keep_up(self) -> None:
        for share in self._run.load():
            self.loaded = share
            await asyncio.sleep(0)

    async def order(self, order: Order) -> str:
        raise RefusedError(f"this run is over: nothing can be done to it any more ({order.do})")

    def join(self, code: str) -> str:
        return code

    async def free(self, codes: Iterable[str]) -> Collection[str]:
        return ()

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        """The file holds only records received from a live requester."""
        return self._run.contents(records)

    async def close(self) -> None:
        self._run.close()


class LiveSource:
    """A live run, followed over the wire."""

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
        return str(self._run.contact)

    @property
    def loaded(self) -> float:
        """0 or 1: a coordinator does not announce the length of its journal."""
        return 0.0 if self._run.contact is ConnectionState.CATCHING_UP else 1.0

    def now(self) -> float:
        return self._run.now()

    async def keep_up(self) -> None:
        await self._run.keep_up()

    async def order(self, order: Order) -> str:
        return await self._run.order(order)

    def join(self, code: str) -> str:
        address = self._run.place.address
        return join_line(str(address), code, address.fingerprint)

    async def free(self, codes: Iterable[str]) -> Collection[str]:
        return await self._run.free(codes)

    async def look_up(self, records: Iterable[int]) -> Mapping[int, Record]:
        return await self._run.look_up(records)

    async def close(self) -> None:
        await self._run.close()
