"""The data of a run for analysis: the rows of every table.

Times are milliseconds since 1970 here, money is dollars or a study's currency, what is unknown is
None. The formats are in :mod:`~clamshell_tui.report.export_formats`, the dictionary in
:mod:`~clamshell_tui.report.datapackage`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from clamshell_tui.core.commands import PEOPLE_KINDS, PayKind
from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.ids import RecordId
from clamshell_tui.core.state import State
from clamshell_tui.report.consensus import final_probabilities
from clamshell_tui.report.export_columns import (
    FLAGS,
    Cell,
    ExportColumn,
    answer_columns,
    label_columns,
    pay_columns,
    worker_columns,
)
from clamshell_tui.report.input_records import InputRecords
from clamshell_tui.run.answer_log import AnswerLog, Reply
from clamshell_tui.run.fairness import WorkerTime, last_moment, worker_times
from clamshell_tui.run.names import Title
from clamshell_tui.run.tables import AssignmentRow, LabelRow, Tables, WorkerRow
from clamshell_tui.runfile.run_copy import RunCopy


class ExportTable(NamedTuple):
    """A table with its primary ``key``; ``joins`` are columns that name rows of other tables."""

    name: str
    about: str
    columns: tuple[ExportColumn, ...]
    rows: Sequence[tuple[Cell, ...]]
    key: tuple[str, ...]
    joins: Mapping[str, str] = {}


class RunExport(NamedTuple):
    """All tables of a run. ``text`` are the columns of ``labels`` that workers read."""

    title: str
    classes: tuple[str, ...]
    tables: tuple[ExportTable, ...]
    text: tuple[str, ...]
    facts: Mapping[str, Cell]  # about the run and the entry at which it was folded
    kind: Literal["run", "study"] = "run"

    def table(self, name: str) -> ExportTable:
        return next(each for each in self.tables if each.name == name)


class FoldedRun(NamedTuple):
    """Facts derived from the events of a run."""

    tables: Tables
    engine: Engine
    log: AnswerLog


def folded(run: RunCopy, records: InputRecords) -> FoldedRun:
    """Fold the events of a run."""
    log = AnswerLog()
    for at, event in run.events:
        log.apply(at, event)
    return FoldedRun(*run.fold(records.names), log)


def export_of(run: RunCopy, records: InputRecords) -> RunExport:
    """Fold a run into its tables for analysis."""
    return exported(run, records, folded(run, records))


def exported(
    run: RunCopy, records: InputRecords, found: FoldedRun, *, estimate: bool = True
) -> RunExport:
    """Return the tables of a folded run for analysis; ``estimate`` fills ``confidence``."""
    tables, engine, log = found
    fold = _Fold(run, records, tables, engine.state, log)
    return RunExport(
        run.meta.get("scenario", ""),
        run.classes,
        (
            ExportTable(
                "answers",
                "One row for each record that a participant answered or skipped.",
                answer_columns(run.classes),
                list(fold.answers()),
                ("assignment", "position"),
                {"participant": "workers", "record_id": "labels"},
            ),
            fold.labels(final_probabilities(tables) if estimate else {}),
            ExportTable(
                "workers",
                "One row for each worker.",
                worker_columns(fold.currency),
                fold.workers(),
                ("participant",),
            ),
            ExportTable(
                "flags",
                "Remarks of participants on records: skips, flags and comments.",
                FLAGS,
                fold.flags(),
                (),
                {"participant": "workers", "record_id": "labels"},
            ),
            ExportTable(
                "pay",
                "Earnings of each worker by kind.",
                pay_columns(fold.currency),
                fold.pay(),
                ("participant",),
                {"participant": "workers"},
            ),
        ),
        tuple([_distinct(name, run.classes) for name in records.text]),
        _facts(run, tables, log),
    )


def _facts(run: RunCopy, tables: Tables, log: AnswerLog) -> dict[str, Cell]:
    known = ["version", "rules", "dataset", "seed", *([] if log.clocks else ["population"])]
    facts: dict[str, Cell] = {key: run.meta[key] for key in known if key in run.meta}
    end = run.events[-1][0] if run.events else 0.0
    return facts | {
        "journal_entries": len(run.events),
        "journal_hash": run.hash.hex(),
        "until": log.utc(end),
        "finished": "finished_at" in tables.meta,
        "clock": "UTC" if log.clocks else "simulated, from 1970-01-01T00:00:00.000Z",
    }


def _distinct(name: str, classes: tuple[str, ...]) -> str:
    """Return the name of an input's column, which may be one of ours too."""
    ours = {column.name for column in label_columns(classes)}
    return f"{name}_input" if name in ours else name


