"""Observations of each worker by a run's engine: think times, bounds on them, right answers.

A latency includes the moment to notice new work after waiting, and to read that another worker
finished the task. The crowd of a simulation adds both again, so here they are taken out. What
followed a wait is left out where enough else is known: whether it did is settled before the latency
is drawn, so this does not bias what is kept. Otherwise it is an answer of several alternatives, one
for each of some reaction times, weighed by how likely each is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log
from typing import NamedTuple

from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState, Worker
from clamshell_tui.core.engine import Engine
from clamshell_tui.experiments.crowd_fit.lognormal import Alternatives, Sample
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.reaction import away_probability

_NO_WAIT = 0.5  # seconds between two tasks that are not a wait: the wire's, at any speed
_REACTION = 1.8  # s, median of noticing new work
_ATTENTIVE = (1.3, 1.55, 1.8, 2.1, 2.9)  # s, its deciles 1, 3 ... 9 (``workforce.reaction``)
_AWAY = (2.8, 5.9, 10.0, 16.9, 36.0)  # s, the same of an absent-minded worker
_NOTICE = 2.27  # s, mean of reading the notice: 2 exp(0.5^2 / 2)
_ENOUGH = 5  # answers that did not follow a wait
_LEAST = 0.2  # of a latency: so much of it is work at least
_SHORTEST = 1e-3  # seconds

_BOUNDS = {AssignmentState.TERMINATED, AssignmentState.PREEMPTED, AssignmentState.ACTIVE}


class ObservedCrowd(NamedTuple):
    """One worker: the sample for the fit, the plain latencies, and ``right`` of ``judged``."""

    worker: str
    sample: Sample
    latencies: tuple[float, ...]  # s per label of all answered assignments, as they were
    terminated: int
    right: int
    judged: int


class _Seen(NamedTuple):
    work: float  # s of the task, without the notice
    records: int
    bound: bool
    wait: float  # s before it, 0: none


def observe(engine: Engine, truth: Mapping[int, int], crowd: CrowdConfig) -> list[ObservedCrowd]:
    """The workers with a task, in the order of joining.

    ``truth`` has the right classes of the records for which they are known; ``crowd`` says which
    of the moments around the work its simulation adds.
    """
    by_worker: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in engine.state.assignments:
        by_worker[assignment.worker.id].append(assignment)
    workers = engine.state.pool.workers.values()
    return [
        _observed(worker, by_worker[worker.id], engine.now, truth, crowd)
        for worker in workers
        if worker.id in by_worker
    ]


def _observed(
    worker: Worker,
    assignments: list[Assignment],
    now: float,
    truth: Mapping[int, int],
    crowd: CrowdConfig,
) -> ObservedCrowd:
    seen = _seen(worker, assignments, now, crowd)
    if sum(not each.wait and not each.bound for each in seen) >= _ENOUGH:
        seen = [each for each in seen if not each.wait]
    answered = [each for each in assignments if each.state is AssignmentState.COMPLETED]
    right, judged = _judged(worker, assignments, truth)
    return ObservedCrowd(
        worker.id,
        Sample(
            tuple([_log(each) for each in seen if not each.bound and not each.wait]),
            tuple([_log(each) for each in seen if each.bound]),
            tuple([_alternatives(each) for each in seen if not each.bound and each.wait]),
        ),
        tuple([_elapsed(each, now) / each.size for each in answered]),
        sum(each.state is AssignmentState.TERMINATED for each in assignments),
        right,
        judged,
    )


def _seen(
    worker: Worker, assignments: list[Assignment], now: float, crowd: CrowdConfig
) -> list[_Seen]:
    found: list[_Seen] = []
    free, interrupted = worker.joined, False
    for assignment in assignments:
        wait = assignment.started - free
        notice = max(0.0, _NOTICE - wait) if interrupted and crowd.termination_notice else 0.0
        waited = wait if crowd.reaction and wait > _NO_WAIT else 0.0
        elapsed = _elapsed(assignment, now)
        records = assignment.size
        if assignment.state in _BOUNDS:
            work = elapsed - notice - (_REACTION if waited else 0.0)
            if work > _SHORTEST:  # a task taken away while the notice was read says nothing
                found.append(_Seen(work, records, True, waited))
        elif assignment.state is AssignmentState.COMPLETED:
            work = max(elapsed - notice, _LEAST * elapsed)
            found.append(_Seen(work, records, False, waited))
        free = now if assignment.ended is None else assignment.ended
        interrupted = assignment.state is AssignmentState.TERMINATED
    return found


def _log(seen: _Seen) -> float:
    return log(seen.work / seen.records)


def _alternatives(seen: _Seen) -> Alternatives:
    """Reaction times with their chances, divided by the work: a density on the log scale is."""
    away = away_probability(seen.wait)
    reactions = [(each, 1 - away) for each in _ATTENTIVE] + [(each, away) for each in _AWAY]
    possible = [
        (seen.work - reaction, chance)
        for reaction, chance in reactions
        if seen.work - reaction > _LEAST * seen.work
    ]
    if not possible:  # quicker than reactions are: there was none to speak of
        return ((_log(seen), 1.0),)
    return tuple([(log(work / seen.records), chance / work) for work, chance in possible])


def _elapsed(assignment: Assignment, now: float) -> float:
    ended = now if assignment.ended is None else assignment.ended
    return max(ended - assignment.started, _SHORTEST)


def _judged(
    worker: Worker, assignments: Iterable[Assignment], truth: Mapping[int, int]
) -> tuple[int, int]:
    """Labels that were right, of those that can be judged: by the truth, else by consensus.

    The qualification comes last: everyone here has passed it, so it flatters.
    """
    right = judged = 0
    for assignment in assignments:
        for record, label in zip(assignment.records, assignment.labels or (), strict=False):
            known = truth.get(record)
            if known is not None and label is not None:
                judged += 1
                right += label == known
    if judged:
        return right, judged
    if worker.compared:
        return worker.agreed, worker.compared
    return worker.gold_correct, worker.gold_asked
