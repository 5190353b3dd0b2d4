"""A bar on stderr while an experiment runs, with the time left; nothing in a pipe."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def tracked(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """The items as they come; ``total`` is how many will."""
    if not _capable():
        yield from items
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from clamshell_tui.cli.output import stderr_console

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeRemainingColumn(), console=stderr_console(), transient=True) as bar:
        yield from bar.track(items, total=total, description=title)


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