class _Fold:
    def __init__(
        self,
        run: RunCopy,
        records: InputRecords,
        tables: Tables,
        state: State,
        log: AnswerLog,
    ) -> None:
        self.currency = Title.of(run.meta).currency
        self._classes = run.classes
        self._records = records
        self._names = records.names
        self._tables = tables
        self._log = log
        self._submitted = state.records.submitted
        self._seeds, self._gold = state.seeds, state.gold
        self._machines, self._audit = state.machines, state.config.machine.audit
        self._acceptable: set[RecordId] = set()  # labelled by a machine, or audited
        if state.machines is not None:
            self._acceptable = state.machines.audited | state.machines.accepted.keys()
        self._answered: Counter[str] = Counter()  # by worker
        self._skipped: Counter[str] = Counter()
        self._right: Counter[str] = Counter()
        self._judged: Counter[str] = Counter()
        self._votes: Counter[int] = Counter()  # by record
        self._checks_asked: Counter[str] = Counter()
        self._checks_right: Counter[str] = Counter()

    # -- answers ----------------------------------------------------------------------------------

    def answers(self) -> Iterator[tuple[Cell, ...]]:
        """Yield a row per record of each reply; counts them for the other tables."""
        flags = {(each.worker, each.record) for each in self._log.remarks if each.what == "flag"}
        for number, row in self._tables.assignments.items():
            reply = self._log.replies.get(number)
            if reply is None or (reply.labels is None and row.state != "skipped"):
                continue
            for place, record in enumerate(self._tables.records_of(row)):
                yield self._answer(row, reply, place, record, flags)

    def _answer(
        self,
        row: AssignmentRow,
        reply: Reply,
        place: int,
        record: int,
        flags: set[tuple[str, int]],
    ) -> tuple[Cell, ...]:
        label = None if reply.labels is None else reply.labels[place]
        worker, truth = row.worker, self._names.true_class(record)
        name = None if label is None else self._classes[label]
        right = None if name is None or truth is None else name == truth
        extra = self._tables.extras.get(row.id)
        filled = extra is not None and extra.record == record
        known = self._gold.get(RecordId(record))
        use = "work" if known is None and not filled else "filler" if known is None else "check"
        in_time = name is not None and row.state == "completed"
        counted = in_time and not filled
        if in_time and known is not None:
            self._checks_asked[worker] += 1
            self._checks_right[worker] += label == known
        self._answered[worker] += name is not None
        self._skipped[worker] += name is None
        self._judged[worker] += right is not None
        self._right[worker] += right is True
        self._votes[record] += counted
        shown, answered = _at(reply.shown, place), _at(reply.answered, place)
        utc = self._log.utc
        timed = shown is not None and answered is not None and answered > shown
        return (
            worker,
            self._names.external_id(record),
            row.id,
            place + 1,
            use,
            name,
            right,
            counted,
            None if shown is None else utc(shown),
            utc(reply.at if answered is None else answered),
            round((answered - shown) * 1000) if timed else None,  # type: ignore[operator]
            reply.changes[place] if place < len(reply.changes) else None,
            (worker, record) in flags,
            name is None,
            row.duplicate,
            reply.via or None,
        )

    # -- labels -----------------------------------------------------------------------------------

    def labels(self, probabilities: Mapping[int, float]) -> ExportTable:
        """Return a row per submitted record; call after :meth:`answers`."""
        records, known = self._records, self._tables.labels
        columns = [
            ExportColumn(_distinct(name, self._classes), "string", "As in the input.")
            for name in records.columns
        ]
        drawn, chance = self._chance()
        rows: list[tuple[Cell, ...]] = []
        for record in range(self._submitted):
            row = known.get(record)
            given = records.values[record] if records.values else ()
            sampled = chance if row is not None and record in drawn else None
            if record in self._acceptable:
                sampled = self._audit
            rows.append((*given, *self._label(record, row, probabilities.get(record), sampled)))
        return ExportTable(
            "labels",
            "One row for each record that was submitted; the columns of the input come first.",
            (*columns, *label_columns(self._classes)),
            rows,
            ("record_id",),
        )

    def _label(
        self, record: int, row: LabelRow | None, probability: float | None, sampled: float | None
    ) -> tuple[Cell, ...]:
        truth = self._names.true_class(record)
        name, votes = self._names.external_id(record), self._votes[record]
        if row is None:
            seed = record < self._seeds
            source = "seed" if seed else "gold" if record in self._gold else None
            return (name, truth if source else None, source, None, votes, None, None, truth)
        if self._machines is not None and record in self._machines.accepted:
            said, share = self._machines.accepted[RecordId(record)].confidence, row.support
            given = None if said is None else round(said, 6)
            return (name, row.label, "machine", round(share, 6), votes, given, sampled, truth)
        confidence = None if probability is None else round(probability, 6)
        support = round(row.support, 6)
        return (name, row.label, "crowd", support, votes, confidence, sampled, truth)

    def _chance(self) -> tuple[set[int], float]:
        """Return the records labelled that were drawn at random, and how likely each was to be."""
        known = self._tables.labels.values()
        rest = self._acceptable
        drawn = {row.record for row in known if not row.active and row.record not in rest}
        waiting = self._submitted - len(self._gold) - self._seeds - len(rest)
        others = waiting - sum(row.active for row in known)
        return drawn, round(len(drawn) / others, 6) if others else 1.0

    # -- people -----------------------------------------------------------------------------------

    def people(self) -> list[WorkerRow]:
        return sorted(self._tables.workers.values(), key=lambda row: (row.joined_at, row.id))

    def workers(self) -> list[tuple[Cell, ...]]:
        times = worker_times(self._tables, last_moment(self._tables))
        return [self._worker(row, times[row.id]) for row in self.people()]

    def _worker(self, row: WorkerRow, time: WorkerTime) -> tuple[Cell, ...]:
        moments = (row.joined_at, row.admitted_at, row.seated_at, row.left_at)
        name = row.id
        return (
            name,
            row.state,
            row.reason,
            self._log.vias.get(name),
            *[None if at is None else self._log.utc(at) for at in moments],
            row.correct,
            row.asked,
            self._checks_right[name],
            self._checks_asked[name],
            time.completed,
            time.terminated,
            time.given_back,
            self._answered[name],
            self._skipped[name],
            self._right[name],
            self._judged[name],
            round(time.working, 3),
            round(time.waiting, 3),
            round(time.training, 3),
            None if time.wage is None else round(time.wage, 4),
        )

    def flags(self) -> list[tuple[Cell, ...]]:
        rows = [
            (each.at, each.worker, each.record, each.what, each.text) for each in self._log.remarks
        ]
        for number, reply in self._log.replies.items():
            row = self._tables.assignments[number]
            if reply.labels is None and row.state == "skipped" and not self._log.noted(number):
                records = self._tables.records_of(row)
                rows += [(reply.at, reply.worker, r, "skip", reply.reason) for r in records]
        rows.sort(key=lambda each: each[:3])
        utc, external_id = self._log.utc, self._names.external_id
        return [
            (worker, external_id(record), utc(at), what, text or None)
            for at, worker, record, what, text in rows
        ]

    def pay(self) -> list[tuple[Cell, ...]]:
        earned: dict[str, Counter[str]] = {row.id: Counter() for row in self.people()}
        for entry in self._tables.ledger:
            if entry.kind != PayKind.MACHINE:
                earned[entry.worker][entry.kind] += entry.micros
        return [
            (
                worker,
                *[kinds[str(kind)] / MICROS for kind in PEOPLE_KINDS],
                kinds.total() / MICROS,
                self.currency,
            )
            for worker, kinds in earned.items()
        ]


def _at(times: tuple[float, ...], place: int) -> float | None:
    return times[place] if place < len(times) else None
