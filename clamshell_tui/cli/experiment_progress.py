"""A bar on stderr while an experiment runs, with the time left; little or nothing in a pipe."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")


def tracked(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """The items as they come; ``total`` is how many will."""
    if not _capable():
        yield from items
        return
    with _progress() as bar:
        yield from bar.track(items, total=total, description=title)


class Bar:
    """One bar over several experiments, in whose midst something may be printed.

    Where there is no terminal, a line tells of each experiment when it is complete.
    """

    def __init__(self, total: int, *, silent: bool = False) -> None:
        self._plain = not silent and not _capable()
        self._progress = _progress() if _capable() and not silent else None
        self._total = total
        self._done = 0
        self._title = ""

    def begin(self, title: str) -> None:
        """What comes now belongs to this experiment."""
        self._title = title
        self._show()

    def tracked(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items as they come."""
        began, before = perf_counter(), self._done
        for item in items:
            yield item
            self._done += 1
            self._show()
        if self._plain:
            told = f"{self._done - before} runs in {perf_counter() - began:.1f} s"
            print(f"{self._title}: {told}", file=sys.stderr, flush=True)

    def _show(self) -> None:
        if self._progress is None:
            return
        for task in self._progress.task_ids:
            self._progress.update(task, description=self._title, completed=self._done)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The bar steps aside for what is printed."""
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


def _progress() -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from clamshell_tui.cli.output import stderr_console

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    return Progress(
        *columns,
        TimeRemainingColumn(),
        console=stderr_console(),
        transient=True,
        redirect_stdout=False,  # what is printed there is not for stderr
    )


@contextmanager
def working(title: str) -> Iterator[None]:
    """Something moves meanwhile: for work of which nobody knows how long it takes."""
    if not _capable():
        yield
        return
    from clamshell_tui.cli.output import stderr_console

    with stderr_console().status(title):
        yield


def _capable() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
