"""Checks among the work: unrecognisable, never twice, and no part of any label."""

from collections import Counter, defaultdict
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import problems
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.runfile.journal import Journal, decode_event
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from tests.core.conftest import BenchOf
from tests.core.helpers import W1, W2, Bench, labels, only, run_config
from tests.core.witness import Witness

GOLD = {0: 1, 1: 1, 2: 1}


def bench(bench_of: BenchOf, *, size: int = 3, every: int = 3, work: int = 12, **sections) -> Bench:  # type: ignore[no-untyped-def]  # sections of a configuration
    """Three checks of class 1, then ``work`` records; every task is cut short unless changed."""
    made = bench_of(
        pool={"size": 1, **sections.pop("pool", {})},
        tasks={"records_per_task": size, **sections.pop("tasks", {})},
        quality={"checks_every": every},
        **sections,
    )
    made.submit(len(GOLD) + work, GOLD)
    return made


def extra_of(made: Bench, order: c.Assign) -> RecordId | None:
    task = made.engine.state.tasks[order.task].records
    return next((record for record in order.records if record not in task), None)


def answer(made: Bench, order: c.Assign, check: int = 1) -> list[c.Command]:
    """Class 0 for each record, ``check`` for the extra one."""
    extra = extra_of(made, order)
    return made.answer(order.worker, *[check if r == extra else 0 for r in order.records])


# -- one worker, step by step ---------------------------------------------------------------------


def test_a_check_fills_the_task_up_and_is_no_part_of_its_labels(bench_of: BenchOf) -> None:
    made = bench(bench_of)
    (order,) = only(made.join(), c.Assign)
    extra = extra_of(made, order)
    (delivered,) = only(answer(made, order), c.DeliverLabels)

    assert len(order.records) == 3
    assert extra in GOLD
    assert delivered.records == tuple(record for record in order.records if record != extra)
    assert delivered.labels == labels(0, 0)
    worker = made.engine.state.pool.workers[W1]
    assert (worker.checks_right, worker.checks_asked) == (1, 1)
    assert (worker.gold_correct, worker.gold_asked) == (1, 1)  # what reliability learns from


def test_a_worker_who_has_met_all_checks_gets_a_labelled_record(bench_of: BenchOf) -> None:
    made = bench(bench_of)
    made.join()
    met = []
    while W1 in made.holds:
        order = made.holds[W1]
        met.append(extra_of(made, order))
        answer(made, order, check=1)  # a filler too: another answer than its label

    state = made.engine.state
    assert set(met[:3]) == set(GOLD)
    assert all(extra is not None and extra not in GOLD for extra in met[3:])
    assert {state.labels[record] for record in state.labels} == {0}  # fillers decide nothing
    assert state.pool.workers[W1].checks_asked == 3
    assert len({len(order.records) for order in made.assigned.values()}) == 1


def test_two_workers_on_one_task_get_checks_of_their_own(bench_of: BenchOf) -> None:
    made = bench(bench_of, pool={"size": 2}, tasks={"votes": 2}, work=2)
    orders = only(made.join(2), c.Assign)

    assert len({order.task for order in orders}) == 1
    assert all(extra_of(made, order) in GOLD for order in orders)
    for order in orders:
        answer(made, order)
    assert sorted(made.engine.state.labels) == [3, 4]


def test_checks_are_drawn_from_gold_that_the_qualification_did_not_show(bench_of: BenchOf) -> None:
    made = bench(bench_of, qualification={"enabled": True, "records": 2, "pass_mark": 0.5})
    (shown,) = only(made.join(), c.Qualify)
    made.qualify(W1, 1, 1)
    first = extra_of(made, made.holds[W1])
    answer(made, made.holds[W1])

    assert {*shown.records, first} == set(GOLD)
    assert extra_of(made, made.holds[W1]) not in GOLD  # none is left


