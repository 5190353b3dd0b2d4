"""A replica shows any past moment of a run."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clamshell_tui.core.config import RunConfig
from clamshell_tui.run import replica as replicas
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.history import SlotAssignments, ended_by
from clamshell_tui.run.log import EventKind
from clamshell_tui.run.playback import Playback
from clamshell_tui.run.replica import Keyframes, Replica
from clamshell_tui.run.totals import RunTotals
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from tests.kept import loaded, simulated
from tests.run.conftest import STORY


def test_a_replica_arrives_at_the_recorded_state(kept: FileRun, run_file: Path) -> None:
    with open_run(run_file) as file:
        assert state_digest(kept.replica.engine) == file.meta["state_digest"]


def test_the_history_agrees_with_the_tables_of_the_run_file(kept: FileRun, run_file: Path) -> None:
    history = kept.replica.history
    with open_run(run_file) as file:
        tables = file.tables()
    bars = [row.id for slot in history.slots for row in slot.assignments]
    assert sorted(bars) == sorted(tables.assignments)
    assert [e.worker for e in history.evictions] == [row.worker for row in tables.evictions]
    assert len(history.evictions) > 0
    assert len(history.models) == len(tables.models)
    assert [note.row for note in history.batches] == [*tables.batches.values()]
    delivered = {row.record: row.label for row in history.labels}
    assert delivered == {record: row.label for record, row in tables.labels.items()}
    assert history.workers == tables.workers
    assert history.tasks == tables.tasks
    attempts = [row for rows in history.attempts.values() for row in rows]
    assert {row.id: row for row in attempts} == tables.assignments
    answers = [(id_, label) for id_, labels in history.answers.items() for label in labels]
    assert sorted(answers) == sorted((row.assignment, row.label) for row in tables.answers)
    cost = Counter[str]()
    for payment in tables.ledger:
        cost[payment.kind] += payment.micros
    end = kept.replica.end
    assert {kind: history.cost_until(kind, end) for kind in history.spending} == cost
    duplicates = sum(row.duplicate for row in tables.assignments.values())
    assert history.events_until(EventKind.DUPLICATE, kept.replica.end) == duplicates > 0


def test_a_batch_that_grows_without_a_barrier_is_one_batch(tmp_path: Path) -> None:
    path = simulated(tmp_path, STORY, "tasks.batching=continuous", "stop.labels=90")
    run = loaded(path)
    with open_run(path) as file:
        rows = list(file.tables().batches.values())
    history = run.replica.history
    assert [note.row for note in history.batches] == rows
    assert [len(note.chosen) for note in history.batches] == [row.active_records for row in rows]
    assert sum(row.active_records for row in rows) > 0
    assert history.events_until(EventKind.BATCH, run.replica.end) == len(rows)
    came = {model.version: model.trained_at for model in history.models}
    aged = [note for note in history.batches if note.chosen]
    assert any(not note.chose(note.tasks[0]) for note in aged)  # had the first of them later
    for note in aged:
        assert note.model_age is not None
        assert 0.0 <= note.model_age <= run.replica.end - came[note.model]
    assert all(note.model_age is None for note in history.batches if not note.chosen)


def test_a_moment_is_shown_as_it_was_when_it_was_the_present(kept: FileRun, run_file: Path) -> None:
    """A replica fed half of the journal shows the same as a full one for that time."""
    half = Replica(kept.config)
    with open_run(run_file) as file:
        for number, (at, event) in enumerate(file.events(), 1):
            half.feed(at, event)
            if number == kept.entries // 2:
                break
    then = half.snapshot_at(half.end)
    assert kept.replica.snapshot_at(half.end) == then
    assert then.run.labels == kept.replica.history.labels_until(half.end)
    assert 0 < then.run.labels < kept.replica.snapshot_at(kept.replica.end).run.labels


def test_looking_changes_nothing(kept: FileRun, run_file: Path) -> None:
    """Frames at every step, with all estimators read, and the same decisions."""
    looked = Replica(kept.config)
    with open_run(run_file) as file:
        for at, event in file.events():
            looked.feed(at, event)
            looked.snapshot_at(at + 0.5)
    assert state_digest(looked.engine) == state_digest(kept.replica.engine)


def test_estimates_do_not_depend_on_when_they_are_read(kept: FileRun, run_file: Path) -> None:
    often, once = Replica(kept.config), Replica(kept.config, keyframes=False)
    with open_run(run_file) as file:
        for at, event in file.events():
            often.feed(at, event)
            often.snapshot_at(at)
            once.feed(at, event)
    read = [[replica.worker(name) for name in once.history.workers] for replica in (often, once)]
    assert read[0] == read[1]
    assert sum(each.censored is not None for each in read[0]) > 5


def test_replicas_with_other_keyframes_agree_at_every_moment(
    run_file: Path, kept: FileRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that knew the journal's length, and one that thinned its keyframes as it grew."""
    monkeypatch.setattr(replicas, "_FEWEST", 8)
    monkeypatch.setattr(replicas, "_MOST", 100)
    known, live = Replica(kept.config, kept.entries), Replica(kept.config)
    exact = Replica(kept.config, keyframes=False)
    moments = [kept.replica.end * n / 97 for n in range(97)]
    truth: list[RunTotals] = []
    with open_run(run_file) as file:
        for at, event in file.events():
            while moments[len(truth) :] and moments[len(truth)] < at:
                truth.append(exact.snapshot_at(moments[len(truth)]).run)
            for replica in (known, live, exact):
                replica.feed(at, event)
    for moment, run in zip(moments, truth, strict=False):
        shown = known.snapshot_at(moment)
        assert shown == live.snapshot_at(moment)
        for name in ("now", "labels", "batches", "assignments", "duplicates", "evictions", "cost"):
            assert getattr(shown.run, name) == getattr(run, name)
        assert replace(shown.run.model, training=False) == replace(run.model, training=False)
    assert len(truth) > 90


