"""Machines: what they are asked, what becomes of their answers, and that people never lose by it.

The limits of the calibration are compared with scipy's, and the accuracy of common votes with an
enumeration of all that machines and workers may say.
"""

from itertools import product

import pytest
from scipy.stats import binomtest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.crowd_platform.machine import STEPS, Calibration, step_of
from clamshell_tui.core.crowd_platform.quality import Agreement
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import ClassIndex, RecordId, RequestId, WorkerId
from tests.core.helpers import W1, W2, Bench, choices, only, records, replay, run_config

M1, M2 = WorkerId("M1"), WorkerId("M2")
PRICE = 7


class MachineBench(Bench):
    """A bench with machines; what each of them holds is known from the commands alone."""

    def __init__(self, policy: str = "first", **sections: object) -> None:
        machine = {"policy": policy, "audit": 0.0, **sections.pop("machine", {})}  # type: ignore[dict-item]
        sections = {"straggler_mitigation": {"enabled": False}, **sections}
        super().__init__(run_config(machine=machine, **sections))
        self.asked: dict[WorkerId, c.AskMachine] = {}

    def handle(self, event: e.Event, *, after: float = 0.0) -> list[c.Command]:
        commands = super().handle(event, after=after)
        for command in commands:
            if isinstance(command, c.AskMachine):
                self.asked[command.worker] = command
        return commands

    def plug_in(self, machine: WorkerId = M1, source: str = "cats") -> list[c.Command]:
        return self.handle(e.MachineJoined(machine, source, price=PRICE))

    def say(
        self, machine: WorkerId, *given: int | None, confidence: float | None = 0.95
    ) -> list[c.Command]:
        """The machine answers what it holds: class 0 for each record unless given."""
        held = self.asked.pop(machine)
        labels = choices(*given) or choices(*[0] * len(held.records))
        confidences = () if confidence is None else (confidence,) * len(labels)
        return self.handle(e.MachineAnswered(held.request, machine, labels, confidences))

    def accepted(self) -> list[RecordId]:
        delivered = [each for each in self.all_commands(c.DeliverLabels) if each.task is None]
        return [record for each in delivered for record in each.records]


def proven(right: int = 40, wrong: int = 0, **sections: object) -> MachineBench:
    """A machine that has answered so many gold records, and is asked about the next record."""
    bench = MachineBench(**sections)  # type: ignore[arg-type]
    bench.plug_in()
    count = right + wrong
    bench.submit(count, dict.fromkeys(range(count), 0), last=False)
    for number in range(count):
        bench.say(M1, int(number >= right))
    return bench


@pytest.mark.parametrize(("right", "asked"), [(0, 1), (1, 1), (35, 35), (90, 100), (1, 50)])
def test_the_lower_limit_is_wilsons(right: int, asked: int) -> None:
    calibration = Calibration()
    for number in range(asked):
        calibration.observe(3, right=number < right)
    interval = binomtest(right, asked).proportion_ci(0.95, method="wilson")
    assert calibration.lowest(3) == pytest.approx(interval.low)
    assert calibration.lowest(4) == 0.0


def test_a_confidence_falls_into_one_of_ten_steps() -> None:
    assert [step_of(each) for each in (0.0, 0.0999, 0.1, 0.95, 1.0)] == [0, 0, 1, 9, 9]
    assert step_of(None) == STEPS


def test_a_machine_answers_before_people_come() -> None:
    bench = MachineBench()
    bench.plug_in()
    said = bench.submit(2)
    assert only(said, c.AskMachine) == [c.AskMachine(RequestId(0), M1, records(0))]
    said = bench.say(M1)
    assert only(said, c.AcknowledgeMachine)[0].micros == PRICE
    assert only(said, c.AskMachine)[0].records == records(1)
    bench.say(M1)
    assert not bench.accepted(), "nothing was measured yet"
    bench.join(15)
    assert {held.records for held in bench.holds.values()} == {records(0), records(1)}


def test_answers_become_labels_once_enough_of_their_kind_were_right() -> None:
    bench = proven(34)  # 34 of 34: the lower limit is just below 0.9
    bench.submit(3, last=False)
    bench.say(M1)
    assert not bench.accepted()
    bench.submit(1, {37: 0}, last=False)
    bench.say(M1)
    bench.say(M1, 0)
    assert bench.asked[M1].records == records(37)
    said = bench.say(M1)
    assert only(said, c.DeliverLabels)[0].records == records(34, 35, 36)
    assert only(said, c.DeliverLabels)[0].support == (1.0,) * 3
    replay(bench)


