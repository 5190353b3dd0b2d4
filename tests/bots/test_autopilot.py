"""A bot in a seat does what the simulator's worker does in the same place, to the last digit."""

from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.core.commands import (
    Acknowledge,
    Admit,
    Assign,
    Command,
    Outcome,
    Qualify,
    Reject,
    Release,
    Terminate,
    Withdraw,
)
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentSkipped,
    Event,
    QualificationAnswered,
    WorkerDisconnected,
    WorkerJoined,
    WorkerLeft,
    WorkerReconnected,
)
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import prepare
from clamshell_tui.simulator.simulation import Simulation
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Joined,
    Leave,
    Over,
    Qualification,
    Qualified,
    Skip,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from clamshell_tui.workforce.behaviour import Behaviour
from clamshell_tui.workforce.config import CrowdConfig, SleeperConfig, WorkerConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from worker_client.autopilot import Autopilot, Move, Truthless

SCENARIO = """\
seed = 5
dataset = {kind = "generated", records = 400, features = 4}
pool = {size = 6, reserve = 2}
tasks.records_per_task = 3
learning.enabled = false
stop.labels = 250
[crowd]
population = "fast-local"
abandonment = 0.02
"""
STATEMENT = Statement("P001", 0, 0, 0, 0, 0, 0)
WAIT = Wait("available", 0, 0)


def behaviour(**worker: object) -> Behaviour:
    config = CrowdConfig(
        population="custom",
        abandonment=0.0,
        worker=(WorkerConfig(mean=2.0, deviation=0.0, **worker),),  # type: ignore[arg-type]
    )
    return SimulatedCrowd(config, n_classes=2, seed=1).recruit()


def records(*truth: int) -> tuple[Record, ...]:
    return tuple([Record(f"r{n}", text="?", truth=label) for n, label in enumerate(truth)])


def joined(*, begun: bool = True) -> Joined:
    return Joined("P001", "t" * 20, "", "", ("a", "b"), 2, 0, 0, "full", 5.0, begun=begun)


def pilot_at_work(**worker: object) -> Autopilot:
    pilot = Autopilot(behaviour(**worker))
    pilot.receive(TaskAssigned("one", records(0, 1), 60.0), 10.0)
    return pilot


def answer_of(pilot: Autopilot) -> Answer:
    assert pilot.plan is not None
    assert isinstance(pilot.plan.message, Answer)
    return pilot.plan.message


# -- side by side with the simulator


class Shadow:
    """Tells every seat's autopilot over the wire what the simulator tells its worker."""

    def __init__(self, crowd: SimulatedCrowd, truth: Sequence[int]) -> None:
        self.pilots: dict[WorkerId, Autopilot] = {}
        self.moves = 0
        self._crowd = crowd
        self._truth = truth
        self._tasks: dict[WorkerId, TaskAssigned] = {}

    def observe(self, now: float, event: Event, commands: list[Command]) -> None:
        self._compare(event, now)
        freed: set[WorkerId] = set()
        for command in commands:
            message = self._wire(command)
            if message is not None:
                worker: WorkerId = command.worker  # type: ignore[union-attr]
                self.pilots[worker].receive(message, now)
                freed.discard(worker)
                if isinstance(message, AssignmentStopped | Acknowledged | Qualified):
                    self._tasks.pop(worker, None)
                    freed.add(worker)
        for worker in freed:
            self.pilots[worker].receive(WAIT, now)

    def _compare(self, event: Event, now: float) -> None:
        match event:
            case WorkerJoined():
                self.pilots[event.worker] = Autopilot(self._crowd.recruit())
            case QualificationAnswered():
                self._moved(event.worker, Move(now, Qualification(event.labels)))
            case AssignmentAnswered():
                answer = Answer(str(event.assignment), event.labels)
                late = self.pilots[event.worker].afterthoughts
                if answer in late:
                    late.remove(answer)
                else:
                    self._moved(event.worker, Move(now, answer))
            case AssignmentSkipped():
                self._moved(event.worker, Move(now, Skip(str(event.assignment))))
            case WorkerLeft():
                plan = self.pilots[event.worker].plan
                assert plan is not None
                self._moved(event.worker, Move(now, Leave(), plan.away))
            case WorkerDisconnected():
                pilot = self.pilots[event.worker]
                assert pilot.plan is not None
                self._moved(event.worker, Move(now, None, pilot.plan.away))
            case WorkerReconnected():
                pilot = self.pilots[event.worker]
                pilot.receive(joined(), now)
                pilot.receive(self._tasks.get(event.worker, WAIT), now)

    def _moved(self, worker: WorkerId, expected: Move) -> None:
        assert self.pilots[worker].carry_out() == expected
        self.moves += 1

    def _wire(self, command: Command) -> ToClient | None:
        match command:
            case Qualify():
                return TrainingAssigned(self._records(command.records))
            case Admit():
                return Qualified(True, command.correct, command.asked)
            case Assign():
                task = TaskAssigned(str(command.assignment), self._records(command.records), 60.0)
                self._tasks[command.worker] = task
                return task
            case Acknowledge(outcome=Outcome.COUNTED):
                return Acknowledged(str(command.assignment), "counted", 0, 0)
            case Terminate():
                return AssignmentStopped(str(command.assignment), "finished-by-another", 0, 0)
            case Withdraw():
                return AssignmentStopped(str(command.assignment), "skipped", 0, 0)
            case Reject() | Release():
                return Over(command.reason, STATEMENT)
        return None

    def _records(self, numbers: Sequence[RecordId]) -> tuple[Record, ...]:
        return tuple([Record(str(n), text="?", truth=int(self._truth[n])) for n in numbers])


