"""A recorded session again under another policy, with its own workers, beside what it was."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from clamshell_tui.experiments.baseline import Basis, changed, simulate
from clamshell_tui.experiments.fast_simulation import FastOutcome
from clamshell_tui.experiments.intervals import Interval, one_run, one_share, paired_ratio
from clamshell_tui.formats import unit


class RerunRow(Struct, frozen=True):
    """One measure: as recorded, and simulated as it was and as changed (95 % for a single run).

    ``ratio`` is changed / as it was, by pairs of the same seed, with the 95 % interval of its mean;
    None for what may be zero.
    """

    name: str
    unit: str
    recorded: float | None
    as_it_was: Interval
    changed: Interval
    ratio: Interval | None


_MEASURES: tuple[tuple[str, str, Callable[[FastOutcome], float | None], bool], ...] = (
    ("time to the labels", "seconds", lambda run: run.seconds, True),
    ("mean batch latency", "seconds", lambda run: run.batch, True),
    ("cost", "dollars", lambda run: run.dollars, True),
    ("labels right", "share", lambda run: run.correct, False),
    ("assignments", "count", lambda run: run.assignments, True),
    ("duplicates", "count", lambda run: run.duplicates, False),
    ("evictions", "count", lambda run: run.evictions, False),
    ("recruiting before", "seconds", lambda run: run.recruiting, False),
)


def rerun(
    basis: Basis, settings: Sequence[str], seeds: int
) -> Iterator[tuple[FastOutcome, FastOutcome]]:
    """Pairs of outcomes, as it was and with ``settings``, one per seed. Raises ScenarioError."""
    before, after = changed(basis), changed(basis, settings)
    for seed in range(1, seeds + 1):
        yield tuple(  # type: ignore[misc]  # two of them
            simulate(work, basis.seen, seed, fresh=basis.fresh) for work in (before, after)
        )


def compared(basis: Basis, pairs: Sequence[tuple[FastOutcome, FastOutcome]]) -> list[RerunRow]:
    """Every measure of the pairs beside the recorded run's."""
    rows = []
    for name, kind, value, positive in _MEASURES:
        before = [value(a) or 0.0 for a, _ in pairs]
        after = [value(b) or 0.0 for _, b in pairs]
        spread = one_share if kind == "share" else one_run if positive else _plain
        ratio = None
        if positive and min(*before, *after) > 0:
            ratio = paired_ratio(after, before)
        told = unit(basis.currency) if kind == "dollars" else kind
        rows.append(
            RerunRow(name, told, value(basis.outcome), spread(before), spread(after), ratio)
        )
    return rows


def _plain(values: Sequence[float]) -> Interval:
    """Counts that may be zero: the range that was seen."""
    return Interval(sum(values) / len(values), min(values), max(values))
