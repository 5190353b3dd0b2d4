"""The small parts: clock, limits, keys, what happens to time after a crash."""

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from clamshell_tui.coordinator.admission import (
    DROPPED_AFTER,
    SURPLUS,
    SURPLUS_PATIENCE,
    Admission,
)
from clamshell_tui.coordinator.child import absolute
from clamshell_tui.coordinator.limits import Limits, RunClock, TokenBucket, WrongCodes
from clamshell_tui.coordinator.recovery import RecoveredRun, time_of_disconnect
from clamshell_tui.coordinator.sessions import ConnectedSessions
from clamshell_tui.coordinator.store import SAVED_AT
from clamshell_tui.coordinator.translate import AssignmentKeys
from clamshell_tui.core.events import TimePassed
from clamshell_tui.core.ids import AssignmentId, WorkerId
from clamshell_tui.datasets.config import Cifar10Config, CsvConfig, MnistConfig, StoredConfig
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.run.tables import Tables
from clamshell_tui.runfile.access_key import AccessKey, open_key
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.scenario.config import Scenario


def nobody(address: str) -> None:
    """No one to report it to."""


class Wall:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_the_runs_time_goes_on_from_an_offset_at_its_speed() -> None:
    wall = Wall()
    clock = RunClock(20.0, 100.0, wall)
    wall.time += 3.0
    assert clock.now() == pytest.approx(160.0)
    assert clock.wall_seconds_until(200.0) == pytest.approx(2.0)
    assert clock.wall_seconds_until(10.0) == 0.0


def test_the_time_in_which_the_process_stood_still_is_left_out() -> None:
    wall = Wall()
    clock = RunClock(2.0, 0.0, wall)
    wall.time += 60.0
    clock.leave_out(50.0)
    assert clock.now() == pytest.approx(20.0)


def test_a_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    wall = Wall()
    bucket = TokenBucket(10.0, 3.0, wall)
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take() == pytest.approx(0.1)
    wall.time += 1.0
    assert bucket.take() == 0.0


def test_one_address_may_have_as_many_connections_as_a_lab_and_this_machine_all_of_them() -> None:
    admission = Admission(Limits(connections=100), Wall(), nobody)
    lab = [admission.enter("192.0.2.7", pytest.fail) for _ in range(40)]
    assert [tracked.admitted for tracked in lab] == [True] * 32 + [False] * 8
    own = [
        admission.enter(address, pytest.fail) for address in ["127.0.0.1", "::1", "127.8.8.8"] * 25
    ]
    assert [tracked.admitted for tracked in own] == [True] * 68 + [False] * 7
    admission.leave(lab[0])
    again = [admission.enter("192.0.2.7", pytest.fail).admitted for _ in range(2)]
    assert again == [True, False]
    assert (
        not Admission(Limits(per_address=0), Wall(), nobody)
        .enter("127.0.0.1", pytest.fail)
        .admitted
    )


def test_who_keeps_silent_makes_room_and_who_said_hello_keeps_the_place() -> None:
    wall, dropped = Wall(), list[str]()
    admission = Admission(Limits(connections=3, per_address=2), wall, nobody)
    admission.mark_greeted(admission.enter("a", lambda: dropped.append("a1")))
    silent = admission.enter("a", lambda: dropped.append("a2"))
    admission.enter("b", lambda: dropped.append("b1"))
    assert not admission.enter("c", pytest.fail).admitted, "they may be about to speak"
    wall.time += 1.0
    assert admission.enter("a", lambda: dropped.append("a3")).admitted
    assert dropped == ["a2"], "there are too many of a, so no other is dropped"
    admission.leave(silent)  # the end of its connection comes a moment later
    assert admission.enter("c", pytest.fail).admitted
    assert dropped == ["a2", "b1"]


def test_of_those_who_are_too_many_the_oldest_are_dropped_and_reported() -> None:
    wall, dropped, reported = Wall(), list[int](), list[str]()
    admission = Admission(Limits(connections=1), wall, reported.append)
    admission.mark_greeted(admission.enter("a", pytest.fail))
    told = [admission.enter("b", partial(dropped.append, number)) for number in range(SURPLUS + 2)]
    assert dropped == [SURPLUS, SURPLUS + 1], "the others may be about to show a code"
    wall.time += DROPPED_AFTER
    admission.enter("c", pytest.fail)
    assert dropped == [SURPLUS, SURPLUS + 1, 0]
    assert reported == ["b", "b", "b"]
    admission.leave(told[1])
    admission.enter("b", pytest.fail)


def test_a_token_is_let_in_over_the_limit_and_counted() -> None:
    wall = Wall()
    admission = Admission(Limits(connections=2), wall, nobody)
    dead, other = admission.enter("a", pytest.fail), admission.enter("a", pytest.fail)
    for each in (dead, other):
        admission.mark_greeted(each)
    back, dropped = admission.enter("a", pytest.fail), admission.enter("a", pytest.fail)
    assert not back.admitted
    assert admission.patience(back) == SURPLUS_PATIENCE
    admission.leave(dead)
    admission.admit(back)
    admission.leave(dropped)
    admission.admit(dropped)  # it was dropped meanwhile
    assert (back.admitted, dropped.admitted) == (True, False)
    assert not admission.enter("a", pytest.fail).admitted, "two are in"
    admission.leave(back)
    assert admission.enter("a", pytest.fail).admitted


