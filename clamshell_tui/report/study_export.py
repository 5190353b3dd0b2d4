"""The data of a study for analysis: the rows of every table, joined by participant.

Who had the data deleted is in no table but ``consent``; bots are there only on request.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from clamshell_tui.report import study_columns as columns
from clamshell_tui.report.export import ExportTable, FoldedRun, RunExport, exported, folded
from clamshell_tui.report.export_columns import Cell, label_columns
from clamshell_tui.report.input_records import InputRecords, input_records
from clamshell_tui.report.study_history import StudyHistory, history_of, stage_names
from clamshell_tui.runfile.meta import unproven
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.run_copy import RunCopy, copy_of
from clamshell_tui.study.config import ChoiceQuestion, QuestionnaireStage, StudyQuestion
from clamshell_tui.study.pay import KINDS, Earned
from clamshell_tui.study.pay_list import earned_by, pay_list
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import MICROS
from clamshell_tui.study.reader import StudyRun, workers_of
from clamshell_tui.study.sealed import SealedRow, is_text_name
from clamshell_tui.study.worker_ids import label_of, worker_ids

_JOIN = {"participant": "participants"}


class ConditionData(NamedTuple):
    """The run of a condition, folded."""

    name: str
    run: RunCopy
    records: InputRecords
    found: FoldedRun


class WorkFigures(NamedTuple):
    """A participant's actions in the work."""

    records: int
    checks_asked: int
    checks_right: int


class StudyData(NamedTuple):
    """A study with the runs of its conditions."""

    study: StudyRun
    history: StudyHistory
    conditions: tuple[ConditionData, ...]

    @property
    def earned(self) -> dict[str, Earned]:
        """Pay from the engines, by participant."""
        made: dict[str, Earned] = {}
        for each in self.conditions:
            made |= earned_by(each.found.engine)
        return made

    @property
    def files(self) -> list[Path]:
        """The files of records that were read."""
        return [each.records.file for each in self.conditions if each.records.file is not None]


def read_data(study: StudyRun, places: Sequence[Path]) -> StudyData:
    """Read the runs of a study; ``places`` are where the file of the records may be.

    Raises as ``copy_of`` and ``input_records``.
    """
    found = []
    for arm in study.meta.plan.conditions:
        path = study.run_file(arm.name)
        workers_of(study.itinerary, study.entries, path)
        if path.exists():
            with open_run(path) as file, unproven(path):
                run = copy_of(file)
            records = input_records(run, places)
            found.append(ConditionData(arm.name, run, records, folded(run, records)))
    return StudyData(study, history_of(study), tuple(found))


def export_of_study(data: StudyData, *, bots: bool = False) -> RunExport:
    """Return the tables of a study; with ``bots``, also the rows of bots."""
    return _Export(data, bots=bots).export()