def test_the_estimators_stand_side_by_side(kept: FileRun) -> None:
    snapshot = kept.replica.snapshot_at(kept.replica.end * 0.9)
    seen = [card for card in snapshot.workers if card.completed >= 3 and card.terminated]
    assert seen, "no worker has both completed and lost tasks"
    for card in seen:
        assert card.empirical is not None
        assert card.termest is not None
        assert card.censored is not None
        assert card.termest >= card.empirical
        assert card.p_value is not None
        assert 0.0 <= card.p_value <= 1.0
        assert card.slow is not None
        assert 0.0 <= card.slow <= 1.0


def test_a_slow_worker_has_a_small_p_value_before_the_eviction(kept: FileRun) -> None:
    eviction = kept.replica.history.evictions[0]
    snapshot = kept.replica.snapshot_at(eviction.at - 1e-6)
    card = next(card for card in snapshot.workers if card.worker == eviction.worker)
    assert card.termest is not None or card.slow is not None
    assert (card.slow or 0.0) > 0.5


def test_an_assignment_is_active_until_it_ended(kept: FileRun) -> None:
    row = kept.replica.history.slots[0].assignments[3]
    assert row.ended_at is not None
    middle = (row.started_at + row.ended_at) / 2
    assert ended_by(row, middle) == "active"
    assert ended_by(row, row.ended_at) == row.state != "active"


@given(st.data())
def test_a_row_gives_every_bar_that_meets_the_window(kept: FileRun, data: st.DataObject) -> None:
    slot: SlotAssignments = data.draw(st.sampled_from(kept.replica.history.slots))
    start = data.draw(st.floats(0, kept.replica.end))
    end = start + data.draw(st.floats(0, kept.replica.end / 3))
    expected = [
        row.id
        for row in slot.assignments
        if row.started_at <= end and (row.ended_at is None or row.ended_at >= start)
    ]
    assert [row.id for row in slot.between(start, end)] == expected


def test_pictures_are_thinned_and_still_cover_the_run(kept: FileRun) -> None:
    picture = kept.replica.snapshot_at(0.0)
    frames = Keyframes(picture, slots=1000)  # so few are kept that they must be thinned
    for told in range(1, 5001):
        if frames.due(told):
            frames.add(float(told), picture)
    assert len(frames) <= 257
    assert frames.times[0] == 0.0
    assert frames.times[-1] > 5000 - 2 * frames.step
    gaps = {late - early for early, late in zip(frames.times, frames.times[1:], strict=False)}
    assert gaps == {float(frames.step)}


# -- playback


@pytest.fixture
def player(kept: FileRun) -> Playback:
    return Playback(kept.replica, live=False)


def test_a_finished_run_plays_from_its_beginning_to_its_end_and_stops(player: Playback) -> None:
    player.play_or_pause()
    player.speed = 10.0
    player.tick(1.0)
    assert player.at == 10.0
    player.tick(player.end)
    assert player.at == player.end
    assert not player.playing


def test_steps_go_to_the_next_and_the_last_eviction(player: Playback, kept: FileRun) -> None:
    times = [eviction.at for eviction in kept.replica.history.evictions]
    assert player.step(EventKind.EVICTION)
    assert player.at == times[0]
    player.seek(player.end)
    assert not player.step(EventKind.EVICTION)
    assert player.step(EventKind.EVICTION, back=True)
    assert player.at == times[-1]


def test_a_live_run_is_followed_until_somebody_looks_back() -> None:
    player = Playback(Replica(RunConfig(classes=("a", "b"))), live=True)
    player.run_reached(50.0)
    assert (player.at, player.following) == (50.0, True)
    player.skip(-20.0)
    assert (player.at, player.following, player.playing) == (30.0, False, False)
    player.play_or_pause()
    player.tick(15.0)
    assert player.at == 45.0
    player.tick(10.0)
    assert player.following
    player.run_reached(60.0)
    assert player.at == 60.0


def test_a_speed_is_chosen_that_suits_the_length(player: Playback) -> None:
    player.suit(60.0)
    assert 30.0 <= player.end / player.speed <= 60.0
    before = player.speed
    player.faster(1)
    assert player.speed > before
    player.faster(-100)
    assert player.speed == 0.25


CARELESS = """\
seed = 2
dataset = {kind = "generated", records = 200, classes = 4}
requester.gold = 20
crowd.population = "live"
crowd.behaviours.spammer = 0.5
pool = {size = 6, reserve = 4}
recruitment.every = 10.0
qualification.enabled = false
quality.gold_share = 0.4
maintenance = {objective = "quality", min_accuracy = 0.8}
learning.enabled = false
"""


def test_who_is_evicted_for_errors_is_not_said_to_be_slow(tmp_path: Path) -> None:
    history = loaded(simulated(tmp_path, CARELESS)).replica.history
    assert history.evictions
    assert [line.text for line in history.log if line.kind is EventKind.EVICTION] == [
        f"{gone.worker} evicted: {gone.estimate:.0%} right, limit 80% right"
        for gone in history.evictions
    ]
