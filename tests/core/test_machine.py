"""Any sequence of events: workers get consistent commands and the exact pay.

Times are multiples of an eighth of a second, which floats hold exactly, so that the oracle's exact
arithmetic and the ledger must agree to the micro-dollar.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.batcher import BATCHINGS
from clamshell_tui.core.ids import AssignmentId, WorkerId
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.task_selector import SELECTORS
from clamshell_tui.run.totals import totals
from tests.core.helpers import Bench, choices, labels, records, replay, run_config
from tests.core.witness import Stage, Witness

DELAYS = st.sampled_from([0.0, 0.0, 0.125, 1.0, 3.5, 20.0, 45.0])
PICK = st.integers(0, 1_000_000)

CONFIGS = st.fixed_dictionaries(
    {
        "classes": st.just(("a", "b", "c")),
        "seed": st.integers(0, 3),
        "pool": st.fixed_dictionaries(
            {
                "size": st.integers(3, 5),
                "reserve": st.integers(0, 2),
                "start_with": st.sampled_from([0.3, 1.0]),
                "max_expired": st.integers(1, 2),
                "autoscale": st.booleans(),
                "smallest": st.integers(1, 3),
                "hold": st.just(60.0),
            }
        ),
        "recruitment": st.just({"every": 30.0}),
        "qualification": st.fixed_dictionaries(
            {"enabled": st.booleans(), "records": st.just(2), "pass_mark": st.just(0.5)}
        ),
        "tasks": st.fixed_dictionaries(
            {
                "records_per_task": st.sampled_from([1, 2, 2, 4]),
                "pool_batch_ratio": st.sampled_from([0.5, 1.0, 2.0]),
                "votes": st.sampled_from([1, 1, 2, 3]),
                "lease": st.sampled_from([40.0, 400.0]),
                "max_failures": st.integers(1, 3),
                "batching": st.sampled_from(sorted(BATCHINGS)),
            }
        ),
        "straggler_mitigation": st.fixed_dictionaries(
            {
                "enabled": st.sampled_from([True, True, False]),
                "routing": st.sampled_from(sorted(ROUTINGS)),
                "max_duplicates": st.sampled_from([1, 2, "unlimited"]),
                "vote_duplicates": st.sampled_from([1, 1, 2, "unlimited"]),
                "coupling": st.sampled_from(["decoupled", "coupled"]),
            }
        ),
        "maintenance": st.fixed_dictionaries(
            {
                "threshold": st.sampled_from([2.0, "auto", float("inf")]),
                "latency_estimator": st.sampled_from(sorted(LATENCY_ESTIMATORS)),
                "eviction": st.sampled_from(["graceful", "preempt"]),
                "check_every": st.just(10.0),
            }
        ),
        "quality": st.fixed_dictionaries(
            {
                "consensus": st.sampled_from(["majority", "weighted-majority"]),
                "gold_share": st.sampled_from([0.0, 0.3]),
                "checks_every": st.sampled_from([0, 4, 5]),
                "confidence": st.sampled_from([None, None, 0.9]),
            }
        ),
        "pay": st.fixed_dictionaries({"terminated": st.sampled_from(["full", "prorated"])}),
        "learning": st.fixed_dictionaries(
            {
                "enabled": st.booleans(),
                "selector": st.sampled_from(sorted(SELECTORS)),
                "retraining": st.sampled_from(["async", "sync"]),
                "timeout": st.just(30.0),
            }
        ),
        "stop": st.sampled_from([{}, {}, {"labels": 7}]),
    }
)

CHANGES = st.sampled_from(
    [
        ("maintenance.threshold", 1.0),
        ("maintenance.threshold", "inf"),
        ("straggler_mitigation.enabled", False),
        ("straggler_mitigation.enabled", True),
        ("straggler_mitigation.routing", "random"),
        ("straggler_mitigation.routing", "fewest-active"),
        ("straggler_mitigation.max_duplicates", 1),
        ("straggler_mitigation.vote_duplicates", 1),
        ("straggler_mitigation.vote_duplicates", "unlimited"),
        ("pool.size", 3),
        ("pool.size", 6),
        ("pool.autoscale", True),
        ("pool.autoscale", False),
        ("learning.active_fraction", 0.25),
    ]
)


class EngineMachine(RuleBasedStateMachine):
    """Workers, operator, requester and learner do whatever they can, in any order."""

    @initialize(config=CONFIGS)
    def begin(self, config: dict[str, Any]) -> None:
        if config["tasks"]["batching"] == "continuous":
            config["learning"]["retraining"] = "async"  # the only one that goes with it
        if config["tasks"]["records_per_task"] == 1:
            config["quality"]["checks_every"] = 0
        if config["quality"]["checks_every"]:
            config["quality"]["gold_share"] = 0.0
        if config["tasks"]["votes"] == 1:
            config["quality"]["confidence"] = None
        if config["quality"]["confidence"] is not None:
            config["straggler_mitigation"]["coupling"] = "decoupled"
        self.bench = Bench(run_config(**config))
        self.witness = Witness(self.bench.config)
        self.training = 0
        self.more = True
        self.handle(e.RecordsSubmitted(records(0)[0], 8, {records(0)[0]: labels(1)[0]}, False))
        for _ in range(3):
            self.join(0.0)

    # -- driving ----------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        bench = self.bench
        until = bench.now + seconds
        while bench.engine.next_deadline <= until:
            self.send(e.TimePassed(), max(bench.engine.next_deadline, bench.now))
        bench.now = until

    def handle(self, event: e.Event, delay: float = 0.0) -> None:
        self.pass_time(delay)
        self.send(event, self.bench.now)

    def send(self, event: e.Event, at: float) -> None:
        said = self.bench.handle(event, after=at - self.bench.now)
        self.witness.see(self.bench.now, event, said)
        for command in said:
            self.training += isinstance(command, c.Retrain)

    def workers(self, *stages: Stage) -> list[WorkerId]:
        return [w for w, seen in self.witness.workers.items() if seen.stage in stages]

    # -- workers ----------------------------------------------------------------------------------

    @rule(delay=DELAYS)
    def join(self, delay: float) -> None:
        self.bench.joined += 1
        worker = WorkerId(f"W{self.bench.joined}")
        self.handle(e.WorkerJoined(worker), delay)
        if self.witness.workers[worker].stage is Stage.TRAINING and delay != 1.0:
            self.qualify(0, delay, right=True)

    @precondition(lambda self: self.workers(Stage.TRAINING))
    @rule(pick=PICK, delay=DELAYS, right=st.booleans())
    def qualify(self, pick: int, delay: float, *, right: bool) -> None:
        self.pass_time(delay)
        trainees = self.workers(Stage.TRAINING)
        if trainees:
            given = labels(1 if right else 0)
            self.handle(e.QualificationAnswered(trainees[pick % len(trainees)], given))

    @precondition(lambda self: self.bench.holds)
    @rule(pick=PICK, delay=DELAYS, label=st.integers(0, 2))
    def answer(self, pick: int, delay: float, label: int) -> None:
        self.pass_time(delay)
        held = list(self.bench.holds.values())
        if held:
            order = held[pick % len(held)]
            given = labels(*([label] * len(order.records)))
            self.handle(e.AssignmentAnswered(order.assignment, order.worker, given))

    @rule(label=st.integers(0, 1))
    def answer_all(self, label: int) -> None:
        for order in list(self.bench.holds.values()):
            if self.bench.holds.get(order.worker) is order:
                given = labels(*([label] * len(order.records)))
                self.handle(e.AssignmentAnswered(order.assignment, order.worker, given), 1.0)

    @precondition(lambda self: self.bench.assigned)
    @rule(pick=PICK, delay=DELAYS, label=st.integers(0, 2))
    def answer_anything_ever_assigned(self, pick: int, delay: float, label: int) -> None:
        order = self.bench.assigned[AssignmentId(pick % len(self.bench.assigned))]
        given = labels(*([label] * len(order.records)))
        self.handle(e.AssignmentAnswered(order.assignment, order.worker, given), delay)

    @precondition(lambda self: self.bench.assigned)
    @rule(pick=PICK, delay=DELAYS)
    def skip(self, pick: int, delay: float) -> None:
        order = self.bench.assigned[AssignmentId(pick % len(self.bench.assigned))]
        self.handle(e.AssignmentSkipped(order.assignment, order.worker), delay)

    @precondition(lambda self: self.bench.assigned)
    @rule(pick=PICK, delay=DELAYS, label=st.integers(0, 2), keeps=PICK)
    def skip_some_records(self, pick: int, delay: float, label: int, keeps: int) -> None:
        order = self.bench.assigned[AssignmentId(pick % len(self.bench.assigned))]
        kept = keeps % len(order.records)
        given = [label if place == kept else None for place in range(len(order.records))]
        event = e.AssignmentAnswered(order.assignment, order.worker, choices(*given))
        self.handle(event, delay)

    @precondition(lambda self: self.workers(Stage.TRAINING))
    @rule(pick=PICK, delay=DELAYS)
    def go_on_with_the_tutorial(self, pick: int, delay: float) -> None:
        trainees = self.workers(Stage.TRAINING)
        self.handle(e.TutorialContinued(trainees[pick % len(trainees)], 1), delay)

    @rule(pick=PICK, delay=DELAYS, silent=st.sampled_from([None, 0.0, 9.0]), ours=st.booleans())
    def disconnect(self, pick: int, delay: float, silent: float | None, *, ours: bool) -> None:
        all_workers = list(self.witness.workers)
        worker = all_workers[pick % len(all_workers)]
        self.pass_time(delay)
        until = None if silent is None else self.bench.now - silent
        self.handle(e.WorkerDisconnected(worker, until, ours))

    @rule(pick=PICK, delay=DELAYS)
    def reconnect(self, pick: int, delay: float) -> None:
        away = [w for w, seen in self.witness.workers.items() if not seen.connected]
        chosen = away or list(self.witness.workers)
        self.handle(e.WorkerReconnected(chosen[pick % len(chosen)]), delay)

    @rule(pick=PICK, delay=DELAYS)
    def leave(self, pick: int, delay: float) -> None:
        all_workers = list(self.witness.workers)
        self.handle(e.WorkerLeft(all_workers[pick % len(all_workers)]), delay)

    @rule(pick=PICK, at=st.sampled_from([1.0, 50.0, 500.0]))
    def foretell(self, pick: int, at: float) -> None:
        if self.bench.assigned:
            which = AssignmentId(pick % len(self.bench.assigned))
            self.handle(e.CompletionForetold(which, self.bench.now + at))

    @rule(pick=PICK, mean=st.sampled_from([0.5, 8.0, 90.0]))
    def foretell_a_mean(self, pick: int, mean: float) -> None:
        all_workers = list(self.witness.workers)
        if all_workers:
            self.handle(e.LatencyForetold(all_workers[pick % len(all_workers)], mean))

    # -- requester, learner, operator, time -------------------------------------------------------

    @precondition(lambda self: self.more)
    @rule(count=st.integers(0, 4), last=st.booleans(), delay=DELAYS)
    def submit(self, count: int, last: bool, delay: float) -> None:
        first = records(self.witness.submitted)[0]
        self.handle(e.RecordsSubmitted(first, count, {}, last), delay)
        self.more = not last

    @precondition(lambda self: self.more)
    @rule(known=st.lists(st.integers(0, 2), min_size=1, max_size=4), delay=DELAYS)
    def submit_with_labels(self, known: list[int], delay: float) -> None:
        first = records(self.witness.submitted)[0]
        self.handle(e.LabelsKnown(first, labels(*known)), delay)

    @precondition(lambda self: self.more)
    @rule()
    def close_submission(self) -> None:
        self.handle(e.SubmissionClosed())
        self.more = False

    @precondition(lambda self: self.training)
    @rule(delay=DELAYS, seed=st.randoms(use_true_random=False), works=st.booleans())
    def train(self, delay: float, seed: Any, works: bool) -> None:
        self.training -= 1
        ranking = list(range(self.witness.submitted + 2))
        seed.shuffle(ranking)
        event = e.ModelTrained(records(*ranking), 1, 0.5) if works else e.TrainingFailed("broken")
        self.handle(event, delay)

    @rule(delay=DELAYS, resume=st.sampled_from([True, True, False]))
    def pause(self, delay: float, resume: bool) -> None:
        self.handle(e.RunPaused(), delay)
        if resume:
            self.handle(e.RunResumed(), delay)

    @rule(change=CHANGES, delay=DELAYS)
    def change_setting(self, change: tuple[str, Any], delay: float) -> None:
        self.handle(e.SettingChanged(*change), delay)

    @rule(pick=PICK, delay=DELAYS)
    def dismiss(self, pick: int, delay: float) -> None:
        all_workers = list(self.witness.workers)
        self.handle(e.WorkerDismissed(all_workers[pick % len(all_workers)]), delay)

    @rule(pick=PICK, delay=DELAYS, resume=st.sampled_from([True, True, False]))
    def pause_worker(self, pick: int, delay: float, resume: bool) -> None:
        all_workers = list(self.witness.workers)
        worker = all_workers[pick % len(all_workers)]
        self.handle(e.WorkerPaused(worker), delay)
        if resume:
            self.handle(e.WorkerResumed(worker), delay)

    @precondition(lambda self: self.bench.now > 60.0)
    @rule(delay=DELAYS)
    def stop(self, delay: float) -> None:
        self.handle(e.StopRequested(), delay)

    @rule(seconds=st.sampled_from([5.0, 31.0, 200.0]))
    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.sampled_from([5.0, 31.0, 200.0]))
    def stand_still(self, seconds: float) -> None:
        self.send(e.ClockStopped(seconds), self.bench.now + seconds)

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def pay_agrees_with_the_oracle(self) -> None:
        if hasattr(self, "witness"):
            self.witness.settle(self.bench.engine)

    @invariant()
    def nothing_is_left_undone(self) -> None:
        if hasattr(self, "bench"):
            assert self.bench.handle(e.TimePassed()) == []
            assert self.bench.engine.next_deadline > self.bench.now

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        check_invariants(self.bench.engine, full=True)
        self.finish()
        check_invariants(self.bench.engine, full=True)
        self.witness.settle(self.bench.engine)
        replay(self.bench)

    def finish(self) -> None:
        """Faults stop and honest workers stay: the run ends in bounded time (liveness)."""
        if self.more:
            self.close_submission()
        self.handle(e.RunResumed())
        for worker in self.witness.workers:
            self.handle(e.WorkerResumed(worker))
        for _ in range(400):
            if self.witness.ended:
                break
            for worker, seen in list(self.witness.workers.items()):
                if not seen.connected and seen.stage is not Stage.OVER:
                    self.handle(e.WorkerReconnected(worker))
            for worker in self.workers(Stage.TRAINING):
                self.handle(e.QualificationAnswered(worker, labels(1)))
            self.join(0.0)
            self.answer_all(0)
            self.pass_time(31.0)
        assert self.witness.ended, f"stuck: {totals(self.bench.engine, self.bench.now)}"


def try_out(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        EngineMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def test_workers_are_treated_properly_whatever_happens() -> None:
    try_out(examples=120, steps=40)


@pytest.mark.slow
def test_workers_are_treated_properly_whatever_happens_for_long() -> None:
    try_out(examples=2000, steps=60)
