"""Checks the ``[crowd]`` table for unknown names and contradictions between its fields."""

from collections.abc import Iterable, Iterator
from math import isclose, sqrt

from clamshell_tui.errors import did_you_mean
from clamshell_tui.workforce.behaviour import BEHAVIOURS
from clamshell_tui.workforce.config import CrowdConfig, CustomConfig, RecruitmentModel
from clamshell_tui.workforce.person import Confusion
from clamshell_tui.workforce.populations import POPULATIONS

MAX_RELATIVE_DEVIATION = 20


def problems(config: CrowdConfig, n_classes: int) -> Iterator[str]:
    """Yield a sentence for each setting that cannot be used."""
    yield from _population_problems(config)
    yield from _custom_problems(config.custom, n_classes)
    yield from _behaviour_problems(config)
    yield from _name_problems(config)
    yield from _script_problems(config)


def _unknown(key: str, kind: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    return f'{key}: unknown {kind} "{name}"{did_you_mean(name, names)}; known: {", ".join(names)}'


def _population_problems(config: CrowdConfig) -> Iterator[str]:
    known = [*POPULATIONS, "trace"]
    if config.population != "trace" and config.population not in POPULATIONS:
        yield _unknown("crowd.population", "population", config.population, known)
    if config.population == "trace" and config.trace is None:
        yield 'crowd.trace: population "trace" needs the path of a CSV file'
    if config.trace is not None and config.population != "trace":
        yield f'crowd.trace: not used by population "{config.population}"; set it to "trace"'
    if config.recruitment is not None:
        yield from _recruitment_problems(config.recruitment)


def _recruitment_problems(model: RecruitmentModel) -> Iterator[str]:
    if model.spread is None:
        return
    if model.distribution == "exponential":
        yield "crowd.recruitment.spread: an exponential has none; leave it out"
    if model.distribution == "lognormal" and model.spread > 3:
        yield (
            f"crowd.recruitment.spread: {model.spread:g} is too wide for the sd of a logarithm; "
            "keep it at or below 3"
        )


def _custom_problems(custom: CustomConfig, n_classes: int) -> Iterator[str]:
    yield from _deviation_problems("crowd.custom", custom.mean, custom.deviation)
    if custom.confusion is not None:
        yield from _confusion_problems(custom.confusion, n_classes)
        if custom.accuracy_spread > 0:
            yield "crowd.custom.accuracy_spread: the confusion matrix fixes the accuracy"
    largest = sqrt(custom.accuracy * (1 - custom.accuracy))
    if custom.accuracy_spread > 0 and custom.accuracy_spread >= largest:
        yield (
            f"crowd.custom.accuracy_spread: {custom.accuracy_spread:g} is too wide around an "
            f"accuracy of {custom.accuracy:g}; keep it below {largest:.3g}"
        )


def _deviation_problems(key: str, mean: float, deviation: float) -> Iterator[str]:
    """Refuse a deviation with which most draws of a gamma are too small for a float."""
    if deviation > MAX_RELATIVE_DEVIATION * mean:
        yield (
            f"{key}: deviation: {deviation:g} s is more than {MAX_RELATIVE_DEVIATION} times the "
            f"mean ({mean:g} s per label)"
        )


def _confusion_problems(confusion: Confusion, n_classes: int) -> Iterator[str]:
    if len(confusion) != n_classes:
        yield f"crowd.custom.confusion: {len(confusion)} rows, but there are {n_classes} classes"
    for number, row in enumerate(confusion, start=1):
        if len(row) != n_classes:
            yield (
                f"crowd.custom.confusion: row {number} has {len(row)} entries, but there are "
                f"{n_classes} classes"
            )
        elif not isclose(sum(row), 1, abs_tol=1e-6):
            yield f"crowd.custom.confusion: row {number} sums to {sum(row):g}, not 1"


def _behaviour_problems(config: CrowdConfig) -> Iterator[str]:
    for name in config.behaviours:
        if name not in BEHAVIOURS:
            yield _unknown("crowd.behaviours", "behaviour", name, BEHAVIOURS)
    total = sum(config.behaviours.values())
    if total > 1 + 1e-9:
        yield f"crowd.behaviours: the shares sum to {total:g}, more than 1"
    for number, worker in enumerate(config.worker, start=1):
        key = f"crowd.worker {number}"
        if worker.behaviour not in BEHAVIOURS:
            yield _unknown(f"{key}: behaviour", "behaviour", worker.behaviour, BEHAVIOURS)
        if worker.deviation is not None and worker.mean is None:
            yield f"{key}: deviation: needs a mean as well"
        if worker.deviation is not None and worker.mean is not None:
            yield from _deviation_problems(key, worker.mean, worker.deviation)


def worker_names(config: CrowdConfig) -> list[str]:
    """Return the names of explicit workers, in the order of the file."""
    return [name for worker in config.worker for name in worker.names if name]


def _name_problems(config: CrowdConfig) -> Iterator[str]:
    names = worker_names(config)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'crowd.worker: two workers are called "{name}"; names must differ'


def _script_problems(config: CrowdConfig) -> Iterator[str]:
    names = worker_names(config)
    for number, action in enumerate(config.script, start=1):
        if action.seconds is not None and action.do in ("leave", "reconnect"):
            yield f'crowd.script {number}: seconds: "{action.do}" takes none'
        if action.worker not in names and not action.worker.startswith("W"):
            yield (
                f'crowd.script {number}: worker: no worker is called "{action.worker}"'
                f"{did_you_mean(action.worker, names)}; name a [[crowd.worker]], or write W1, W2"
            )
