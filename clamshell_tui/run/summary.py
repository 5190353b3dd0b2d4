"""Summary of a run, computed from its tables; ``--json`` prints these structs.

Durations are seconds, money is integer millionths of the currency (``micros``), shares are 0..1.
None stands for an unknown figure: no truth known, nothing trained, too few batches.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise

import msgspec
from msgspec import Struct

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.quality import Agreement, OrdinalAgreement
from clamshell_tui.core.ids import ClassIndex
from clamshell_tui.run.fairness import FairnessMeasures, fairness
from clamshell_tui.run.names import CURRENCY, HELD_OUT, LARGEST_CLASS, SCALE
from clamshell_tui.run.statistics import deviation, mean, percentile, ratio, variance
from clamshell_tui.run.tables import AnswerRow, LedgerRow, ModelRow, Tables, TaskRow


class LabelMeasures(Struct, frozen=True):
    """Labels delivered; ``correct`` counts those equal to the truth, where it is known."""

    delivered: int
    with_truth: int
    correct: int
    accuracy: float | None
    per_minute: float | None
    active: int  # of records that the active selector chose
    set_aside_tasks: int
    agreement_alpha: float | None  # Krippendorff, over all answers, late ones included


class ModelMeasures(Struct, frozen=True):
    """The last model that was measured; ``curve`` holds (labels used, accuracy) of each one."""

    trained: int
    labels_used: int
    accuracy: float | None
    estimated: bool  # by cross-validation rather than on held-out records
    measured_on: int | None  # records held out, or labels; None: not known
    largest_class: float | None  # its share of them: the accuracy of naming it always
    curve: tuple[tuple[int, float], ...]


class BatchMeasures(Struct, frozen=True):
    """Finished batches; a batch lasts from its first assignment to its last label."""

    count: int
    mean: float | None
    p95: float | None
    deviation: float | None  # sample standard deviation of the batch latencies
    variance: float | None
    task_deviation: float | None  # mean over batches of the std of task latency within the batch
    mpl_start: float | None  # mean pool latency, s per label, mean of the first mpl_batches
    mpl_end: float | None
    mpl_batches: int
    decision_mean: float | None  # from the last label of a batch to the next one's first assignment
    decision_p95: float | None
    latencies: tuple[float, ...]


class WorkMeasures(Struct, frozen=True):
    """Assignments by final state.

    ``abandoned`` counts departures and lost connections, ``lost`` only the latter; files of version
    0.1.0 do not distinguish them.
    """

    assignments: int
    duplicates: int
    completed: int
    terminated: int
    skipped: int
    abandoned: int
    lost: int
    expired: int
    preempted: int
    late_answers: int
    not_shown: int = 0  # returned: the terminal could not show the records


class EvictionSummary(Struct, frozen=True):
    """An eviction: the estimate, the threshold and the evidence."""

    worker: str
    at: float
    reason: str
    estimate: float
    threshold: float
    evidence: float


class WorkerMeasures(Struct, frozen=True):
    """Workers of the whole run, by outcome."""

    joined: int
    admitted: int
    failed: int  # the qualification
    turned_away: int  # before the qualification
    left: int  # before the end of the run, by choice or by a lost connection
    evicted: tuple[EvictionSummary, ...]


class CostMeasures(Struct, frozen=True):
    """The ledger in micro-dollars. ``recruitment`` is the part before the first task was sent.

    The paper counts recruitment as amortised over runs, so it is shown beside the total too.
    """

    total: int
    waiting: int
    training: int
    records: int
    terminated: int
    partial: int
    recruitment: int
    per_label: float | None


class MachineMeasures(Struct, frozen=True):
    """Labels that are machines' answers, and what machines cost in micro-dollars."""

    labels: int
    with_truth: int
    correct: int
    accuracy: float | None
    cost: int


class CheckMeasures(Struct, frozen=True):
    """Checks among the work (``quality.checks_every``), answered in time.

    ``fillers`` are records that filled tasks up for workers who had met all checks.
    """

    asked: int
    right: int
    accuracy: float | None
    fillers: int


class WarningNote(Struct, frozen=True):
    """A warning to the operator."""

    at: float
    code: str
    message: str


