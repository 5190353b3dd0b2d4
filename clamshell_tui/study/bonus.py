"""The condition of a bonus: METRIC OP NUMBER, such as ``checks.accuracy >= 0.9``."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.participant_texts import Figure, Sentence
from clamshell_tui.text import show

METRICS = {
    "checks.accuracy": "share of the checks among the work that were answered correctly",
    "qualified.accuracy": "share of the qualification's records that were answered correctly",
    "records": "records labelled",
    "minutes": "minutes of work, without breaks and absence",
}
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
_BOUNDS = {">=": "at_least", "<=": "at_most", ">": "more_than", "<": "less_than", "==": "exactly"}
_EXPRESSION = re.compile(r"\s*([a-z.]+)\s*([<>=]+)\s*(\d+(?:\.\d+)?)\s*")


class BonusRule(NamedTuple):
    """Compares one metric of a participant with a number."""

    metric: str
    operator: str
    number: float

    def holds(self, values: Mapping[str, float | None]) -> bool:
        """Return whether the metric fulfils it; one without a value (no checks) does not."""
        value = values.get(self.metric)
        return value is not None and _OPERATORS[self.operator](value, self.number)

    @property
    def sentence(self) -> Sentence:
        """Condition of a bonus, for a screen: at least 90 % of the check records right."""
        share = self.metric.endswith(".accuracy")
        number = f"{self.number * 100:g} %" if share else f"{self.number:g}"
        bound = Sentence(f"pay.{_BOUNDS[self.operator]}", {"number": Figure(number)})
        key = "minutes_of_work" if self.metric == "minutes" else self.metric.replace(".", "_")
        return Sentence(f"pay.{key}", {"bound": bound, "count": self.number})


def parse_bonus(text: str) -> BonusRule:
    """Return the rule in ``bonus.if``; ScenarioError if it is none."""
    found = _EXPRESSION.fullmatch(text)
    known = ", ".join(METRICS)
    if found is None or found[2] not in _OPERATORS:
        raise ScenarioError(
            f'"{show(text[:60])}" is no condition of a bonus; write a metric ({known}), '
            f"one of {' '.join(_OPERATORS)}, and a number"
        )
    if found[1] not in METRICS:
        hint = did_you_mean(found[1], METRICS)
        raise ScenarioError(f'no metric "{show(found[1][:40])}"{hint}; known: {known}')
    number = float(found[3])
    if found[1].endswith(".accuracy") and (number > 1 or (number, found[2]) == (1, ">")):
        raise ScenarioError(
            f'"{show(text[:60])}": {found[1]} is a share from 0 to 1; write 0.9 for 90 %'
        )
    return BonusRule(found[1], found[2], number)
