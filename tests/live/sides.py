"""One scenario on two sides: under the virtual clock, and live with bots over WebSocket."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.run.summary import Summary, summarise
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from worker_client.bot import Fate
from worker_client.crowd_of_bots import run

ENDING = 20.0  # seconds of the wall for the coordinator to end by itself


@dataclass(frozen=True)
class Side:
    """The results of a run: tables, summary, and after a live one the fates of the bots."""

    tables: Tables
    summary: Summary
    fates: tuple[Fate, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {row.external_id: row.label for row in self.tables.labels.values()}


def simulated(scenario: Path) -> Side:
    """Under the virtual clock."""
    result = run_scenario(load_scenario(scenario), scenario.parent)
    return Side(result.tables, result.summary)


async def live(scenario: Path, run_file: Path, *, speed: float, seats: int, spare: int) -> Side:
    """As fast as ``speed``; ``seats`` bots at a time, and ``spare`` ones to replace them."""
    loaded = load_scenario(scenario)
    options = ["--port", "0", "--speed", f"{speed:g}", "--seats", "0", "--max-rate", "1000"]
    with ChildCoordinator(
        loaded, run_file, *options, "--bot-seats", str(seats + spare)
    ) as coordinator:
        codes = await coordinator.codes()
        joins = [codes.join(code) for code in codes.bots]
        fates = await run(joins, loaded.crowd, seed=loaded.seed, together=seats)
        assert await coordinator.ended(ENDING)
        coordinator.check()
    with open_run(run_file) as file:
        tables = file.tables()
    return Side(tables, summarise(tables), tuple(fates))


def both(
    text: str, folder: Path, *, speed: float, seats: int, spare: int = 10, limit: float = 60.0
) -> tuple[Side, Side]:
    """Simulated and live; the live one within ``limit`` seconds of the wall."""
    scenario = folder / "scenario.toml"
    scenario.write_text(text)

    async def bounded() -> Side:
        async with asyncio.timeout(limit):
            run_file = folder / "run.db"
            return await live(scenario, run_file, speed=speed, seats=seats, spare=spare)

    return simulated(scenario), asyncio.run(bounded())
