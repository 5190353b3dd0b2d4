"""Contradictions in a study file: between stages, conditions, questions and payment."""

import re
from collections.abc import Iterator, Sequence
from math import isinf

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.formats import coins
from clamshell_tui.scenario.validate import Fault, Key
from clamshell_tui.study.bonus import parse_bonus
from clamshell_tui.study.config import (
    ChoiceQuestion,
    ConditionConfig,
    ConsentStage,
    DebriefStage,
    GateStage,
    LikertQuestion,
    NumberQuestion,
    PaymentConfig,
    QuestionnaireStage,
    StageConfig,
    StudyConfig,
    StudyParts,
    StudyQuestion,
    WorkStage,
)
from clamshell_tui.study.guests import MAX_GUESTS, folded
from clamshell_tui.study.plan import coin, micros
from clamshell_tui.text import show

MAX_CONDITIONS = 26  # each has a letter
_CONDITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_LONGEST_LINE = 200  # characters
_OWN_FILE = "study"  # beside the run files, which are named after the conditions
_NO_CONSENT = re.compile(r"none: *\S.*")
_CURRENCY = re.compile(r"[^\W\d_]{1,8}")


def problems(parts: StudyParts) -> Iterator[Fault]:
    """Yield a fault for each contradiction that shows without guest list and records."""
    yield from _conditions(parts.condition)
    yield from _consent(parts)
    yield from _ends(parts.stage)
    names = [each.name for each in parts.condition]
    for number, stage in enumerate(parts.stage):
        yield from _only(stage.only, names, number)
        if isinstance(stage, QuestionnaireStage):
            yield from _questions(stage.questions, number)
    yield from _work(parts.stage, names)
    yield from _study(parts.study)
    yield from _payment(parts.payment)
    yield from _participants(parts)


def gate_problems(stages: Sequence[StageConfig], participants: int) -> Iterator[Fault]:
    """Yield a fault for each gate that waits for more people than are invited."""
    for number, stage in enumerate(stages):
        if isinstance(stage, GateStage) and stage.people > participants:
            yield Fault(
                ("stage", number, "people"),
                f"stage {number + 1}: people: a gate for {stage.people} never opens with "
                f"{participants} invited; lower it",
            )


def _conditions(conditions: Sequence[ConditionConfig]) -> Iterator[Fault]:
    if not 1 <= len(conditions) <= MAX_CONDITIONS:
        yield Fault(("condition",), f"condition: write 1 to {MAX_CONDITIONS} of them")
    for number, each in enumerate(conditions):
        key, at = ("condition", number, "name"), f"condition {number + 1}: name"
        if not _CONDITION.fullmatch(each.name):
            yield Fault(
                key,
                f'{at}: "{show(each.name[:40])}" would name a file; write up to 40 letters, '
                "digits, dashes and underscores",
            )
        if each.name.casefold() == _OWN_FILE:
            yield Fault(key, f'{at}: "{each.name}" is the name of the study\'s own file')
        for other in conditions[:number]:
            if other.name.casefold() == each.name.casefold():
                how = "is there twice" if other.name == each.name else "differs only by case"
                yield Fault(key, f'{at}: "{each.name}" {how}')


def _consent(parts: StudyParts) -> Iterator[Fault]:
    stages = [n for n, stage in enumerate(parts.stage) if isinstance(stage, ConsentStage)]
    reason = parts.study.consent
    if not stages and not _NO_CONSENT.fullmatch(reason):
        what = "no consent stage; write one, or" if not reason else f'"{show(reason[:40])}"; write'
        key = ("study", "consent") if reason else ("stage",)
        yield Fault(key, f'{what} study.consent = "none: REASON"')
    if stages and reason:
        yield Fault(("study", "consent"), "study.consent: there is a consent stage; leave it out")
    for number in stages[:1]:
        if number > 0:
            yield Fault(
                ("stage", number), f"stage {number + 1}: consent comes first; move it to the top"
            )
        if parts.stage[number].only:
            yield Fault(
                ("stage", number, "only"),
                f"stage {number + 1}: only: everybody is asked for consent; leave it out",
            )
    for number in stages[1:]:
        yield Fault(("stage", number), f"stage {number + 1}: a second consent stage; remove it")


def _ends(stages: Sequence[StageConfig]) -> Iterator[Fault]:
    """The debrief is the last stage, and the only one of its kind: all ways lead to it."""
    found = [n for n, stage in enumerate(stages) if isinstance(stage, DebriefStage)]
    if not found:
        yield Fault(("stage",), 'no debrief stage; end with { kind = "debrief" }')
    for number in found:
        if number != len(stages) - 1:
            yield Fault(("stage", number), f"stage {number + 1}: the debrief is the last stage")
        if stages[number].only:
            key = ("stage", number, "only")
            yield Fault(key, f"stage {number + 1}: only: everybody is debriefed; leave it out")