class _Export:
    def __init__(self, data: StudyData, *, bots: bool) -> None:
        self._data = data
        self._study = data.study
        self._bots = bots
        plan = data.study.meta.plan
        self._classes = data.study.meta.classes
        self._conditions = [arm.name for arm in plan.conditions]
        self._stages = stage_names(plan)
        self._ms = data.study.clock.milliseconds
        asked = [each for each in data.study.itinerary.people.values() if bots or not each.bot]
        self._asked = asked
        self._people = {person.label: person for person in asked if not person.deleted}
        self._runs = [
            (each.name, exported(each.run, each.records, each.found, estimate=False))
            for each in data.conditions
        ]

    def export(self) -> RunExport:
        meta, plan = self._study.meta, self._study.meta.plan
        tables = (
            ExportTable(
                "answers",
                "One row for each record that a participant answered or skipped, in the order of "
                "the stages.",
                columns.answers(self._classes, self._conditions, self._stages),
                [*self._tried(), *self._work()],
                (),
                _JOIN,
            ),
            ExportTable(
                "labels",
                "One row for each record and condition.",
                columns.labels(self._classes, self._conditions),
                list(self._labels()),
                ("condition", "record_id"),
            ),
            ExportTable(
                "participants",
                "One row for each invited participant.",
                columns.participants(self._conditions),
                list(self._participants()),
                ("participant",),
            ),
            ExportTable(
                "consent",
                "One row for each participant who answered the consent text, or withdrew.",
                columns.CONSENT,
                list(self._consent()),
                ("participant",),
            ),
            ExportTable(
                "questionnaire",
                "One row for each question of the questionnaires that were sent.",
                columns.questionnaire(self._stages),
                list(self._questionnaire()),
                ("participant", "stage", "question"),
                _JOIN,
            ),
            ExportTable(
                "flags",
                "Remarks of participants on records: skips, flags and comments.",
                columns.FLAG_COLUMNS,
                list(self._flags()),
                (),
                _JOIN,
            ),
            ExportTable(
                "stages",
                "One row for each visit of a stage.",
                columns.stages(self._stages),
                list(self._visits()),
                ("participant", "stage", "visit"),
                _JOIN,
            ),
            ExportTable(
                "pay",
                "One row for each participant who came; bots are never paid.",
                columns.pay(plan.pay.currency),
                list(self._pay()),
                ("participant",),
                _JOIN,
            ),
        )
        return RunExport(meta.name, self._classes, tables, (), self._facts(), "study")

    def _facts(self) -> dict[str, Cell]:
        study = self._study
        facts: dict[str, Cell] = {
            "version": study.meta.version,
            "rules": study.meta.rules,
            "journal_entries": len(study.entries),
            "until": self._ms(study.itinerary.now),
            "finished": study.itinerary.finished,
            "clock": "UTC",
            "bots": self._bots,
        }
        for each in self._data.conditions:
            facts[f"journal_entries, {each.name}"] = len(each.run.events)
            facts[f"journal_hash, {each.name}"] = each.run.hash.hex()
        return facts

    # -- records ----------------------------------------------------------------------------------

    def _tried(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the answers of the training and the qualification."""
        plan = self._study.meta.plan
        known = [
            {each.record: each.answer for each in plan.known(number)}
            for number in range(len(plan.stages))
        ]
        for each in self._data.history.attempts:
            if each.participant not in self._people:
                continue
            answered = self._ms(each.at)
            taken = round(each.seconds * 1000) if each.seconds > 0 else None
            assert answered is not None
            yield (
                each.participant,
                each.condition,
                self._stages[each.stage],
                each.record,
                None,
                each.position,
                plan.stages[each.stage].kind,
                self._classes[each.label],
                each.label == known[each.stage][each.record],
                False,
                None if taken is None else answered - taken,
                answered,
                taken,
                None,
                False,
                False,
                False,
                each.via or None,
            )

    def _work(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the answers of the work."""
        plan = self._study.meta.plan
        stages = {
            worker: self._stages[visit.stage]
            for person in self._people.values()
            for worker, visit in zip(
                worker_ids(person, plan.stages),
                [visit for visit in person.stages if plan.stages[visit.stage].kind == "work"],
                strict=True,
            )
        }
        for name, run in self._runs:
            for row in run.table("answers").rows:
                worker = str(row[0])
                if (stage := stages.get(worker)) is not None:  # type: ignore[call-overload]
                    yield (label_of(worker), name, stage, *row[1:])  # type: ignore[arg-type]

    def _labels(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the records of the work and the checks."""
        plan = self._study.meta.plan
        others = {each.record for each in (*plan.training, *plan.qualification)}
        own = [column.name for column in label_columns(self._classes)]  # after those of the input
        places = [own.index(each) - len(own) for each in columns.LABEL_COLUMNS]
        for name, run in self._runs:
            table = run.table("labels")
            for row in table.rows:
                if row[places[0]] not in others:
                    yield (name, *[row[place] for place in places])

    def _flags(self) -> Iterator[tuple[Cell, ...]]:
        """Yield remarks on records; the runs have only the names of sealed texts."""
        texts = {(row.participant, row.question): row.answer for row in self._study.sealed}
        for _, run in self._runs:
            for worker, *rest, text in run.table("flags").rows:
                label = label_of(worker)  # type: ignore[arg-type]
                if label in self._people:
                    sealed = isinstance(text, str) and is_text_name(text)
                    yield (label, *rest, texts.get((label, str(text))) if sealed else text)

    # -- people -----------------------------------------------------------------------------------

    def _figures(self) -> dict[str, WorkFigures]:
        records: Counter[str] = Counter()
        asked: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for each in self._data.conditions:
            state = each.found.engine.state
            for assignment in state.assignments:
                labels = assignment.labels or ()
                records[label_of(assignment.worker.id)] += len(labels) - list(labels).count(None)
            for worker in state.pool.workers.values():
                asked[label_of(worker.id)] += worker.checks_asked
                right[label_of(worker.id)] += worker.checks_right
        return {
            label: WorkFigures(records[label], asked[label], right[label]) for label in self._people
        }

    def _participants(self) -> Iterator[tuple[Cell, ...]]:
        figures, now = self._figures(), self._study.itinerary.now
        for person in self._people.values():
            done = figures[person.label]
            yield (
                person.label,
                person.condition,
                person.block or None,
                self._ms(person.arrived_at),
                self._ms(person.ended_at),
                person.outcome or None,
                person.via or None,
                person.qualified,
                done.checks_asked,
                done.checks_right,
                done.records,
                round(person.present(now) * 1000),
            )

    def _consent(self) -> Iterator[tuple[Cell, ...]]:
        for person in self._asked:
            given = self._data.history.decisions.get(person.label)
            if given is None and person.withdrawn_at is None:
                continue
            yield (
                person.label,
                None if given is None else given.decision,
                None if given is None else self._ms(given.at),
                None if given is None else given.text_sha256,
                self._ms(person.withdrawn_at),
                person.deleted,
            )

    def _questionnaire(self) -> Iterator[tuple[Cell, ...]]:
        plan = self._study.meta.plan
        questions = {
            (number, question.id): question
            for number, stage in enumerate(plan.stages)
            if isinstance(stage, QuestionnaireStage)
            for question in stage.questions
        }
        for row in _in_order(self._study.sealed, self._people):
            question = questions.get((row.stage, row.question))
            answered = self._data.history.answered.get((row.participant, row.stage))
            if question is None or row.erased or answered is None:  # typed, and not sent yet
                continue
            yield (
                row.participant,
                self._stages[row.stage],
                row.question,
                type(question).__struct_config__.tag,
                _value(question, row),
                self._ms(answered),
            )

    def _visits(self) -> Iterator[tuple[Cell, ...]]:
        for person in self._people.values():
            for visit in person.stages:
                yield (
                    person.label,
                    self._stages[visit.stage],
                    visit.visit,
                    self._ms(visit.entered_at),
                    self._ms(visit.left_at),
                    visit.outcome or None,
                )

    def _pay(self) -> Iterator[tuple[Cell, ...]]:
        for line in pay_list(self._study, self._data.earned):
            if line.label in self._people:
                paid = line.statement
                yield (
                    line.label,
                    *[paid.of(kind) / MICROS for kind in KINDS],
                    paid.total / MICROS,
                    paid.currency,
                    None if line.paid_at is None else round(line.paid_at * 1000),
                )


def _in_order(rows: Iterable[SealedRow], people: dict[str, Person]) -> list[SealedRow]:
    """Return the answers of these people, in their order."""
    places = {label: place for place, label in enumerate(people)}
    known = [row for row in rows if row.participant in places]
    return sorted(known, key=lambda row: places[row.participant])


def _value(question: StudyQuestion, row: SealedRow) -> Cell:
    """Return an answer as text, so that one column holds all kinds."""
    answer = row.answer
    if isinstance(question, ChoiceQuestion) and isinstance(answer, int):
        return question.options[answer]
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    return None if answer is None else str(answer)
