"""Metrics of a run by name: the vocabulary of expectations and sweeps.

``labels.accuracy``      a number of the summary, named as in ``clamshell run --json``
``evicted.count``        number of events of a kind; ``.first``, ``.last``: times in seconds
``evicted(slow).first``  the same for one worker: an id such as W3, or a name of [[crowd.worker]]
``worker(slow).labels``  of one worker; ``batch(1).latency``, ``batch(last).latency``: of a batch
``tasks.most_live``      an extreme over the whole run, or a count of faults

``clamshell test --metrics`` lists them all. Money is dollars, as everywhere in a scenario.
"""

import re
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import fields

from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.run import audit
from clamshell_tui.run.finished_run import ABOUT_WORKERS, KINDS, FinishedRun
from clamshell_tui.run.statistics import mean, ratio
from clamshell_tui.run.summary import (
    BatchMeasures,
    CostMeasures,
    LabelMeasures,
    MachineMeasures,
    ModelMeasures,
    WorkerMeasures,
    WorkMeasures,
)
from clamshell_tui.run.tables import BatchRow

_NONE = MachineMeasures(0, 0, 0, None, 0)
Value = float | str | None
"""None where the run has no such figure, or the event never happened."""
Measure = Callable[[FinishedRun, str], Value]
"""Takes a run and the subject in brackets, ``""`` without one."""

_METRIC = re.compile(r"([a-z_]+)(?:\(\s*([^()]*?)\s*\))?((?:\.[a-z_0-9]+)?)")
_WORKER = re.compile(r"W[1-9][0-9]*")
_BATCH = re.compile(r"[1-9][0-9]*|last")


class Metric(NamedTuple):
    """A metric with its subject, such as ``worker(slow).labels``."""

    word: str
    subject: str
    textual: bool
    measure: Measure

    def of(self, run: FinishedRun) -> Value:
        return self.measure(run, self.subject)

    @property
    def about_worker(self) -> str:
        """Subject of a metric of one worker, as the scenario names it; else empty."""
        return self.subject if self.word.partition("(")[0] in ("worker", *ABOUT_WORKERS) else ""


class UnknownMetricError(ValueError):
    """Unknown name of a metric; the text lists similar ones."""


class _Word(NamedTuple):
    meaning: str
    measure: Measure
    textual: bool = False


def resolve(text: str, workers: Collection[str]) -> Metric:
    """Return the metric of this name; ``workers`` are the names of ``[[crowd.worker]]``.

    Raises UnknownMetricError for a word or a subject that does not exist.
    """
    found = _METRIC.fullmatch(text.strip())
    word = f"{found[1]}{'()' if found[2] is not None else ''}{found[3]}" if found else ""
    if found is None or word not in VOCABULARY:
        raise UnknownMetricError(f'unknown metric "{text}"{_close(text, word)}')
    subject = found[2] or ""
    if word.startswith("batch()") and not _BATCH.fullmatch(subject):
        raise UnknownMetricError(f'{text}: "{subject}" is not a batch; write 1, 2, ... or last')
    metric = Metric(word, subject, VOCABULARY[word].textual, VOCABULARY[word].measure)
    if "(" in word and word.partition("(")[0] in ("worker", *ABOUT_WORKERS):
        _check_worker(text, subject, workers)
    return metric


def _check_worker(text: str, subject: str, workers: Collection[str]) -> None:
    if subject in workers or _WORKER.fullmatch(subject):
        return
    close = get_close_matches(subject, list(workers), n=1, cutoff=0.5)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    known = f"; named: {', '.join(workers)}" if workers else "; no [[crowd.worker]] has a name"
    raise UnknownMetricError(f'{text}: unknown worker "{subject}"{hint}{known}; or W1, W2, ...')


def _close(text: str, word: str) -> str:
    """Suggest metrics with a similar name or with a part in common."""
    typed = (word or text).replace("()", "")
    bare = {known.replace("()", ""): known for known in reversed(VOCABULARY)}
    near = get_close_matches(typed, bare, n=4, cutoff=0.6)
    stem = typed.partition(".")[0]
    near += [each for each in bare if stem and stem in each.split(".") and each not in near]
    if not near:
        return "; clamshell test --metrics lists them all"
    return f" (close: {', '.join(bare[each] for each in near[:6])})"


