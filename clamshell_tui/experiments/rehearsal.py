"""A study rehearsed with many seeds: times, pay, labels and checks, and what to look at.

Each seed simulates the whole study with all its guests, see ``simulator.study``.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean, median, quantiles

from msgspec import Struct

from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.experiments.processes import in_processes, one_thread
from clamshell_tui.formats import coins
from clamshell_tui.simulator.condition_run import ConditionRun
from clamshell_tui.simulator.study import StudyResult, simulate_study
from clamshell_tui.study.config import GateStage, WorkStage
from clamshell_tui.study.load import Study, load_study
from clamshell_tui.study.records import StudyRecords, load_records

_SLOW = 1.0  # s for a seed, from which several processes pay
_LABELLED = 0.9  # share of the records that should get a label
_TAIL = 0.05  # share outside a range on either side


class StageFigures(Struct, frozen=True):
    """Seconds that participants spent in a stage, without absence; one per visit."""

    kind: str
    seconds: tuple[float, ...]


class ConditionFigures(Struct, frozen=True):
    """One condition in one seed. ``checks_asked`` has an entry per participant who worked."""

    name: str
    assigned: int
    worked: int
    completed: int
    records: tuple[int, ...]
    checks_asked: tuple[int, ...]
    checks_right: int
    labels: int
    votes: float | None  # per label
    accuracy: float | None
    evicted: int
    seconds: float | None  # from the first task to the last label


class Rehearsed(Struct, frozen=True):
    """One seed. Pay is in micros of the currency, per person who arrived and per hour present.

    ``present`` has the seconds of each of them, without absence.
    """

    seed: int
    finished: bool
    seconds: float
    outcomes: dict[str, int]
    stages: tuple[StageFigures, ...]
    conditions: tuple[ConditionFigures, ...]
    present: tuple[float, ...]
    pay: tuple[int, ...]
    per_hour: tuple[float, ...]


class Work(Struct, frozen=True):
    """Input of a process that rehearses one seed."""

    path: str
    overrides: tuple[str, ...]
    seed: int


def rehearse(
    path: Path, overrides: Sequence[str], seeds: Sequence[int], jobs: int
) -> Iterator[Rehearsed]:
    """Yield the figures of each seed, in order. Errors of the study and its data are raised."""
    work = [Work(str(path), tuple(overrides), seed) for seed in seeds]
    if jobs == 1 or len(work) == 1:
        yield from map(rehearse_seed, work)
        return
    began = time.perf_counter()
    yield rehearse_seed(work[0])
    if time.perf_counter() - began < _SLOW:
        yield from map(rehearse_seed, work[1:])
    else:
        yield from in_processes(rehearse_seed, work[1:], jobs, ordered=True)


def rehearse_seed(work: Work) -> Rehearsed:
    """Simulate one seed."""
    study, dataset, records = loaded(work.path, work.overrides)
    if study.learns:
        one_thread()
    return figures(simulate_study(study, dataset, records, work.seed), work.seed)


@cache
def loaded(path: str, overrides: tuple[str, ...]) -> tuple[Study, Dataset, StudyRecords]:
    """Return a study with its records, read once in each process."""
    study = load_study(Path(path), overrides)
    return study, *load_records(study)


def figures(result: StudyResult, seed: int) -> Rehearsed:
    """Return the figures of a simulated study."""
    people = [p for p in result.itinerary.people.values() if p.arrived_at is not None]
    outcomes: dict[str, int] = {}
    for person in people:
        outcomes[person.outcome] = outcomes.get(person.outcome, 0) + 1
    stages = [
        StageFigures(
            stage.kind,
            tuple([v.seconds for p in people for v in p.stages if v.stage == number]),
        )
        for number, stage in enumerate(result.plan.stages)
    ]
    present = {p.label: p.present_seconds for p in people}
    return Rehearsed(
        seed,
        result.itinerary.finished,
        result.seconds,
        outcomes,
        tuple(stages),
        tuple([_condition(result, run) for run in result.conditions]),
        tuple(present.values()),
        tuple([result.pay[p.label].total for p in people]),
        tuple(
            [
                result.pay[label].total / seconds * 3600
                for label, seconds in present.items()
                if seconds > 0
            ]
        ),
    )


def _condition(result: StudyResult, run: ConditionRun) -> ConditionFigures:
    people = [p for p in result.itinerary.people.values() if p.condition == run.name]
    worked = [p for p in people if p.work_seconds > 0]
    labels = list(run.tables.labels.values())
    known = [row for row in labels if row.truth is not None]
    counted = sum(row.counted for row in run.tables.work_answers)
    starts = [t.started_at for t in run.tables.tasks.values() if t.started_at is not None]
    return ConditionFigures(
        name=run.name,
        assigned=len(people),
        worked=len(worked),
        completed=sum(p.outcome == "completed" for p in people),
        records=tuple([p.work.records for p in worked]),
        checks_asked=tuple([p.work.checks_asked for p in worked]),
        checks_right=sum(p.work.checks_right for p in worked),
        labels=len(labels),
        votes=counted / len(labels) if labels else None,
        accuracy=fmean(row.label == row.truth for row in known) if known else None,
        evicted=len(run.tables.evictions),
        seconds=max(row.at for row in labels) - min(starts) if labels else None,
    )


class Spread(Struct, frozen=True):
    """Median of all values, with the range that holds nine tenths of them."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """Return the median and the 5 and 95 % quantiles; None without values."""
    if not values:
        return None
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    cuts = quantiles(values, n=round(1 / _TAIL), method="inclusive")
    return Spread(median(values), cuts[0], cuts[-1])


def findings(study: Study, work: int, seen: Sequence[Rehearsed]) -> Iterator[str]:
    """Yield a sentence for each result of the rehearsal that an experimenter should look at.

    ``work`` counts the records to be labelled.
    """
    unfinished = [each.seed for each in seen if not each.finished]
    if unfinished:
        yield (
            f"in {len(unfinished)} of {len(seen)} seeds the study did not end within a day (seed "
            f"{unfinished[0]}): is a gate closed for ever, or do people wait for the votes of "
            "others who have left? Set minutes for the work, or lower tasks.votes"
        )
    people = len(study.guests)
    for number, stage in enumerate(study.stages):
        if isinstance(stage, GateStage):
            waits = [max(each.stages[number].seconds, default=0.0) for each in seen]
            late = sum(wait >= stage.timeout for wait in waits)
            if late:
                yield (
                    f"stage {number + 1}: in {late} of {len(seen)} seeds the gate waits in vain "
                    f"for {stage.people} people, until its timeout; lower people"
                )
        if isinstance(stage, WorkStage) and stage.minutes is not None:
            times = [s for each in seen for s in each.stages[number].seconds]
            out = sum(s >= 60 * stage.minutes for s in times)
            if times and out == 0:
                longest = max(times) / 60
                yield (
                    f"nobody works for the {stage.minutes:g} minutes of the work stage: the "
                    f"records last for {longest:.0f} minutes at most. Add records, or votes"
                )
    for each in _conditions(seen).values():
        few = [n for one in each for n in one.checks_asked]
        if any(one.checks_asked for one in each) and few and median(few) < 3:
            yield (
                f'condition "{each[0].name}": half of the participants meet {median(few):g} checks '
                "or fewer, too few to judge anybody by; lower checks_every, or let people work "
                "longer"
            )
        labels = fmean(one.labels for one in each)
        if labels < _LABELLED * work:
            yield (
                f'condition "{each[0].name}": {labels:.0f} of {work} records get all their votes: '
                "lower tasks.votes, invite more, or let people work longer"
            )
        idle = fmean(one.assigned - one.worked for one in each)
        if idle >= 0.5:
            yield (
                f'condition "{each[0].name}": {idle:.1f} of its participants find no work: the '
                "records are labelled before they come. Add records, or votes"
            )
    floor = study.payment.hourly_floor
    slow = [rate for each in seen for rate in each.per_hour]
    if slow and not floor and study.payment.minimum == 0:
        yield (
            f"no hourly floor and no minimum: the slowest participant is paid "
            f"{coins(min(slow), study.payment.currency)} an hour. Set payment.hourly_floor"
        )
    if people < 2 * len(study.conditions):
        yield f"{people} guests for {len(study.conditions)} conditions: too few to compare them"


def _conditions(seen: Sequence[Rehearsed]) -> Mapping[str, list[ConditionFigures]]:
    found: dict[str, list[ConditionFigures]] = {}
    for each in seen:
        for one in each.conditions:
            found.setdefault(one.name, []).append(one)
    return found
