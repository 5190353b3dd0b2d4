"""Replica of a running coordinator's run, updated over the wire, and orders to that run."""

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
from clamshell_tui.wire.connection import (
    Address,
    Backoff,
    ConnectionLostError,
    RefusedError,
    WireClient,
)
from clamshell_tui.wire.invitation import join_line
from clamshell_tui.wire.messages import Notice, ToServer
from clamshell_tui.wire.operator_messages import (
    CheckCodes,
    CodesChecked,
    Describe,
    Described,
    Done,
    JournalRead,
    LookedUp,
    LookUp,
    Order,
    ReadJournal,
)
from clamshell_tui.wire.study_messages import (
    People,
    PeopleDone,
    PersonOrder,
    PersonResult,
    SelectCondition,
    StartAt,
    StartNow,
    WatchPeople,
)

_AHEAD = 1.5  # seconds by which our clock may run ahead of the last message
_NAMES = 500  # records in one request

_Answer = TypeVar("_Answer")


class ConnectionState(StrEnum):
    """State of the connection, for the status line."""

    CATCHING_UP = "catching up"
    CONNECTED = "connected"
    LOST = "lost"
    OVER = "over"  # the run has finished, and its coordinator has stopped


class Endpoint(NamedTuple):
    """Address of the coordinator, token and name of the operator."""

    address: Address
    token: str
    operator: str


