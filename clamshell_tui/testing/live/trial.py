"""Runs a scenario and its variants live with one seed, and measures what it expects."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from msgspec.structs import replace

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.runfile.output_path import check_place
from clamshell_tui.runfile.reader import looks_like_a_run
from clamshell_tui.simulator.run_scenario import prepare, run_scenario
from clamshell_tui.testing.case import Case, Changes, SeedResult
from clamshell_tui.testing.live.run_live import run_live
from clamshell_tui.testing.live.speed import SpeedPlan, planned
from clamshell_tui.testing.trial import check, measured


def live_case(case: Case) -> Case:
    """Return the case with the expectations that apply live, and the variants that they need."""
    return replace(case.only(lambda each: each.live is not False), live=True)


def attempt_live(
    case: Case,
    seed: int,
    *,
    speed: float | None = None,
    port: int = 0,
    out: Path | None = None,
    overwrite: bool = False,
    with_story: bool = False,
) -> SeedResult:
    """Run one seed of a :func:`live_case`; without ``speed``, one is chosen.

    The unchanged variant is kept in ``out``. A failed step, a run that does not end, and a mistake
    that only the data show are results, so that the other scenarios are still tested. Raises
    EnvironmentFaultError if the machine refuses.
    """
    if out is not None:
        check_place(out, overwrite=overwrite, ours=looks_like_a_run, kind="a CLAMShell run")
    runs: dict[Changes, FinishedRun] = {}
    began = perf_counter()
    try:
        with TemporaryDirectory(prefix="clamshell-test-") as folder:
            for number, changes in enumerate(case.variants):
                file = Path(folder) / f"{number}.db"
                runs[changes] = _performed(case, changes, seed, file, speed, port)
                if out is not None and not changes:
                    shutil.move(file, out)
    except InputError as error:
        return SeedResult(seed, refused=str(error), seconds=perf_counter() - began)
    except EnvironmentFaultError:
        raise
    except ClamshellError as failure:
        return SeedResult(seed, broken=str(failure), seconds=perf_counter() - began)
    return measured(case, seed, runs, perf_counter() - began, with_story=with_story)


def _performed(
    case: Case, changes: Changes, seed: int, file: Path, speed: float | None, port: int
) -> FinishedRun:
    scenario = replace(case.variants[changes], seed=seed)
    plan = plan_of(case, seed, speed)
    prepared = prepare(scenario, case.base)
    seen = run_live(scenario, case.base, file, plan, records=prepared.roles.records, port=port)
    check(seen.engine)
    return seen


def plan_of(case: Case, seed: int, speed: float | None) -> SpeedPlan:
    """Choose the speed by simulating the unchanged scenario, so that all variants share it."""
    scenario = replace(case.variants[()], seed=seed)
    return planned(run_scenario(scenario, case.base), speed or scenario.live.speed)
