"""Arrival times of the requester's records."""

from collections.abc import Iterator

from clamshell_tui.scenario.config import RequesterConfig

ARRIVALS_PER_MINUTE = 60  # a faster stream arrives several records at a time


def submissions(requester: RequesterConfig, count: int) -> Iterator[tuple[float, int]]:
    """Yield times with numbers of records: all at 0 for a set, else at the stream's rate."""
    if requester.per_minute is None:
        yield 0.0, count
        return
    sent = min(count, requester.gold + requester.initial)
    left = count - sent
    if sent:
        yield 0.0, sent
    every = 60 / min(requester.per_minute, ARRIVALS_PER_MINUTE)
    handful = max(1.0, requester.per_minute / ARRIVALS_PER_MINUTE)
    step, arrived, handfuls = 0, 0, 0.0
    while arrived < left:
        step += 1
        handfuls += _share_of_rate(requester, step * every)
        due = min(left, round(handfuls * handful))
        if due > arrived:
            yield step * every, due - arrived
            arrived = due


def _share_of_rate(requester: RequesterConfig, at: float) -> float:
    """Return 1 without a cycle, and in a rush; each cycle begins with the lull."""
    cycle = requester.cycle
    in_rush = cycle is None or at % cycle >= cycle * (1 - requester.rush)
    return 1.0 if in_rush else requester.lull