class Summary(Struct, frozen=True, omit_defaults=True):
    """All measures; ``meta`` describes the run (scenario, seed, ...).

    ``machine`` is missing where no machine labelled anything or was paid, ``checks`` where no check
    was asked among the work.
    """

    meta: dict[str, str]
    seconds: float | None  # from the first task sent to the last label, as the paper counts
    labels: LabelMeasures
    model: ModelMeasures
    batches: BatchMeasures
    work: WorkMeasures
    workers: WorkerMeasures
    cost: CostMeasures
    fairness: FairnessMeasures
    warnings: tuple[WarningNote, ...]
    machine: MachineMeasures | None = None
    checks: CheckMeasures | None = None

    @property
    def currency(self) -> str:
        """The ISO 4217 code of all amounts."""
        return self.meta.get(CURRENCY, "USD")


def to_json(summary: Summary) -> str:
    """Return the summary as indented JSON; an infinite threshold becomes null."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode()


MPL_BATCHES = 5  # averaged at each end, fewer when the run has fewer than three times as many


def summarise(tables: Tables) -> Summary:
    """Summarise a run, finished or not."""
    started = min((row.started_at for row in tables.assignments.values()), default=None)
    ended = max((row.at for row in tables.labels.values()), default=None)
    seconds = None if started is None or ended is None else ended - started
    return Summary(
        meta=dict(tables.meta),
        seconds=seconds,
        labels=_labels(tables, seconds),
        model=_model(tables),
        batches=_batches(tables),
        work=_work(tables),
        workers=_workers(tables),
        cost=_cost(tables, started),
        fairness=fairness(tables),
        warnings=tuple(WarningNote(row.at, row.code, row.message) for row in tables.warnings),
        machine=_machine(tables),
        checks=_checks(tables) if tables.extras else None,
    )


def _machine(tables: Tables) -> MachineMeasures | None:
    rows = [row for row in tables.labels.values() if row.task is None]
    cost = [row.micros for row in tables.ledger if row.kind == PayKind.MACHINE]
    if not rows and not cost:
        return None
    with_truth = sum(row.truth is not None for row in rows)
    correct = sum(row.label == row.truth for row in rows)
    return MachineMeasures(len(rows), with_truth, correct, ratio(correct, with_truth), sum(cost))


def _checks(tables: Tables) -> CheckMeasures:
    found = tables.checks_by_worker().values()
    right, asked = (sum(each[place] for each in found) for place in (0, 1))
    fillers = sum(row.use == "filler" for row in tables.extras.values())
    return CheckMeasures(asked, right, ratio(right, asked), fillers)


def _labels(tables: Tables, seconds: float | None) -> LabelMeasures:
    rows = tables.labels.values()
    with_truth = sum(row.truth is not None for row in rows)
    correct = sum(row.label == row.truth for row in rows)
    return LabelMeasures(
        delivered=len(rows),
        with_truth=with_truth,
        correct=correct,
        accuracy=ratio(correct, with_truth),
        per_minute=ratio(60.0 * len(rows), seconds or 0.0),
        active=sum(row.active for row in rows),
        set_aside_tasks=sum(row.state == "set-aside" for row in tables.tasks.values()),
        agreement_alpha=_agreement(tables.work_answers, tables.meta.get(SCALE)),
    )


def _agreement(answers: Iterable[AnswerRow], scale: str | None) -> float | None:
    """Include late answers: without votes they are the only second opinions."""
    steps = range(1, int(scale) + 1) if scale and scale.isdecimal() else ()
    by_record: defaultdict[int, list[ClassIndex]] = defaultdict(list)
    indices = {str(step): ClassIndex(step - 1) for step in steps}
    for row in answers:
        index = indices.setdefault(row.label, ClassIndex(len(indices)))
        by_record[row.record].append(index)
    kind = OrdinalAgreement if steps else Agreement
    agreement: Agreement | OrdinalAgreement = kind(len(indices))
    for labels in by_record.values():
        agreement.add(labels)
    return agreement.alpha


def _measured_on(tables: Tables, model: ModelRow | None) -> tuple[int | None, float | None]:
    if model is None:
        return None, None
    if not model.estimated:
        held_out, largest = tables.meta.get(HELD_OUT), tables.meta.get(LARGEST_CLASS)
        return int(held_out) if held_out else None, float(largest) if largest else None
    used = Counter(row.label for row in islice(tables.labels.values(), model.labels_used))
    return model.labels_used, ratio(max(used.values(), default=0), used.total())


def _model(tables: Tables) -> ModelMeasures:
    measured = [row for row in tables.models if row.accuracy is not None]
    last = measured[-1] if measured else None
    records, largest = _measured_on(tables, last)
    return ModelMeasures(
        trained=len(tables.models),
        labels_used=last.labels_used if last else 0,
        accuracy=last.accuracy if last else None,
        estimated=last.estimated if last else False,
        measured_on=records,
        largest_class=largest,
        curve=tuple((row.labels_used, row.accuracy or 0.0) for row in measured),
    )


def _batches(tables: Tables) -> BatchMeasures:
    finished = [row for row in tables.batches.values() if row.ended_at is not None]
    latencies = tuple(
        row.ended_at - row.started_at
        for row in finished
        if row.ended_at is not None and row.started_at is not None
    )
    pool_latencies = [row.mpl for row in finished if row.mpl is not None]
    few = max(1, min(MPL_BATCHES, len(pool_latencies) // 3))
    decisions = list(decision_latencies(tables).values())
    return BatchMeasures(
        count=len(finished),
        mean=mean(latencies),
        p95=percentile(latencies, 0.95),
        deviation=deviation(latencies),
        variance=variance(latencies),
        task_deviation=_task_deviation(tables.tasks.values()),
        mpl_start=mean(pool_latencies[:few]),
        mpl_end=mean(pool_latencies[-few:]),
        mpl_batches=few if pool_latencies else 0,
        decision_mean=mean(decisions),
        decision_p95=percentile(decisions, 0.95),
        latencies=latencies,
    )


def _task_deviation(tasks: Iterable[TaskRow]) -> float | None:
    by_batch: defaultdict[int, list[float]] = defaultdict(list)
    for row in tasks:
        if row.completed_at is not None and row.started_at is not None:
            by_batch[row.batch].append(row.completed_at - row.started_at)
    spreads = map(deviation, by_batch.values())
    return mean([spread for spread in spreads if spread is not None])


def decision_latencies(tables: Tables) -> dict[int, float]:
    """Return, by batch, the seconds from the previous batch's last label to its first assignment.

    A batch that started before that label did not wait: 0.
    """
    last_label: dict[int, float] = {}
    for task in tables.tasks.values():
        if task.completed_at is not None:
            last_label[task.batch] = max(last_label.get(task.batch, 0.0), task.completed_at)
    in_order = sorted(tables.batches.values(), key=lambda row: row.id)
    return {
        after.id: max(0.0, after.started_at - last_label[before.id])
        for before, after in pairwise(in_order)
        if after.started_at is not None and before.id in last_label
    }


def _work(tables: Tables) -> WorkMeasures:
    rows = tables.assignments.values()
    by_state: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        by_state[row.state] += 1
    return WorkMeasures(
        assignments=len(rows),
        duplicates=sum(row.duplicate for row in rows),
        completed=by_state["completed"],
        terminated=by_state["terminated"],
        skipped=by_state["skipped"],
        not_shown=by_state["not-shown"],
        abandoned=by_state["left"] + by_state["lost"] + by_state["abandoned"],
        lost=by_state["lost"],
        expired=by_state["expired"],
        preempted=by_state["preempted"],
        late_answers=len({row.assignment for row in tables.work_answers if not row.counted}),
    )


def _workers(tables: Tables) -> WorkerMeasures:
    rows = tables.workers.values()
    rejected = [row for row in rows if row.state == "rejected"]
    finished_at = float(tables.meta.get("finished_at", "inf"))
    return WorkerMeasures(
        joined=len(rows),
        admitted=sum(row.admitted_at is not None for row in rows),
        failed=sum(row.asked is not None for row in rejected),
        turned_away=sum(row.asked is None for row in rejected),
        left=sum(
            row.state in {"left", "released"}
            and row.left_at is not None
            and row.left_at < finished_at
            for row in rows
        ),
        evicted=tuple(
            EvictionSummary(
                row.worker, row.at, row.reason, row.estimate, row.threshold, row.evidence
            )
            for row in tables.evictions
        ),
    )


def _cost(tables: Tables, started: float | None) -> CostMeasures:
    by_kind: defaultdict[str, int] = defaultdict(int)
    for row in tables.ledger:
        by_kind[row.kind] += row.micros
    total = sum(by_kind.values())
    return CostMeasures(
        total=total,
        waiting=by_kind["waiting"],
        training=by_kind["training"],
        records=by_kind["records"],
        terminated=by_kind["terminated"],
        partial=by_kind["partial"],
        recruitment=round(sum(_paid_before(row, started) for row in tables.ledger)),
        per_label=ratio(total, len(tables.labels)),
    )


def _paid_before(row: LedgerRow, started: float | None) -> float:
    """Return the part of a payment for time before the first task, in micro-dollars."""
    if started is None or row.since is None or row.until is None or row.since >= started:
        return 0.0 if started is not None else float(row.micros)
    if row.until <= started:
        return float(row.micros)
    return row.micros * (started - row.since) / (row.until - row.since)