def test_each_use_of_a_known_answer_is_kept_apart(bench_of: BenchOf) -> None:
    made = bench_of(
        pool={"size": 1},
        tasks={"records_per_task": 2},
        quality={"checks_every": 2},
        qualification={"enabled": True, "records": 9, "pass_mark": 0.5},
    )
    known = {RecordId(record): ClassIndex(1) for record in range(6)}
    uses: dict[RecordId, e.KnownUse] = {
        RecordId(0): "training",
        RecordId(1): "qualification",
        RecordId(2): "qualification",
        RecordId(3): "check",
        RecordId(4): "check",
    }
    made.handle(e.RecordsSubmitted(RecordId(0), 10, known, True, uses))
    made.join()
    (shown,) = [one for said in made.said for one in only(said, c.Qualify)]
    made.qualify(W1, 1, 1)
    met = []
    while W1 in made.holds:
        met.append(extra_of(made, made.holds[W1]))
        answer(made, made.holds[W1])

    assert sorted(shown.records) == [1, 2]
    assert sorted(record for record in met if record in known) == [3, 4]


def test_a_skipped_check_is_not_asked_and_does_not_return(bench_of: BenchOf) -> None:
    made = bench(bench_of)
    (order,) = only(made.join(), c.Assign)
    extra = extra_of(made, order)
    made.answer(W1, *[None if record == extra else 0 for record in order.records])

    assert made.engine.state.pool.workers[W1].checks_asked == 0
    assert len(made.engine.state.labels) == 2
    while W1 in made.holds:
        assert extra not in made.holds[W1].records
        answer(made, made.holds[W1])


def test_records_skipped_beside_an_answered_check_are_asked_again(bench_of: BenchOf) -> None:
    made = bench(bench_of, work=2, pool={"size": 2})
    orders = only(made.join(2), c.Assign)
    extra = extra_of(made, orders[0])
    said = made.answer(W1, *[1 if record == extra else None for record in orders[0].records])

    assert made.engine.state.pool.workers[W1].checks_right == 1
    alone = [group for cut in only(said, c.CutBatch) for group in cut.records]
    assert sorted(alone) == [(3,), (4,)]


def test_a_task_given_back_comes_with_another_check(bench_of: BenchOf) -> None:
    made = bench(bench_of, work=2)
    (order,) = only(made.join(), c.Assign)
    (again,) = only(made.skip(W1), c.Assign)

    assert extra_of(made, order) != extra_of(made, again)
    assert {extra_of(made, order), extra_of(made, again)} < set(GOLD)


def test_a_person_readmitted_meets_no_check_again(bench_of: BenchOf) -> None:
    made = bench(bench_of)
    (order,) = only(made.join(), c.Assign)
    first = extra_of(made, order)
    made.handle(e.WorkerLeft(W1))
    made.handle(e.WorkerJoined(W2, W1))
    met = []
    while W2 in made.holds:
        met.append(extra_of(made, made.holds[W2]))
        answer(made, made.holds[W2])

    assert {extra for extra in met if extra in GOLD} == {*GOLD} - {first}


def test_a_late_answer_is_paid_for_the_check_and_proves_nothing(bench_of: BenchOf) -> None:
    made = bench(
        bench_of,
        pool={"size": 2},
        work=2,
        straggler_mitigation={"routing": "random"},
        pay={"terminated": "prorated", "per_record": 1.0},
    )
    first, second = only(made.join(2), c.Assign)
    made.answer(W2, *[0] * len(second.records), after=10.0)
    (late,) = only(made.answer_for(first.assignment, W1, after=1.0), c.Acknowledge)

    assert late.outcome is c.Outcome.LATE
    assert made.engine.state.assignments[first.assignment].micros == 3_000_000
    assert made.engine.state.pool.workers[W1].checks_asked == 0


# -- whole runs -----------------------------------------------------------------------------------


class Observed(Witness):
    """Also the sizes, places and shares of what workers are asked."""

    def __init__(self, config: object, gold: int) -> None:
        super().__init__(config)  # type: ignore[arg-type]  # a RunConfig
        self.uncut = 0
        self.known = gold
        self.whole: set[int] = set()  # tasks cut while there were records for a whole one
        self.orders: list[c.Assign] = []

    def see(self, now: float, event: e.Event, commands: list[c.Command]) -> None:
        if isinstance(event, e.RecordsSubmitted):
            self.uncut += event.count - len(event.gold)
        for command in commands:
            if isinstance(command, c.CutBatch):
                for task, group in zip(command.tasks, command.records, strict=True):
                    if self.uncut >= self.config.tasks.records_per_task:
                        self.whole.add(task)
                    self.uncut -= len(group)
            elif isinstance(command, c.Assign):
                self.orders.append(command)
        super().see(now, event, commands)


