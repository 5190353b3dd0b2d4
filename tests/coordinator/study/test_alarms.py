"""Alarms of a study, and the figures behind them."""

from pathlib import Path

import pytest

from clamshell_tui.coordinator.study.conduct import absent
from clamshell_tui.study.people import Outcome, Person
from clamshell_tui.wire.messages import Notice
from clamshell_tui.wire.study_messages import (
    ConsentShown,
    People,
    PeopleDone,
    PersonOrder,
    WatchPeople,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    RecordDetail,
    TaskAssigned,
)
from tests.coordinator.study.studies import (
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.study.test_stages import GATE, back
from tests.coordinator.wire import Talker, story, until

ALONE = (GATE % (600.0, 20.0)).replace("people = 2", "people = 1")


@pytest.mark.parametrize(
    ("bot", "outcome", "away", "raised"),
    [
        (False, "", 121.0, True),
        (False, "", 119.0, False),
        (False, "completed", 121.0, False),
        (True, "", 121.0, False),
    ],
)
def test_only_people_under_way_are_missed(
    bot: bool, outcome: Outcome, away: float, raised: bool
) -> None:
    person = Person(label="L01", bot=bot, arrived_at=0.0, outcome=outcome, away_since=10.0)
    assert absent(person, 10.0 + away) == raised


@story
async def test_alarms_are_raised_once_and_reach_the_operators(tmp_path: Path) -> None:
    file = write_study(tmp_path, ALONE, work=60)
    async with running_study(study_options(tmp_path, file)) as place:
        ann, one, task = await begun(place)
        await same_key(one, task, 20)
        alarm = await ann.hear_until(Notice)
        assert alarm.text.startswith("P001: the same answer 1")
        await until(lambda: bool(place.person("P001").alarms))
        await place.turn()
        assert [alarm.what for alarm in place.person("P001").alarms] == ["same-key"]


@story
async def test_figures_go_on_after_a_restart_and_a_readmission(tmp_path: Path) -> None:
    file = write_study(tmp_path, ALONE, work=60)
    async with running_study(study_options(tmp_path, file)) as place:
        ann, one, task = await begun(place)
        in_hand = await same_key(one, task, 4, timed=True)
        await ann.ask(PersonOrder("end", ("P001",)), PeopleDone)
        await same_key(one, in_hand, 2)
        await until(lambda: place.person("P001").outcome == "ended")
        await ann.ask(PersonOrder("readmit", ("P001",)), PeopleDone)
        await same_key(one, await one.talker.hear_until(TaskAssigned), 4)
        before = (await ann.ask(WatchPeople(), People)).rows[0]
        assert before.records == 10
        assert before.seconds_per_record is not None
    async with running_study(study_options(tmp_path, file)) as place:
        ann = await place.staff()
        after = (await ann.ask(WatchPeople(), People)).rows[0]
        assert (after.records, after.seconds_per_record) == (10, before.seconds_per_record)
        again = await back(place, one)
        await same_key(again, await again.talker.hear_until(TaskAssigned), 6)
        await until(lambda: bool(place.person("P001").alarms))
        assert place.person("P001").alarms[0].text.startswith("the same answer 1")


async def begun(place: StudyPlace) -> tuple[Talker, Participant, TaskAssigned]:
    """An operator, a participant at work, and the first task."""
    ann, one = await place.staff(), await place.participant()
    await one.shown(ConsentShown)
    await one.consent()
    return ann, one, await one.talker.hear_until(TaskAssigned)


async def same_key(
    one: Participant, task: TaskAssigned | None, records: int, *, timed: bool = False
) -> TaskAssigned | None:
    """Answer so many records with the same label; return the task in hand after that.

    If ``timed``, the first record of each task has a duration.
    """
    done, following = 0, task
    while done < records:
        assert following is not None
        n = len(following.records)
        details = (RecordDetail(0.0, 1.0), *[RecordDetail(0.0, 0.0)] * (n - 1)) if timed else ()
        answer = Answer(following.assignment, (1,) * n, details)
        following = (await one.talker.ask(answer, Acknowledged)).next
        done += n
    return following
