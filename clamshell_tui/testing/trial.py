"""Runs a scenario and its variants in virtual time, and measures what it expects."""

from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.core.ids import Phase
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.run.metrics import Value, resolve
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.scenario.step import people
from clamshell_tui.testing.case import Case, Changes, Finding, SeedResult
from clamshell_tui.testing.explain import story_behind
from clamshell_tui.workforce.checks import worker_names


def attempt(
    case: Case,
    seed: int,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    with_story: bool = False,
) -> SeedResult:
    """Run the case in virtual time; the same seed always gives the same result.

    The unchanged variant is kept in ``out``. A mistake of the user and any exception are results;
    only EnvironmentFaultError is raised.
    """
    began = perf_counter()
    try:
        runs: dict[Changes, FinishedRun] = {}
        for changes, scenario in case.variants.items():
            kept = None if changes else out
            runs[changes] = observe(scenario, seed, case.base, out=kept, overwrite=overwrite)
    except EnvironmentFaultError:
        raise
    except ClamshellError as error:
        return SeedResult(seed, refused=str(error), seconds=perf_counter() - began)
    except Exception as error:  # our bug fails this scenario; the others still run
        died = f"{type(error).__name__}: {error}".rstrip(": ")
        return SeedResult(seed, broken=died, seconds=perf_counter() - began)
    return measured(case, seed, runs, perf_counter() - began, with_story=with_story)


def measured(
    case: Case,
    seed: int,
    runs: dict[Changes, FinishedRun],
    seconds: float,
    *,
    with_story: bool,
) -> SeedResult:
    """Return a finding for each expectation, and the values of the tracked metrics."""
    scenario = case.variants[()]
    names = [*worker_names(scenario.crowd), *people(scenario.step)]
    found = (_found(each, runs, names, with_story, case.live) for each in case.expectations)
    tracked = (resolve(each.metric, names).of(runs[()]) for each in scenario.track)
    return SeedResult(seed, tuple(found), tuple(tracked), seconds=seconds)


def attempt_all(case: Case, seeds: tuple[int, ...]) -> list[SeedResult]:
    return [attempt(case, seed) for seed in seeds]


def observe(
    scenario: Scenario,
    seed: int,
    base: Path,
    *,
    out: Path | None = None,
    overwrite: bool = False,
) -> FinishedRun:
    """Run a scenario in virtual time, and keep what expectations are measured on."""
    from clamshell_tui.simulator.run_scenario import run_scenario  # seconds: numpy and scikit-learn

    events: list[tuple[float, Event]] = []
    result = run_scenario(
        replace(scenario, seed=seed),
        base,
        out=out,
        overwrite=overwrite,
        witness=lambda at, event: events.append((at, event)),
    )
    check(result.engine)
    return FinishedRun(result.tables, result.engine, events, result.names)


def check(engine: Engine) -> None:
    """Assert the invariants that hold for every run."""
    check_invariants(engine, full=True)
    assert engine.state.phase is Phase.FINISHED, "the run stopped before its end"


def _found(
    expectation: Expectation,
    runs: dict[Changes, FinishedRun],
    names: list[str],
    with_story: bool,
    live: bool,
) -> Finding:
    metric = resolve(expectation.metric, names)
    measured = metric.of(runs[()])
    other = metric.of(runs[expectation.changes]) if expectation.changes else None
    got = _compared(expectation, measured, other) if expectation.changes else measured
    holds = expectation.holds_live(got) if live else expectation.holds(got)
    story = story_behind(metric, runs[()]) if with_story and not holds else ""
    return Finding(got, holds, measured, other, story)


def _compared(expectation: Expectation, measured: Value, other: Value) -> Value:
    """Return ratio or difference; None if a value is unknown, or for a ratio to 0."""
    if not isinstance(measured, int | float) or not isinstance(other, int | float):
        return None
    if expectation.by == "difference":
        return measured - other
    return measured / other if other else None