def run(seed: int, *, size: int, every: int, votes: int, gold: int, work: int) -> Observed:
    rng = Random(seed)
    config = run_config(
        classes=("a", "b"),
        seed=seed,
        pool={"size": 5},
        tasks={"records_per_task": size, "votes": votes, "batching": "continuous"},
        qualification={"enabled": True, "records": 3, "pass_mark": 0.0},
        quality={"checks_every": every, "confidence": 0.9 if votes > 2 else None},
    )
    truth = [rng.randrange(2) for _ in range(gold + work)]
    crowd = SimulatedCrowd(msgspec.convert({}, CrowdConfig), n_classes=2, seed=seed)
    witness = Observed(config, gold)
    simulation = Simulation(
        config,
        crowd,
        truth,
        gold=dict(enumerate(truth[:gold])),
        submissions=[(0.0, gold + work)],
        observe=witness.see,
    )
    while simulation.step():
        pass
    assert witness.ended
    assert witness.unsettled == 0
    return witness


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(2, 6),
    ratio=st.integers(1, 5),
    votes=st.sampled_from([1, 2, 3]),
    gold=st.sampled_from([4, 10, 40]),
)
def test_all_tasks_are_of_one_size_until_the_records_run_out(
    seed: int, size: int, ratio: int, votes: int, gold: int
) -> None:
    """The witness has seen meanwhile that no worker met a check twice."""
    seen = run(seed, size=size, every=size * ratio, votes=votes, gold=gold, work=60)
    sizes = {len(order.records) for order in seen.orders if order.task in seen.whole}

    assert sizes == {size}
    assert all(len(order.records) <= size for order in seen.orders)


def test_a_check_is_asked_once_in_so_many_records_at_any_place() -> None:
    places: Counter[int] = Counter()
    asked: Counter[str] = Counter()
    checks: dict[str, int] = defaultdict(int)
    for seed in range(4):
        seen = run(seed, size=5, every=20, votes=2, gold=400, work=1000)
        for order in seen.orders:
            asked[order.worker] += len(order.records)
            for place, record in enumerate(order.records):
                if record < 400:
                    checks[order.worker] += 1
                    places[place] += 1
        assert seen.reached["filler"] == 0

    assert sum(checks.values()) / asked.total() == pytest.approx(1 / 20, rel=0.05)
    busy = [worker for worker, count in asked.items() if count > 400]
    assert busy
    assert all(0.5 < checks[worker] / asked[worker] * 20 < 1.6 for worker in busy)
    assert all(0.14 < count / places.total() < 0.26 for count in places.values())
    assert len(places) == 5


# -- input, and what others keep ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quality", "size", "found"),
    [
        ({"checks_every": 20, "gold_share": 0.1}, 5, "replaces quality.gold_share"),
        ({"checks_every": 20}, 1, "cannot be cut one short"),
        ({"checks_every": 4}, 5, "more than one check in a task of 5 records; raise it to 5"),
    ],
)
def test_settings_that_do_not_go_together_are_named(
    quality: dict[str, float], size: int, found: str
) -> None:
    config = run_config(quality=quality, tasks={"records_per_task": size})

    assert [found in text for text in problems(config)] == [True]


def test_a_submission_without_uses_is_journalled_as_before() -> None:
    event = e.RecordsSubmitted(RecordId(0), 2, {RecordId(1): ClassIndex(0)})
    entry = Journal().entry(0.0, event)

    assert entry.body == (
        '{"event":"RecordsSubmitted","first":0,"count":2,"gold":{"1":0},"last":true}'
    )
    assert decode_event(entry.body) == event
    used = e.RecordsSubmitted(RecordId(0), 2, event.gold, True, {RecordId(1): "check"})
    assert decode_event(Journal().entry(0.0, used).body) == used
