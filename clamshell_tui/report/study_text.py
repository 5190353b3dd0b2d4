"""The summary of a study as lines of text."""

from collections.abc import Iterator

from clamshell_tui.formats import coin_decimals, count, duration
from clamshell_tui.report.aligned import aligned
from clamshell_tui.report.receipts import amount
from clamshell_tui.study.summary import Flow, StudySummary
from clamshell_tui.text import show


def study_lines(name: str, found: StudySummary, *, width: int | None = None) -> Iterator[str]:
    """Yield flow by condition, times of the stages, and pay; ``width`` in characters."""
    flows = [found.total, *[each for each in found.flows if each.condition or each.invited]]
    names = ["all", *[show(each.condition, 24) or "no condition" for each in flows[1:]]]
    rows = [["", *names]]
    rows += [
        [field.replace("_", " "), *[str(getattr(each, field)) for each in flows]]
        for field in Flow.__struct_fields__[1:]
    ]
    yield show(name)
    yield ""
    if not found.total.arrived:
        yield f"nobody of {count(found.total.invited, 'participant')} has come yet"
        return
    yield from aligned(rows, width=width)
    yield ""
    times = [["stage", "visits", "median", "longest"]]
    times += [
        [
            f"{each.stage + 1} {each.kind}",
            str(each.visits),
            duration(each.median),
            duration(each.longest),
        ]
        for each in found.stages
    ]
    yield from aligned(times, width=width)
    yield ""
    places = coin_decimals(found.currency)
    yield f"pay {amount(found.owed, places)} {found.currency} in all"
    if found.per_hour is not None and found.per_hour_least is not None:
        middle, least = (
            amount(round(each), places) for each in (found.per_hour, found.per_hour_least)
        )
        yield f"by the hour {middle} {found.currency} at the median, {least} at least"
