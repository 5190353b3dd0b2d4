"""Whole studies in virtual time, with the study that ships."""

from pathlib import Path

import pytest

from clamshell_tui.core.events import AssignmentSkipped
from clamshell_tui.run.digest import state_digest
from clamshell_tui.simulator.study import StudyResult, simulate_study
from clamshell_tui.study.invariants import check_study
from clamshell_tui.study.load import Study, load_study
from clamshell_tui.study.records import load_records
from tests.study.files import StudyFiles

SHIPPED = Path(__file__).parents[2] / "scenarios/study/helped-or-alone.toml"


@pytest.fixture(scope="module")
def shipped() -> Study:
    return load_study(SHIPPED)


def simulate(study: Study, seed: int = 0) -> StudyResult:
    return simulate_study(study, *load_records(study), seed, check=True)


@pytest.mark.parametrize("seeds", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_everybody_gets_through_a_study_and_nobody_is_left_at_work(
    shipped: Study, seeds: int
) -> None:
    for seed in range(seeds):
        result = simulate(shipped, seed)
        check_study(result.itinerary)
        assert result.itinerary.finished
        for person in result.itinerary.people.values():
            assert person.outcome in ("completed", "not-qualified")
            assert person.concluded


def test_the_same_seed_gives_the_same_study_and_another_one_another(shipped: Study) -> None:
    def digests(result: StudyResult) -> list[str]:
        return [state_digest(run.simulation.engine) for run in result.conditions]

    first = simulate(shipped, 3)
    assert digests(first) == digests(simulate(shipped, 3))
    assert digests(first) != digests(simulate(shipped, 4))


def test_the_limits_of_the_work_are_kept() -> None:
    study = load_study(SHIPPED, ["tasks.votes=9"])
    result = simulate(study)
    for person in result.itinerary.people.values():
        if person.outcome == "completed":
            last_task = 300.0
            assert person.work_seconds <= 20 * 60 + last_task


def test_a_limit_of_records_is_rounded_up_to_whole_tasks(tmp_path: Path) -> None:
    files = StudyFiles(tmp_path)
    files.replace("minutes = 45.0", "records = 3")  # in tasks of two
    people = simulate(files.load()).itinerary.people.values()
    assert {person.work.records for person in people if person.qualified} == {4}


def copied(folder: Path, old: str, new: str) -> Path:
    """A copy of the shipped study with other words."""
    for file in SHIPPED.parent.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    place = folder / SHIPPED.name
    text = place.read_text("utf-8")
    assert old in text
    place.write_text(text.replace(old, new), "utf-8")
    return place


def test_who_has_answered_all_goes_home_after_a_break(tmp_path: Path) -> None:
    only_breaks = "break_every = 1.0"
    place = copied(tmp_path, "minutes = 12.0, checks_every = 5, break_every = 6.0", only_breaks)
    study = load_study(place, ["tasks.votes=9"])  # of six in a condition
    assert all(simulate(study, seed).itinerary.finished for seed in range(3))


@pytest.mark.parametrize("limit", ["records = 20", "minutes = 12.0", "minutes = 600.0"])
def test_who_gives_the_last_task_back_is_not_left_at_work(tmp_path: Path, limit: str) -> None:
    place = copied(tmp_path, "minutes = 12.0", limit)
    skips = ["crowd.behaviours={skipper=1.0}", "crowd.skipper.chance=0.6", "conduct.max_share=1.0"]
    study = load_study(place, [*skips, "tasks.max_failures=50"])
    for seed in range(3):
        result = simulate(study, seed)
        assert result.itinerary.finished
        for run in result.conditions:
            assert any(isinstance(event, AssignmentSkipped) for _, event in run.events)
            assert run.simulation.engine.now <= result.seconds, "it ends with the study"


def test_each_condition_labels_every_record(shipped: Study) -> None:
    for run in simulate(shipped).conditions:
        assert len(run.tables.labels) == 60


def test_records_without_a_known_answer_are_labelled_too(tmp_path: Path) -> None:
    study = StudyFiles(tmp_path).load()
    result = simulate(study)
    assert all(person.outcome == "completed" for person in result.itinerary.people.values())
    for run in result.conditions:
        rows = [row for row in run.tables.labels.values() if row.truth is None]
        assert {row.label for row in rows} == {"bad", "good"}


def test_nobody_waits_for_votes_that_nobody_can_give(tmp_path: Path) -> None:
    no_minutes = "checks_every = 5"
    place = copied(tmp_path, "minutes = 12.0, checks_every = 5, break_every = 6.0", no_minutes)
    study = load_study(place, ["tasks.votes=9", "tasks.pool_batch_ratio=4"])  # of six in each
    result = simulate(study)
    assert result.itinerary.finished
    assert {person.outcome for person in result.itinerary.people.values()} <= {
        "completed",
        "not-qualified",
    }
    states = [run.simulation.engine.state for run in result.conditions]
    assert any(len(state.records) for state in states), "not even shown: no batch was full"
