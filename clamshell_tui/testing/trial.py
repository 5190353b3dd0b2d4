"""Runs a scenario and its variants in virtual time, and measures what it expects."""

from collections.abc import Callable, Mapping
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
from clamshell_tui.study.invariants import check_study
from clamshell_tui.study.metrics import FinishedStudy
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
        runs: dict[Changes, FinishedRun | FinishedStudy] = {}
        for changes, scenario in case.variants.items():
            if case.study:
                runs[changes] = observe_study(case.source, (*case.overrides, *changes), seed)
                continue
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
    runs: Mapping[Changes, FinishedRun | FinishedStudy],
    seconds: float,
    *,
    with_story: bool,
) -> SeedResult:
    """Return a finding for each expectation, and the values of the tracked metrics."""
    scenario = case.variants[()]
    names = [*worker_names(scenario.crowd), *people(scenario.step)]

    def measure(metric: str, run: FinishedRun | FinishedStudy) -> Value:
        return (
            run.value(metric) if isinstance(run, FinishedStudy) else resolve(metric, names).of(run)
        )

    def story(metric: str) -> str:
        run = runs[()]
        if not with_story or isinstance(run, FinishedStudy):
            return ""
        return story_behind(resolve(metric, names), run)

    found = [_found(each, runs, measure, live=case.live) for each in case.expectations]
    found = [
        each if each.holds else replace(each, story=story(expectation.metric))
        for each, expectation in zip(found, case.expectations, strict=True)
    ]
    tracked = (measure(each.metric, runs[()]) for each in scenario.track)
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


def observe_study(source: str, overrides: tuple[str, ...], seed: int) -> FinishedStudy:
    """Run a study in virtual time, with all its guests."""
    from clamshell_tui.experiments.rehearsal import loaded
    from clamshell_tui.simulator.study import simulate_study

    result = simulate_study(*loaded(source, overrides), seed)
    check_study(result.itinerary)
    assert result.itinerary.finished, "the study did not end within a day"
    for run in result.conditions:
        check(run.simulation.engine)
    runs = {
        each.name: FinishedRun(each.tables, each.simulation.engine, each.events, {})
        for each in result.conditions
    }
    people = tuple(result.itinerary.people.values())
    return FinishedStudy(result.plan, people, result.pay, runs)


def check(engine: Engine) -> None:
    """Assert the invariants that hold for every run."""
    check_invariants(engine, full=True)
    assert engine.state.phase is Phase.FINISHED, "the run stopped before its end"


def _found(
    expectation: Expectation,
    runs: Mapping[Changes, FinishedRun | FinishedStudy],
    measure: Callable[[str, FinishedRun | FinishedStudy], Value],
    *,
    live: bool,
) -> Finding:
    changes = expectation.changes
    measured = measure(expectation.metric, runs[()])
    other = measure(expectation.metric, runs[changes]) if changes else None
    got = _compared(expectation, measured, other) if changes else measured
    holds = expectation.holds_live(got) if live else expectation.holds(got)
    return Finding(got, holds, measured, other)


def _compared(expectation: Expectation, measured: Value, other: Value) -> Value:
    """Return ratio or difference; None if a value is unknown, or for a ratio to 0."""
    if not isinstance(measured, int | float) or not isinstance(other, int | float):
        return None
    if expectation.by == "difference":
        return measured - other
    return measured / other if other else None