def described() -> Iterator[tuple[str, str]]:
    """Yield each metric with its description; ``()`` takes a worker or a batch."""
    for word, entry in VOCABULARY.items():
        yield word, entry.meaning


# The summary's own numbers


def _summary_words() -> Iterator[tuple[str, _Word]]:
    sections: dict[str, type[Struct]] = {
        "labels": LabelMeasures,
        "model": ModelMeasures,
        "batches": BatchMeasures,
        "work": WorkMeasures,
        "workers": WorkerMeasures,
    }
    for section, struct in sections.items():
        for field in fields(struct):
            if field.type in (int, float, int | None, float | None):
                path = f"{section}.{field.name}"
                yield path, _Word("as in the summary", partial(_number, section, field.name))
    for field in fields(CostMeasures):
        yield f"cost.{field.name}", _Word("dollars", partial(_dollars, field.name))


def _number(section: str, field: str, run: FinishedRun, _: str) -> Value:
    value: float | None = getattr(getattr(run.summary, section), field)
    return value


def _dollars(field: str, run: FinishedRun, _: str) -> Value:
    micros: float | None = getattr(run.summary.cost, field)
    return None if micros is None else micros / MICROS


def _of_checks(field: str, run: FinishedRun, _: str) -> Value:
    """Return a figure of the checks; None for a run without them."""
    checks = run.summary.checks
    value: float | None = None if checks is None else getattr(checks, field)
    return value


def _checks_of(run: FinishedRun, subject: str) -> tuple[int, int]:
    return run.tables.checks_by_worker().get(run.worker_id(subject), (0, 0))


def _checks_accuracy(run: FinishedRun, subject: str) -> Value:
    return ratio(*_checks_of(run, subject))


# Events


def _event_words() -> Iterator[tuple[str, _Word]]:
    for kind in KINDS:
        subjects = ("", "()") if kind in (*ABOUT_WORKERS, "warned") else ("",)
        for brackets in subjects:
            whose = {"": "", "()": " to this worker"}[brackets]
            whose = " with this code" if brackets and kind == "warned" else whose
            for what, meaning in _WHEN.items():
                yield (
                    f"{kind}{brackets}.{what}",
                    _Word(f"{meaning}{whose}", partial(_event, kind, what)),
                )


_WHEN = {
    "count": "how often it happened",
    "first": "seconds until it first happened",
    "last": "seconds until it last happened",
}


def _event(kind: str, what: str, run: FinishedRun, subject: str) -> Value:
    worker = run.worker_id(subject)
    times = [at for at, found in run.occurrences(kind) if not subject or found == worker]
    if what == "count":
        return len(times)
    return times[0 if what == "first" else -1] if times else None


# One worker, one batch


def _state(run: FinishedRun, subject: str) -> Value:
    row = run.tables.workers.get(run.worker_id(subject))
    return row.state if row else None


def _labels(run: FinishedRun, subject: str) -> Value:
    rows, worker = run.tables.assignments, run.worker_id(subject)
    return sum(row.counted and rows[row.assignment].worker == worker for row in run.tables.answers)


def _accuracy(run: FinishedRun, subject: str) -> Value:
    tables, worker = run.tables, run.worker_id(subject)
    judged = [
        row.label == tables.labels[row.record].truth
        for row in tables.answers
        if tables.assignments[row.assignment].worker == worker and row.record in tables.labels
    ]
    return ratio(sum(judged), len(judged))


def _pace(run: FinishedRun, subject: str) -> Value:
    """Seconds per label of undisturbed work."""
    worker = run.worker_id(subject)
    paces = [
        (row.ended_at - row.started_at) / run.tables.size_of(row)
        for row in run.tables.assignments.values()
        if row.worker == worker and row.state == "completed" and row.ended_at is not None
    ]
    return mean(paces)


def _earned(run: FinishedRun, subject: str) -> Value:
    worker = run.worker_id(subject)
    return sum(row.micros for row in run.tables.ledger if row.worker == worker) / MICROS


def _batch(run: FinishedRun, subject: str) -> BatchRow | None:
    rows = [row for row in run.tables.batches.values() if row.ended_at is not None]
    if subject == "last":
        return rows[-1] if rows else None
    number = int(subject)
    return rows[number - 1] if number <= len(rows) else None


def _latency(run: FinishedRun, subject: str) -> Value:
    row = _batch(run, subject)
    if row is None or row.ended_at is None or row.started_at is None:
        return None
    return row.ended_at - row.started_at


