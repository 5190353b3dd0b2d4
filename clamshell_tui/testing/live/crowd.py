"""Bots that join a live run as the simulated workers of the scenario would.

Postings are read from the journal of the run, and the scenario's recruiter turns them into
arrivals. Bot n is the n-th recruit of the seed, so the same workers join at about the same times.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from math import inf

from clamshell_tui.client.operator import RemoteRun
from clamshell_tui.core.commands import Command, PostRecruitment
from clamshell_tui.errors import ClamshellError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.workforce.behaviour import Behaviour
from clamshell_tui.workforce.config import ScriptedAction
from clamshell_tui.workforce.crowd import SimulatedCrowd
from worker_client.bot import Bot

_LATE = 60.0  # wall-clock seconds that a scripted worker may be late
_LOOK_EVERY = 0.02  # seconds


class LiveCrowd:
    """Bots as tasks of ``group``; ``speed`` is in seconds of the run per second.

    ``wire_delay`` is in seconds of the run, as in ``[simulation]``. ``names`` maps names of the
    scenario to ids of workers that have joined.
    """

    def __init__(
        self,
        crowd: SimulatedCrowd,
        joins: Iterator[JoinString],
        run: RemoteRun,
        speed: float,
        wire_delay: float,
        group: asyncio.TaskGroup,
    ) -> None:
        self.names: dict[str, str] = {}
        self._crowd = crowd
        self._joins = joins
        self._run = run
        self._speed = speed
        self._wire_delay = wire_delay
        self._group = group
        self._bots: list[tuple[Behaviour, Bot]] = []
        self._let_in = asyncio.Event()
        self._tasks: dict[Bot | None, list[asyncio.Task[None]]] = {}

    def begin(self) -> None:
        """Follow the run from its start; no bot joins before :meth:`let_in`."""
        for at, behaviour in self._crowd.scheduled():
            self._plan(at, partial(self._join, behaviour))
        for action in self._crowd.script:
            self._keep(None, self._group.create_task(self._carry_out(action)))
        self._run.replica.on_commands = self._on_commands

    def let_in(self) -> None:
        """Let bots join, first those that are due already."""
        self._let_in.set()

    def end(self) -> None:
        """Stop recruiting and disconnect all bots."""
        self._run.replica.on_commands = None
        for tasks in self._tasks.values():
            for task in tasks:
                task.cancel()

    def _on_commands(self, at: float, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, PostRecruitment):
                posted = self._crowd.recruiter.posted(command.seats, command.expires, at)
                for when in posted:
                    self._plan(when, self._arrive)

    def _plan(self, at: float, do: Callable[[], None]) -> None:
        async def wait() -> None:
            await self._until(at)
            do()

        if at < inf:
            self._keep(None, self._group.create_task(wait()))

    async def _until(self, at: float) -> None:
        await self._let_in.wait()
        while (left := at - self._run.reckoned()) > 0:  # noqa: ASYNC110  # the clock may jump
            await asyncio.sleep(left / self._speed)

    def _keep(self, bot: Bot | None, task: asyncio.Task[None]) -> None:
        self._tasks.setdefault(bot, []).append(task)

    def _arrive(self) -> None:
        if self._crowd.recruiter.arrived(self._run.reckoned()):
            self._join(self._crowd.recruit())

    def _join(self, behaviour: Behaviour) -> None:
        join = next(self._joins, None)
        if join is None:
            raise ClamshellError(f"more than {len(self._bots)} bots came: there are no more seats")
        bot = Bot(
            join,
            lambda _: behaviour,
            speed=self._speed,
            wire_delay=self._wire_delay,
            settled=self._name,
        )
        self._bots.append((behaviour, bot))
        self._sit(behaviour, bot)

    def _sit(self, behaviour: Behaviour, bot: Bot) -> None:
        async def live() -> None:
            await bot.live()
            if bot.joins_again:
                at = self._run.reckoned() + bot.joins_again
                self._plan(at, partial(self._join, behaviour))

        self._keep(bot, self._group.create_task(live()))

    def _name(self) -> None:
        for behaviour, bot in self._bots:
            if behaviour.name and bot.worker:
                self.names[behaviour.name] = bot.worker

    async def _carry_out(self, action: ScriptedAction) -> None:
        """Act in time, or when the worker has come: on a slow machine a bot may be late."""
        await self._until(action.at)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LATE):
                while (seat := self._seat(action.worker)) is None:  # noqa: ASYNC110  # any bot's
                    await asyncio.sleep(_LOOK_EVERY)
                self._act(*seat, action)

    def _seat(self, name: str) -> tuple[Behaviour, Bot] | None:
        who = self.names.get(name) or _by_number(name)
        return next((each for each in self._bots if each[1].worker == who), None)

    def _act(self, behaviour: Behaviour, bot: Bot, action: ScriptedAction) -> None:
        pause = inf if action.seconds is None else action.seconds
        match action.do:
            case "leave":
                bot.leave()
            case "disconnect":
                bot.disconnect(pause)
            case "reconnect":
                self._return(behaviour, bot)
            case "sleep":
                bot.sleep(pause)

    def _return(self, behaviour: Behaviour, bot: Bot) -> None:
        if all(task.done() for task in self._tasks[bot]):  # it has left for good, as scripted
            self._sit(behaviour, bot)
        bot.come_back()


def _by_number(name: str) -> str:
    """Return the coordinator's id of the n-th worker: ``P007`` for ``W7`` of a scenario."""
    return f"P{int(name[1:]):03}" if name[1:].isdigit() else name
