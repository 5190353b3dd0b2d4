"""The page of people, on studies that are served: what it shows, and every action by its keys."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from clamshell_tui.client.operator import Endpoint, RemoteRun
from clamshell_tui.operator_app.pages.people import PeoplePage
from clamshell_tui.operator_app.person_actions import PERSON_ACTIONS, micros_of
from clamshell_tui.study.start_time import shown_time
from clamshell_tui.wire.connection import parse_address
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.study_messages import (
    ConsentShown,
    DebriefShown,
    GateShown,
    PagesShown,
    PausedShown,
    People,
    StartAt,
)
from clamshell_tui.wire.worker_messages import TaskAssigned
from tests.coordinator.study.studies import (
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.study.test_stages import GATE
from tests.coordinator.wire import story, until
from tests.operator_app.screen import Screen, screen


@asynccontextmanager
async def watching(
    place: StudyPlace, size: tuple[int, int] = (80, 24), *, read_only: bool = False
) -> AsyncIterator[Screen]:
    """Ann's screen on a study, once it has heard of the people."""
    token = place.secrets["operator"][0]
    end = Endpoint(parse_address(f"127.0.0.1:{place.port}"), token, "ann")
    source = await RemoteRun.connect(end, asyncio.get_running_loop().time)
    try:
        async with screen(source, size, read_only=read_only) as shown:
            await shown.reads("P001")
            yield shown
    finally:
        await source.close()


@asynccontextmanager
async def studied(folder: Path, **given: str) -> AsyncIterator[tuple[StudyPlace, Screen]]:
    """A study of three, and ann's screen on it."""
    file = write_study(folder, **given)  # type: ignore[arg-type]  # only the stages
    async with running_study(study_options(folder, file)) as place, watching(place) as shown:
        yield place, shown


@story
async def test_the_page_of_people_comes_first_and_follows_them(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        assert isinstance(shown.app.page, PeoplePage)
        await shown.reads("1 People", "2 Overview", "Nobody has come yet", "clamshell slips")
        await shown.reads("0 of 3 have come", "3 invited", "not come yet")
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 1)
        await shown.reads("1 of 3 have come, 1 here", "1 work", "2 invited")
        line = next(line for line in shown.lines if "P001" in line)
        assert "here" in line
        assert "\u20ac5.0" in line
        await one.talker.socket.close()
        await shown.reads("away 0:0")
        await shown.press("2")
        await shown.reads("Last labels")
        await shown.press("1")
        await shown.reads("1 work")


