"""Every action by its keys, against a real coordinator: what happens is read from its journal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from textual.widgets import Input

from clamshell_tui.client.operator import ConnectionState, Endpoint, RemoteRun
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.events import (
    Event,
    OrderCarriedOut,
    RunPaused,
    RunResumed,
    SettingChanged,
    StopRequested,
    WorkerDismissed,
)
from clamshell_tui.operator_app.pages.pool import PoolPage
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire.connection import parse_address
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.worker_messages import Join, Joined, Leave, Over, TaskAssigned, Wait
from tests.coordinator.wire import PETS, options_for, running, story
from tests.coordinator.wire import Place as Coordinator
from tests.operator_app.screen import Loaded, Screen, screen

_ORDERS = (
    RunPaused | RunResumed | StopRequested | WorkerDismissed | SettingChanged | OrderCarriedOut
)


@asynccontextmanager
async def watching(
    coordinator: Coordinator, page: str = "", seats: dict[str, str] | None = None
) -> AsyncIterator[Screen]:
    """Ann's screen."""
    token = coordinator.secrets["operator"][0]
    place = Endpoint(parse_address(f"127.0.0.1:{coordinator.port}"), token, "ann")
    source = await RemoteRun.connect(place, asyncio.get_running_loop().time)
    try:
        async with screen(source, (100, 30), page=page, seats=seats) as shown:
            await shown.until(lambda: source.contact == ConnectionState.CONNECTED)
            yield shown
    finally:
        await source.close()


@asynccontextmanager
async def operating(folder: Path, page: str = "") -> AsyncIterator[tuple[Coordinator, Screen]]:
    """A coordinator, and ann's screen on it."""
    async with (
        running(options_for(folder)) as coordinator,
        watching(coordinator, page) as shown,
    ):
        yield coordinator, shown


async def order(shown: Screen, key: str, line: str) -> None:
    """Choose an action by its key, and type what it asks for."""
    await shown.press("x", key)
    await shown.type(line)
    await shown.press("enter")


def orders(folder: Path) -> list[Event]:
    """The operators' orders in the journal."""
    with open_run(folder / "run.db") as file:
        return [event for _, event in file.events() if isinstance(event, _ORDERS)]


