"""Votes into labels, and agreement between workers."""

from math import log
from random import Random

import pytest

from clamshell_tui.core.commands import DeliverLabels
from clamshell_tui.core.crowd_platform.quality import CONSENSUS, Agreement, OrdinalAgreement, Votes
from clamshell_tui.core.ids import ClassIndex
from tests.core.conftest import PoolOf
from tests.core.helpers import W1, W2, labels

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", nominal data, example C:
# four observers, twelve units; 0: no answer. Published: alpha = 0.743.
PUBLISHED = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)


def votes(*pairs: tuple[int, float]) -> Votes:
    return [(ClassIndex(label), accuracy) for label, accuracy in pairs]


def test_krippendorffs_published_example() -> None:
    agreement = Agreement(6)
    for unit in zip(*PUBLISHED, strict=True):
        agreement.add(labels(*[answer for answer in unit if answer]))
    assert agreement.alpha == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@pytest.mark.parametrize("n_classes", [2, 4, 7])
def test_alpha_is_the_krippendorff_packages(n_classes: int, level: str) -> None:
    krippendorff = pytest.importorskip("krippendorff", reason="needs the extra 'oracles'")
    rng = Random(n_classes)
    kind = OrdinalAgreement if level == "ordinal" else Agreement
    agreement: Agreement | OrdinalAgreement = kind(n_classes)
    rows = []
    for _ in range(60):
        row = [rng.choice((None, *range(n_classes), 0, 0)) for _ in range(5)]
        agreement.add(labels(*[label for label in row if label is not None]))
        rows.append([float("nan") if label is None else float(label) for label in row])
    ratings = [list(rater) for rater in zip(*rows, strict=True)]
    theirs = krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
    assert agreement.alpha == pytest.approx(theirs)


def test_the_label_of_a_scale_is_the_middle_of_the_votes_and_one_extreme_moves_it_little() -> None:
    median = CONSENSUS["median"]
    assert median(votes((0, 0.9), (3, 0.9), (4, 0.9)), 7)[0] == 3
    assert median(votes((3, 0.9), (3, 0.9), (6, 0.9)), 7)[1] == 2 / 3
    assert median(votes((6, 0.9), (1, 0.9)), 7) == (1, 0.5)


def test_perfect_agreement_is_one_and_no_variety_is_undefined() -> None:
    agreement = Agreement(2)
    agreement.add(labels(0, 0))
    assert agreement.alpha is None
    agreement.add(labels(1, 1))
    assert agreement.alpha == 1.0


def test_a_single_answer_says_nothing_of_agreement() -> None:
    agreement = Agreement(2)
    agreement.add(labels(1))
    assert agreement.total == 0


def test_systematic_disagreement_is_negative() -> None:
    agreement = Agreement(2)
    for _ in range(10):
        agreement.add(labels(0, 1))
    assert agreement.alpha is not None
    assert agreement.alpha < 0


def test_the_majority_decides_whoever_votes() -> None:
    assert CONSENSUS["majority"](votes((0, 0.99), (1, 0.5), (1, 0.5)), 2) == (1, 2 / 3)


def test_of_equals_the_first_named_wins() -> None:
    assert CONSENSUS["majority"](votes((1, 0.9), (0, 0.9)), 2) == (1, 0.5)


def test_a_weighted_vote_weighs_the_log_odds_of_being_right() -> None:
    label, share = CONSENSUS["weighted-majority"](votes((0, 0.95), (1, 0.6), (1, 0.6)), 2)
    expert, guesser = log(0.95 / 0.05), log(0.6 / 0.4)
    assert label == 0
    assert share == pytest.approx(expert / (expert + 2 * guesser))


def test_with_more_classes_a_weak_worker_weighs_more() -> None:
    _, two = CONSENSUS["weighted-majority"](votes((0, 0.9), (1, 0.6)), 2)
    _, ten = CONSENSUS["weighted-majority"](votes((0, 0.9), (1, 0.6)), 10)
    assert ten < two


def test_who_does_no_better_than_guessing_weighs_next_to_nothing() -> None:
    label, share = CONSENSUS["weighted-majority"](votes((1, 0.2), (1, 0.5), (1, 0.01), (0, 0.7)), 2)
    assert label == 0
    assert share > 0.95


def test_spot_checks_slip_gold_in_and_grade_it_and_nobody_learns_its_label(
    pool_of: PoolOf,
) -> None:
    bench = pool_of(2, records=0, last=False, quality={"gold_share": 0.5})
    bench.submit(8, gold={0: 1, 1: 1, 2: 1, 3: 1})
    asked = {W1: 0, W2: 0}
    while bench.holds:
        worker, order = next(iter(bench.holds.items()))
        assert len(order.records) == 2  # one of one's own, and gold to the share of a half
        asked[worker] += 1
        before = bench.worker(worker).accuracy
        bench.answer(worker, *([1 if worker == W1 else 0] * 2), after=1.0)
        if bench.phase == "finished":
            break
        after = bench.worker(worker).accuracy
        assert (after > before) == (worker == W1)
    delivered = [d.records for d in bench.all_commands(DeliverLabels)]
    assert sorted(r for records in delivered for r in records) == [4, 5, 6, 7]
