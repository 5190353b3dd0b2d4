"""What a participant's client is sent: nothing tells a check from a record to label."""

import json
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.coordinator.sessions import ConnectedSessions
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.report.export import export_of
from clamshell_tui.report.input_records import input_records
from clamshell_tui.runfile.access_key import AccessKey
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.run_copy import copy_of
from clamshell_tui.runfile.verify import verify
from clamshell_tui.wire.codec import decode_to_client
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.operator_messages import Done, Order
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
)
from tests.coordinator.wire import Place, Talker, options_for, running, story

CHECKED = """\
dataset = {kind = "csv", path = "pets.csv", id = "id", text = "text", label = "label", use = "use"}
learning.enabled = false
pool = {size = 1, reserve = 0}
qualification.enabled = false
tasks = {records_per_task = 3}
quality.checks_every = 3
straggler_mitigation.enabled = false
maintenance.threshold = inf
"""
CHECKS = {"r0", "r1", "r2"}
RECORDS = 15


def checked(folder: Path) -> Path:
    rows = [f"r{i},sound {i:02},{'cat,check' if i < 3 else ',work'}" for i in range(RECORDS)]
    (folder / "pets.csv").write_text("id,text,label,use\n" + "\n".join([*rows, "c,purr,dog,gold"]))
    return folder


class Listener(Talker):
    """Keeps the frames as they came."""

    def __init__(self, talker: Talker) -> None:
        super().__init__(talker.socket)
        self.frames: list[dict[str, Any]] = []

    async def hear(self) -> ToClient:
        frame = await self.socket.recv()
        self.frames.append(json.loads(frame))
        return decode_to_client(frame)


async def worked_off(worker: Listener, task: TaskAssigned | None, most: int = 99) -> TaskAssigned:
    """Answer tasks: class 1 everywhere, so all checks are wrong."""
    assert task is not None
    for _ in range(most):
        done = await worker.ask(Answer(task.assignment, (1,) * len(task.records)), Acknowledged)
        if done.next is None:
            break
        task = done.next
    return task


async def listening(place: Place) -> tuple[Listener, str]:
    talker, joined = await place.join()
    return Listener(talker), joined.token


@pytest.mark.slow
@story
async def test_a_check_is_sent_as_any_record_is(tmp_path: Path) -> None:
    async with running(options_for(checked(tmp_path), CHECKED)) as place:
        worker, _ = await listening(place)
        await worker.say(Begin())
        await worked_off(worker, await worker.hear_until(TaskAssigned))
        state = place.run.engine.state
        assert state.pool.workers[state.assignments[0].worker.id].checks_asked == 3

    tasks = [frame.get("next") or frame for frame in worker.frames]
    records = [record for task in tasks for record in task.get("records", ())]
    assert {record["id"] for record in records} > CHECKS
    assert len({tuple(sorted(set(record) - {"id", "text"})) for record in records}) == 1
    assert len({str({**record, "id": "", "text": ""}) for record in records}) == 1
    assert {len(task["records"]) for task in tasks if "records" in task} == {3}
    acknowledged = [
        {key: frame[key] for key in frame.keys() - {"assignment", "owed_micros", "next"}}
        for frame in worker.frames
        if frame["type"] == "acknowledged"
    ]
    assert len({str(sorted(each.items())) for each in acknowledged}) == 1


@pytest.mark.slow
@story
async def test_a_task_with_its_check_is_the_same_after_a_restart(tmp_path: Path) -> None:
    options = options_for(checked(tmp_path), CHECKED)
    async with running(options) as place:
        worker, token = await listening(place)
        await worker.say(Begin())
        task = await worked_off(worker, await worker.hear_until(TaskAssigned), most=1)
    async with running(options) as place:
        worker = Listener(await place.connect())
        again = await worker.ask(Rejoin(token), TaskAssigned)
        assert (again.assignment, again.records) == (task.assignment, task.records)
        await worked_off(worker, again)
    with open_run(options.db) as file:
        verify(file)
        run = copy_of(file)
    export = export_of(run, input_records(run, [tmp_path]))
    columns = [column.name for column in export.table("answers").columns]
    answers = [dict(zip(columns, row, strict=True)) for row in export.table("answers").rows]
    checks = [row for row in answers if row["use"] == "check"]
    assert {row["record_id"] for row in checks} == CHECKS
    assert len(checks) == len(CHECKS)
    assert not any(row["counted"] or row["correct"] for row in checks)
    work = [row["record_id"] for row in answers if row["counted"]]
    assert len(work) == RECORDS - 3
    assert set(work) == {f"r{i}" for i in range(3, RECORDS)}
    assert {row["use"] for row in answers} == {"work", "check", "filler"}


@story
async def test_a_readmitted_person_meets_no_check_of_the_earlier_session(tmp_path: Path) -> None:
    async with running(options_for(checked(tmp_path), CHECKED)) as place:
        code = place.secrets["seat"][0]
        talker, joined = await place.join()
        await talker.say(Begin())
        await talker.hear_until(TaskAssigned)
        await talker.ask(Leave(), Over)
        operator = await place.staff("operator")
        await operator.ask(Order("readmit", worker=joined.worker), Done)
        again = Listener(await place.connect())
        await again.ask(Join(code), Joined)
        await again.say(Begin())
        await worked_off(again, await again.hear_until(TaskAssigned))
        first, *others = place.run.engine.state.assignments
        gold = place.run.engine.state.gold
        met = [one.extra for one in others if one.extra in gold]
        assert len(met) == 2
        assert first.extra not in met


def test_the_times_that_a_participant_of_a_study_works_belong_together() -> None:
    sessions = ConnectedSessions(lambda row: None, AccessKey(bytes(32)))
    for worker in ("L01", "L02", "L01/2"):
        sessions.add(WorkerId(worker), bot=False)
    third = sessions.add(WorkerId("L01/3"), bot=False)

    assert list(sessions.at_same_seat(third)) == ["L01/2", "L01"]