@story
async def test_pause_and_resume_are_one_key_each_and_what_is_refused_says_why(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        before = coordinator.digest
        await order(shown, "R", "AAAA-AAAA")
        await shown.reads("not done", "no such")
        assert coordinator.digest == before
        shown.app.clear_notifications()
        await shown.press("p")  # and the screen goes on
        await shown.reads("pause: done", "paused")
        assert coordinator.run.engine.state.paused
        await shown.press("r")
        await shown.reads("resume: done")
        assert not coordinator.run.engine.state.paused
    assert orders(tmp_path) == [RunPaused("ann"), RunResumed("ann")]


@story
async def test_a_stop_is_confirmed_first(tmp_path: Path) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        for no in ("n", "escape", "enter"):  # No is what Enter means, until Yes is chosen
            await shown.press("x", "S")
            await shown.reads("Drain and stop the run?", "cannot be undone")
            await shown.press(no)
            await shown.reads_no("Drain and stop the run?")
        assert not coordinator.run.finished
        await shown.press("x", "S", "y")
        await shown.until(lambda: coordinator.run.finished)
        await shown.reads("finished: stopped by ann")
    assert orders(tmp_path) == [StopRequested("ann")]


@story
async def test_a_run_can_be_started_with_those_who_have_come(tmp_path: Path) -> None:
    both = options_for(tmp_path, PETS.replace("start_with = 0.5", "start_with = 1.0"))
    async with running(both) as coordinator, watching(coordinator) as shown:
        await coordinator.submit("meow", last=False)
        await shown.press("x", "g")
        await shown.reads("Nobody has a slot yet")
        await shown.press("n")
        worker = await coordinator.worker()
        await worker.hear_a(Wait)
        await shown.reads("1 of 2")
        await shown.press("x", "g")
        await shown.reads("Start now, with those who have come?", "1 of 2 slots is filled")
        await shown.press("y")
        await worker.hear_a(TaskAssigned)
        await shown.press("x", "g")
        await shown.reads("The run has started")
    assert orders(tmp_path) == [SettingChanged("pool.start_with", 0.0, "ann")]


@story
async def test_a_worker_is_chosen_told_something_and_dismissed_after_a_question(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        first, second = await coordinator.worker(), await coordinator.worker()
        await first.hear_a(Wait)
        await second.hear_a(Wait)
        await shown.press("2")
        await shown.reads("P002")
        await shown.press("down", "x")
        await shown.reads("Message P002", "Dismiss P002")
        await shown.press("m")
        await shown.reads("Message to P002")
        await shown.type("  well done ")
        await shown.press("enter")
        assert (await second.hear_until(Notice)).text == "well done"
        await shown.reads("sent to 1 connected")
        await order(shown, "M", "lunch at noon")
        assert (await second.hear_until(Notice)).text == "lunch at noon"
        assert (await first.hear_until(Notice)).text == "lunch at noon"
        await shown.press("x", "k")
        await shown.reads("P002 loses the seat")
        await shown.press("y")
        assert (await second.hear_until(Over)).reason == "dismissed"
        await shown.reads("dismiss: done")
        await first.socket.close()
    did = orders(tmp_path)
    assert did[-1] == WorkerDismissed("P002", "ann")  # type: ignore[arg-type]  # a NewType of str
    assert [(each.order, each.text) for each in did if isinstance(each, OrderCarriedOut)] == [
        ("message", "well done"),
        ("message", "lunch at noon"),
    ]
    assert {each.operator for each in did} == {"ann"}  # type: ignore[union-attr]  # all have one


@story
async def test_what_is_typed_ahead_of_a_question_does_nothing_to_the_run(tmp_path: Path) -> None:
    async with operating(tmp_path) as (_, shown):
        for key in ("x", "p"):  # immediately: the menu is not there yet
            shown.app.simulate_key(key)
        await shown.reads("Actions")
        await shown.press("escape")
        await shown.reads_no("Actions")
        await shown.press("r")
        await shown.reads("resume: done")
    assert orders(tmp_path) == [RunResumed("ann")]


SETTINGS = [
    ("t", "maintenance.threshold", "7.5", 7.5),
    ("u", "straggler_mitigation.enabled", "on", True),
    ("x", "straggler_mitigation.max_duplicates", "1", 1),
    ("z", "pool.size", "3", 3),
    ("v", "tasks.votes", "3", 3),
    ("x", "straggler_mitigation.vote_duplicates", "1", 1),
    ("a", "learning.active_fraction", "0.25", 0.25),
]


def seen(shown: Screen) -> RunConfig:
    """The settings as the screen knows them."""
    return shown.app.source.replica.engine.state.config


@story
async def test_every_setting_is_asked_for_as_it_stands_and_changed(tmp_path: Path) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        for key, name, typed, _ in SETTINGS:
            await order(shown, key, typed)
            await shown.reads(f"{name} is {typed}")
            await shown.until(lambda: seen(shown) == coordinator.run.engine.state.config)
        config = coordinator.run.engine.state.config
        assert (config.pool.size, config.tasks.votes) == (3, 3)
        assert config.maintenance.threshold == 7.5
        assert config.straggler_mitigation.vote_duplicates == 1
    assert orders(tmp_path) == [
        SettingChanged(name, value, "ann") for _, name, _, value in SETTINGS
    ]


@story
async def test_what_lets_people_go_is_confirmed_first(tmp_path: Path) -> None:
    pets = PETS.replace("size = 2", "size = 2, smallest = 1")
    async with running(options_for(tmp_path, pets)) as coordinator, watching(coordinator) as shown:
        workers = [await coordinator.worker() for _ in range(2)]
        for worker in workers:
            await worker.hear_a(Wait)
        await shown.until(lambda: shown.app.view().snapshot.run.seated == 2)
        for key, typed, question, why in (
            ("z", "1", "Pool size Np: 1?", "1 worker loses the slot"),
            ("l", "on", "Pool sized by its load: on?", "their workers leave"),
        ):
            await order(shown, key, typed)
            await shown.reads(question, why)
            await shown.press("enter")  # No
            await shown.reads_no(question)
        await order(shown, "z", "1")
        await shown.reads("loses the slot")
        await shown.press("y")
        assert (await workers[1].hear_until(Over)).reason == "the pool was made smaller"
        await shown.reads("pool.size is 1")
        await shown.until(lambda: seen(shown).pool.size == 1)
        await order(shown, "z", "2")  # back to two slots: needs no confirmation
        await shown.reads("pool.size is 2")
        await order(shown, "l", "on")
        await shown.reads("are given up")
        await shown.press("y")
        await shown.reads("pool.autoscale is on")
        await workers[0].socket.close()
    assert orders(tmp_path) == [
        SettingChanged("pool.size", 1, "ann"),
        SettingChanged("pool.size", 2, "ann"),
        SettingChanged("pool.autoscale", True, "ann"),
    ]


WRONG = [
    ("z", "many", "pool.size: write a whole number from 1 to 10,000"),
    ("l", "maybe", "pool.autoscale: write on or off"),
    ("v", "9", "tasks.votes: 9 needs a pool of at least 9"),
]


@story
async def test_what_is_missing_or_wrong_is_said_and_can_be_mended_where_it_was_typed(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (_, shown):
        await shown.press("x", "k")  # on a worker, and none is chosen
        await shown.reads("choose a worker on the Pool page first")
        await shown.press("x", "z")
        await shown.reads("Pool size Np", "2")
        await shown.type(" ")
        await shown.press("enter")
        await shown.reads("type a value, or press Escape")
        await shown.press("escape")
        await shown.reads_no("Pool size Np")
        for key, typed, why in WRONG:
            await order(shown, key, typed)
            await shown.reads(why)
            assert shown.app.screen.query_one(Input).value == typed
            await shown.press("escape")
        await order(shown, "v", "two")
        await shown.reads("tasks.votes: write a whole number from 1 to 99")
        await shown.type("2")
        await shown.press("enter")
        await shown.reads("tasks.votes is 2")
    assert orders(tmp_path) == [SettingChanged("tasks.votes", 2, "ann")]


@story
async def test_a_code_that_is_issued_lets_somebody_in_and_a_revoked_one_nobody(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        codes = []
        for key in ("c", "C"):
            await shown.press("x", key)
            await shown.reads("A new seat for a", "clamshell-worker clam://127.0.0.1")
            line = next(line for line in shown.lines if "clam://" in line)
            codes.append(line.split("clam://")[1].split("/")[1].strip(" \u2502"))
            await shown.press("escape")
        async with await coordinator.connect() as worker:
            assert (await worker.ask(Join(codes[0]), Joined)).worker == "P001"
        await order(shown, "R", codes[1])
        await shown.reads("revoke-code: done")
        async with await coordinator.connect() as worker:
            assert (await worker.ask(Join(codes[1]), Error)).code == "code"
    assert all(code.encode() not in (tmp_path / "run.db").read_bytes() for code in codes)


@story
async def test_after_the_connection_is_lost_an_order_is_refused_with_words(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with running(options_for(tmp_path)) as coordinator:
            shown = await stack.enter_async_context(watching(coordinator))
        await shown.reads("lost")
        await shown.press("p")
        await shown.reads("cannot be reached")
        assert orders(tmp_path) == []


@story
async def test_a_run_in_a_file_cannot_be_acted_on(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as shown:
        await shown.press("x", "S")
        await shown.reads("nothing can be done to it")


@story
async def test_a_seat_that_is_taken_is_not_offered_any_more(tmp_path: Path) -> None:
    async with running(options_for(tmp_path)) as coordinator:
        first, second, *_ = codes = coordinator.secrets["seat"]
        seats = {code: f"clamshell-worker clam://127.0.0.1:7777/{code}" for code in codes}
        async with watching(coordinator, seats=seats) as shown:
            await shown.reads(f"{seats[first]}  j: more")
            async with await coordinator.connect() as worker:
                await worker.ask(Join(first), Joined)
                await shown.reads(f"{seats[second]}  j: more")
            await shown.press("j")
            await shown.reads(seats[second])
            assert first not in shown.text


@story
async def test_an_action_takes_all_marked_workers(tmp_path: Path) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        workers = [await coordinator.worker() for _ in range(3)]
        await shown.press("2")
        await shown.reads("P003")
        await shown.press("space", "down", "space")  # the first and the third
        await shown.reads("2 marked, Escape: none", "*P001", " P002", "*P003")
        await order(shown, "m", "well done")
        for worker in (workers[0], workers[2]):
            assert (await worker.hear_until(Notice)).text == "well done"
        await shown.reads("message: done for 2 workers")
        assert not shown.app.query_one(PoolPage).table.marked
        await shown.press("home", "space", "down", "space", "x", "k")
        await shown.reads("P001 and P003 lose their seats")
        await shown.press("y")
        for worker in (workers[0], workers[2]):
            assert (await worker.hear_until(Over)).reason == "dismissed"
        await shown.reads("dismiss: done for 2 workers")


@story
async def test_a_worker_who_has_left_can_be_readmitted(tmp_path: Path) -> None:
    async with operating(tmp_path) as (coordinator, shown):
        worker = await coordinator.worker()
        await worker.hear_a(Wait)
        await worker.say(Leave())
        await worker.hear_a(Over)
        await shown.press("2")
        await shown.reads("gone")
        await shown.press("x", "k")
        await shown.reads("choose a worker on the Pool page first")
        await shown.press("x", "b")
        await shown.reads("P001 may join again")
