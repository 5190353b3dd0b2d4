"""A replica shows any past moment of a run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.core.config import RunConfig
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.estimates import LatencyEstimates, ended_by
from clamshell_tui.run.history import EventKind, SlotRow
from clamshell_tui.run.keyframes import Keyframes
from clamshell_tui.run.playback import Playback
from clamshell_tui.run.replica import Replica
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
    bars = [a.id for row in history.slots for a in row.assignments]
    assert sorted(bars) == sorted(tables.assignments)
    assert [e.worker for e in history.evictions] == [row.worker for row in tables.evictions]
    assert len(history.evictions) > 0
    assert len(history.models) == len(tables.models)
    assert [n.records for n in history.batches] == [b.records for b in tables.batches.values()]
    labels = history.labels(0, 10_000)
    delivered = {label.record: kept.config.classes[label.label] for label in labels}
    assert delivered == {record: row.label for record, row in tables.labels.items()}
    duplicates = sum(row.duplicate for row in tables.assignments.values())
    assert history.moments_until(EventKind.DUPLICATE, kept.replica.end) == duplicates > 0


def test_a_batch_that_grows_without_a_barrier_is_one_batch(tmp_path: Path) -> None:
    path = simulated(tmp_path, STORY, "tasks.batching=continuous", "stop.labels=90")
    run = loaded(path)
    with open_run(path) as file:
        rows = list(file.tables().batches.values())
    history = run.replica.history
    assert [note.records for note in history.batches] == [row.records for row in rows]
    assert [note.active for note in history.batches] == [row.active_records for row in rows]
    assert sum(row.active_records for row in rows) > 0
    assert history.moments_until(EventKind.BATCH, run.replica.end) == len(rows)
    came = {model.version: model.at for model in history.models}
    aged = [note for note in history.batches if note.active]
    assert any(not note.batch.tasks[0].active for note in aged)  # had the first of them later
    for note in aged:
        assert note.model_age is not None
        assert 0.0 <= note.model_age <= run.replica.end - came[note.model]
    assert all(note.model_age is None for note in history.batches if not note.active)


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
    often, once = Replica(kept.config), Replica(kept.config)
    once.keyframes.step = 10**9  # no keyframes
    with open_run(run_file) as file:
        for at, event in file.events():
            often.feed(at, event)
            often.snapshot_at(at)
            once.feed(at, event)
    workers = [*once.engine.state.pool.workers]
    read = [[replica.estimates(worker) for worker in workers] for replica in (often, once)]
    fields = LatencyEstimates.__slots__
    figures = [[[getattr(each, name) for name in fields] for each in found] for found in read]
    assert figures[0] == figures[1]
    assert sum(each.censored is not None for each in read[0]) > 5


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
    assignment = kept.replica.history.slots[0].assignments[3]
    assert assignment.ended is not None
    middle = (assignment.started + assignment.ended) / 2
    assert ended_by(assignment, middle) == "active"
    assert ended_by(assignment, assignment.ended) == assignment.state != "active"


@given(st.data())
def test_a_row_gives_every_bar_that_meets_the_window(kept: FileRun, data: st.DataObject) -> None:
    row: SlotRow = data.draw(st.sampled_from(kept.replica.history.slots))
    start = data.draw(st.floats(0, kept.replica.end))
    end = start + data.draw(st.floats(0, kept.replica.end / 3))
    expected = [
        a.id for a in row.assignments if a.started <= end and (a.ended is None or a.ended >= start)
    ]
    assert [a.id for a in row.between(start, end)] == expected


def test_pictures_are_thinned_and_still_cover_the_run(kept: FileRun) -> None:
    frames = Keyframes(slots=1000)  # so few are kept that they must be thinned
    picture = kept.replica.snapshot_at(0.0)
    for told in range(1, 5001):
        if frames.due(told):
            frames.add(float(told), picture)
    assert len(frames) <= 256
    assert frames.times[0] <= frames.step
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
    assert [line.text for line in history.log if line.moment is EventKind.EVICTION] == [
        f"{gone.worker} evicted: {gone.estimate:.0%} right, limit 80% right"
        for gone in history.evictions
    ]