@pytest.mark.slow
@story
async def test_marked_participants_are_told_paused_and_resumed_at_once(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one, two = await place.participant(), await place.participant(1)
        await one.shown(ConsentShown)
        await two.shown(ConsentShown)
        await shown.reads("2 consent")
        await shown.press("space", "space")
        await shown.reads("2 marked")
        await shown.press("x")
        await shown.reads("Message P001 and P002")
        await shown.press("m")
        await shown.type("five minutes left")
        await shown.press("enter")
        for each in (one, two):
            assert (await each.talker.hear_until(Notice)).text == "five minutes left"
        await shown.reads("sent to 2 connected")
        assert not shown.app.page.table.marked  # type: ignore[attr-defined]  # it is of people
        await shown.press("home", "p")
        await until(lambda: place.person("P001").paused)
        await shown.reads("paused")
        assert not place.person("P002").paused
        await shown.press("a", "p")
        await until(lambda: place.person("P001").paused and place.person("P002").paused)
        await one.shown(PausedShown)
        await shown.reads("P003  has not come yet")
        await shown.press("escape", "a", "r")
        await one.shown(ConsentShown)


@pytest.mark.slow
@story
async def test_money_is_asked_for_in_the_currency_with_a_reason(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one = await place.participant()
        await one.shown(ConsentShown)
        await shown.reads("1 consent")
        await shown.press("x", "+")
        await shown.reads("Bonus for P001, in EUR")
        await shown.type("-3")
        await shown.press("enter")
        await shown.reads("nothing is deducted")
        await shown.type("2,50")
        await shown.press("enter")
        await shown.reads("Bonus for P001: why?")
        await shown.type("helped a neighbour")
        await shown.press("enter")
        await shown.reads("bonus: done for P001", "\u20ac7.50")
        await shown.press("x", "dollar_sign")
        await shown.reads("\u20ac7.50 in all is recorded")
        await shown.press("y")
        await shown.reads("is under way, and is paid after it")
        await shown.press("escape", "x", "k")
        await shown.type("fire alarm")
        await shown.press("enter")
        await shown.reads("End the study of P001?", "Everything earned is paid")
        await shown.press("y")
        await one.shown(DebriefShown)
        await shown.reads("1 ended")
        await shown.press("x", "dollar_sign", "y")
        await shown.until(lambda: place.person("P001").paid_micros == 7_500_000)
        await shown.reads("paid: done")


@pytest.mark.slow
@story
async def test_the_study_is_ended_for_all_once_it_is_said_where_they_are(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one = await place.participant()
        await place.participant(1)
        await one.shown(ConsentShown)
        await one.consent()
        await one.shown(PagesShown)
        await shown.reads("1 instructions", "1 consent")
        await shown.press("c")  # pages 2 to 6 follow one condition: this order is about all
        await shown.reads("alone")
        await shown.press("x", "S")
        await shown.reads("for all?", "1 at consent, 1 at instructions. Who", "The 1 not")
        await shown.press("n")
        assert not place.run.itinerary.stopped
        await shown.press("x", "S", "y")
        await one.shown(DebriefShown)
        await until(lambda: place.person("P002").concluded)


@pytest.mark.parametrize("line", ["", "two", "0", "-1", "nan", "inf", "1e9", "0.0000001"])
def test_what_is_no_amount_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        micros_of(line)


@pytest.mark.slow
@story
async def test_new_codes_are_shown(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one = await place.participant()
        await shown.reads("1 consent")
        await shown.press("x", "n")
        await shown.reads("no longer valid")
        await shown.press("y")
        assert (await one.talker.hear_until(Error)).code == "replaced"
        await shown.reads("The new codes", "P001 ")
        assert one.code not in shown.text


@story
async def test_who_was_refused_is_listed_and_stays_marked(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one = await place.participant()
        await one.shown(ConsentShown)
        await shown.reads("1 consent")
        await shown.press("a", "p")
        await shown.reads("pause: done for 1 of 3 participants", "Not done for 2 participants:")
        await shown.reads("P002  has not come yet", "P003  has not come yet")
        assert place.person("P001").paused
        await shown.press("escape")
        await shown.reads("2 marked")


@pytest.mark.slow
@story
async def test_200_new_codes_are_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_study(tmp_path, people=200)
    monkeypatch.chdir(tmp_path)
    async with (
        running_study(study_options(tmp_path, file)) as place,
        watching(place) as shown,
    ):
        await shown.press("a", "x", "n", "y")
        await shown.reads("The new codes", "more lines below", "w: write them to a file")
        await shown.press("w")
        await shown.type("pets.toml")
        await shown.press("enter")
        await shown.reads("cannot write pets.toml: File exists. Name another file")
        await shown.type("codes.txt")
        await shown.press("enter")
        await shown.reads("written to codes.txt")
        written = [line.split() for line in (tmp_path / "codes.txt").read_text().splitlines()]
        assert [line[0] for line in written] == [f"P{number:03}" for number in range(1, 201)]
        last = Participant(await place.connect(), written[-1][1])
        assert (await last.join()).worker == "P200"
        assert written[-1][-1].endswith(written[-1][1])


@story
async def test_the_gate_is_opened_for_those_who_are_here(tmp_path: Path) -> None:
    async with studied(tmp_path, stages=GATE % (600.0, 20.0)) as (place, shown):
        await shown.press("x", "t")
        await shown.type("noon")
        await shown.press("enter")
        await shown.reads('"noon" is not a time of day')
        later = shown_time(time.time() + 7200)  # noqa: TID251  # that of the coordinator
        await shown.type(later)
        await shown.press("enter")
        await shown.reads(f"the gate opens at {later}", f"gate: 0 here, opens at {later}")
        one = await place.participant()
        await one.shown(ConsentShown)
        await one.consent()
        await one.shown(GateShown)
        await shown.reads(f"gate: 1 here, opens at {later}")
        await shown.press("x", "g")
        await shown.reads("Start now", "1 of 2 are here")
        await shown.press("y")
        await one.talker.hear_until(TaskAssigned)


@pytest.mark.parametrize(
    ("starts", "waiting", "hint"),
    [("", 2, "14:05"), ("9:30", 1, "empty: once 2 are here"), ("9:30", 2, "empty: now, as 2 are")],
)
def test_a_time_is_taken_back_by_an_empty_line(starts: str, waiting: int, hint: str) -> None:
    people = People((), ("gate",), (), "EUR", gate=1, waiting=waiting, needed=2, starts=starts)
    action = next(each for each in PERSON_ACTIONS if each.name == "start-at")
    prompt = action.asks[0](people, "")
    assert prompt.given == starts, "Enter alone changes nothing"
    assert hint in prompt.hint
    action.checks[0]("")
    if starts:
        assert action.order(people, (), (" ",)) == StartAt(1, "")
    else:
        with pytest.raises(ValueError, match="no time was set"):
            action.order(people, (), ("",))


@story
async def test_the_other_pages_follow_the_condition_that_is_chosen(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        source = shown.app.source
        assert source.study is not None
        assert source.study.people is not None
        first, second = source.study.people.conditions
        sizes = [source.config.tasks.records_per_task]
        await shown.press("2", "c")
        await shown.reads(f"pets {first}", "alone")
        await shown.press("c")
        await shown.reads(f"pets {second}", "alone")
        sizes.append(source.config.tasks.records_per_task)
        assert sizes == [2, 1]
        await shown.press("6")
        await shown.reads("records", "\u20ac0.000")
        assert "$" not in shown.text
        await shown.press("x")
        await shown.reads("Drain and stop the run")
        assert "join code" not in shown.text
        await shown.press("escape", "p")
        states = [each.run.engine.state for each in place.service.stages.conditions.values()]
        await until(lambda: states[1].paused)
        await shown.reads("paused")
        assert not states[0].paused
        await shown.press("c")
        await shown.reads(f"pets {first}", "all")
        await shown.press("p")
        await until(lambda: states[0].paused)


@pytest.mark.slow
@pytest.mark.parametrize("named", [False, True])
@story
async def test_conditions_are_letters_unless_the_study_is_open(tmp_path: Path, named: bool) -> None:
    file = write_study(tmp_path)
    text = file.read_text().replace('"two"', '"zebra"').replace('"one"', '"okapi"')
    file.write_text(text + f"study.open_label = {str(named).lower()}\n")
    seen = ""
    async with running_study(study_options(tmp_path, file)) as place, watching(place) as shown:
        one = await place.participant()
        await one.learn()
        await shown.reads("1 work")
        for _ in range(3):  # all of them, then each condition alone
            for page in "123456":
                await shown.press(page)
                seen += shown.text
            await shown.press("x")
            seen += shown.text
            await shown.press("escape", "c")
    assert ("zebra" in seen, "okapi" in seen) == (named, named)


@pytest.mark.slow
@story
async def test_actions_on_the_pool_name_a_readmitted_worker_by_label(tmp_path: Path) -> None:
    async with studied(tmp_path) as (place, shown):
        one = await place.participant()
        task = await one.learn()
        await shown.reads("1 work")
        await shown.press("x", "k")
        await shown.type("by mistake")
        await shown.press("enter", "y")
        await one.work(task, 1)
        await one.shown(DebriefShown)
        await shown.reads("1 ended")
        await shown.press("x", "b")
        await one.talker.hear_until(TaskAssigned)
        if place.person("P001").condition == list(place.service.stages.conditions)[1]:
            await shown.press("c", "c")
        await shown.press("3")
        await shown.reads("P001/2")
        await shown.press("home", "x")
        await shown.reads("Message P001 ...", "Dismiss P001 ...")
        await shown.press("m")
        await shown.type("welcome back")
        await shown.press("enter")
        assert (await one.talker.hear_until(Notice)).text == "welcome back"


@pytest.mark.slow
@story
async def test_an_alarm_rings_the_bell_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studied(tmp_path) as (place, shown):
        rung: list[str] = []
        monkeypatch.setattr(shown.app, "bell", lambda: rung.append("bell"))
        one = await place.participant()
        await one.shown(ConsentShown)
        from clamshell_tui.study.events import AlarmRaised

        event = AlarmRaised("P001", "absent", "has been away for long")
        place.service.run_loop.call(lambda now: place.run.apply(event, now))
        await shown.reads("!1", "! P001  has been away for long")
        await place.turn()
        await shown.drawn()
        assert rung == ["bell"]


@pytest.mark.slow
@story
async def test_a_read_only_screen_shows_people_and_does_nothing(tmp_path: Path) -> None:
    file = write_study(tmp_path)
    async with (
        running_study(study_options(tmp_path, file)) as place,
        watching(place, read_only=True) as shown,
    ):
        await place.participant()
        await shown.reads("1 consent", "read-only")
        await shown.press("x", "p")
        await shown.drawn()
        assert "Actions" not in shown.text
        await place.turn()
        assert not place.person("P001").paused