def test_answers_of_another_confidence_stay_with_people() -> None:
    bench = proven()
    bench.submit(2)
    bench.say(M1, confidence=0.5)
    bench.say(M1, confidence=None)
    assert not bench.accepted()
    bench.join(15)
    assert len(bench.holds) == 2


def test_a_kind_that_was_often_wrong_never_counts() -> None:
    bench = proven(90, 10)
    bench.submit(1)
    bench.say(M1)
    assert not bench.accepted()


def test_what_people_say_of_predicted_records_is_compared() -> None:
    bench = MachineBench()
    bench.plug_in()
    bench.submit(2)
    bench.say(M1, 0)
    bench.say(M1, 1)
    bench.join(15)
    bench.work()
    machines = bench.engine.state.machines
    assert machines is not None
    calibration = machines.sources["cats"].calibration
    assert (calibration.asked[9], calibration.right[9]) == (2, 1)


def test_audited_records_are_labelled_by_people() -> None:
    bench = proven(machine={"audit": 1.0})
    bench.submit(1)
    bench.say(M1)
    assert not bench.accepted()
    bench.join(15)
    bench.work()
    state = bench.engine.state
    assert state.machines is not None
    assert state.machines.audited == {40}
    assert state.labels[RecordId(40)] == 0


def test_a_budget_of_labels_is_kept() -> None:
    bench = proven(stop={"labels": 2})
    bench.submit(5)
    while M1 in bench.asked:
        bench.say(M1)
    assert bench.accepted() == [40, 41]
    assert bench.phase == "finished"


def test_two_copies_of_a_source_are_not_asked_about_one_record() -> None:
    bench = MachineBench()
    bench.plug_in(M1)
    bench.plug_in(M2)
    bench.submit(4)
    asked = []
    while bench.asked:
        machine, held = next(iter(bench.asked.items()))
        asked.append(held.records)
        bench.say(machine)
    assert sorted(asked) == [records(n) for n in range(4)]


def test_a_lost_request_goes_to_another_copy_and_an_expired_one_to_nobody() -> None:
    bench = MachineBench(tasks={"lease": 100.0})
    bench.plug_in(M1)
    bench.submit(1)
    bench.disconnect(M1)
    assert not only(bench.wait(29.0), c.WithdrawRequest)
    said = bench.wait(2.0)
    assert only(said, c.WithdrawRequest) == [c.WithdrawRequest(RequestId(0), M1, "lost")]
    said = bench.plug_in(M2)
    assert only(said, c.AskMachine) == [c.AskMachine(RequestId(1), M2, records(0))]
    bench.reconnect(M1)
    said = bench.wait(101.0)
    assert only(said, c.WithdrawRequest) == [c.WithdrawRequest(RequestId(1), M2, "expired")]
    assert not only(said, c.AskMachine)
    replay(bench)


def test_a_late_answer_costs_and_is_not_used() -> None:
    bench = proven(tasks={"lease": 100.0})
    bench.submit(1)
    held = bench.asked[M1]
    bench.wait(101.0)
    said = bench.handle(e.MachineAnswered(held.request, M1, choices(0), (0.95,), 50))
    assert only(said, c.AcknowledgeMachine) == [
        c.AcknowledgeMachine(held.request, M1, c.Outcome.LATE, 50)
    ]
    assert not bench.accepted()


def test_a_machine_has_no_slot_no_wait_and_is_in_no_estimate() -> None:
    bench = proven()
    bench.submit(1, last=False)
    bench.wait(600.0)
    state = bench.engine.state
    assert not state.pool.workers
    assert state.pool.seated == 0
    assert not state.assignments
    assert set(state.ledger.totals) == set(c.PayKind)
    assert state.ledger.totals[c.PayKind.MACHINE] == 40 * PRICE
    assert sum(state.ledger.totals.values()) == 40 * PRICE


def test_people_get_every_record_that_a_machine_leaves() -> None:
    bench = MachineBench(tasks={"records_per_task": 2})
    bench.plug_in()
    bench.submit(4)
    bench.handle(e.MachineSkipped(bench.asked.pop(M1).request, M1, "timeout"))
    bench.handle(e.WorkerDisconnected(M1))
    bench.join(15)
    bench.work()
    assert len(bench.engine.state.labels) == 4
    assert bench.phase == "finished"
    assert [each.worker for each in bench.all_commands(c.ReleaseMachine)] == [M1]


