"""Many bots in one process and one event loop, each on a WebSocket of its own.

A driver: the wall clock is read here. A bot that loses its connection really closes the socket,
and comes back to the same seat with its token.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError, did_you_mean
from clamshell_tui.protocol import VERSION
from clamshell_tui.protocol.codec import ProtocolError, decode_to_client, encode
from clamshell_tui.protocol.messages import (
    Error,
    Heartbeat,
    Hello,
    Join,
    Joined,
    Rejoin,
    Statement,
    ToClient,
)
from clamshell_tui.protocol.pinning import shows, unverified_context
from clamshell_tui.text import show
from clamshell_tui.workforce.behaviour import BEHAVIOURS, Behaviour
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import Crowd
from clamshell_tui.workforce.populations import POPULATIONS
from worker_client.autopilot import Autopilot, Truthless
from worker_client.join_string import JoinString, parse

RUN_OVER = "the run is over"  # the coordinator's reason for the end of a session
PATIENCE = 30.0  # wall seconds that a coordinator may be away before a bot gives up
ASK_AGAIN = 15.0  # seconds of the run until a bot asks again for a seat in a full pool
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # wall seconds between two attempts to connect
_LARGEST_FRAME = 16 * 2**20  # bytes; a task of many images


class Fate(NamedTuple):
    """How a bot ended: the coordinator's ``over``, or what went wrong (``statement`` None then)."""

    number: int
    worker: str
    reason: str
    statement: Statement | None


_TOO_LATE = Fate(0, "", RUN_OVER, None)


def crowd_named(name: str) -> CrowdConfig:
    """The crowd of a population (``mturk``), or of one behaviour (``wanderer``) within mturk."""
    if name in POPULATIONS:
        return CrowdConfig(population=name)
    if name in BEHAVIOURS:
        return CrowdConfig(behaviours={name: 1.0})
    known = [*POPULATIONS, *BEHAVIOURS]
    raise InputError(
        f'no bot "{show(name)}"{did_you_mean(name, known)}. There are the populations '
        f"{', '.join(POPULATIONS)}, and the behaviours {', '.join(BEHAVIOURS)}"
    )


def named(name: str, seed: int, n_classes: int) -> Behaviour:
    """The first bot of the crowd of this name."""
    return Crowd(crowd_named(name), n_classes=n_classes, seed=seed).recruit()


def run_cli(
    joins: Sequence[str],
    bot: str,
    *,
    count: int | None = None,
    seed: int = 1,
    speed: float | None = None,
) -> int:
    """Run bots for the command line, say on stderr how each one ended; the exit code."""
    fates = asyncio.run(run(joins, crowd_named(bot), count=count, seed=seed, speed=speed))
    for fate in fates:
        paid = fate.statement.total_micros / 1e6 if fate.statement is not None else 0.0
        print(f"{fate.worker or 'bot'}: {show(fate.reason)}, ${paid:.2f}", file=sys.stderr)
    return 0


async def run(
    joins: Sequence[str],
    crowd: CrowdConfig,
    *,
    count: int | None = None,
    seed: int = 1,
    speed: float | None = None,
    together: int | None = None,
    patience: float = PATIENCE,
    seated: Callable[[str], None] | None = None,
) -> list[Fate]:
    """Let bots work in the seats of ``joins`` until their sessions are over; their fates, in order.

    Bot n is the n-th recruit of ``crowd`` under ``seed``, as in the simulator. ``count`` takes the
    first so many joins only; at most ``together`` bots are there at once, and when one has gone the
    next one comes. ``speed`` is in seconds of the run per wall second; without it, the
    coordinator's. ``seated`` is told the name that each bot gets. A bot that fails does not disturb
    the others; if all do, the first error is raised.
    """
    seats = len(joins) if count is None else count
    if seats > len(joins):
        raise InputError(
            f"{seats} bots need {seats} join codes, got {len(joins)}. Name one per bot, or lower "
            "--count"
        )
    company = _Company(crowd, seed, seats, asyncio.Semaphore(together or max(1, seats)), seated)
    bots = [_Bot(n, parse(joins[n]), company, speed, patience) for n in range(seats)]
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(_fate(bot, company)) for bot in bots]
    fates = [task.result() for task in working]
    errors = [fate for fate in fates if isinstance(fate, ClamshellError)]
    if errors and len(errors) == len(fates):
        raise errors[0]
    return [
        Fate(bot.number, bot.worker, str(fate), None) if isinstance(fate, ClamshellError) else fate
        for bot, fate in zip(bots, fates, strict=True)
    ]


async def _fate(bot: "_Bot", company: "_Company") -> Fate | ClamshellError:
    async with company.places:
        await company.turn(bot.number)
        try:
            fate = _TOO_LATE if company.run_over else await bot.live()
        except ClamshellError as error:
            return error
        except (ProtocolError, Truthless) as error:
            return ClamshellError(f"{bot.place}: {show(str(error))}")
        finally:
            company.settle(bot.number)
        company.run_over |= fate.reason == RUN_OVER
        return fate._replace(number=bot.number)


