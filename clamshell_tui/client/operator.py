"""A replica of a run that is going on, kept up over the wire, and the way to act on that run."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple, TypeVar

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.errors import ClamshellError
from clamshell_tui.run.names import RecordName, Title
from clamshell_tui.run.replica import Replica
from clamshell_tui.runfile.file_run import CHUNK
from clamshell_tui.runfile.journal import decode_event
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import SCENARIO, require_rules, stored_scenario
from clamshell_tui.text import show
from clamshell_tui.wire.connection import Address, ConnectionLostError, RefusedError, WireClient
from clamshell_tui.wire.messages import Notice, ToServer
from clamshell_tui.wire.operator_messages import (
    Describe,
    Described,
    Done,
    FindUnused,
    JournalRead,
    LookedUp,
    LookUp,
    Order,
    ReadJournal,
    UnusedFound,
)
from clamshell_tui.wire.parts import Record

_PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds before each attempt to connect again; then the last
_AHEAD = 1.5  # seconds of the wall that our clock may run ahead of the coordinator's last word
_NAMES = 500  # records in one question

_Answer = TypeVar("_Answer")


class ConnectionState(StrEnum):
    """How we stand with the coordinator."""

    CATCHING_UP = "catching up"
    CONNECTED = "connected"
    LOST = "lost"
    OVER = "over"  # the run is, and so is the coordinator


class Endpoint(NamedTuple):
    """Where the coordinator is, and who asks."""

    address: Address
    token: str
    operator: str


class RemoteRun:
    """Call :meth:`connect`, then await :meth:`keep_up`. ``clock`` is the wall's, in seconds.

    The screen draws :attr:`replica`; nothing here knows of screens.
    """

    def __init__(
        self, place: Endpoint, line: WireClient, said: Described, clock: Callable[[], float]
    ):
        self.place = place
        self.title = Title.of({"scenario": "", **said.meta})
        self.classes = said.classes
        meta = {**said.meta, SCENARIO: said.scenario}
        scenario = stored_scenario(meta, f"the run at {place.address}")
        self.scenario = as_toml(scenario)
        self.config: RunConfig = scenario.run_config(said.classes)
        self.replica = Replica(self.config)
        self.contact = ConnectionState.CATCHING_UP
        self.names: dict[int, RecordName] = {}
        self.notices: deque[str] = deque(maxlen=20)
        """What the coordinator has to tell operators; taken away by whoever shows them."""
        self._said = said
        self._clock = clock
        self._line = line
        self._heard_at = clock()
        self._heard_now = 0.0
        self._orders: deque[asyncio.Future[str]] = deque()
        self._questions: deque[asyncio.Future[LookedUp]] = deque()
        self._seats: deque[asyncio.Future[UnusedFound]] = deque()
        self._asked_names = 0  # labels whose records' names were asked for

    @classmethod
    async def connect(cls, place: Endpoint, clock: Callable[[], float]) -> "RemoteRun":
        """Connect and ask what run it is.

        Raises what :meth:`Line.open` raises, EnvironmentFaultError for a run of other rules.
        """
        line, said = await _introduced(place)
        return cls(place, line, said, clock)

    def now(self) -> float:
        """The run's time at this moment, as far as can be told."""
        if self.contact is not ConnectionState.CONNECTED or self.replica.finished:
            return self._heard_now
        since = min(_AHEAD, self._clock() - self._heard_at)
        return self._heard_now + since * self._said.speed

    def reckoned(self) -> float:
        """The run's time, for who plans ahead: as if every silence meant that all is well."""
        return self._heard_now + (self._clock() - self._heard_at) * self._said.speed

    # -- following --------------------------------------------------------------------------------

    async def keep_up(self) -> None:
        """Follow the run to its end, however often the connection is lost; then return.

        Raises ClamshellError when another run is served there now.
        """
        while True:
            try:
                await self._read()
            except ConnectionLostError:
                self._fail_all()
                if self.replica.finished:
                    self.contact = ConnectionState.OVER
                    return
                self.contact = ConnectionState.LOST
                await self._come_back()

    async def close(self) -> None:
        """Say goodbye."""
        await self._line.close()

    async def _read(self) -> None:
        await self._line.send(ReadJournal(self.replica.fed))
        while True:
            try:
                message = await self._line.next()
            except RefusedError as refusal:
                if not self._orders:
                    raise
                self._refuse(self._orders, refusal)
                continue
            match message:
                case JournalRead():
                    await self._take(message)
                    await self._line.send(ReadJournal(self.replica.fed))
                    await self._ask_names()
                case Done():
                    self._settle(self._orders, message.detail)
                case LookedUp():
                    self._settle(self._questions, message)
                case UnusedFound():
                    self._settle(self._seats, message)
                case Notice():
                    self.notices.append(message.text)

    async def _take(self, page: JournalRead) -> None:
        if page.last != self.replica.fed + len(page.entries):
            raise self._another()
        try:
            for place, entry in enumerate(page.entries, 1):
                self.replica.feed(entry.at, decode_event(bytes(entry.event)))
                if place % CHUNK == 0:
                    await asyncio.sleep(0)  # the screen's turn
        except InvalidEventError as error:
            raise ClamshellError(
                f"{self.place.address} cannot be followed: an event is refused "
                f"({show(str(error).partition(chr(10))[0])}). Is it of the same version?"
            ) from error
        self._heard_at, self._heard_now = self._clock(), max(page.now, self.replica.end)
        if len(page.entries) < CHUNK:
            self.contact = ConnectionState.CONNECTED

    async def _come_back(self) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1
            with suppress(ConnectionLostError):
                self._line, said = await _introduced(self.place)
                break
        if (said.scenario, said.classes) != (self._said.scenario, self._said.classes):
            raise self._another()
        self._said = said
        self.contact = ConnectionState.CATCHING_UP

    def _another(self) -> ClamshellError:
        return ClamshellError(
            f"{self.place.address} serves another run now. Start the screen again to watch that one"
        )

    # -- asking -----------------------------------------------------------------------------------

    async def order(self, order: Order) -> str:
        """Have it done; returns what came of it.

        RefusedError says why not; after ConnectionLostError nobody knows.
        """
        return await self._ask(order, self._orders)

    async def look_up(self, records: Iterable[int]) -> dict[int, Record]:
        """The records with their contents, by number; at most a screenful."""
        found = await self._ask(LookUp(tuple(records), whole=True), self._questions)
        return dict(zip(found.numbers, found.records, strict=True))

    async def unused(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Those of the join codes, at most 1000, that somebody can still take a seat with."""
        return (await self._ask(FindUnused(tuple(codes)), self._seats)).codes

    async def _ask(self, message: ToServer, waiting: deque[asyncio.Future[_Answer]]) -> _Answer:
        if self.contact not in (ConnectionState.CONNECTED, ConnectionState.CATCHING_UP):
            raise ConnectionLostError(f"{self.place.address} cannot be reached at the moment")
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        waiting.append(future)
        await self._line.send(message)
        return await future

    async def _ask_names(self) -> None:
        """Of the records labelled since the last time; the answer comes when it comes."""
        labels = self.replica.history.labels_until(self.replica.end)
        if labels == self._asked_names or self._questions:
            return
        last = min(labels, self._asked_names + _NAMES)
        records = [label.record for label in self.replica.history.labels(self._asked_names, last)]
        self._asked_names = last
        future: asyncio.Future[LookedUp] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._take_names)
        self._questions.append(future)
        await self._line.send(LookUp(tuple(records)))

    def _take_names(self, answer: asyncio.Future[LookedUp]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._asked_names = 0  # ask again after the connection is back
            return
        found = answer.result()
        for number, record in zip(found.numbers, found.records, strict=True):
            self.names[number] = RecordName(record.id, record.truth)

    # -- answers ----------------------------------------------------------------------------------

    def _settle(self, waiting: deque[asyncio.Future[_Answer]], answer: _Answer) -> None:
        if waiting and not (future := waiting.popleft()).done():
            future.set_result(answer)

    def _refuse(self, waiting: deque[asyncio.Future[_Answer]], error: ClamshellError) -> None:
        if waiting and not (future := waiting.popleft()).done():
            future.set_exception(error)

    def _fail_all(self) -> None:
        lost = ConnectionLostError(f"{self.place.address} closed the connection")
        while self._orders:
            self._refuse(self._orders, lost)
        while self._questions:
            self._refuse(self._questions, lost)
        while self._seats:
            self._refuse(self._seats, lost)


async def _introduced(place: Endpoint) -> tuple[WireClient, Described]:
    line = await WireClient.open(
        place.address, "operator", place.token, "clamshell-watch", name=place.operator
    )
    try:
        said = await line.ask(Describe(), Described)
        require_rules(said.meta, f"the run at {place.address}")
        return line, said
    except BaseException:
        await line.close()
        raise
