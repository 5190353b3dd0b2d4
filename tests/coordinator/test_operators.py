"""Operators' orders and requests."""

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.core.events import Event, RunPaused, RunResumed, SettingChanged, StopRequested
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire.messages import Authenticate, Error, Notice
from clamshell_tui.wire.operator_messages import (
    Done,
    FindUnused,
    Order,
    UnusedFound,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Join,
    Joined,
    Over,
    Rejoin,
    TaskAssigned,
    Wait,
)
from tests.coordinator.wire import options_for, running, story


@story
async def test_a_pause_is_told_to_who_waits_and_a_task_in_hand_may_be_finished(
    pets: Options,
) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        idle = await place.worker()
        await idle.hear_a(Wait)
        busy = await place.worker()
        await busy.hear_a(Wait)
        await place.submit("meow", last=False)
        task = await idle.hear_a(TaskAssigned)
        await operator.ask(Order("pause"), Done)
        assert (await busy.hear_a(Wait)).state == "paused"
        await place.submit("woof")
        done = await idle.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert done.next is None
        assert (await idle.hear_a(Wait)).state == "paused"
        await operator.ask(Order("resume"), Done)
        # One of them gets the record that came meanwhile, the other one is free.
        told = {type(await idle.hear()), type(await busy.hear())}
        assert told == {TaskAssigned, Wait}


@story
async def test_a_stop_finishes_the_work_in_hand_and_releases_everybody(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        await place.submit("meow", "woof")
        worker, task = await place.working()
        await operator.ask(Order("stop"), Done)
        assert not place.run.finished
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        over = await worker.hear_a(Over)
        assert (over.reason, place.run.finished) == ("the run is over", True)
        assert place.run.engine.state.finish_reason == "stopped by ann"


@story
async def test_orders_are_in_the_journal_with_the_operators_name(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator", "eve") as operator:
        await operator.ask(Order("pause"), Done)
        await operator.ask(Order("resume"), Done)
        await operator.ask(Order("set", key="pool.size", value=3), Done)
        await operator.ask(Order("stop"), Done)
    with open_run(pets.db) as file:
        said = [event for _, event in file.events()]
    expected: list[Event] = [
        RunPaused("eve"),
        RunResumed("eve"),
        SettingChanged("pool.size", 3, "eve"),
        StopRequested("eve"),
    ]
    assert [event for event in said if event in expected] == expected


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order("set", key="seed", value=3.0), "cannot be changed"),
        (Order("set", key="pool.size", value="many"), "pool.size"),
        (Order("dismiss", worker="P009"), "there is no worker P009"),
        (Order("message", worker="P009", text="hi"), "there is no worker P009"),
        (Order("revoke-code", text="AAAA-AAAA"), "no such unused code"),
    ],
)
@story
async def test_an_order_that_cannot_be_carried_out_is_refused_and_changes_nothing(
    pets: Options, order: Order, why: str
) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        before = place.digest
        error = await operator.ask(order, Error)
        assert (error.code, error.fatal, why in error.message) == ("request", False, True)
        assert place.digest == before


@story
async def test_a_dismissed_worker_goes_with_a_statement(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        worker = await place.worker()
        await worker.hear_a(Wait)
        await operator.ask(Order("dismiss", worker="P001"), Done)
        assert (await worker.hear_a(Over)).reason == "dismissed"


@story
async def test_a_message_reaches_one_worker_or_all(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        ann, bob = await place.worker(), await place.worker()
        await ann.hear_a(Wait)
        await bob.hear_a(Wait)
        assert (await operator.ask(Order("message", text="lunch at noon"), Done)).detail == "2"
        assert (await ann.hear_a(Notice)).text == "lunch at noon"
        await operator.ask(Order("message", worker="P002", text="you too"), Done)
        assert [(await bob.hear_a(Notice)).text for _ in range(2)] == ["lunch at noon", "you too"]


@story
async def test_codes_can_be_issued_and_revoked(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        good = (await operator.ask(Order("issue-code"), Done)).detail
        bad = (await operator.ask(Order("issue-code", key="bot"), Done)).detail
        free = (await operator.ask(FindUnused((bad, good, "AAAA-AAAA")), UnusedFound)).codes
        assert free == (bad, good)
        await operator.ask(Order("revoke-code", text=bad), Done)
        assert (await operator.ask(FindUnused((bad, good)), UnusedFound)).codes == (good,)
        async with await place.connect() as worker:
            await worker.ask(Join(good), Joined)
        assert (await operator.ask(FindUnused((bad, good)), UnusedFound)).codes == ()
        async with await place.connect() as worker:
            assert (await worker.ask(Join(bad), Error)).code == "code"
        assert (await operator.ask(Order("revoke-code", text=good), Error)).code == "request"


@story
async def test_a_new_code_lets_guessers_of_an_address_try_again(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        for _ in range(6):
            async with await place.connect() as guesser:
                await guesser.ask(Join("AAAA-AAAA"), Error)
        code = (await operator.ask(Order("issue-code"), Done)).detail
        async with await place.connect() as worker:
            await worker.ask(Join(code), Joined)


@story
async def test_a_wrong_token_makes_nobody_an_operator(pets: Options) -> None:
    async with running(options_for(pets.base)) as place:
        for token in ("x" * 43, place.secrets["requester"][0]):
            async with await place.connect("operator") as stranger:
                error = await stranger.ask(Authenticate(token), Error)
                assert (error.code, error.fatal) == ("token", True)


@story
async def test_an_expired_code_is_told_from_a_wrong_one_and_a_new_one_is_good(
    pets: Options,
) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        seated, joined = await place.join()
        late, sessions = place.code(), place.run.sessions
        now, sessions.clock = sessions.clock(), lambda: now + pets.limits.code
        for _ in range(pets.limits.wrong_codes_per_minute + 1):  # it is no guess, whatever else
            async with await place.connect() as refused:
                error = await refused.ask(Join(late), Error)
                assert error.message == "that code has expired; ask the operator for a new one"
        fresh = (await operator.ask(Order("issue-code"), Done)).detail
        async with await place.connect() as welcome:
            assert await welcome.ask(Join(fresh), Joined)
        await seated.socket.close()
        async with await place.connect() as returned:
            assert (await returned.ask(Rejoin(joined.token), Joined)).worker == joined.worker
