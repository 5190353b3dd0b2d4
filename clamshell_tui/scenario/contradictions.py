"""Mistakes that no single value shows: contradicting settings, and metrics of no such kind."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from clamshell_tui.core.config import problems as core_problems
from clamshell_tui.scenario import config
from clamshell_tui.scenario import presets as names
from clamshell_tui.scenario.classes import classes_of
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.scenario.expectation import problems as expectation_problems
from clamshell_tui.scenario.step import people
from clamshell_tui.scenario.track import TrackedMetric
from clamshell_tui.scenario.track import problems as track_problems
from clamshell_tui.scenario.validate import Fault, Key, dotted
from clamshell_tui.workforce.checks import problems as crowd_problems
from clamshell_tui.workforce.checks import worker_names

_NAMED_KEY = re.compile(r"[a-z_]+(\.[a-z_]+)*(?=:| \d+)")


def expectation_faults(
    number: int, each: Expectation, textual: Callable[[str], bool]
) -> Iterator[Fault]:
    """Yield the mistakes in an expectation.

    ``textual`` returns whether a metric is text, and raises UnknownMetricError.
    """
    at = ("expect", number)
    return _metric_faults(at, each.metric, textual, partial(expectation_problems, each))


def tracking_faults(
    number: int, each: TrackedMetric, textual: Callable[[str], bool]
) -> Iterator[Fault]:
    return _metric_faults(("track", number), each.metric, textual, partial(track_problems, each))


def textual_in(scenario: Scenario) -> Callable[[str], bool]:
    """Return the test of :func:`expectation_faults` for the metrics of a scenario."""
    # Metrics import the engine, so only a scenario with expectations pays for them.
    from clamshell_tui.run.metrics import resolve

    names = [*worker_names(scenario.crowd), *people(scenario.step)]
    return lambda text: resolve(text, names).textual


def _metric_faults(
    at: Key, metric: str, textual: Callable[[str], bool], problems: Callable[..., Iterator[str]]
) -> Iterator[Fault]:
    from clamshell_tui.run.metrics import UnknownMetricError

    try:
        text = textual(metric)
    except UnknownMetricError as error:
        yield Fault((*at, "metric"), f"{dotted(at)}: {error}")
        return
    for problem in problems(textual=text):
        key = problem.partition(":")[0]
        yield Fault((*at, key), f"{dotted(at)}: {problem}")


def contradictions(scenario: Scenario) -> Iterator[Fault]:
    """Yield the contradictions between settings."""
    for problem in _problems(scenario):
        yield Fault(_key_of(problem), problem)


def _problems(scenario: Scenario) -> Iterator[str]:
    yield from names.problems(scenario)
    classes = classes_of(scenario.dataset)
    yield from core_problems(scenario.run_config(classes or ("no", "yes")))
    yield from config.problems(scenario)
    confusion = scenario.crowd.custom.confusion
    # The classes of a file are only known after reading it, when the matrix is checked again.
    yield from crowd_problems(scenario.crowd, len(classes) or (len(confusion) if confusion else 2))


def _key_of(problem: str) -> Key:
    """Return the key at the start of a problem: ``tasks.votes: ...``."""
    found = _NAMED_KEY.match(problem)
    return tuple(found[0].split(".")) if found else ()
