"""One live run of a scenario from its start to its end, as its expectations see it."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from clamshell_tui.client.line import parse_address
from clamshell_tui.coordinator.child import absolute, run_to_end
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.errors import ClamshellError
from clamshell_tui.replica.live import LiveRun, Place
from clamshell_tui.runfile import open_run
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.observed import Observed
from clamshell_tui.scenario.replay import replay, verify
from clamshell_tui.scenario.step import people
from clamshell_tui.testing.live.crowd import LiveCrowd
from clamshell_tui.testing.live.host import Host
from clamshell_tui.testing.live.pace import Plan
from clamshell_tui.testing.live.people import Truth
from clamshell_tui.testing.live.stage import Stage
from clamshell_tui.workforce.crowd import Crowd
from worker_client.join_string import parse

PATIENCE = 60.0  # seconds of the wall that a run may take beyond three times what it should
_SPARE = 3  # seats for each worker who came in the simulation


def performed(
    scenario: Scenario, base: Path, run_file: Path, plan: Plan, *, records: Dataset, port: int = 0
) -> Observed:
    """Run it, keep it in ``run_file``, and read that back.

    ``records`` are those submitted. Raises ClamshellError for whatever goes wrong: a step that
    fails, a coordinator that cannot be started, a run that comes to no end.
    """
    names = run_to_end(_perform(absolute(scenario, base), base, run_file, plan, records, port))
    with open_run(run_file) as file:
        verify(file)
        engine, events, tables = replay(file), list(file.events()), file.tables()
    by_number = {f"W{number}": worker for number, worker in enumerate(tables.workers, 1)}
    return Observed(tables, engine, events, by_number | names)


async def _perform(
    scenario: Scenario, base: Path, run_file: Path, plan: Plan, records: Dataset, port: int
) -> dict[str, str]:
    limit = 3 * plan.seconds / plan.speed + PATIENCE + sum(s.within for s in scenario.step)
    bots = _SPARE * plan.workers + 30
    with Host(
        scenario, run_file, speed=plan.speed, seats=len(people(scenario.step)), bots=bots
    ) as host:
        await host.start(port)
        try:
            async with asyncio.timeout(limit):
                return await _play(scenario, base, host, plan, records)
        except TimeoutError:
            raise ClamshellError(f"the run came to no end within {limit:.0f} s") from None


async def _play(
    scenario: Scenario, base: Path, host: Host, plan: Plan, records: Dataset
) -> dict[str, str]:
    codes = host.codes
    clock = asyncio.get_running_loop().time
    place = Place(parse_address(codes.address), codes.operator, "clamshell test")
    run = await LiveRun.connect(place, clock)
    joins = iter([parse(codes.join(code)) for code in codes.bots])
    recruits = Crowd(scenario.crowd, n_classes=len(run.classes), seed=scenario.seed, base=base)
    with TemporaryDirectory(prefix="clamshell-people-") as folder:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(run.keep_up())
            delay = scenario.simulation.wire_delay
            crowd = LiveCrowd(recruits, joins, run, plan.speed, delay, group)
            stage = Stage(scenario.step, host, run, _truth(records), Path(folder), crowd.let_in)
            crowd.begin()
            try:
                playing = group.create_task(stage.play())
                await host.watch()  # it ends when everybody was told that the run is over
                following.cancel()
                crowd.end()
                await playing
            finally:
                await stage.empty()
                await run.close()
    return crowd.names | stage.names


def _truth(records: Dataset) -> Truth:
    known = dict(zip(records.ids, records.truth.tolist(), strict=True))
    return lambda record: int(known[record])
