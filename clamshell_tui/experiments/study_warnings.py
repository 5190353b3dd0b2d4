"""Warnings that a study file and its records allow, before anyone takes part."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from math import inf
from textwrap import wrap

from msgspec.structs import replace
from rich.cells import cell_len

from clamshell_tui.datasets.config import Use
from clamshell_tui.datasets.copies import groups_of
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.study.bonus import parse_bonus
from clamshell_tui.study.config import ConsentStage
from clamshell_tui.study.load import Study
from clamshell_tui.text import show

_WIDTH, _LINES = 74, 12  # of a record on a screen of 80 x 24
_SIMILAR = 0.8  # share of common words from which two records are near-duplicates
_FEWEST_WORDS = 5  # shorter records are alike by chance
_SHOWN = 3
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|\+?\d[\d /-]{5,}")
_WITHDRAWAL = re.compile(
    r"withdraw|stop at any|leave at any|at any (?:time|moment)|jederzeit|zur\u00fcckzieh|abbrech"
    r"|widerruf|quit",
    re.IGNORECASE,
)
_STAYS = re.compile(r"remain|stays?\b|\bkept\b|keeps?\b|bleib|erhalten|aufbewahr", re.IGNORECASE)


def warnings(study: Study, dataset: Dataset) -> Iterator[str]:
    """Yield a sentence for each thing that participants or the analysis may stumble over."""
    yield from _consent(study)
    yield from _payment(study)
    yield from _conditions(study)
    yield from _evictions(study)
    if dataset.texts is not None:
        yield from _too_long(dataset, dataset.texts)
        yield from _glyphs(dataset, dataset.texts)
        yield from _duplicates(dataset, dataset.texts)


def _consent(study: Study) -> Iterator[str]:
    stage = next((each for each in study.stages if isinstance(each, ConsentStage)), None)
    if stage is None:
        return
    text, name = study.texts[stage.file], show(stage.file)
    if not study.config.contact:
        yield "study.contact is empty: participants do not learn whom to ask"
    if not _ADDRESS.search(text):
        yield f"{name} has no contact: write an address or a telephone number"
    pay = study.payment
    amounts = [pay.show_up, pay.hourly_floor, pay.minimum]
    named = {float(each.replace(",", ".")) for each in re.findall(r"\d+(?:[.,]\d+)?", text)}
    if not any(amount in named for amount in amounts if amount):
        yield f"{name} has none of the amounts of [payment]: say what is paid"
    if not _WITHDRAWAL.search(text):
        yield f"{name} does not say that one may withdraw at any time"
    if not _STAYS.search(text):
        yield (
            f"{name} does not say what stays after a withdrawal: the labels, in the record of "
            "events, though in no export"
        )


def _payment(study: Study) -> Iterator[str]:
    pay, kinds = study.payment, {stage.kind for stage in study.stages}
    checks = any(getattr(stage, "checks_every", 0) for stage in study.stages)
    for number, bonus in enumerate(pay.bonus):
        metric = parse_bonus(bonus.condition).metric
        if metric == "checks.accuracy" and not checks:
            yield f"bonus {number + 1} is never paid: there are no checks. Set checks_every"
        if metric == "qualified.accuracy" and "qualification" not in kinds:
            yield f"bonus {number + 1} is never paid: there is no qualification stage"
    if pay.maximum is not None and pay.show_up > pay.maximum:
        yield f"the show-up fee is more than payment.maximum ({pay.maximum:g}), which never cuts it"


def _conditions(study: Study) -> Iterator[str]:
    apart = {name for stage in study.stages for name in stage.only}
    for number, each in enumerate(study.conditions):
        for other in study.conditions[:number]:
            same = replace(each.scenario, name=other.scenario.name) == other.scenario
            if same and not {each.name, other.name} & apart:
                yield (
                    f'conditions "{other.name}" and "{each.name}" are the same: nothing in set or '
                    "only differs"
                )
        word = rf"\b{re.escape(each.name)}\b"
        if len(study.conditions) > 1 and re.search(word, study.name, re.IGNORECASE):
            yield (
                f'participants read "{show(study.name)}" on their screens and slips, which names '
                f'the condition "{each.name}"; set study.name'
            )


def _evictions(study: Study) -> Iterator[str]:
    in_vain = []
    for each in study.conditions:
        maintenance, reserve = each.scenario.maintenance, each.scenario.pool.reserve
        off = maintenance.objective == "latency" and maintenance.threshold == inf
        shrinks = maintenance.objective == "quality" and maintenance.shrink
        if not (off or shrinks or reserve):
            in_vain.append(f'"{each.name}"')
    if in_vain:
        yield (
            f"no one is sent home in {', '.join(in_vain)}: there is no reserve to take the place. "
            'Only maintenance.objective = "quality" needs none'
        )


def _too_long(dataset: Dataset, texts: Sequence[str]) -> Iterator[str]:
    long = [
        number
        for number, text in enumerate(texts)
        if sum(len(wrap(line, _WIDTH)) or 1 for line in text.splitlines()) > _LINES
    ]
    if long:
        yield (
            f"{_records(dataset, long)} longer than a screen of 80 x 24: participants have to "
            "scroll"
        )


def _glyphs(dataset: Dataset, texts: Sequence[str]) -> Iterator[str]:
    odd = {
        letter for text in texts if not text.isascii() for letter in text if _may_be_lost(letter)
    }
    if odd:
        found = [number for number, text in enumerate(texts) if odd & set(text)]
        codes = ", ".join(f"U+{ord(each):04X}" for each in sorted(odd)[:_SHOWN])
        yield f"{_records(dataset, found)} with characters that many terminals lack ({codes})"


def _may_be_lost(letter: str) -> bool:
    """Whether fonts of terminals often lack a character, or draw it at another width."""
    if letter.isascii() or letter.isspace():
        return False
    kind = unicodedata.category(letter)
    return kind in ("Co", "Cn", "Cs", "Cc", "Cf") or (
        ord(letter) > 0xFFFF and (kind == "So" or cell_len(letter) != 1)
    )


def _duplicates(dataset: Dataset, texts: Sequence[str]) -> Iterator[str]:
    """Compare records of known use with all records of another use."""
    uses = dataset.use
    if uses is None:
        return
    groups = groups_of(dataset).tolist()
    words = [frozenset(_WORD.findall(text.casefold())) for text in texts]
    known = [i for i, each in enumerate(uses) if each not in (None, Use.WORK)]
    pairs = [
        (one, other)
        for one in known
        for other in range(len(texts))
        if uses[other] != uses[one]
        and (other > one or uses[other] in (None, Use.WORK))
        and (groups[one] == groups[other] or _alike(words[one], words[other]))
    ]
    if pairs:
        shown = "; ".join(
            f"{show(dataset.ids[one])} ({uses[one]}) and {show(dataset.ids[other])} "
            f"({uses[other] or 'work'})"
            for one, other in pairs[:_SHOWN]
        )
        more = f"; and {len(pairs) - _SHOWN} more pairs" if len(pairs) > _SHOWN else ""
        yield f"nearly the same text in two sets, so an answer may be known: {shown}{more}"


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of words are nearly the same."""
    small, large = sorted((len(one), len(other)))
    if small < _FEWEST_WORDS or small < _SIMILAR * large:
        return False
    common = len(one & other)
    return common >= _SIMILAR * (small + large - common)


def _records(dataset: Dataset, numbers: list[int]) -> str:
    shown = ", ".join(show(dataset.ids[number]) for number in numbers[:_SHOWN])
    if len(numbers) == 1:
        return f"record {shown} is"
    more = ", \u2026" if len(numbers) > _SHOWN else ""
    return f"{len(numbers)} records ({shown}{more}) are"
