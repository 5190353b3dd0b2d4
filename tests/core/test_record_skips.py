"""One record skipped in an answer: the rest counts, and the record is asked again, alone."""

from typing import Any

import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import RecordId, WorkerId
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, Bench, choices, only

THREES: dict[str, Any] = {
    "tasks": {"records_per_task": 3},
    "straggler_mitigation": {"enabled": False},
}
A, B = 0, 1


def delivered(commands: list[c.Command]) -> list[tuple[RecordId, ...]]:
    return [each.records for each in only(commands, c.DeliverLabels)]


def alone(bench: Bench, record: RecordId) -> WorkerId | None:
    """The worker who has this record in hand and no other."""
    return next((w for w, held in bench.holds.items() if held.records == (record,)), None)


def test_the_rest_counts_and_the_record_goes_alone_to_another_worker(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=6, **THREES)
    first, second, third = bench.holds[W1].records
    commands = bench.answer(W1, A, None, B, after=6.0)
    assert delivered(commands) == [(first, third)]
    (cut,) = only(commands, c.CutBatch)
    assert cut.records == ((second,),)
    assert alone(bench, second) is None, "W1 is free, but has skipped it"
    assert [each.records for each in only(bench.answer(W2), c.Assign)] == [(second,)]
    assert alone(bench, second) == W2
    assert delivered(bench.answer(W2)) == [(second,)]
    assert bench.phase == "finished"


def test_a_skip_is_paid_its_share_of_the_time_as_waiting(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=6, **THREES)
    (ack,) = only(bench.answer(W1, A, None, None, after=6.0), c.Acknowledge)
    assert (ack.micros, ack.partial) == (23_334, 3_334), "20,000 and 4 s at 50,000 a minute"


def test_a_skip_is_never_paid_more_than_its_record(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=6, **THREES)
    (ack,) = only(bench.answer(W1, A, None, B, after=600.0), c.Acknowledge)
    assert ack.micros == 60_000


def test_an_answer_that_skips_all_records_is_impossible(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=6, **THREES)
    held = bench.holds[W1].assignment
    with pytest.raises(InvalidEventError, match="an answer needs 3 classes"):
        bench.engine.handle(e.AssignmentAnswered(held, W1, choices(None, None, None)), 1.0)


def test_a_record_is_set_aside_after_three_different_people(pool_of: PoolOf) -> None:
    bench = pool_of(4, records=12, **THREES)
    record = bench.holds[W1].records[0]
    for worker in (W1, W2, W3, WorkerId("W4")):
        if worker != W1:
            bench.answer(worker, after=1.0)
        else:
            bench.answer(W1, None, A, A, after=1.0)
    holders = []
    while (holder := alone(bench, record)) is not None:
        holders.append(holder)
        commands = bench.skip(holder, after=1.0)
    assert len(holders) == len({W1, *holders}) - 1 == 2
    assert [each.records for each in only(commands, c.SetAside)] == [(record,)]


def test_one_skip_is_enough_where_one_failure_is(pool_of: PoolOf) -> None:
    tasks = {"records_per_task": 3, "max_failures": 1}
    bench = pool_of(2, records=6, tasks=tasks, straggler_mitigation={"enabled": False})
    second = bench.holds[W1].records[1]
    (aside,) = only(bench.answer(W1, A, None, B, after=6.0), c.SetAside)
    assert aside.records == (second,)


def test_those_who_skip_half_of_all_records_set_nothing_aside(pool_of: PoolOf) -> None:
    tasks = {"records_per_task": 2, "batching": "continuous", "pool_batch_ratio": 0.1}
    bench = pool_of(4, records=300, tasks=tasks, straggler_mitigation={"enabled": False})
    while held := [worker for worker in (W1, W2, W3) if worker in bench.holds]:
        for worker in held:
            if len(bench.holds[worker].records) > 1:
                bench.answer(worker, A, None, after=1.0)
            else:
                bench.skip(worker, after=1.0)
    assert not bench.all_commands(c.SetAside)
    assert {each.worker for each in bench.all_commands(c.Release)} == {W1, W2, W3}


def test_votes_on_a_skipped_record_are_kept(pool_of: PoolOf) -> None:
    tasks = {"records_per_task": 2, "votes": 3}
    bench = pool_of(4, records=2, tasks=tasks, straggler_mitigation={"enabled": False})
    first, second = bench.holds[W1].records
    bench.answer(W1, A, B, after=1.0)
    bench.answer(W2, A, None, after=1.0)
    commands = bench.answer(W3, A, B, after=1.0)
    assert delivered(commands) == [(first,)]
    (last,) = only(commands, c.Assign)
    assert (last.worker, last.records) == (WorkerId("W4"), (second,)), "the only one without a say"
    (label,) = only(bench.answer(WorkerId("W4"), A, after=1.0), c.DeliverLabels)
    assert label.labels == choices(B)
    assert label.support == pytest.approx((2 / 3,))


def test_a_gold_record_is_not_asked_again_and_not_counted(pool_of: PoolOf) -> None:
    bench = pool_of(
        1,
        records=0,
        last=False,
        tasks={"records_per_task": 2},
        quality={"gold_share": 0.4},
        straggler_mitigation={"enabled": False},
    )
    bench.submit(30, {0: B})
    while (held := bench.holds.get(W1)) is not None:
        given = [None if record == RecordId(0) else A for record in held.records]
        bench.answer(W1, *given, after=1.0)
    worker = bench.engine.state.pool.workers[W1]
    assert (worker.gold_asked, len(bench.engine.state.labels)) == (0, 29)
    assert worker.skipped_share > 0
