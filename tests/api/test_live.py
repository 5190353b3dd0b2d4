"""A live crowd for programs: in a test, in a running event loop, across a restart."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

import clamshell_tui as cs

WIRE = {
    "dataset": {"kind": "wire", "classes": ["bad", "good"]},
    "pool": {"size": 4, "reserve": 0},
    "qualification": {"enabled": False},
    "learning": {"enabled": False},
    "requester": {"gold": 0},
    "tasks": {"records_per_task": 2},
    "crowd": {"population": "custom", "custom": {"accuracy": 1.0}},
}


def records(count: int, first: int = 0) -> list[cs.NewRecord]:
    return [
        cs.NewRecord(f"t{n}", text=f"day {n}", truth=("bad", "good")[n % 2])
        for n in range(first, first + count)
    ]


def test_a_users_test_gets_its_labels(clamshell_crowd: Callable[..., cs.Crowd]) -> None:
    crowd = clamshell_crowd(WIRE)
    with crowd.requester() as requester:
        requester.submit(records(60), last=True)
        labels = {each.id: each.label for each in requester.labels()}

    assert labels == {f"t{n}": ("bad", "good")[n % 2] for n in range(60)}


def test_it_works_inside_a_running_loop() -> None:
    async def notebook() -> int:
        async with cs.serve(WIRE, bots=4, speed=1000.0) as crowd:
            with crowd.requester() as requester:
                requester.submit(records(6), last=True)
                return len(list(requester.labels()))

    assert asyncio.run(notebook()) == 6


def test_a_pool_with_more_slots_than_workers_starts_all_the_same() -> None:
    scenario = {key: value for key, value in WIRE.items() if key != "pool"}
    with cs.serve(scenario, bots=3, speed=1000.0) as crowd, crowd.requester() as requester:
        requester.submit(records(4), last=True)
        assert len(list(requester.labels())) == 4


def test_closing_twice_and_a_wrong_token_do_no_harm() -> None:
    crowd = cs.serve(WIRE, seats=2)
    assert len(crowd.joins) == 2
    assert all(line.startswith("clam://") for line in crowd.joins)
    with pytest.raises(cs.ClamshellError, match="token"):
        cs.Requester(crowd.address, "wrong")
    requester = crowd.requester()
    requester.close()
    requester.close()
    crowd.close()
    crowd.close()


def test_a_bad_scenario_is_reported_by_the_caller(tmp_path: Path) -> None:
    with pytest.raises(cs.ScenarioError, match="classes"):
        cs.serve({"dataset": {"kind": "wire", "classes": ["one"]}})
    with pytest.raises(cs.ClamshellError, match=r"no\.csv"):
        cs.serve({"dataset": {"kind": "csv", "path": str(tmp_path / "no.csv"), "label": "a"}})


@pytest.mark.slow  # a figure of the wall clock
def test_sixty_labels_take_less_than_five_seconds() -> None:
    began = perf_counter()
    with cs.serve(WIRE, bots=8, speed=1000.0) as crowd, crowd.requester() as requester:
        requester.submit(records(60), last=True)
        assert len(list(requester.labels())) == 60
    assert perf_counter() - began < 5.0
