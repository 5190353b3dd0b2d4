"""Progress on stderr: a live view in a terminal, plain lines in a pipe, bars for experiments.

Only this module reads the wall clock, so that a simulation does not depend on it: ``pace()`` is
true when another picture is due, and ``watch(totals)`` draws it.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from rich.live import Live

from clamshell_tui.cli.live_view import LiveView, goal
from clamshell_tui.cli.output import shows_unicode, stderr_console
from clamshell_tui.formats import count, duration, money, percent
from clamshell_tui.run.totals import RunTotals
from clamshell_tui.text import show

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


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


class RunProgress(Protocol):
    """Context manager around one run; at the end its output is erased or complete."""

    pace: Pace

    def watch(self, seen: RunTotals) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LiveProgress:
    """Redrawn in place, at most ten times a second, and erased at the end."""

    def __init__(self, title: str) -> None:
        self.pace = Pace(LIVE_EVERY)
        self._view = LiveView(title, unicode=shows_unicode(sys.stderr))
        self._live = Live(
            self._view.waiting("loading the records ..."),
            console=stderr_console(),
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
        )

    def watch(self, seen: RunTotals) -> None:
        self._live.update(self._view.draw(seen), refresh=True)

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

    def watch(self, seen: RunTotals) -> None:
        print(f"{self._title}: {plain_line(seen)}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to clean up."""


def plain_line(seen: RunTotals) -> str:
    """``312 of 500 labels after 33 min 20 s, batch 5, model 94.9 %, $24.06``."""
    if seen.phase == "recruiting":
        done = f"{seen.seated} of {count(seen.slots, 'slot')} filled"
    else:
        done = f"{count(seen.labels)} of {count(goal(seen), 'label')}"
    accuracy = seen.model.accuracy
    parts = [
        f"{done} after {duration(seen.now)}",
        f"batch {seen.batches}" if seen.batches else "",
        f"model {percent(accuracy)}" if accuracy is not None else "",
        money(sum(seen.cost.values())),
        seen.finish_reason,
    ]
    return ", ".join(part for part in parts if part)


Item = TypeVar("Item")


def tracked(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """Yield the items, with a bar that is full after ``total`` of them."""
    if not _capable():
        yield from items
        return
    with _progress() as bar:
        yield from bar.track(items, total=total, description=title)


class ExperimentBar:
    """One bar over several experiments, with room for output between them.

    Without a terminal, a line is printed for each complete experiment.
    """

    def __init__(self, total: int, *, silent: bool = False) -> None:
        self._plain = not silent and not _capable()
        self._progress = _progress() if _capable() and not silent else None
        self._total = total
        self._done = 0
        self._title = ""

    def begin(self, title: str) -> None:
        """Begin an experiment."""
        self._title = title
        self._show()

    def tracked(self, items: Iterable[Item]) -> Iterator[Item]:
        began, before = perf_counter(), self._done
        for item in items:
            yield item
            self._done += 1
            self._show()
        if self._plain:
            runs = f"{self._done - before} runs in {perf_counter() - began:.1f} s"
            print(f"{self._title}: {runs}", file=sys.stderr, flush=True)

    def _show(self) -> None:
        if self._progress is None:
            return
        for task in self._progress.task_ids:
            self._progress.update(task, description=self._title, completed=self._done)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the bar within the block, which prints something."""
        if self._progress is not None:
            self._progress.stop()
        yield
        if self._progress is not None:
            self._progress.start()

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.add_task("", total=self._total)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def _progress() -> "RichProgress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as RichProgress,
    )

    from clamshell_tui.cli.output import stderr_console

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    return RichProgress(
        *columns,
        TimeRemainingColumn(),
        console=stderr_console(),
        transient=True,
        redirect_stdout=False,  # it belongs to the caller
    )


@contextmanager
def working(title: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner within the block, for work of unknown length; yield what changes its text."""
    if not _capable():
        yield lambda _: None
        return
    from clamshell_tui.cli.output import stderr_console

    with stderr_console().status(title) as status:
        yield status.update


def _capable() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
