"""Shows a run while it goes on: live in a terminal, as plain lines elsewhere, or not at all.

Here the wall clock is read, so that a run knows nothing of it: ``pace()`` says whether it is time
for another picture, ``watch(snapshot)`` shows it.
"""

import sys
from time import perf_counter
from typing import Protocol, Self

from rich.live import Live

from clamshell_tui.cli.live_view import LiveView, goal
from clamshell_tui.cli.output import shows_unicode, stderr_console
from clamshell_tui.core.snapshot import Snapshot
from clamshell_tui.formats import count, duration, money, percent
from clamshell_tui.text import show

LIVE_EVERY, PLAIN_EVERY = 0.1, 5.0  # wall seconds


class Pace:
    """True at most once in ``seconds`` of wall time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = perf_counter() + seconds

    def __call__(self) -> bool:
        now = perf_counter()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


class Progress(Protocol):
    """A context manager around one run; what it has drawn is gone, or complete, at the end."""

    pace: Pace

    def watch(self, snapshot: Snapshot) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LiveProgress:
    """Redrawn in place, ten times a second at most, and erased at the end."""

    def __init__(self, title: str) -> None:
        self.pace = Pace(LIVE_EVERY)
        self._view = LiveView(title, unicode=shows_unicode(sys.stderr))
        self._live = Live(
            self._view.waiting("loading the records and the model's library ..."),
            console=stderr_console(),
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
        )

    def watch(self, snapshot: Snapshot) -> None:
        self._live.update(self._view.draw(snapshot), refresh=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class PlainProgress:
    """A line every few seconds, and one at the end: for pipes, logs and screen readers."""

    def __init__(self, title: str) -> None:
        self.pace = Pace(PLAIN_EVERY)
        self._title = show(title)

    def watch(self, snapshot: Snapshot) -> None:
        print(f"{self._title}: {plain_line(snapshot)}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to clean up."""


def plain_line(snapshot: Snapshot) -> str:
    """``312 of 500 labels after 33 min 20 s, batch 5, model 94.9 %, $24.06``."""
    if snapshot.phase == "recruiting":
        done = f"{snapshot.seated} of {count(snapshot.slots, 'slot')} filled"
    else:
        done = f"{count(snapshot.labels)} of {count(goal(snapshot), 'label')}"
    accuracy = snapshot.model.accuracy
    parts = [
        f"{done} after {duration(snapshot.now)}",
        f"batch {snapshot.batches}" if snapshot.batches else "",
        f"model {percent(accuracy)}" if accuracy is not None else "",
        money(sum(snapshot.cost.values())),
        snapshot.finish_reason,
    ]
    return ", ".join(part for part in parts if part)
