"""An operator's actions during a run."""

import re
from typing import Any

import msgspec
import pytest

from clamshell_tui.core import commands as c
from clamshell_tui.core import events as e
from clamshell_tui.core.config import PoolConfig, RunConfig
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.settings import CHANGEABLE, change_setting
from clamshell_tui.run.totals import totals
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, W3, W4, only


def test_a_pause_stops_new_assignments_and_lets_work_in_hand_go_on(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=6)
    bench.handle(e.RunPaused())
    said = bench.answer(W1, after=1.0)
    assert len(only(said, c.DeliverLabels)) == 1
    assert only(said, c.Assign) == []
    bench.answer(W2, after=1.0)
    assert len(only(bench.handle(e.RunResumed()), c.CutBatch)) == 1
    assert set(bench.holds) == {W1, W2}


def test_waiting_is_paid_during_a_pause(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=6)
    bench.handle(e.RunPaused())
    bench.answer(W1)
    bench.wait(60.0)
    bench.handle(e.RunResumed())
    assert bench.paid(W1, c.PayKind.WAITING) == 50_000


def test_a_stop_finishes_the_work_in_hand_and_starts_nothing_new(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=9, tasks={"pool_batch_ratio": 0.5})
    assert bench.handle(e.StopRequested("Ann")) == []
    assert only(bench.answer(W1, after=1.0), c.Assign) == []
    said = bench.answer(W2, after=1.0)
    assert only(said, c.FinishRun) == [c.FinishRun("stopped by Ann")]
    assert len(bench.all_commands(c.DeliverLabels)) == 2
    assert len(only(said, c.Release)) == 2


def test_a_stop_when_nobody_works_ends_the_run_at_once(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=0, last=False)
    assert only(bench.handle(e.StopRequested()), c.FinishRun) != []


def test_a_stop_gives_up_votes_that_nobody_has_begun(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=1, tasks={"votes": 2})
    bench.answer(W1, after=1.0)
    bench.leave(W2, after=1.0)
    bench.handle(e.StopRequested())
    assert bench.phase == "finished"
    assert bench.all_commands(c.DeliverLabels) == []


def test_a_lower_threshold_holds_from_now_on(pool_of: PoolOf) -> None:
    bench = pool_of(
        1,
        records=20,
        pool={"reserve": 1},
        maintenance={"threshold": 30.0, "latency_estimator": "empirical"},
    )
    for seconds in (9.0, 10.0, 11.0):
        bench.answer(W1, after=seconds)
    bench.join()
    assert only(bench.wait(40.0), c.Evict) == []
    assert [x.worker for x in only(bench.change("maintenance.threshold", 5.0), c.Evict)] == [W1]


def test_maintenance_can_be_switched_off(pool_of: PoolOf) -> None:
    bench = pool_of(1, records=20, maintenance={"threshold": 1.0}, pool={"reserve": 1})
    bench.change("maintenance.threshold", "inf")
    for _ in range(4):
        bench.answer(W1, after=50.0)
    bench.join()
    assert only(bench.wait(100.0), c.Evict) == []
    assert totals(bench.engine, bench.now).threshold is None


def test_mitigation_can_be_switched_off_and_on(pool_of: PoolOf) -> None:
    bench = pool_of(2, records=2)
    bench.change("straggler_mitigation.enabled", False)
    assert only(bench.answer(W2, after=1.0), c.Assign) == []
    (cover,) = only(bench.change("straggler_mitigation.enabled", True), c.Assign)
    assert (cover.worker, cover.duplicate) == (W2, True)


def test_a_higher_cap_lets_further_duplicates_out_at_once(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=1, straggler_mitigation={"max_duplicates": 1})
    said = bench.change("straggler_mitigation.max_duplicates", "unlimited")
    assert [a.worker for a in only(said, c.Assign)] == [W3]


def test_with_votes_the_cap_of_their_duplicates_is_raised_instead(pool_of: PoolOf) -> None:
    limits = {"vote_duplicates": 1, "max_duplicates": 1}
    bench = pool_of(4, records=1, tasks={"votes": 2}, straggler_mitigation=limits)
    assert only(bench.change("straggler_mitigation.max_duplicates", "unlimited"), c.Assign) == []
    said = bench.change("straggler_mitigation.vote_duplicates", "unlimited")
    assert [(a.worker, a.duplicate) for a in only(said, c.Assign)] == [(W4, True)]


def test_a_larger_pool_seats_the_reserve_at_once(pool_of: PoolOf) -> None:
    bench = pool_of(2, pool={"reserve": 1})
    bench.join()
    bench.wait(1.0)
    assert only(bench.change("pool.size", 3), c.Seat) == [c.Seat(W3, 2)]