class FollowedStudy:
    """The study whose condition is followed. ``clock`` is in seconds of the study."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.people: People | None = None
        """None: not heard of yet."""
        self.selected: int | None = None
        """Condition that orders about the run go to; None: the first is shown, orders go to all."""
        self._clock = clock
        self._heard_at = clock()

    def take(self, people: People) -> None:
        self.people, self._heard_at = people, self._clock()

    @property
    def several(self) -> bool:
        """Whether there are conditions to choose from."""
        return self.people is not None and len(self.people.conditions) > 1

    @property
    def age(self) -> float:
        """Seconds since the people were as they are known."""
        return self._clock() - self._heard_at


class RemoteRun:
    """Call :meth:`connect`, then await :meth:`keep_up`. ``clock`` is the wall's, in seconds.

    The screen draws :attr:`replica`; nothing here knows of screens.
    """

    live = True

    def __init__(
        self,
        place: Endpoint,
        connection: WireClient,
        description: Described,
        clock: Callable[[], float],
    ):
        self.place = place
        self._describe(description)
        self.contact = ConnectionState.CATCHING_UP
        self.study: FollowedStudy | None = None
        """None: the run is of no study."""
        if description.of_study:
            self.study = FollowedStudy(lambda: clock() * description.speed)
        self.notices: deque[str] = deque(maxlen=20)
        """Texts from the coordinator; the screen removes those that it has shown."""
        self._clock = clock
        self._connection = connection
        self._heard_at = clock()
        self._orders: deque[asyncio.Future[Done | PeopleDone]] = deque()
        self._lookups: deque[asyncio.Future[LookedUp]] = deque()
        self._code_checks: deque[asyncio.Future[CodesChecked]] = deque()
        self._selections: deque[asyncio.Future[Described]] = deque()

    @classmethod
    async def connect(cls, place: Endpoint, clock: Callable[[], float]) -> "RemoteRun":
        """Connect and ask for the description of the run.

        Raises the errors of :meth:`WireClient.open`; EnvironmentFaultError for other rules.
        """
        connection, description = await connected(place)
        return cls(place, connection, description, clock)

    def _describe(self, description: Described) -> None:
        """Begin to follow this run."""
        self._description = description
        self.title = Title.of({"scenario": "", **description.meta})
        self.classes = description.classes
        meta = {**description.meta, SCENARIO: description.scenario}
        scenario = stored_scenario(meta, f"the run at {self.place.address}")
        self.scenario = as_toml(scenario)
        self.config: RunConfig = scenario.run_config(description.classes)
        self.replica = Replica(self.config)
        self.names: dict[int, RecordName] = {}
        self._heard_now = 0.0
        self._asked_names = 0  # labels whose records' names were asked for

    @property
    def loaded(self) -> float:
        """0 or 1: a coordinator does not announce the length of its journal."""
        return 0.0 if self.contact is ConnectionState.CATCHING_UP else 1.0

    def join(self, code: str) -> str:
        """Return the invitation for a join code."""
        address = self.place.address
        return join_line(str(address), code, address.fingerprint)

    def now(self) -> float:
        """The run's time now, estimated since the last message and never far ahead of it."""
        if self.contact is not ConnectionState.CONNECTED or self.replica.finished:
            return self._heard_now
        since = min(_AHEAD, self._clock() - self._heard_at)
        return self._heard_now + since * self._description.speed

    def reckoned(self) -> float:
        """The run's time now, assuming that the coordinator runs on even if it is silent."""
        return self._heard_now + (self._clock() - self._heard_at) * self._description.speed

    # -- following --------------------------------------------------------------------------------

    async def keep_up(self) -> None:
        """Follow the run to its end, reconnecting as often as needed.

        Raises ClamshellError when the address serves another run by now.
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
                await self._reconnect()

    async def close(self) -> None:
        await self._connection.close()

    async def _read(self) -> None:
        if self.study is not None:
            await self._connection.send(WatchPeople())
        await self._connection.send(ReadJournal(self.replica.fed))
        while True:
            try:
                message = await self._connection.next()
            except RefusedError as refusal:
                if not self._orders:
                    raise
                self._refuse(self._orders, refusal)
                continue
            match message:
                case JournalRead() if self._selections:
                    pass  # of the run that is left: read again when it is followed again
                case JournalRead():
                    await self._take(message)
                    await self._connection.send(ReadJournal(self.replica.fed))
                    await self._ask_names()
                case Done() | PeopleDone():
                    self._settle(self._orders, message)
                case LookedUp():
                    self._settle(self._lookups, message)
                case CodesChecked():
                    self._settle(self._code_checks, message)
                case Described():
                    self._describe(message)
                    self.contact = ConnectionState.CATCHING_UP
                    self._settle(self._selections, message)
                    await self._connection.send(ReadJournal(0))
                case People() if self.study is not None:
                    self.study.take(message)
                case Notice():
                    self.notices.append(message.text)

    async def _take(self, page: JournalRead) -> None:
        if page.last != self.replica.fed + len(page.entries):
            raise self._other_run()
        try:
            for place, entry in enumerate(page.entries, 1):
                self.replica.feed(entry.at, decode_event(bytes(entry.event)))
                if place % CHUNK == 0:
                    await asyncio.sleep(0)  # let the screen draw
        except InvalidEventError as error:
            raise ClamshellError(
                f"{self.place.address} cannot be followed: an event is refused "
                f"({show(str(error).partition(chr(10))[0])}). Is it of the same version?"
            ) from error
        self._heard_at, self._heard_now = self._clock(), max(page.now, self.replica.end)
        if len(page.entries) < CHUNK:
            self.contact = ConnectionState.CONNECTED

    async def _reconnect(self) -> None:
        backoff = Backoff()
        selected = None if self.study is None else self.study.selected
        while True:
            await asyncio.sleep(backoff.next())
            with suppress(ConnectionLostError):
                self._connection, description = await connected(self.place, selected)
                break
        if (description.scenario, description.classes) != (
            self._description.scenario,
            self._description.classes,
        ):
            raise self._other_run()
        self._description = description
        self.contact = ConnectionState.CATCHING_UP

    def _other_run(self) -> ClamshellError:
        return ClamshellError(
            f"{self.place.address} serves another run now. Start the screen again to watch that one"
        )

    # -- asking -----------------------------------------------------------------------------------

    async def order(self, order: Order | StartNow | StartAt) -> str:
        """Carry out an order and return its result.

        RefusedError if it was refused. After ConnectionLostError it may have been carried out.
        """
        done = await self._ask(order, self._orders)
        assert isinstance(done, Done), "replies come in order"
        if isinstance(order, Order) and order.do == "rotate-token" and order.key == "operator":
            self.place = self.place._replace(token=done.detail)
        return done.detail

    async def order_people(self, order: PersonOrder) -> tuple[PersonResult, ...]:
        """Carry out an order about participants; return the result of each, as :meth:`order`."""
        done = await self._ask(order, self._orders)
        assert isinstance(done, PeopleDone), "replies come in order"
        return done.results

    async def select(self, condition: int | None) -> None:
        """Follow the run of this condition of the study, with a replica of its own."""
        assert self.study is not None, "other runs have no conditions"
        await self._ask(SelectCondition(condition), self._selections)
        self.study.selected = condition

    async def free(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return those of the join codes, at most 1000, whose seats are free."""
        return (await self._ask(CheckCodes(tuple(codes)), self._code_checks)).free

    async def _ask(self, message: ToServer, waiting: deque[asyncio.Future[_Answer]]) -> _Answer:
        if self.contact not in (ConnectionState.CONNECTED, ConnectionState.CATCHING_UP):
            raise ConnectionLostError(f"{self.place.address} cannot be reached at the moment")
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        waiting.append(future)
        await self._connection.send(message)
        return await future

    async def _ask_names(self) -> None:
        """Request the names of the records labelled since the last request; do not wait."""
        labels = self.replica.history.labels_until(self.replica.end)
        if labels == self._asked_names or self._lookups:
            return
        last = min(labels, self._asked_names + _NAMES)
        records = [label.record for label in self.replica.history.labels[self._asked_names : last]]
        self._asked_names = last
        future: asyncio.Future[LookedUp] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._take_names)
        self._lookups.append(future)
        await self._connection.send(LookUp(tuple(records)))

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
        while self._lookups:
            self._refuse(self._lookups, lost)
        while self._code_checks:
            self._refuse(self._code_checks, lost)
        while self._selections:
            self._refuse(self._selections, lost)


async def connected(place: Endpoint, condition: int | None = None) -> tuple[WireClient, Described]:
    """Connect as an operator, and ask for the description of the run, or of a condition's."""
    connection = await WireClient.open(
        place.address, "operator", place.token, "clamshell-watch", name=place.operator
    )
    try:
        ask = Describe() if condition is None else SelectCondition(condition)
        description = await connection.ask(ask, Described)
        require_rules(description.meta, f"the run at {place.address}")
        return connection, description
    except BaseException:
        await connection.close()
        raise
