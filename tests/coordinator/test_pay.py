"""The pay rule over the wire: refusals, absences, silence, training, a coordinator that stops."""

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.core.commands import PayKind
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Joined,
    Leave,
    Over,
    Progress,
    Rejoin,
    Skip,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.coordinator.wire import PETS, Talker, options_for, patient, running, story, until

PRICE = 20_000


async def back(talker: Talker, token: str) -> None:
    await talker.ask(Rejoin(token), Joined)


@story
async def test_refusing_a_task_and_answering_it_then_is_paid_the_time_only(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        worker, task = await place.working()
        stop = await worker.ask(Skip(task.assignment), AssignmentStopped)
        late = await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert (late.outcome, late.micros) == ("late", stop.micros)
        assert stop.micros < PRICE / 2


@story
async def test_leaving_and_coming_back_with_the_answer_earns_nothing_more(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
        left = await worker.ask(Leave(), Over)
        async with await place.connect() as returned:
            await back(returned, joined.token)
            assert await returned.hear_until(Over) == left
            late = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
            assert late.micros == left.statement.partial_micros
            again = await returned.hear_a(Over)
            assert again.statement.total_micros == left.statement.total_micros


@story
async def test_an_answer_brought_back_from_a_lost_connection_is_paid_and_on_the_statement(
    pets: Options,
) -> None:
    options = options_for(pets.base, PETS.replace("start_with", "grace = 0.2, start_with"))
    async with running(options) as place:
        await place.submit("meow", "woof")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
        await worker.socket.close()
        await until(lambda: place.engine_worker(joined).over)
        async with await place.connect() as returned:
            await back(returned, joined.token)
            before = (await returned.hear_until(Over)).statement
            assert place.engine_worker(joined).connected, "from now on the grace passes"
            late = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
            assert (late.outcome, late.micros) == ("late", PRICE)
            after = (await returned.hear_a(Over)).statement
            assert after.total_micros == before.total_micros + PRICE - before.partial_micros


@story
async def test_waiting_is_paid_no_longer_than_a_moment_after_the_last_sign_of_life(
    pets: Options,
) -> None:
    """The connection stays open, and silent, until the coordinator gives it up."""
    options = options_for(pets.base, limits=patient(silence=0.5, presence=0.1))
    async with running(options) as place:
        worker, joined = await place.join()
        await worker.ask(Begin(), Wait)
        await until(lambda: not place.engine_worker(joined).connected)
        paid = place.engine_worker(joined).earned[PayKind.WAITING]
        assert paid <= 0.1 * 50_000 / 60 + 1


def test_two_seconds_after_the_last_sign_of_life_are_paid_by_default() -> None:
    assert Limits().presence == 2.0


@pytest.mark.parametrize("answered", [0, 1])
@story
async def test_training_is_paid_up_to_the_last_record_that_was_answered(
    pets: Options, answered: int
) -> None:
    async with running(pets) as place:
        async with await place.staff("requester") as requester:
            gold = [NewRecord(str(n), text="meow", gold="cat") for n in range(2)]
            await requester.ask(Submit((*gold, NewRecord("2", text="grr"))), Submitted)
        worker, joined = await place.join()
        await worker.ask(Begin(), TrainingAssigned)
        began = place.engine_worker(joined).joined
        if answered:
            await worker.say(Progress(answered))
            await until(lambda: place.engine_worker(joined).proven > 0)
        proven = place.engine_worker(joined).proven
        over = await worker.ask(Leave(), Over)
        due = round(proven * 50_000 / 60)
        assert abs(over.statement.training_micros - due) <= 1
        assert place.run.engine.now > began


@story
async def test_connections_lost_with_the_coordinator_are_not_counted_as_losses(
    pets: Options,
) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
    for _ in range(3):
        async with running(pets) as place:
            returned = await place.connect()  # is not closed before the coordinator is
            seen = place.engine_worker(joined)
            assert (seen.connected, seen.losses, seen.skipped) == (False, 0, 0)
            await back(returned, joined.token)
            assert (await returned.hear_until(TaskAssigned)).assignment == task.assignment
    async with running(pets) as place, await place.connect() as returned:
        await back(returned, joined.token)
        done = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert (done.outcome, done.micros) == ("counted", PRICE)