@pytest.mark.parametrize(
    "extra",
    [
        "",
        'population = "live"',
        'behaviours = {skipper = 0.5, spammer = 0.2}\npopulation = "mturk"',
        'behaviours = {"skip-and-answer" = 0.2, "instant-garbage" = 0.1, "sleeper-for-pay" = 0.1}',
        "behaviours = {wanderer = 0.6}\nreaction = false\ntermination_notice = false",
    ],
)
def test_bots_move_exactly_as_the_simulators_workers(extra: str, tmp_path: Path) -> None:
    text = (
        SCENARIO.replace('population = "fast-local"\n', "") if "population" in extra else SCENARIO
    )
    scenario = parse_scenario(f"{text}{extra}\n", "test")
    prepared = prepare(scenario, tmp_path)
    truth = prepared.roles.records.truth.tolist()
    crowd = SimulatedCrowd(
        scenario.crowd, n_classes=len(prepared.roles.records.classes), seed=scenario.seed
    )
    shadow = Shadow(crowd, truth)
    Simulation(
        prepared.config,
        prepared.crowd,
        truth,
        gold=prepared.roles.gold_answers,
        submissions=prepared.submissions,
        observe=shadow.observe,
    ).run()
    assert shadow.moves > 90
    assert all(pilot.over is not None for pilot in shadow.pilots.values())


# -- one bot


def test_a_bot_accepts_the_instructions_once() -> None:
    pilot = Autopilot(behaviour())
    pilot.receive(joined(begun=False), 3.0)
    assert pilot.carry_out() == Move(3.0, Begin())
    pilot.receive(joined(begun=True), 4.0)
    assert pilot.plan is None


def test_a_task_that_is_finished_by_another_is_forgotten() -> None:
    pilot = pilot_at_work()
    pilot.receive(AssignmentStopped("one", "finished-by-another", 0, 0), 11.0)
    assert pilot.plan is None


def test_a_stop_for_an_older_task_changes_nothing() -> None:
    pilot = pilot_at_work()
    plan = pilot.plan
    pilot.receive(AssignmentStopped("zero", "expired", 0, 0), 11.0)
    pilot.receive(Acknowledged("zero", "late", 0, 0), 11.0)
    assert pilot.plan == plan


def test_the_next_task_in_an_acknowledgement_is_begun_without_reaction_time() -> None:
    pilot = pilot_at_work()
    answer = answer_of(pilot)
    assert pilot.carry_out() == Move(14.0, answer)
    pilot.receive(Acknowledged("one", "counted", 0, 0, TaskAssigned("two", records(1), 60.0)), 14.5)
    assert pilot.plan == Move(16.5, Answer("two", answer_of(pilot).labels))


