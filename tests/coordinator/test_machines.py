"""A machine's conversation: a seat of its own, tasks, answers, coming back."""

from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.events import MachineAnswered, MachineJoined, MachineSkipped
from clamshell_tui.core.ids import ClassIndex, RequestId, WorkerId
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.operator_messages import Done, Order
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Join,
    Joined,
    Leave,
    MachineReady,
    Over,
    Rejoin,
    Skip,
    TaskAssigned,
    Wait,
)
from tests.coordinator.wire import PETS, options_for, running, story

FIRST = f'{PETS}machine.policy = "first"\n'.replace("records_per_task = 1", "records_per_task = 2")
READY = MachineReady("cats-only", "sha256:12", price_micros=12, remote="https://models.example/v1")


@story
async def test_a_machine_answers_in_a_seat_of_its_own(tmp_path: Path) -> None:
    async with running(options_for(tmp_path, FIRST, machines=1)) as place:
        talker, joined = await place.join("machine")
        assert joined.machine
        assert not joined.bot
        assert not joined.begun
        await place.submit("meow", "woof", "purr", last=False)
        await talker.say(READY)
        task = await talker.hear_until(TaskAssigned)
        assert [record.text for record in task.records] == ["meow", "woof"]
        assert all(record.truth is None for record in task.records)
        answer = Answer(
            task.assignment,
            (0, None),
            confidences=(0.93, None),
            reasons=("it says so", ""),
            cost_micros=30,
        )
        counted = await talker.ask(answer, Acknowledged)
        assert (counted.outcome, counted.micros, counted.owed_micros) == ("counted", 30, 30)
        again = await talker.hear_until(TaskAssigned)
        assert [record.text for record in again.records] == ["purr"]
        repeated = await talker.ask(answer, Acknowledged)
        assert (repeated.outcome, repeated.micros) == ("repeated", 0)
        other = Answer(task.assignment, (1, None))
        assert (await talker.ask(other, Acknowledged)).outcome == "conflict"
        await talker.ask(Skip(again.assignment, "no idea"), AssignmentStopped)
        statement = (await talker.ask(Leave(), Over)).statement
        assert statement.total_micros == statement.records_micros == 30
        pool = place.run.engine.state.pool
        assert not pool.workers
        assert not pool.seated
    with open_run(tmp_path / "run.db") as file:
        found = [each for _, each in file.events() if type(each).__name__.startswith("Machine")]
    worker, first, why = WorkerId(joined.worker), RequestId(0), ("it says so", "")
    assert found == [
        MachineJoined(worker, "cats-only", "sha256:12", 12, "https://models.example/v1"),
        MachineAnswered(first, worker, (ClassIndex(0), None), (0.93, None), 30, why),
        MachineAnswered(first, worker, (ClassIndex(0), None), (0.93, None), 30, why),
        MachineAnswered(first, worker, (ClassIndex(1), None)),
        MachineSkipped(RequestId(1), worker, "no idea"),
    ]
    with open_run(tmp_path / "run.db") as file:
        verify(file)


@story
async def test_a_machine_that_lost_its_connection_gets_its_task_again(tmp_path: Path) -> None:
    options = options_for(tmp_path, FIRST, machines=1)
    async with running(options) as place:
        talker, joined = await place.join("machine")
        await talker.say(READY)
        await place.submit("meow", "woof", last=False)
        task = await talker.hear_until(TaskAssigned)
        await talker.socket.close()
        back = await place.connect()
        begun = await back.ask(Rejoin(joined.token), Joined)
        assert begun.begun
        assert (await back.hear_until(TaskAssigned)).assignment == task.assignment
    async with running(options) as place:  # after a restart too
        back = await place.connect()
        await back.ask(Rejoin(joined.token), Joined)
        task = await back.hear_until(TaskAssigned)
        done = await back.ask(Answer(task.assignment, (None, None)), Acknowledged)
        assert (done.outcome, done.micros) == ("counted", 24)  # the price of two records
        await back.say(READY)
        assert (await back.hear_until(Wait)).state == "available"
    with open_run(tmp_path / "run.db") as file:
        verify(file)


@story
async def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with running(options_for(tmp_path, FIRST, machines=1)) as place:
        talker, _ = await place.join("machine")
        error = await talker.ask(Begin(), Error)
        assert (error.code, error.fatal) == ("request", False)
        await talker.say(READY)
        await place.submit("meow", "woof", last=False)
        task = await talker.hear_until(TaskAssigned)
        for labels, confidences in (((0,), ()), ((0, 7), ()), ((0, 1), (0.5,))):
            answer = Answer(task.assignment, labels, confidences=confidences)
            assert (await talker.ask(answer, Error)).code == "label"
        unfit = Answer(task.assignment, (0, 1), reasons=("one",))
        assert (await talker.ask(unfit, Error)).code == "label"
        error = await talker.ask(Answer("0" * 32 + "m0", (0, 0)), Error)
        assert error.message == "that task was not given to you"
        person, _ = await place.join()
        assert (await person.ask(READY, Error)).message.startswith("this seat is not for machines")
        done = await talker.ask(Answer(task.assignment, (0, 1)), Acknowledged)
        assert done.outcome == "counted"


@story
async def test_an_operator_issues_codes_for_machines_where_they_are_taken(tmp_path: Path) -> None:
    async with running(options_for(tmp_path, FIRST)) as place:
        operator = await place.staff("operator")
        code = (await operator.ask(Order("issue-code", key="machine"), Done)).detail
        talker = await place.connect()
        joined = await talker.ask(Join(code), Joined)
        assert joined.machine
        await talker.say(READY)
        await place.submit("meow", last=False)
        await talker.hear_until(TaskAssigned)
        await operator.ask(Order("dismiss", worker=joined.worker), Done)
        assert (await talker.hear_until(Over)).reason == "dismissed"
        await operator.ask(Order("readmit", worker=joined.worker), Done)
        back = await place.connect()
        assert (await back.ask(Join(code), Joined)).worker != joined.worker
        await back.say(READY)
        assert (await back.hear_until(TaskAssigned)).records[0].text == "meow"


@story
async def test_a_run_without_machines_gives_none_a_seat(tmp_path: Path) -> None:
    async with running(options_for(tmp_path)) as place:
        operator = await place.staff("operator")
        refused = await operator.ask(Order("issue-code", key="machine"), Error)
        assert refused.message == 'this run takes no machines: its machine.policy is "off"'


def test_serve_refuses_seats_that_the_scenario_does_not_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pets.toml").write_text(PETS)
    assert main(["serve", str(tmp_path / "pets.toml"), "--machines", "1"]) == 2
    assert 'Set machine.policy to "first" or "vote"' in capsys.readouterr().err
