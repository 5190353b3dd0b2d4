"""Changes to a study that is not being served: payments, later pay, withdrawals.

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
        self._file = file
        self.itinerary = file.itinerary
        self.erased = 0
        """Answers that were erased, once the study is closed again."""
        self._now = file.itinerary.now + _A_MOMENT * clock.speed
        self._speed = clock.speed
        self._dated = False
        self._to_erase: list[str] = []

    def apply(self, event: StudyEvent) -> None:
        """Add an event; InputError if it is impossible, and then nothing is kept of any."""
        if not self._dated:
            self._dated = True
            utc = round(time.time(), 3)  # noqa: TID251  # a driver
            self.apply(ClockSet(utc, self._speed))
        try:
            commands = self.itinerary.handle(event, self._now)
        except InvalidEventError as error:
            raise InputError(f"{show(str(error))}. Nothing was changed") from error
        self._file.append(event, self._now)
        self._to_erase += [each.participant for each in commands if isinstance(each, Erase)]

    def finish(self) -> None:
        """Put the events on the disk, and erase what participants wanted."""
        self._file.commit_now()
        self.erased = sum([self._file.erase(label) for label in self._to_erase])

    def require(self, label: str) -> None:
        """Raise InputError unless a participant has this label."""
        people = self.itinerary.people
        if label not in people:
            hint = did_you_mean(label, list(people))
            raise InputError(f'no participant "{show(label, 40)}"{hint}')


@contextmanager
def reopened(folder: Path) -> Iterator[Afterwards]:
    """Open a study that is not being served, to add to its journal.

    All is kept at the end of the block, or nothing. EnvironmentFaultError if the study is being
    served; else as ``StudyFile.open``.
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
        after = Afterwards(file, clock)
        yield after
        after.finish()
