"""``[[track]]`` in a scenario: a number that must not get worse than in an earlier report.

``clamshell test --json base.json`` keeps the values of a version; a later
``clamshell test --baseline base.json`` compares them seed by seed.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct


class TrackedMetric(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that clamshell test --baseline compares with an earlier report."""

    metric: str  # clamshell test --metrics lists them
    worse: Literal["higher", "lower"] = "higher"  # the direction that is worse
    by: Annotated[float, Meta(ge=0, le=100)] = 0.05  # share of the earlier mean that is tolerated


def problems(tracked: TrackedMetric, *, textual: bool) -> Iterator[str]:
    """Yield a sentence for each contradiction; ``textual`` is whether the metric is text."""
    if textual:
        yield f"metric: {tracked.metric} is text; track a number, or write an [[expect]]"
