"""``[[expect]]`` in a scenario: a condition on its runs, over several seeds.

An expectation reads like a sentence::

    [[expect]]
    metric = "batches.mean"                               # see clamshell test --metrics
    compared_with = "straggler_mitigation.enabled=false"  # the same run and seed, one change
    by = "ratio"                                          # this run divided by the changed one
    at_most = 0.5                                         # a comparison and its limit
    in = "18 of 20"                                       # of the seeds; default: all
    because = "idle workers cover the slow ones"          # printed with a failure

With ``clamshell test --live`` the same must hold for real clients on a real clock. There,
``live = 0.1`` lets a number miss its limit by a tenth; ``live = false`` limits the expectation to
virtual time.

Durations are seconds since the run began or lengths of time, money is dollars, shares are 0 to 1.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, exp, lgamma
from operator import eq, ge, gt, le, lt, ne
from typing import Annotated, Literal

from msgspec import Meta, Struct

from clamshell_tui.run.metrics import Value

COMPARISONS: dict[str, Callable[..., bool]] = {
    "is": eq,
    "is_not": ne,
    "below": lt,
    "above": gt,
    "at_most": le,
    "at_least": ge,
    "contains": lambda got, part: part in got,
}
"""By the key of the scenario file; several in one expectation must all hold."""

TEXT_COMPARISONS = ("is", "is_not", "contains")


class Expectation(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"is_": "is", "in_": "in"},
):
    """One condition, with at least one comparison."""

    metric: str  # clamshell test --metrics lists them
    is_: float | str | None = None
    is_not: float | str | None = None
    below: float | None = None
    above: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    contains: str | None = None
    in_: Annotated[str, Meta(pattern="^[1-9][0-9]{0,5} of [1-9][0-9]{0,5}$")] | None = (
        None  # seeds, such as "18 of 20"; without it, all of them. Scaled to fewer seeds
    )
    compared_with: str | tuple[str, ...] = ()  # settings of the run that it is compared with
    by: Literal["ratio", "difference"] = "ratio"  # of this run to the other
    because: str = ""  # printed with a failure
    live: bool | Annotated[float, Meta(ge=0, le=10)] = True  # share that a live run may miss it by

    @property
    def slack(self) -> float:
        """The share of its limit that a number may miss it by in a live run."""
        return 0.0 if isinstance(self.live, bool) else self.live

    @property
    def changes(self) -> tuple[str, ...]:
        """The settings of the run that it is compared with, if any."""
        changes = self.compared_with
        return (changes,) if isinstance(changes, str) else changes

    @property
    def limits(self) -> list[tuple[str, float | str]]:
        """The comparisons that are given, by their keys in the file."""
        given = (getattr(self, "is_" if key == "is" else key) for key in COMPARISONS)
        return [(key, v) for key, v in zip(COMPARISONS, given, strict=True) if v is not None]

    def holds(self, got: Value) -> bool:
        """Return whether a value fulfils every comparison; an unknown one fulfils none."""
        return got is not None and all(COMPARISONS[key](got, value) for key, value in self.limits)

    def holds_live(self, got: Value) -> bool:
        """As :meth:`holds`, with the slack of a live run."""
        if got is None or isinstance(got, str) or not self.slack:
            return self.holds(got)
        return all(
            COMPARISONS[key](_forgiving(key, got, float(value), self.slack), value)
            for key, value in self.limits
        )

    def required(self, seeds: int) -> int:
        """Return in how many of ``seeds`` it must hold, at least in one.

        With fewer seeds than it speaks of, a scenario that just fulfils it passes with a
        probability of 95 %: "18 of 20" is 8 of 10.
        """
        return max(1, self._scaled(seeds))

    @property
    def fewest_seeds(self) -> int:
        """How many seeds are needed to judge it: with one, "18 of 20" fails by chance."""
        return next(seeds for seeds in range(1, self._whole + 1) if self._scaled(seeds) > 0)

    @property
    def _whole(self) -> int:
        return int(self.in_.split(" of ")[1]) if self.in_ is not None else 1

    def _scaled(self, seeds: int) -> int:
        if self.in_ is None:
            return seeds
        part, whole = map(int, self.in_.split(" of "))
        if seeds >= whole:
            return ceil(Fraction(part, whole) * seeds)
        fewer = 0.0  # probability that so many or fewer of the seeds hold
        for held in range(seeds):
            fewer += _hypergeometric(held, seeds, part, whole)
            if fewer > _BY_CHANCE:
                return held
        return seeds


_BY_CHANCE = 0.05 + 1e-9  # of failing; a little above, as "19 of 20" is exactly there


def _hypergeometric(held: int, seeds: int, part: int, whole: int) -> float:
    """Probability that ``held`` of ``seeds`` are among the ``part`` good ones of ``whole``."""
    if seeds - held > whole - part:
        return 0.0
    return exp(
        _log_choose(part, held)
        + _log_choose(whole - part, seeds - held)
        - _log_choose(whole, seeds)
    )


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _forgiving(key: str, got: float, limit: float, slack: float) -> float:
    """Return ``got``, moved by that share of the limit towards success."""
    room = slack * abs(limit)
    match key:
        case "at_most" | "below":
            return got - room
        case "at_least" | "above":
            return got + room
        case "is" if abs(got - limit) <= room:
            return limit
    return got


def problems(expectation: Expectation, *, textual: bool) -> Iterator[str]:
    """Yield a sentence for each contradiction; ``textual`` is whether the metric is text."""
    limits = expectation.limits
    if not limits:
        yield f"no comparison; write one of {', '.join(COMPARISONS)}"
    for key, value in limits:
        if textual and not (key in TEXT_COMPARISONS and isinstance(value, str)):
            yield f"{key}: {expectation.metric} is text; compare it with {_listed()} and a text"
        elif not textual and isinstance(value, str):
            yield f'{key}: {expectation.metric} is a number, and "{value}" is not'
    if textual and expectation.changes:
        yield f"compared_with: {expectation.metric} is text, and has no ratio to another run's"
    if any(change.partition("=")[0].strip() == "seed" for change in expectation.changes):
        yield "compared_with: both runs have the same seed; change another setting"
    if expectation.in_ is not None:
        part, whole = map(int, expectation.in_.split(" of "))
        if part > whole:
            yield f'in: "{expectation.in_}" is more than all; write, for example, "18 of 20"'


def _listed() -> str:
    *others, last = TEXT_COMPARISONS
    return f"{', '.join(others)} or {last}"


def sentence(expectation: Expectation) -> str:
    """``batches.mean at_most 0.5 of the same with straggler_mitigation.enabled=false``."""
    limits = " and ".join(f"{key} {shown(value)}" for key, value in expectation.limits)
    text = f"{expectation.metric} {limits.replace('_', ' ')}"
    if expectation.changes:
        kind = "times" if expectation.by == "ratio" else "more than"
        text += f" {kind} the same with {', '.join(expectation.changes)}"
    return text + (f" in {expectation.in_} seeds" if expectation.in_ else "")


def shown(value: Value) -> str:
    """Return a value as text for a failure."""
    if value is None:
        return "nothing (unknown, or it never happened)"
    return f'"{value}"' if isinstance(value, str) else f"{value:,.6g}"
