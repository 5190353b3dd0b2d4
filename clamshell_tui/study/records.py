"""The records of a study by use: training, qualification, checks and work."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct

from clamshell_tui.datasets.config import Use
from clamshell_tui.errors import DatasetError, InputError, ScenarioError
from clamshell_tui.formats import count
from clamshell_tui.study.config import (
    InstructionsStage,
    QualificationStage,
    TrainingStage,
    WorkStage,
)
from clamshell_tui.study.load import Study
from clamshell_tui.study.markdown import pages_of
from clamshell_tui.study.plan import Arm, KnownAnswer, Plan, pay_rules

if TYPE_CHECKING:
    from clamshell_tui.datasets.dataset import Dataset

_SECONDS_PER_RECORD = 10.0  # of work, to foresee how many checks a participant meets


class KnownRecord(Struct, frozen=True):
    """A record with a known answer: ``number`` counts records of the dataset from 0."""

    id: str
    number: int
    answer: int
    why: str = ""


@dataclass(frozen=True)
class StudyRecords:
    """Records with known answers by use, in the order of the file; ``work`` counts the others."""

    training: tuple[KnownRecord, ...]
    qualification: tuple[KnownRecord, ...]
    checks: tuple[KnownRecord, ...]
    work: int


def load_records(study: Study) -> "tuple[Dataset, StudyRecords]":
    """Return the records of a study; ScenarioError if there are too few for a stage."""
    from clamshell_tui.datasets.loader import load  # numpy takes long to import

    scenario = study.conditions[0].scenario
    try:
        dataset = load(
            scenario.dataset, base=study.path.parent, seed=scenario.seed, features=study.learns
        )
    except DatasetError as error:
        raise data_error(study, error) from error
    return dataset, study_records(study, dataset)


def data_error(study: Study, error: InputError) -> ScenarioError:
    """Return an error of the records with the line of the study file that names them."""
    known = "has no known answer" in str(error)
    return study.error(("dataset", "label" if known else "path"), str(error))


def study_records(study: Study, dataset: "Dataset") -> StudyRecords:
    """Return the records of a loaded dataset; ScenarioError if there are too few for a stage."""
    if not _work(dataset):
        what = f"{dataset.name}: the uses leave no record to label. Give fewer records a use"
        raise study.error(("dataset", "path"), what)
    records = StudyRecords(
        _of_use(dataset, Use.TRAINING),
        _of_use(dataset, Use.QUALIFICATION),
        _of_use(dataset, Use.CHECK),
        _work(dataset),
    )
    require_enough(study, records)
    return records


def require_enough(study: Study, records: StudyRecords) -> None:
    """Raise ScenarioError if there are too few records for a stage."""
    for number, stage in enumerate(study.stages):
        what = f"stage {number + 1}: "
        if isinstance(stage, TrainingStage) and not records.training:
            raise study.error(("stage", number), f'{what}no record has the use "training"')
        if isinstance(stage, QualificationStage) and not records.qualification:
            raise study.error(("stage", number), f'{what}no record has the use "qualification"')
        if isinstance(stage, WorkStage):
            _check_checks(study, number, stage, records)


def plan_of(
    study: Study, training: Iterable[KnownRecord], qualification: Iterable[KnownRecord]
) -> Plan:
    """Return the plan of a study.

    Gates and paid stages are paid by the highest ``pay.per_minute`` of all conditions: that of the
    own condition would give it away.
    """
    per_minute = max(condition.scenario.pay.per_minute for condition in study.conditions)
    return Plan(
        stages=study.stages,
        conditions=tuple([Arm(each.name, each.weight) for each in study.conditions]),
        seed=study.config.seed,
        grace=study.participants.grace,
        pay=pay_rules(study.payment, per_minute),
        guests=study.guests,
        pages=tuple(
            [
                len(pages_of(study.texts[each.file])) if isinstance(each, InstructionsStage) else 1
                for each in study.stages
            ]
        ),
        training=tuple([KnownAnswer(each.id, each.answer) for each in training]),
        qualification=tuple([KnownAnswer(each.id, each.answer) for each in qualification]),
    )


def _of_use(dataset: "Dataset", use: Use) -> tuple[KnownRecord, ...]:
    return tuple(
        [
            KnownRecord(
                dataset.ids[number],
                number,
                int(dataset.truth[number]),
                "" if dataset.why is None else dataset.why[number],
            )
            for number, each in enumerate(dataset.use or ())
            if each == use
        ]
    )


def _work(dataset: "Dataset") -> int:
    if dataset.use is None:
        return len(dataset)
    return sum(each in (None, Use.WORK) for each in dataset.use)


def _check_checks(study: Study, number: int, stage: WorkStage, records: StudyRecords) -> None:
    """Refuse a work stage whose checks would run out. A participant meets none twice."""
    if not stage.checks_every:
        return
    asked = ceil(_records_per_person(study, stage, records.work) / stage.checks_every)
    there = len(records.checks)
    if there < max(asked, 1):
        raise study.error(
            ("stage", number),
            f"{count(there, 'check')} for about {asked} a person; add {asked - there}, or raise "
            "checks_every",
        )


def _records_per_person(study: Study, stage: WorkStage, work: int) -> float:
    """Return about how many records a participant labels in the stage."""
    arms = [each for each in study.conditions if not stage.only or each.name in stage.only]
    weights = sum(each.weight for each in study.conditions)
    shares = [
        work * arm.scenario.tasks.votes * weights / (len(study.guests) * arm.weight) for arm in arms
    ]
    limits = [max(shares), float(work)]
    if stage.records is not None:
        limits.append(stage.records)
    if stage.minutes is not None:
        limits.append(60 * stage.minutes / _SECONDS_PER_RECORD)
    return min(limits)