def test_work_that_comes_after_a_wait_is_noticed_late() -> None:
    pilot = Autopilot(behaviour())
    pilot.receive(WAIT, 0.0)
    pilot.receive(WAIT, 50.0)
    pilot.receive(TaskAssigned("one", records(0), 60.0), 100.0)
    assert pilot.plan is not None
    assert pilot.plan.at > 102.9  # 2 s of work, at least 0.9 s until it is noticed


def test_an_answer_is_given_again_only_when_its_task_is_assigned_again() -> None:
    pilot = pilot_at_work()
    answer = answer_of(pilot)
    pilot.carry_out()
    pilot.receive(joined(), 20.0)
    assert pilot.plan is None  # the session sends it again
    pilot.receive(TaskAssigned("one", records(0, 1), 60.0), 20.1)
    assert pilot.carry_out() == Move(20.1, answer)
    pilot.receive(Acknowledged("one", "repeated", 0, 0), 21.0)
    pilot.receive(joined(), 22.0)
    assert pilot.plan is None


def test_work_goes_on_after_a_connection_that_was_lost_by_the_coordinator() -> None:
    pilot = pilot_at_work()
    plan = pilot.plan
    pilot.receive(joined(), 11.0)
    pilot.receive(TaskAssigned("one", records(0, 1), 60.0, age=1.0), 11.0)
    assert pilot.plan == plan


def test_unacknowledged_qualification_answers_are_sent_again_when_asked_again() -> None:
    pilot = Autopilot(behaviour())
    pilot.receive(TrainingAssigned(records(0, 1, 1)), 0.0)
    first = pilot.carry_out()
    assert isinstance(first.message, Qualification)
    pilot.receive(TrainingAssigned(records(0, 1, 1)), 90.0)
    assert pilot.carry_out() == Move(90.0, first.message)


def test_a_sleeper_plans_nothing_that_will_ever_happen() -> None:
    asleep = SleeperConfig(tasks=0)
    config = CrowdConfig(behaviours={"sleeper": 1.0}, sleeper=asleep, abandonment=0.0)
    pilot = Autopilot(SimulatedCrowd(config, n_classes=2, seed=1).recruit())
    pilot.receive(TaskAssigned("one", records(0), 60.0), 0.0)
    assert pilot.plan == Move(inf, None)


def cheating_pilot(behaviour: str) -> Autopilot:
    return pilot_at_work(behaviour=behaviour)


def test_a_bot_that_skips_and_answers_sends_both_once() -> None:
    pilot = cheating_pilot("skip-and-answer")
    assert pilot.carry_out().message == Skip("one")
    assert pilot.afterthoughts == []
    for _ in range(2):
        pilot.receive(AssignmentStopped("one", "skipped", 0, 0), 10.2)
        assert [answer.assignment for answer in pilot.afterthoughts] == ["one"]


def test_a_bot_that_leaves_and_returns_answers_from_outside_and_says_when_it_is_back() -> None:
    pilot = cheating_pilot("leave-and-return")
    assert pilot.carry_out() == Move(10.1, Leave(), 10.0)
    pilot.receive(Over("left", STATEMENT), 10.2)
    assert [answer.assignment for answer in pilot.afterthoughts] == ["one"]


@pytest.mark.parametrize("reason", ["finished-by-another", "expired"])
def test_a_bot_that_sleeps_for_pay_answers_when_the_task_is_taken_away(reason: Any) -> None:
    pilot = cheating_pilot("sleeper-for-pay")
    assert pilot.plan == Move(inf, None)
    pilot.receive(AssignmentStopped("one", reason, 0, 0), 99.0)
    assert [answer.assignment for answer in pilot.afterthoughts] == ["one"]


def test_an_honest_bot_sends_nothing_after_a_stop() -> None:
    pilot = pilot_at_work()
    pilot.receive(AssignmentStopped("one", "expired", 0, 0), 99.0)
    assert pilot.afterthoughts == []


def test_records_without_truth_are_refused() -> None:
    pilot = Autopilot(behaviour())
    with pytest.raises(Truthless, match="bots need the code of a bot seat"):
        pilot.receive(TaskAssigned("one", (Record("1", text="?"),), 60.0), 0.0)


def test_the_end_cancels_every_plan() -> None:
    pilot = pilot_at_work()
    pilot.receive(Over("evicted", STATEMENT), 12.0)
    assert pilot.plan is None
    assert pilot.over == Over("evicted", STATEMENT)
