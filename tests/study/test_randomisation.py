"""Conditions: balanced at every moment, unforeseeable, and the same for the same seed."""

from collections import Counter
from itertools import groupby
from typing import Any

import pytest
from scipy.stats import chisquare

from clamshell_tui.study import events as e
from clamshell_tui.study.config import DebriefStage, WorkStage
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.plan import Arm, Guest
from clamshell_tui.study.randomisation import Blocks
from tests.study.helpers import plan_with

TWO = (Arm("helped"), Arm("alone"))
UNEVEN = (Arm("helped", 2), Arm("alone", 1), Arm("paired", 1))


def _drawn(arms: tuple[Arm, ...], seed: int, number: int) -> list[tuple[str, int]]:
    blocks = Blocks(seed, "people/", arms)
    return [blocks.next() for _ in range(number)]


@pytest.mark.parametrize("arms", [TWO, UNEVEN])
def test_each_block_has_every_condition_by_its_weight(arms: tuple[Arm, ...]) -> None:
    sizes = set()
    total = sum(arm.weight for arm in arms)
    drawn = _drawn(arms, 5, 40 * total)
    for block, rows in groupby(drawn, key=lambda row: row[1]):
        counts = Counter(name for name, _ in rows)
        if block < drawn[-1][1]:  # the last one may be cut short
            multiples = {counts[arm.name] / arm.weight for arm in arms}
            assert multiples in ({2.0}, {3.0})
            sizes |= multiples
    assert sizes == {2.0, 3.0}, "blocks of one size can be counted"


def test_every_place_of_a_block_has_every_condition_equally_often() -> None:
    first = Counter(_drawn(TWO, seed, 1)[0][0] for seed in range(2000))
    third = Counter(_drawn(TWO, seed, 3)[2][0] for seed in range(2000))
    for counts in (first, third):
        assert chisquare([counts["helped"], counts["alone"]]).pvalue > 1e-4


def test_the_same_seed_gives_the_same_list_and_another_one_another() -> None:
    assert _drawn(TWO, 7, 60) == _drawn(TWO, 7, 60)
    assert _drawn(TWO, 7, 60) != _drawn(TWO, 8, 60)


def test_the_list_of_a_seed_is_the_same_in_every_version() -> None:
    letters = "".join(name[0] for name, _ in _drawn(TWO, 1, 20))
    assert letters == "haaahhhaahhhaahaahhh"


def _itinerary(**plan: Any) -> Itinerary:
    return Itinerary(plan_with(stages=(WorkStage(), DebriefStage()), pages=(1, 1), **plan))


def _arrive(itinerary: Itinerary, *labels: str) -> list[str | None]:
    for label in labels:
        itinerary.handle(e.Arrived(label, "bot" if label.startswith("B") else "ssh"), itinerary.now)
    return [itinerary.people[label].condition for label in labels]


def test_bots_do_not_change_the_list_of_people() -> None:
    people = [f"L{number}" for number in range(1, 10)]
    without = _arrive(_itinerary(), *people)
    itinerary = _itinerary()
    _arrive(itinerary, "B001", "B002", "B003")
    assert _arrive(itinerary, *people) == without


def test_each_stratum_is_balanced_by_itself() -> None:
    strata = ("old", "young")
    guests = tuple(Guest(f"L{number}", None, strata[number % 2]) for number in range(40))
    itinerary = _itinerary(guests=guests)
    _arrive(itinerary, *(guest.label for guest in guests))
    for stratum in strata:
        people = [each for each in itinerary.people.values() if each.stratum == stratum]
        counts = Counter([person.condition for person in people])
        assert abs(counts["helped"] - counts["alone"]) <= 3


def test_drop_outs_are_not_refilled() -> None:
    with_all, with_drop_outs = _itinerary(), _itinerary()
    labels = [f"L{number}" for number in range(1, 10)]
    expected = _arrive(with_all, *labels)
    found = []
    for label in labels:
        found += _arrive(with_drop_outs, label)
        with_drop_outs.handle(e.WorkEntered(label), with_drop_outs.now)
        with_drop_outs.handle(e.Withdrew(label, delete=False), with_drop_outs.now)
    assert found == expected