class _Company:
    """What the bots of a process share: the recruits by number, and the places for them.

    They arrive one after the other, so that the n-th to join is the n-th recruit, as in the
    simulator. Who the recruits are depends on the number of classes, which the coordinator knows.
    """

    def __init__(
        self,
        config: CrowdConfig,
        seed: int,
        size: int,
        places: asyncio.Semaphore,
        seated: Callable[[str], None] | None,
    ) -> None:
        self.places = places
        self.seated = seated or (lambda worker: None)
        self.run_over = False
        self._config = config
        self._seed = seed
        self._crowd: Crowd | None = None
        self._recruits: list[Behaviour] = []
        self._settled = [asyncio.Event() for _ in range(size)]

    async def turn(self, number: int) -> None:
        """Wait until the bot before this one has joined, or will not for now."""
        if number:
            await self._settled[number - 1].wait()

    def settle(self, number: int) -> None:
        """It is the next one's turn."""
        self._settled[number].set()

    def recruit(self, number: int, n_classes: int) -> Behaviour:
        if self._crowd is None:
            self._crowd = Crowd(self._config, n_classes=n_classes, seed=self._seed)
        while len(self._recruits) <= number:
            self._recruits.append(self._crowd.recruit())
        return self._recruits[number]


class _Bot:
    """One seat: connects, passes messages to its autopilot, carries out the plans when due."""

    def __init__(
        self,
        number: int,
        join: JoinString,
        company: _Company,
        speed: float | None,
        patience: float,
    ) -> None:
        self.number = number
        self.worker = ""
        self.place = join.place
        self._join = join
        self._company = company
        self._given_speed = speed
        self._speed = speed or 1.0
        self._patience = patience
        self._token = ""
        self._pilot: Autopilot | None = None
        self._heartbeat = inf
        self._next_heartbeat = inf
        self._refused: Error | None = None
        self._away = 0.0

    async def live(self) -> Fate:
        """Until the session is over, or the bot never comes back."""
        while True:
            self._away = 0.0
            async with await self._connected() as socket:
                self._check_certificate(socket)
                with suppress(ConnectionClosed):  # then connect again, as a worker would
                    await self._converse(socket)
            pilot = self._pilot
            if pilot is not None and pilot.over is not None:
                return Fate(self.number, self.worker, pilot.over.reason, pilot.over.statement)
            if self._refused is not None and self._refused.code == "over":
                return Fate(self.number, self.worker, RUN_OVER, None)
            if self._refused is not None:
                self._away = self._pause_after(self._refused)
                self._refused = None
                self._company.settle(self.number)
            if self._away == inf:
                return Fate(self.number, self.worker, "disconnected for good", None)
            await asyncio.sleep(self._away / self._speed)

    def _pause_after(self, error: Error) -> float:
        if error.code == "full":
            return ASK_AGAIN
        kind = InputError if error.code in ("code", "token", "version", "role") else ClamshellError
        raise kind(f"{self.place}: {show(error.message)}")

    async def _connected(self) -> ClientConnection:
        """A connection, however long the coordinator takes to come back, within the patience."""
        loop = asyncio.get_running_loop()
        give_up, pause = loop.time() + self._patience, _FIRST_PAUSE
        while True:
            try:
                return await connect(
                    self._join.url,
                    ssl=unverified_context() if self._join.fingerprint else None,
                    compression=None,
                    max_size=_LARGEST_FRAME,
                    proxy=None,
                    open_timeout=self._patience,
                )
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                if loop.time() + pause > give_up:
                    raise EnvironmentFaultError(
                        f"{self.place} refused the connection. Is clamshell serve running there?"
                    ) from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _check_certificate(self, socket: ClientConnection) -> None:
        fingerprint = self._join.fingerprint
        if fingerprint and not shows(socket.transport, fingerprint):
            raise InputError(
                f"{self.place} shows another certificate than the join string says. Ask for a new "
                "line to join"
            )

    async def _converse(self, socket: ClientConnection) -> None:
        """Until the session, the connection or this visit is over."""
        loop = asyncio.get_running_loop()
        self._next_heartbeat = inf
        await socket.send(encode(Hello(VERSION, "worker", "clamshell-bots")))
        await socket.send(encode(Rejoin(self._token) if self._token else Join(self._join.code)))
        while True:
            due = min(self._due(), self._next_heartbeat)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due if due < inf else None):
                    self._receive(decode_to_client(await socket.recv()), loop.time())
            if self._refused is not None or (self._pilot is not None and self._pilot.over):
                return
            now = loop.time()
            if self._due() <= now and not await self._act(socket):
                return
            if self._next_heartbeat <= now:
                self._next_heartbeat = now + self._heartbeat
                await socket.send(encode(Heartbeat()))

    def _due(self) -> float:
        """When, on the loop's clock, the next move is to be made."""
        if self._pilot is None or self._pilot.plan is None:
            return inf
        return self._pilot.plan.at / self._speed

    def _receive(self, message: ToClient, now: float) -> None:
        match message:
            case Error(fatal=True):
                self._refused = message
            case Joined():
                self._seated(message, now)
        if self._pilot is not None:
            self._pilot.receive(message, now * self._speed)

    def _seated(self, message: Joined, now: float) -> None:
        self.worker, self._token = message.worker, message.token
        self._heartbeat = message.heartbeat / 2  # so that a late one is still in time
        self._next_heartbeat = now + self._heartbeat
        if self._pilot is None:
            self._speed = self._given_speed or message.speed
            behaviour = self._company.recruit(self.number, len(message.classes))
            self._pilot = Autopilot(behaviour)
            self._company.seated(self.worker)
            self._company.settle(self.number)

    async def _act(self, socket: ClientConnection) -> bool:
        """Carry out the plan; False when that was to lose the connection."""
        assert self._pilot is not None
        move = self._pilot.carry_out()
        if move.message is None:
            self._away = move.away
            return False
        await socket.send(encode(move.message))
        return True
