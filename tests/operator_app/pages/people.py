"""A study of twelve in the middle of its work, and before anybody has come."""

from collections import deque

from msgspec.structs import replace

from clamshell_tui.client.operator import ConnectionState, FollowedStudy
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.wire.study_messages import People, PersonRow

STAGES = (
    "consent",
    "instructions",
    "training",
    "qualification",
    "gate",
    "work",
    "questionnaire",
    "debrief",
)


def at_work(label: str, condition: str, records: int, seconds: float, right: int) -> PersonRow:
    """A participant who works, and is here."""
    return PersonRow(
        label,
        "work",
        via="web",
        condition=condition,
        connected=True,
        records=records,
        seconds_per_record=seconds,
        checks_asked=6,
        checks_right=right,
        micros=5_000_000 + 60_000 * records,
        stage_seconds=372.0,
    )


ABSENT = "absent: has been away for long"
SAME = "same-key: the same answer 15 times in a row"
ROWS = (
    replace(at_work("L01", "A", 41, 5.2, 6), via="ssh"),
    replace(at_work("L02", "B", 38, 6.0, 5), connected=False, away_seconds=95.0),
    replace(at_work("L03", "B", 44, 1.1, 2), alarms=("checks: 4 of 6 checks failed", SAME)),
    replace(at_work("L04", "A", 30, 7.4, 6), paused=True, unread=1),
    replace(at_work("L05", "B", 36, 6.3, 6), on_break=True, alarms=(ABSENT,)),
    PersonRow("L06", "questionnaire", "web", "A", connected=True, records=52, micros=9_120_000,
              seconds_per_record=4.9, checks_asked=9, checks_right=9, stage_seconds=48.0),
    PersonRow("L07", "training", "terminal", connected=True, micros=5_000_000, stage_seconds=66.0),
    PersonRow("L08", "done", "ssh", "B", records=55, seconds_per_record=4.1, checks_asked=9,
              checks_right=8, micros=11_500_000, paid=True),
    PersonRow("L09", "declined", "web", micros=5_000_000),
    PersonRow("L10", "dropped-out", "web", "A", records=12, seconds_per_record=8.8, checks_asked=2,
              checks_right=2, micros=6_500_000),
    PersonRow("L11", "invited"),
    PersonRow("L12", "invited", unread=1),
    *[replace(at_work(f"B{n:03}", "AB"[n % 2], 40 + n, 4.0, 6), via="bot", bot=True, micros=0)
      for n in (1, 2)],
)  # fmt: skip
UNDER_WAY = People(ROWS, STAGES, ("A", "B"), "EUR")
EMPTY = People(
    tuple([PersonRow(f"L{n:02}", "invited") for n in range(1, 13)]),
    STAGES,
    ("A", "B"),
    "EUR",
    gate=5,
    needed=8,
)


class Followed(FileRun):
    """A run that is loaded, as if it were that of a condition of a study that is served."""

    live = True
    contact = ConnectionState.CONNECTED.value

    def __init__(self, run: FileRun, people: People) -> None:
        self.__dict__.update(run.__dict__)
        self.notices = deque()
        self.title = run.title._replace(scenario="helped-or-alone A", currency=people.currency)
        study = FollowedStudy(lambda: 0.0)
        study.take(people)
        self.study = study  # type: ignore[assignment]  # a file has none

    async def keep_up(self) -> None:
        """There is nothing to load."""
        self.loaded = 1.0