def test_with_the_policy_vote_a_source_has_one_vote() -> None:
    bench = MachineBench("vote", tasks={"votes": 3})
    bench.plug_in(M1)
    bench.plug_in(M2)
    bench.submit(2)
    bench.say(M1, 1)
    bench.say(M2, 1)
    bench.join(15)
    assert len(bench.holds) == 4, "two people for each record, beside the machine"
    bench.answer(next(iter(bench.holds)), 0)
    bench.answer(next(worker for worker in bench.holds), 1)
    bench.work()
    delivered = bench.all_commands(c.DeliverLabels)
    assert all(each.task is not None for each in delivered)
    assert len(bench.engine.state.assignments) == 4
    replay(bench)


def test_two_copies_would_outvote_a_better_worker_and_one_does_not() -> None:
    """Accuracies of 0.8 and 0.9, by enumeration: 0.80 with copies, 0.954 with one vote a source."""
    by_copies = by_source = 0.0
    for machine, one, two in product((0, 1), repeat=3):
        chance = (0.8, 0.2)[machine] * (0.9, 0.1)[one] * (0.9, 0.1)[two]
        by_copies += chance * ((machine + machine + one) * 2 < 3)
        bench = MachineBench("vote", tasks={"votes": 3})
        bench.plug_in(M1)
        bench.plug_in(M2)
        bench.submit(1)
        bench.say(M1, machine)
        bench.join(15)
        bench.answer(next(iter(bench.holds)), one)
        bench.answer(next(iter(bench.holds)), two)
        by_source += chance * (bench.engine.state.labels[RecordId(0)] == 0)
    assert by_copies == pytest.approx(0.8)
    assert by_source == pytest.approx(0.954)


def test_a_machine_does_not_count_for_the_agreement_of_people() -> None:
    bench = MachineBench("vote", tasks={"votes": 3})
    bench.plug_in()
    bench.submit(2)
    bench.say(M1, 1)
    bench.say(M1, 0)
    bench.join(15)
    while bench.holds:
        worker, held = next(iter(bench.holds.items()))
        bench.answer(worker, held.records[0])
    agreement = bench.engine.state.election.agreement
    assert isinstance(agreement, Agreement)
    assert agreement.total == 4
    assert agreement.alpha == pytest.approx(1.0)


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    bench = MachineBench()
    bench.plug_in()
    bench.submit(1)
    held = bench.asked[M1]
    for event in (
        e.MachineJoined(M1, "cats"),
        e.MachineAnswered(held.request, M2, choices(0)),
        e.MachineAnswered(RequestId(9), M1, choices(0)),
        e.MachineAnswered(held.request, M1, choices(0, 0)),
        e.MachineAnswered(held.request, M1, choices(7)),
        e.MachineAnswered(held.request, M1, choices(0), (1.5,)),
        e.MachineAnswered(held.request, M1, choices(0), (), -1),
    ):
        with pytest.raises(InvalidEventError):
            bench.handle(event)
    assert only(bench.say(M1), c.AcknowledgeMachine)[0].outcome is c.Outcome.COUNTED
    other = Bench(run_config())
    with pytest.raises(InvalidEventError, match=r"machine\.policy"):
        other.handle(e.MachineJoined(M1, "cats"))


def test_a_seat_for_machines_is_refused_beside_the_model_as_a_voter() -> None:
    quality = {"confidence": 0.97, "model_votes": True}
    learning = {"enabled": True}
    with pytest.raises(ValueError, match="cannot both vote"):
        MachineBench("first", quality=quality, learning=learning, tasks={"votes": 5})
    with pytest.raises(ValueError, match="leaves one vote at least to people"):
        MachineBench("vote")


def test_people_keep_their_pay_and_their_places_beside_a_machine() -> None:
    plain = {"straggler_mitigation": {"enabled": False}, "pool": {"size": 2}}
    alone, beside = Bench(run_config(**plain)), MachineBench(**plain)  # type: ignore[arg-type]
    beside.plug_in()
    for bench in (alone, beside):
        bench.submit(4)
        bench.join(2)
        bench.answer(W1, after=3.0)
        bench.answer(W2, after=3.0)
    assert [each.owed for each in alone.engine.state.pool.workers.values()] == [
        each.owed for each in beside.engine.state.pool.workers.values()
    ]
    assert ClassIndex(0) in {alone.engine.state.labels[r] for r in alone.engine.state.labels}
