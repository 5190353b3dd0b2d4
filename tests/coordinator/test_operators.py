"""Operators' orders and requests."""

from pathlib import Path

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.core.events import Event, RunPaused, RunResumed, SettingChanged, StopRequested
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire.messages import Authenticate, Error, Granted, Notice
from clamshell_tui.wire.operator_messages import (
    CheckCodes,
    CodesChecked,
    Done,
    Order,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Begin,
    Join,
    Joined,
    Leave,
    Over,
    Rejoin,
    TaskAssigned,
    Wait,
)
from tests.coordinator.wire import PETS, Talker, options_for, patient, running, story, until


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
        (Order("revoke-code", text="AAAA-AAAA"), "there is no such code"),
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
async def test_messages_wait_for_those_who_are_away_also_across_a_restart(
    tmp_path: Path,
) -> None:
    pets = options_for(tmp_path)
    texts = ["lunch at noon", "you too", "back at one"]
    async with running(pets) as place, await place.staff("operator") as operator:
        ann, joined = await place.join()
        await ann.say(Begin())
        await ann.hear_a(Wait)
        await operator.ask(Order("message", text=texts[0]), Done)
        await ann.socket.close()
        await until(lambda: not place.engine_worker(joined).connected)
        for order in (
            Order("message", worker="P001", text=texts[1]),
            Order("message", text=texts[2]),
        ):
            assert (await operator.ask(order, Done)).detail == "0"
        async with await place.connect() as back:
            await back.ask(Rejoin(joined.token), Joined)
            assert [(await back.hear_a(Notice)).text for _ in texts] == texts
            await back.hear_a(Wait)
    async with running(pets) as place, await place.connect() as back:
        await back.ask(Rejoin(joined.token), Joined)
        assert [(await back.hear_a(Notice)).text for _ in texts] == texts


@story
async def test_those_who_wait_for_others_hear_how_many_have_come(tmp_path: Path) -> None:
    three = PETS.replace("size = 2, reserve = 1, start_with = 0.5", "size = 3, reserve = 0")
    async with (
        running(options_for(tmp_path, three)) as place,
        await place.staff("operator") as operator,
    ):
        await place.submit("meow", last=False)
        first = await place.worker()
        assert await _come(first) == (1, 3)
        second = await place.worker()
        assert await _come(second) == await _come(first) == (2, 3)
        await operator.ask(Order("set", key="pool.start_with", value=0.0), Done)
        said = [await first.hear(), await second.hear()]
        assert [type(each) for each in said] == [TaskAssigned, Wait]
        assert (said[1].present, said[1].needed) == (0, 0)  # type: ignore[union-attr]


async def _come(worker: Talker) -> tuple[int, int]:
    wait = await worker.hear_a(Wait)
    return wait.present, wait.needed


@story
async def test_codes_can_be_issued_checked_and_revoked(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        good = (await operator.ask(Order("issue-code"), Done)).detail
        bad = (await operator.ask(Order("issue-code", key="bot"), Done)).detail
        found = await operator.ask(CheckCodes((bad, good, "AAAA-AAAA")), CodesChecked)
        assert (found.free, found.taken) == ((bad, good), ())
        await operator.ask(Order("revoke-code", text=bad), Done)
        async with await place.connect() as worker:
            await worker.ask(Join(good), Joined)
        found = await operator.ask(CheckCodes((bad, good)), CodesChecked)
        assert (found.free, found.taken) == ((), (good,))
        async with await place.connect() as worker:
            error = await worker.ask(Join(bad), Error)
            assert (error.code, "no longer valid" in error.message) == ("code", True)


@story
async def test_a_reissued_code_ends_the_old_one_and_the_client_that_had_the_seat(
    pets: Options,
) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        code = place.code()
        thief = await place.connect()
        joined = await thief.ask(Join(code), Joined)
        fresh = (await operator.ask(Order("reissue-code", worker=joined.worker), Done)).detail
        assert (await thief.hear_until(Error)).code == "replaced"
        for message, answer in ((Rejoin(joined.token), "replaced"), (Join(code), "code")):
            async with await place.connect() as refused:
                assert (await refused.ask(message, Error)).code == answer
        async with await place.connect() as person:
            assert (await person.ask(Join(fresh), Joined)).worker == joined.worker


@story
async def test_a_readmitted_person_joins_again_with_the_same_code(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        code = place.code()
        worker = await place.connect()
        old = await worker.ask(Join(code), Joined)
        await worker.ask(Begin(), Wait)
        error = await operator.ask(Order("readmit", worker=old.worker), Error)
        assert "its code leads back to it" in error.message
        await worker.ask(Leave(), Over)
        assert (await operator.ask(Order("readmit", worker=old.worker), Done)).detail == code
        async with await place.connect() as returned:
            assert (await returned.ask(Rejoin(old.token), Error)).code == "token"
        async with await place.connect() as returned:
            new = await returned.ask(Join(code), Joined)
            assert (old.worker, new.worker, new.begun) == ("P001", "P002", False)


@story
async def test_a_token_is_the_same_until_it_is_rotated_or_revoked(pets: Options) -> None:
    async with running(pets) as place:
        old = place.secrets["requester"][0]
        operator, requester = await place.staff("operator"), await place.staff("requester")
        fresh = (await operator.ask(Order("rotate-token", key="requester"), Done)).detail
        assert (await requester.hear_until(Error)).code == "token"
        async with await place.connect("requester") as refused:
            assert (await refused.ask(Authenticate(old), Error)).code == "token"
        async with await place.connect("requester") as welcome:
            await welcome.ask(Authenticate(fresh), Granted)
        assert (await operator.ask(Order("rotate-token", key="worker"), Error)).code == "request"
    async with running(pets) as place, await place.staff("operator") as operator:
        assert place.secrets["requester"] == [fresh]
        await operator.ask(Order("revoke-token", key="requester"), Done)
        async with await place.connect("requester") as refused:
            assert (await refused.ask(Authenticate(fresh), Error)).code == "token"


@story
async def test_wrong_codes_refuse_no_right_one_and_the_operator_is_told(pets: Options) -> None:
    limits = patient(slow_answer=0.2)
    async with running(options_for(pets.base, limits=limits)) as place:
        operator = await place.staff("operator")
        for number in range(20):
            async with await place.connect() as guesser:
                began = place.coordinator.server.now()
                await guesser.say(Join("AAAA-AAAA"))
                await guesser.say(Join(place.secrets["seat"][0]))  # it had its try
                assert (await guesser.hear_a(Error)).message == "code not accepted: is it misspelt?"
                took = place.coordinator.server.now() - began
                assert (took >= 0.2) == (number >= 5), number
        assert (await operator.hear_until(Notice)).text == (
            "6 wrong codes from 127.0.0.1 within a minute"
        )
        await place.join()


@story
async def test_a_wrong_token_makes_nobody_an_operator(pets: Options) -> None:
    async with running(options_for(pets.base)) as place:
        for token in ("x" * 43, place.secrets["requester"][0]):
            async with await place.connect("operator") as stranger:
                error = await stranger.ask(Authenticate(token), Error)
                assert (error.code, error.fatal) == ("token", True)
