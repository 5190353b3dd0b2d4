"""What is done with a study that nobody serves: payments, later pay, withdrawals.

Each continues the chain of the journal, with the date.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.errors import EnvironmentFaultError, InputError, did_you_mean
from clamshell_tui.runfile.output_path import LockedError
from clamshell_tui.study.clock import StudyClock
from clamshell_tui.study.commands import Erase
from clamshell_tui.study.events import ClockSet, StudyEvent
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.reader import read_file
from clamshell_tui.study.schema import FILE
from clamshell_tui.text import show

_A_MOMENT = 0.001  # s; the date set then is not that of the entry before


class Afterwards:
    """Adds events to the journal of a study; made by :func:`reopened`."""

    def __init__(self, file: StudyFile, clock: StudyClock) -> None:
        self.file = file
        self.now = file.itinerary.now + _A_MOMENT * clock.speed
        self.erased = 0
        """Answers that were erased."""
        utc = round(time.time(), 3)  # noqa: TID251  # a driver
        self._apply(ClockSet(utc, clock.speed))

    def apply(self, event: StudyEvent) -> None:
        """Add an event, on the disk when this returns; InputError if it is impossible."""
        self._apply(event)
        self.file.commit_now()

    def _apply(self, event: StudyEvent) -> None:
        try:
            commands = self.file.itinerary.handle(event, self.now)
        except InvalidEventError as error:
            raise InputError(f"{show(str(error))}. Nothing was changed") from error
        self.file.append(event, self.now)
        for command in commands:
            if isinstance(command, Erase):
                self.erased += self.file.erase(command.participant)


@contextmanager
def reopened(folder: Path) -> Iterator[Afterwards]:
    """Open a study that nobody serves, to add to its journal.

    EnvironmentFaultError if it is being served; else as ``StudyFile.open``.
    """
    try:
        with read_file(folder / FILE) as read:
            clock = StudyClock(read.meta.began, read.journal)
        file = StudyFile.open(folder)
    except LockedError as error:
        raise EnvironmentFaultError(
            f"{show(str(folder))} is being served. Do it on the People page of the operator's "
            "screen, or after the study"
        ) from error
    with file:
        yield Afterwards(file, clock)


def require_label(label: str, file: StudyFile) -> None:
    """Raise InputError unless a participant has this label."""
    people = file.itinerary.people
    if label not in people:
        hint = did_you_mean(label, list(people))
        raise InputError(f'no participant "{show(label, 40)}"{hint}')
