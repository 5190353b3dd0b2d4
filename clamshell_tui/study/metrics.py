"""Metrics of a study by name: the vocabulary of the expectations in its file.

``pay.least``               of the whole study
``participants.completed``  how many got how far; ``helped:participants.completed`` of a condition
``helped:labels.accuracy``  any metric of a run, of that of a condition

Money is in the currency of the study. See :mod:`clamshell_tui.run.metrics` for those of a run.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import NamedTuple

from msgspec.structs import fields

from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.errors import did_you_mean
from clamshell_tui.run.audit import records_left
from clamshell_tui.run.finished_run import FinishedRun
from clamshell_tui.run.metrics import UnknownMetricError, Value
from clamshell_tui.run.metrics import resolve as resolve_of_run
from clamshell_tui.study.pay import PayStatement
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.summary import Flow, flow_of, took_part


@dataclass(frozen=True)
class FinishedStudy:
    """A study that is over; ``pay`` is by label, ``runs`` by condition."""

    plan: Plan
    people: Sequence[Person]
    pay: Mapping[str, PayStatement]
    runs: Mapping[str, FinishedRun]

    @property
    def here(self) -> list[Person]:
        """Participants who arrived."""
        return [each for each in self.people if each.arrived_at is not None]

    @property
    def took_part(self) -> list[Person]:
        """Participants who consented, and were here for some time then."""
        some = [each for each in self.here if took_part(self.plan, each)]
        return [each for each in some if each.present_seconds > 0]

    @property
    def workers(self) -> list[Person]:
        """Participants who worked."""
        return [each for each in self.people if each.work_seconds > 0]

    def value(self, metric: str) -> Value:
        """Return the value of a metric; UnknownMetricError if there is none of this name."""
        return resolve(metric, self.runs, self.pay).of(self)


class StudyMetric(NamedTuple):
    """A metric of a study, or of the run of one of its conditions."""

    word: str
    textual: bool
    of: Callable[[FinishedStudy], Value]


def resolve(text: str, conditions: Collection[str], labels: Collection[str]) -> StudyMetric:
    """Return the metric of this name; ``labels`` are those of the guests.

    Raises UnknownMetricError for a word, a condition or a subject that does not exist.
    """
    condition, colon, word = text.partition(":")
    if not colon:
        if text not in VOCABULARY:
            raise UnknownMetricError(f'unknown metric "{text}"{_hint(text, conditions, labels)}')
        return StudyMetric(text, textual=False, of=VOCABULARY[text].measure)
    if condition not in conditions:
        hint = did_you_mean(condition, conditions)
        raise UnknownMetricError(
            f'{text}: no condition "{condition}"{hint}; known: {", ".join(conditions)}'
        )
    if word in _FLOWS:
        return StudyMetric(text, textual=False, of=lambda study: _flow(study, word, condition))
    found = resolve_of_run(word, labels)
    return StudyMetric(text, found.textual, lambda study: found.of(study.runs[condition]))


def described() -> Iterator[tuple[str, str]]:
    """Yield each metric of a whole study with its description."""
    for word, entry in VOCABULARY.items():
        yield word, entry.meaning


class _Word(NamedTuple):
    meaning: str
    measure: Callable[[FinishedStudy], Value]


def _hint(text: str, conditions: Collection[str], labels: Collection[str]) -> str:
    try:
        resolve_of_run(text, labels)
    except UnknownMetricError:
        close = did_you_mean(text, VOCABULARY)
        return close or "; clamshell test --metrics lists them all"
    return f"; that of a run needs a condition: {next(iter(conditions))}:{text}"


_FLOWS = {f"participants.{each.name}": each.name for each in fields(Flow) if each.type is int}


def _said(field: str) -> str:
    said = {
        "invited": "are in the guest list",
        "not_qualified": "failed the qualification",
        "withdrawn": "withdrew",
        "ended": "were ended by an operator",
        "under_way": "had not come to an end",
    }
    return said.get(field, field.replace("_", " "))


def _flow(study: FinishedStudy, word: str, condition: str = "") -> Value:
    people = [each for each in study.people if condition in ("", each.condition)]
    found: int = getattr(flow_of(study.plan, condition, people), _FLOWS[word])
    return found


def _difference(study: FinishedStudy) -> Value:
    sizes = [
        sum(person.condition == arm.name for person in study.people) / arm.weight
        for arm in study.plan.conditions
    ]
    return max(sizes) - min(sizes)


def _pay(study: FinishedStudy) -> list[float]:
    return [study.pay[each.label].total / MICROS for each in study.here]


def _minutes(study: FinishedStudy) -> list[float]:
    return [each.present_seconds / 60 for each in study.took_part]


def _least_an_hour(study: FinishedStudy) -> Value:
    there = study.took_part
    rates = [study.pay[each.label].total / MICROS / each.present_seconds for each in there]
    return 3600 * min(rates) if rates else None


VOCABULARY: dict[str, _Word] = {
    **{
        word: _Word(f"how many {_said(field)}", partial(_flow, word=word))
        for word, field in _FLOWS.items()
    },
    "conditions.difference": _Word(
        "participants of the largest condition less those of the smallest, by weight", _difference
    ),
    "minutes.median": _Word(
        "from consent to the end, without absence",
        lambda study: median(found) if (found := _minutes(study)) else None,
    ),
    "minutes.longest": _Word(
        "of any participant", lambda study: max(_minutes(study), default=None)
    ),
    "pay.least": _Word(
        "to anybody who came, in the study's currency", lambda study: min(_pay(study), default=None)
    ),
    "pay.most": _Word("to anybody who came", lambda study: max(_pay(study), default=None)),
    "pay.total": _Word("to all", lambda study: sum(_pay(study))),
    "pay.least_an_hour": _Word("to anybody who took part", _least_an_hour),
    "records.least": _Word(
        "fewest answered by anybody who worked",
        lambda study: min((each.work.records for each in study.workers), default=None),
    ),
    "records.unlabelled": _Word(
        "neither labelled nor set aside, in all conditions",
        lambda study: sum(map(records_left, study.runs.values())),
    ),
    "checks.least": _Word(
        "fewest met by anybody who worked",
        lambda study: min((each.work.checks_asked for each in study.workers), default=None),
    ),
}
"""Metrics of a whole study by name; those of a run have a condition and a colon in front."""
