"""Many bots in one process and one event loop, each with its own connection."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial

from clamshell_tui.errors import ClamshellError, InputError, did_you_mean
from clamshell_tui.formats import money
from clamshell_tui.open_files import allow_connections
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import JoinString, parse
from clamshell_tui.workforce.behaviour import BEHAVIOURS, Behaviour
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from clamshell_tui.workforce.populations import POPULATIONS
from worker_client.autopilot import Truthless
from worker_client.bot import RUN_OVER, Bot, Fate
from worker_client.unattended import PATIENCE

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
    """Return the first bot of the crowd of this name."""
    return SimulatedCrowd(crowd_named(name), n_classes=n_classes, seed=seed).recruit()


def run_cli(
    joins: Sequence[str],
    bot: str,
    *,
    count: int | None = None,
    seed: int = 1,
    speed: float | None = None,
    min_ok: int | None = None,
) -> int:
    """Run bots for the command line, print their results to stderr; return the exit code.

    It is 1 if fewer than ``min_ok`` bots got a seat, or if one was refused and that is None. Who
    comes after the run is over was not refused.
    """
    fates = asyncio.run(run(joins, crowd_named(bot), count=count, seed=seed, speed=speed))
    for fate in fates:
        paid = fate.statement.total_micros if fate.statement is not None else 0
        print(
            f"{fate.worker or 'bot'}: {show(fate.reason)}, {money(paid, fate.currency)}",
            file=sys.stderr,
        )
    return _verdict(fates, min_ok)


def _verdict(fates: Sequence[Fate], min_ok: int | None) -> int:
    seated = sum(bool(fate.worker) for fate in fates)
    late = sum(not fate.worker and fate.reason == RUN_OVER for fate in fates)
    wanted = len(fates) - late if min_ok is None else min_ok
    if seated >= wanted:
        return 0
    print(
        f"clamshell-worker: error: {seated} of {len(fates)} bots got a seat, {wanted} were wanted "
        "(--min-ok). The lines above say why",
        file=sys.stderr,
    )
    return 1


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
    """Run a bot in each seat of ``joins`` until its session is over; return their fates, in order.

    Bot n is the n-th recruit of ``crowd`` under ``seed``, as in the simulator. ``count`` limits the
    joins that are used. At most ``together`` bots are connected; when one leaves, the next one
    joins. ``speed`` is in seconds of the run per wall second; by default the coordinator's.
    ``seated`` is called with the worker's name of each bot. A bot that fails does not disturb the
    others; if all fail, the first error is raised.
    """
    seats = len(joins) if count is None else count
    if seats > len(joins):
        raise InputError(
            f"{seats} bots need {seats} join codes, got {len(joins)}. Name one per bot, or lower "
            "--count"
        )
    allow_connections(min(seats, together or seats))
    company = _Company(crowd, seed, seats, asyncio.Semaphore(together or max(1, seats)), seated)
    bots = [company.bot(n, parse(joins[n]), speed, patience) for n in range(seats)]
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


async def _fate(bot: Bot, company: "_Company") -> Fate | ClamshellError:
    async with company.places:
        await company.turn(bot.number)
        try:
            fate = _TOO_LATE if company.run_over else await bot.live()
        except ClamshellError as error:
            return error
        except Truthless as error:
            return ClamshellError(f"{bot.place}: {show(str(error))}")
        finally:
            company.settle(bot.number)
        company.run_over |= fate.reason == RUN_OVER
        return fate._replace(number=bot.number)


class _Company:
    """State that the bots of a process share: the recruits by number, and the places for them.

    Bots join one after the other, so that the n-th to join is the n-th recruit, as in the
    simulator. Recruits depend on the number of classes, which the coordinator sends.
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
        self._seen: set[str] = set()
        self._config = config
        self._seed = seed
        self._crowd: SimulatedCrowd | None = None
        self._recruits: list[Behaviour] = []
        self._settled = [asyncio.Event() for _ in range(size)]

    def bot(self, number: int, join: JoinString, speed: float | None, patience: float) -> Bot:
        """Return the bot of this seat."""

        def settled() -> None:
            if bot.worker and bot.worker not in self._seen:
                self._seen.add(bot.worker)
                self.seated(bot.worker)
            self.settle(number)

        bot = Bot(
            join,
            partial(self.recruit, number),
            number=number,
            speed=speed,
            patience=patience,
            settled=settled,
        )
        return bot

    async def turn(self, number: int) -> None:
        """Wait until the previous bot has joined, or has no place for now."""
        if number:
            await self._settled[number - 1].wait()

    def settle(self, number: int) -> None:
        """Let the next bot join."""
        self._settled[number].set()

    def recruit(self, number: int, n_classes: int) -> Behaviour:
        if self._crowd is None:
            self._crowd = SimulatedCrowd(self._config, n_classes=n_classes, seed=self._seed)
        while len(self._recruits) <= number:
            self._recruits.append(self._crowd.recruit())
        return self._recruits[number]