def test_wrong_codes_are_answered_slowly_after_some_within_a_minute_and_reported_once() -> None:
    wall, said = Wall(), list[str]()
    wrong = WrongCodes(Limits(wrong_codes_per_minute=2, slow_answer=7.0), wall, said.append)
    assert [wrong.note("a") for _ in range(4)] == [0.0, 0.0, 7.0, 7.0]
    assert said == ["3 wrong codes from a within a minute"]
    assert wrong.note("b") == 0.0
    wall.time += 61.0
    assert wrong.note("a") == 0.0


def test_the_same_key_gives_the_same_codes_and_tokens_and_the_file_holds_only_numbers() -> None:
    rows, key = list[AccessRow](), AccessKey(b"k" * 32)
    sessions = ConnectedSessions(rows.append, key)
    seat, bot = sessions.new_seat("seat"), sessions.new_seat("bot")
    first = sessions.code(seat)
    sessions.reissue(seat)
    token = sessions.token_of(sessions.open(seat))
    again = ConnectedSessions(rows.append, key)
    again.restore([*{row.label: row for row in rows}.values()])
    assert [again.code(row) for row in (*again.seats("seat"), *again.seats("bot"))] == [
        sessions.code(seat),
        sessions.code(bot),
    ]
    assert (again.find_code(first), again.was_code(first)) == (None, True)
    holder = again.holder(again.seats("seat")[0])
    assert holder is again.by_token(token) is again.workers[WorkerId("P001")]
    assert again.staff_token("operator") == sessions.staff_token("operator")
    other = ConnectedSessions(rows.append, AccessKey(b"o" * 32))
    other.restore([*{row.label: row for row in rows}.values()])
    assert (other.find_code(sessions.code(seat)), other.by_token(token)) == (None, None)


def test_a_seat_is_taken_over_with_a_new_token_and_vacated_for_a_new_worker() -> None:
    sessions = ConnectedSessions(lambda row: None, AccessKey(b"k" * 32))
    seat = sessions.new_seat("seat")
    session = sessions.open(seat)
    old = sessions.token_of(session)
    sessions.reissue(session.access)
    assert (sessions.by_token(old), sessions.was_token(old)) == (None, True)
    sessions.vacate(session)
    assert (sessions.holder(seat), sessions.was_token(old)) == (None, False)
    assert sessions.open(seat).worker == "P002"


def test_a_code_that_two_seats_would_share_is_passed_over() -> None:
    class Narrow(AccessKey):
        def code(self, kind: str, label: str, issue: int) -> str:
            return f"0000-000{issue}"

    sessions = ConnectedSessions(lambda row: None, Narrow(b""))
    assert [sessions.code(sessions.new_seat("seat")) for _ in range(3)] == [
        "0000-0001",
        "0000-0002",
        "0000-0003",
    ]


def test_the_key_of_a_run_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key, made = open_key(tmp_path / "keys", b"run")
    same, again = open_key(tmp_path / "keys", b"run")
    assert (made, again, key.code("seat", "S001", 1) == same.code("seat", "S001", 1)) == (
        True,
        False,
        True,
    )
    [file] = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    os.utime(file, (0.0, 0.0))
    assert not open_key(tmp_path / "keys", b"run")[1]
    assert open_key(tmp_path / "keys", b"another")[1]
    (other,) = set((tmp_path / "keys").iterdir()) - {file}
    os.utime(other, (0.0, 0.0))
    assert open_key(tmp_path / "keys", b"a third")[1]
    assert not other.exists(), "it was not used for a year"
    file.write_bytes(b"short")
    with pytest.raises(EnvironmentFaultError, match="is damaged"):
        open_key(tmp_path / "keys", b"run")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentFaultError, match="XDG_STATE_HOME"):
        open_key(tmp_path / "file", b"run")


def test_keys_lead_back_to_their_assignment_and_cannot_be_made_up() -> None:
    keys, others = AssignmentKeys(b"a" * 32), AssignmentKeys(b"b" * 32)
    for number in (0, 1, 255, 10**9):
        assignment = AssignmentId(number)
        key = keys.key(assignment)
        assert keys.assignment(key) == assignment
        assert others.assignment(key) is None
        assert keys.assignment(f"{'0' * 32}{number:x}") is None
    for wrong in ("", "x", "0" * 32, keys.key(AssignmentId(7))[:-1] + "8", "é" * 33):
        assert keys.assignment(wrong) is None


@pytest.mark.parametrize(
    ("saved_at", "uncertain"),
    [("998.0", 2.0), ("900.0", 5.0), ("1001.0", 5.0), ("nonsense", 5.0), ("1000.0", 0.0)],
)
def test_uncertain_time_after_a_crash_is_rounded_in_the_workers_favour(
    saved_at: str, uncertain: float
) -> None:
    kept = RecoveredRun(
        Path("run.db"),
        {SAVED_AT: saved_at},
        [(50.0, TimePassed())],
        Journal(),
        Tables(),
        tables_at=1,
        access=[],
        records=[],
        drafts=[],
    )
    assert time_of_disconnect(kept, wall=1000.0, speed=2.0, tick=5.0) == 50.0 + 2.0 * uncertain


@pytest.mark.parametrize(
    "dataset",
    [CsvConfig(path="d", classes=("a", "b")), MnistConfig(path="d"), Cifar10Config(path="d")],
)
def test_a_coordinator_of_ones_own_finds_the_data_from_wherever_it_runs(
    tmp_path: Path, dataset: StoredConfig
) -> None:
    named = absolute(Scenario(dataset=dataset), tmp_path).dataset
    assert isinstance(named, StoredConfig)
    assert named.path == str(tmp_path.resolve() / "d")