def _of_batch(field: str, run: FinishedRun, subject: str) -> Value:
    value: float | None = getattr(_batch(run, subject), field, None)
    return value


# The whole run


def _whole(measure: Callable[[FinishedRun], Value]) -> Measure:
    return lambda run, _: measure(run)


def _total(by_task: Callable[[FinishedRun], audit.PerTask]) -> Measure:
    return lambda run, _: sum(by_task(run).values())


def _machine(run: FinishedRun) -> MachineMeasures:
    return run.summary.machine or _NONE


def _reason(run: FinishedRun) -> Value:
    return run.tables.meta.get("finish_reason")


def _finished(run: FinishedRun) -> Value:
    at = run.tables.meta.get("finished_at")
    return None if at is None else float(at)


VOCABULARY: dict[str, _Word] = {
    "seconds": _Word("from the first task to the last label", lambda run, _: run.summary.seconds),
    "finished": _Word("seconds until the run was over", _whole(_finished)),
    "finish_reason": _Word("reason of the end", _whole(_reason), textual=True),
    **dict(_summary_words()),
    "workers.evicted": _Word("how many", lambda run, _: len(run.summary.workers.evicted)),
    "warnings.count": _Word("warnings to the operator", lambda r, _: len(r.summary.warnings)),
    "workers.unreplaced": _Word("evictions that left a slot empty", _whole(audit.unreplaced)),
    "workers.most_held": _Word("most simultaneous tasks of a worker", _whole(audit.most_held)),
    "tasks.most_live": _Word("most live assignments of one task", _whole(audit.most_live)),
    "work.over_assignments": _Word("beyond votes and duplicates", _total(audit.over_by_task)),
    "work.not_withdrawn": _Word("went on after their task's end", _total(audit.surviving_by_task)),
    "labels.lost": _Word("answered and paid, no label", _total(audit.lost_by_task)),
    "records.submitted": _Word("records to label, without gold", _whole(audit.records_submitted)),
    "records.left": _Word("neither labelled nor set aside", _whole(audit.records_left)),
    "pay.twice": _Word("payments made before", _whole(audit.paid_twice)),
    "pay.unexplained": _Word("dollars owed but not in the ledger", _whole(audit.pay_unexplained)),
    "machine.labels": _Word(
        "machines' answers that are labels", _whole(lambda run: _machine(run).labels)
    ),
    "machine.accuracy": _Word(
        "share of those that are right", _whole(lambda run: _machine(run).accuracy)
    ),
    "machine.cost": _Word("dollars", _whole(lambda run: _machine(run).cost / MICROS)),
    "checks.asked": _Word("checks that were answered in time", partial(_of_checks, "asked")),
    "checks.right": _Word("right answers to them", partial(_of_checks, "right")),
    "checks.accuracy": _Word("share that is right", partial(_of_checks, "accuracy")),
    "checks.fillers": _Word("records that took a check's place", partial(_of_checks, "fillers")),
    "worker().checks_asked": _Word("checks answered in time", lambda r, s: _checks_of(r, s)[1]),
    "worker().checks_accuracy": _Word("share of them that is right", _checks_accuracy),
    "worker().state": _Word("joined ... pool, evicted, left, released", _state, textual=True),
    "worker().labels": _Word("labels given that counted", _labels),
    "worker().accuracy": _Word("share of the answers that are right", _accuracy),
    "worker().pace": _Word("mean seconds per label", _pace),
    "worker().earned": _Word("dollars", _earned),
    "batch().latency": _Word("seconds from first task to last label", _latency),
    "batch().mpl": _Word("mean seconds per label of its workers", partial(_of_batch, "mpl")),
    "batch().tasks": _Word("how many", partial(_of_batch, "tasks")),
    "batch().records": _Word("how many", partial(_of_batch, "records")),
    "batch().active_records": _Word("chosen by the model", partial(_of_batch, "active_records")),
    "batch().started_at": _Word("seconds", partial(_of_batch, "started_at")),
    "batch().ended_at": _Word("seconds", partial(_of_batch, "ended_at")),
    **dict(_event_words()),
}
"""Metrics by name; ``()`` stands for a subject in brackets."""

SUMMARY_WORDS = ("seconds", *dict(_summary_words()), "workers.evicted", "warnings.count")
"""Names of the numbers in the summary."""
