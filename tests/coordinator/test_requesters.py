"""Records in, labels out, over the wire."""

from collections.abc import Iterable

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.requester_handler import RequesterHandler
from clamshell_tui.core.ids import RecordId
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.requester_messages import (
    Follow,
    LabelsDelivered,
    NewRecord,
    Predict,
    Predicted,
    Submit,
    Submitted,
)
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, Begin, TaskAssigned, Wait
from tests.coordinator.wire import PETS, Talker, options_for, running, story


def named(*names: str) -> tuple[NewRecord, ...]:
    return tuple(NewRecord(name, text=f"about {name}") for name in names)


async def label_all(worker: Talker, task: TaskAssigned, labels: Iterable[int]) -> None:
    for label in labels:
        await worker.say(Answer(task.assignment, (label,)))
        done = await worker.hear_until(Acknowledged)
        task = done.next or task


@story
async def test_labels_flow_to_a_follower_as_they_are_delivered(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        await requester.ask(Submit(named("a", "b"), last=True), Submitted)
        await requester.say(Follow())
        worker, task = await place.working()
        first = task.records[0].id
        await worker.say(Answer(task.assignment, (1,)))
        heard = await requester.hear_a(LabelsDelivered)
        assert [(one.number, one.id, one.label, one.support) for one in heard.labels] == [
            (0, first, "dog", 1.0)
        ]
        second = (await worker.hear_until(Acknowledged)).next
        assert second is not None
        await worker.say(Answer(second.assignment, (0,)))
        heard = await requester.hear_a(LabelsDelivered)
        assert ([one.number for one in heard.labels], heard.finished) == ([1], False)
        end = await requester.hear_a(LabelsDelivered)
        assert (end.labels, end.finished) == ((), True)


@story
async def test_a_follower_may_begin_anywhere_and_may_want_no_more_than_there_is(
    pets: Options,
) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        await requester.ask(Submit(named("a", "b", "c"), last=False), Submitted)
        worker, task = await place.working()
        await label_all(worker, task, (0, 1, 0))
        heard = await requester.ask(Follow(since=1, keep=False), LabelsDelivered)
        assert [one.number for one in heard.labels] == [1, 2]
        rest = await requester.hear_a(LabelsDelivered)
        assert (rest.labels, rest.finished) == ((), False)


@story
async def test_records_that_come_again_are_the_same_records(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        first = await requester.ask(Submit(named("a", "b")), Submitted)
        again = await requester.ask(Submit(named("a", "b", "c")), Submitted)
        assert (first.accepted, first.total) == (2, 2)
        assert (again.accepted, again.total) == (3, 3)
        nothing = await requester.ask(Submit(), Submitted)
        assert (nothing.accepted, nothing.total) == (0, 3)
        assert place.run.engine.state.records.submitted == 3


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ((NewRecord("a"),), "has no text"),
        ((NewRecord("a", text="x", gold="cta"),), 'did you mean "cat"'),
        ((NewRecord("a", text="x"), NewRecord("a", text="x")), "there twice"),
        ((NewRecord("old", text="something else"),), "with other contents"),
        ((NewRecord("\x1b[2J", text="x"),), "bad id"),
        ((NewRecord("", text="x"),), "bad id"),
    ],
)
@story
async def test_a_record_that_cannot_be_taken_is_refused_with_its_whole_submission(
    pets: Options, records: tuple[NewRecord, ...], why: str
) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        await requester.ask(Submit(named("old")), Submitted)
        before = place.digest
        error = await requester.ask(Submit((*named("new"), *records)), Error)
        assert (error.code, error.fatal) == ("request", False)
        assert why in error.message
        assert "\x1b" not in error.message
        assert (place.digest, len(place.run.records)) == (before, 1)


@story
async def test_a_run_with_records_of_its_own_says_how_to_serve_one_that_takes_some(
    pets: Options,
) -> None:
    async with running(pets) as place, await place.staff("requester"):
        (peer,) = place.coordinator.server.peers
        RequesterHandler(place.run, None, lambda _: None).take(peer, Submit(named("a")), 0.0)
        refused = [*place.run.messages.values()][-1][-1]
        assert isinstance(refused, Error)
        assert 'serve a scenario with [dataset] kind = "wire"' in refused.message


@story
async def test_no_records_are_taken_after_the_last(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        await requester.ask(Submit(named("a"), last=True), Submitted)
        error = await requester.ask(Submit(named("b")), Error)
        assert error.message == "the stream of records has ended"
        again = await requester.ask(Submit(named("a"), last=True), Submitted)
        assert again.total == 1


@story
async def test_the_stream_can_be_ended_without_a_record(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        await requester.ask(Submit(named("a")), Submitted)
        worker, task = await place.working()
        await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        await worker.hear_a(Wait)
        assert not place.run.finished
        await requester.ask(Submit(last=True), Submitted)
        assert place.run.finished


@story
async def test_numbers_are_shown_with_their_names(pets: Options) -> None:
    text = PETS.replace('"dog"]', '"dog"], kind_of = "numbers"')
    async with (
        running(options_for(pets.base, text)) as place,
        await place.staff("requester") as requester,
    ):
        error = await requester.ask(Submit(named("a")), Error)
        assert "has no numbers" in error.message
        record = NewRecord("a", numbers=(("weight", 4.5), ("legs", 4.0)))
        await requester.ask(Submit((record,)), Submitted)
        _, task = await place.working()
        assert task.records[0].numbers == (("weight", 4.5), ("legs", 4.0))


@story
async def test_without_a_model_there_is_no_prediction(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        assert await requester.ask(Predict(named("a")), Predicted) == Predicted(0)


@story
async def test_a_worker_who_waits_is_given_a_record_the_moment_it_comes(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        worker, _ = await place.join()
        await worker.ask(Begin(), Wait)
        await requester.say(Submit(named("a")))
        assert (await worker.hear_a(TaskAssigned)).records[0].id == "a"


def numbered(name: str, **numbers: float) -> NewRecord:
    return NewRecord(name, numbers=tuple(numbers.items()))


@story
async def test_numbers_are_known_by_their_names_whatever_their_order(pets: Options) -> None:
    text = PETS.replace('"dog"]', '"dog"], kind_of = "numbers"')
    async with (
        running(options_for(pets.base, text)) as place,
        await place.staff("requester") as requester,
    ):
        first, turned = numbered("a", weight=4.5, legs=4.0), numbered("b", legs=2.0, weight=1.5)
        await requester.ask(Submit((first, turned)), Submitted)
        shown = place.run.records.record(RecordId(1), with_truth=False)
        assert shown.numbers == (("weight", 1.5), ("legs", 2.0))
        error = await requester.ask(Submit((numbered("c", weight=1.0, eyes=2.0),)), Error)
        assert error.message == 'record c has no number "legs", as the others do'
        error = await requester.ask(Submit((numbered("d", weight=1.0, legs=4.0, eyes=2.0),)), Error)
        assert error.message == 'record d has a number "eyes", which the others do not have'
        twice = NewRecord("e", numbers=(("legs", 1.0), ("legs", 2.0)))
        error = await requester.ask(Submit((twice,)), Error)
        assert error.message == "record e has two numbers of one name"