def test_a_larger_pool_is_recruited_for_without_waiting_for_the_next_posting(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2)
    bench.wait(10.0)
    said = bench.change("pool.size", 5)
    said += bench.wait(0.0)
    assert [post.seats for post in only(said, c.PostRecruitment)] == [3]


def test_a_change_never_leaves_a_deadline_in_the_past(pool_of: PoolOf) -> None:
    """A driver wakes the engine at next_deadline, and time cannot run backwards."""
    bench = pool_of(2)
    bench.wait(10.0)
    bench.change("pool.size", 5)
    assert bench.engine.next_deadline >= bench.now


def test_a_smaller_pool_lets_the_surplus_finish_and_go(pool_of: PoolOf) -> None:
    bench = pool_of(3, records=9)
    bench.wait(1.0)
    said = bench.change("pool.size", 2)
    said += bench.wait(0.0)
    assert only(said, c.Withdraw) == []
    assert totals(bench.engine, bench.now).seated == 2
    (release,) = only(bench.answer(W3, after=1.0), c.Release)
    assert release.reason == "the pool was made smaller"


def test_the_operator_is_told_who_changed_what(pool_of: PoolOf) -> None:
    bench = pool_of(1)
    (told,) = only(bench.change("pool.start_with", 0.5), c.Warn)
    assert (told.code, told.message) == ("setting", "operator set pool.start_with to 0.5")
    (told,) = only(bench.change("straggler_mitigation.enabled", False), c.Warn)
    assert told.message == "operator set straggler_mitigation.enabled to off"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("pool.sise", 3, "cannot be changed in a run; these can: pool.size"),
        ("pay.per_record", 9.0, "cannot be changed in a run"),
        ("pool.size", 0, "pool.size"),
        ("pool.size", "many", "pool.size"),
        ("tasks.votes", 9, "needs a pool of at least 9"),
        ("maintenance.threshold", -1.0, "maintenance.threshold"),
        ("maintenance.threshold", float("nan"), "maintenance.threshold"),
        ("straggler_mitigation.routing", "fewest", "fewest-active"),
        ("learning.active_fraction", 1.5, "learning.active_fraction"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    pool_of: PoolOf, key: str, value: Any, says: str
) -> None:
    bench = pool_of(2)
    before = totals(bench.engine, bench.now)
    with pytest.raises(InvalidEventError, match=says):
        bench.change(key, value)
    assert totals(bench.engine, bench.now) == before
    bench.work()


@pytest.mark.parametrize("key", CHANGEABLE)
@pytest.mark.parametrize("value", [-1, "abc", True, float("nan")])
def test_a_wrong_value_is_told_in_plain_words_with_what_to_write(key: str, value: Any) -> None:
    if value is True and CHANGEABLE[key] == "on or off":
        value = 1
    with pytest.raises(ValueError, match=rf"^{key}: .*(write |known: )") as caught:
        change_setting(RunConfig(), key, value)
    said = str(caught.value)
    assert not any(jargon in said for jargon in ("$", "`", "Expected", "enum"))
    assert len(said) < 150


@pytest.mark.parametrize(
    ("key", "within", "beyond"),
    [
        ("pool.size", (1, 10_000), (0, 10_001)),
        ("pool.start_with", (0, 1), (-0.1, 1.1)),
        ("straggler_mitigation.max_duplicates", (1, "unlimited"), (0, "all")),
        ("straggler_mitigation.vote_duplicates", (1, "unlimited"), (0, "all")),
        ("straggler_mitigation.gate", (0, 10), (-0.1, 10.1)),
        ("maintenance.threshold", (0.1, "auto", "inf"), (0, "never")),
        ("tasks.votes", (1, 99), (0, 100)),
        ("learning.active_fraction", (0, 1), (-0.1, 1.1)),
    ],
)
def test_what_is_said_to_be_possible_is_what_is_possible(
    key: str, within: tuple[Any, ...], beyond: tuple[Any, ...]
) -> None:
    roomy = RunConfig(pool=PoolConfig(size=1 if key == "pool.size" else 100))
    for value in within:
        change_setting(roomy, key, value)
    for value in beyond:
        with pytest.raises(ValueError, match=f"write {re.escape(CHANGEABLE[key])}, not "):
            change_setting(roomy, key, value)


def test_a_whole_number_survives_the_journal(pool_of: PoolOf) -> None:
    """JSON has one kind of number: what is read back must do and say the same."""
    event = e.SettingChanged("pool.size", 3)
    read = msgspec.json.decode(msgspec.json.encode(event), type=e.Event)
    assert pool_of(2).handle(event) == pool_of(2).handle(read)
