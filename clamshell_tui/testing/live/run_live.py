"""One live run of a scenario: coordinator, bots and scripted users."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from clamshell_tui.client.operator import Endpoint, RemoteRun
from clamshell_tui.coordinator.child import absolute, run_to_end
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.errors import ClamshellError
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.runfile.fold import replay
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.step import people
from clamshell_tui.testing.live.coordinator_process import CoordinatorProcess
from clamshell_tui.testing.live.crowd import LiveCrowd
from clamshell_tui.testing.live.scripted_users import ScriptedUsers
from clamshell_tui.testing.live.speed import SpeedPlan
from clamshell_tui.testing.live.users import Truth
from clamshell_tui.wire.connection import parse_address
from clamshell_tui.wire.invitation import parse
from clamshell_tui.workforce.crowd import SimulatedCrowd

PATIENCE = 60.0  # wall-clock seconds beyond three times the expected duration, after all steps
_SPARE = 3  # seats for each worker of the simulation


def run_live(
    scenario: Scenario,
    base: Path,
    run_file: Path,
    plan: SpeedPlan,
    *,
    records: Dataset,
    port: int = 0,
) -> FinishedRun:
    """Run a scenario live, keep it in ``run_file``, verify the file and read it.

    ``records`` are the submitted ones. Raises ClamshellError if a step fails, the coordinator
    cannot be started, or the run does not end in time.
    """
    names = run_to_end(_run(absolute(scenario, base), base, run_file, plan, records, port))
    with open_run(run_file) as file:
        verify(file)
        engine, events, tables = replay(file), list(file.events()), file.tables()
    by_number = {f"W{number}": worker for number, worker in enumerate(tables.workers, 1)}
    return FinishedRun(tables, engine, events, by_number | names)


async def _run(
    scenario: Scenario, base: Path, run_file: Path, plan: SpeedPlan, records: Dataset, port: int
) -> dict[str, str]:
    bots = _SPARE * plan.workers + 30
    with CoordinatorProcess(
        scenario, run_file, speed=plan.speed, seats=len(people(scenario.step)), bots=bots
    ) as host:
        await host.start(port)
        patience = 3 * plan.seconds / plan.speed + PATIENCE
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(None) as limit:  # each step has a limit of its own

                def played(_: object) -> None:
                    limit.reschedule(clock() + patience)

                return await _play(scenario, base, host, plan, records, played)
        except TimeoutError:
            raise ClamshellError(f"the run did not end within {patience:.0f} s") from None


async def _play(
    scenario: Scenario,
    base: Path,
    host: CoordinatorProcess,
    plan: SpeedPlan,
    records: Dataset,
    played: Callable[[object], None],
) -> dict[str, str]:
    codes = host.codes
    clock = asyncio.get_running_loop().time
    place = Endpoint(parse_address(codes.address), codes.operator, "clamshell test")
    run = await RemoteRun.connect(place, clock)
    joins = iter([parse(codes.join(code)) for code in codes.bots])
    recruits = SimulatedCrowd(
        scenario.crowd, n_classes=len(run.classes), seed=scenario.seed, base=base
    )
    with TemporaryDirectory(prefix="clamshell-people-") as folder:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(run.keep_up())
            delay = scenario.simulation.wire_delay
            crowd = LiveCrowd(recruits, joins, run, plan.speed, delay, group)
            users = ScriptedUsers(
                scenario.step, host, run, _truth(records), Path(folder), crowd.let_in
            )
            crowd.begin()
            try:
                playing = group.create_task(users.play())
                playing.add_done_callback(played)
                await host.watch()  # it ends after the last client has received the end of the run
                following.cancel()
                crowd.end()
                await playing
            finally:
                await users.empty()
                await run.close()
    return crowd.names | users.names


def _truth(records: Dataset) -> Truth:
    known = dict(zip(records.ids, records.truth.tolist(), strict=True))
    return lambda record: int(known[record])