def _only(only: Sequence[str], names: Sequence[str], number: int) -> Iterator[Fault]:
    for each in only:
        if each not in names:
            hint = did_you_mean(each, names)
            yield Fault(
                ("stage", number, "only"),
                f'stage {number + 1}: only: no condition "{show(each[:40])}"{hint}; known: '
                f"{', '.join(names)}",
            )


def _work(stages: Sequence[StageConfig], names: Sequence[str]) -> Iterator[Fault]:
    for name in names:
        found = [
            number
            for number, stage in enumerate(stages)
            if isinstance(stage, WorkStage) and (not stage.only or name in stage.only)
        ]
        of = f' in condition "{name}"' if len(names) > 1 else ""
        if not found:
            yield Fault(("stage",), f'no work stage{of}; write {{ kind = "work" }}')
        for number in found[1:]:
            yield Fault(
                ("stage", number), f"stage {number + 1}: a second work stage{of}; remove it"
            )


def _questions(questions: Sequence[StudyQuestion], stage: int) -> Iterator[Fault]:
    for number, question in enumerate(questions):
        at = ("stage", stage, "questions", number)
        where = f"stage {stage + 1}: question {number + 1}"
        for other in questions[:number]:
            if other.id.casefold() == question.id.casefold():
                how = "is there twice" if other.id == question.id else "differs only by case"
                yield Fault((*at, "id"), f'{where}: id "{question.id}" {how}; rename it')
        if not question.ask.strip():
            yield Fault((*at, "ask"), f"{where}: ask: is empty; write what participants read")
        if isinstance(question, NumberQuestion):
            low, high = question.min, question.max
            for name, limit in (("min", low), ("max", high)):
                if limit is not None and isinf(limit):
                    yield Fault(
                        (*at, name), f"{where}: {name}: {limit} limits nothing; leave it out"
                    )
            if low is not None and high is not None and low > high:
                yield Fault((*at, "max"), f"{where}: max: {high:g} is below min ({low:g})")
        if isinstance(question, ChoiceQuestion):
            yield from _options(question.options, (*at, "options"), f"{where}: options")
        if isinstance(question, LikertQuestion):
            for key, text in (("low", question.low), ("high", question.high)):
                yield from _one_line(text, (*at, key), f"{where}: {key}")


def _options(options: Sequence[str], key: Key, where: str) -> Iterator[Fault]:
    before: dict[str, str] = {}
    for option in options:
        yield from _one_line(option, key, where)
        if not option.strip():
            yield Fault(key, f"{where}: one is empty")
        other = before.get(folded(option))
        if other is not None:
            how = "is there twice"
            if other != option:
                how = f'differs from "{show(other[:40])}" only by case, blanks or Unicode form'
            yield Fault(key, f'{where}: "{show(option[:40])}" {how}')
        before[folded(option)] = option


def _one_line(text: str, key: Key, where: str) -> Iterator[Fault]:
    if show(text) != text:
        yield Fault(
            key,
            f'{where}: "{show(text[:40])}" has a line break or a control character; leave it out',
        )


def _payment(payment: PaymentConfig) -> Iterator[Fault]:
    if not _CURRENCY.fullmatch(payment.currency):
        yield Fault(
            ("payment", "currency"),
            f'payment.currency: "{show(payment.currency[:40])}" is no currency; write letters, '
            "such as EUR or USD",
        )
    if payment.maximum is not None and payment.minimum > payment.maximum:
        yield Fault(
            ("payment", "minimum"),
            f"payment.minimum: {payment.minimum:g} is more than the maximum ({payment.maximum:g})",
        )
    if micros(payment.round_up_to) % coin(payment.currency):
        smallest = coins(coin(payment.currency), payment.currency)
        yield Fault(
            ("payment", "round_up_to"),
            f"payment.round_up_to: {payment.round_up_to:g} cannot be paid in coins of {smallest}",
        )
    for number, bonus in enumerate(payment.bonus):
        try:
            parse_bonus(bonus.condition)
        except ScenarioError as error:
            yield Fault(("payment", "bonus", number, "if"), f"bonus {number + 1}: if: {error}")


def _study(study: StudyConfig) -> Iterator[Fault]:
    for key, text in (("name", study.name), ("contact", study.contact)):
        yield from _one_line(text, ("study", key), f"study.{key}")
        if len(text) > _LONGEST_LINE:
            yield Fault(
                ("study", key),
                f"study.{key}: {len(text)} characters; write {_LONGEST_LINE} at most",
            )


def _participants(parts: StudyParts) -> Iterator[Fault]:
    participants = parts.participants
    if bool(participants.file) == bool(participants.count):
        yield Fault(
            ("participants", "count"),
            "participants: both file and count; keep one"
            if participants.file
            else 'participants: no one is invited; write file = "people.csv", or count = 20',
        )
    if participants.count > MAX_GUESTS:
        yield Fault(
            ("participants", "count"), f"participants.count: at most {MAX_GUESTS:,} are possible"
        )
    if "label" in participants.private:
        yield Fault(
            ("participants", "private"),
            'participants.private: the column "label" is read; leave it out',
        )
