"""The final consensus, with workers' confusion estimated from the answers themselves."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import mean

import numpy as np
import pytest

from clamshell_tui.report.consensus import Opinion, dawid_skene, final_accuracy, final_labels
from clamshell_tui.run.tables import AnswerRow, AssignmentRow, LabelRow, Tables


def crowd(
    accuracies: list[float],
    n_records: int,
    votes: int,
    n_classes: int,
    seed: int,
    shares: Sequence[float] | None = None,
) -> tuple[list[int], list[Opinion]]:
    """Truth, and so many answers to each record by workers drawn at random."""
    rng = Random(seed)
    truth = rng.choices(range(n_classes), shares, k=n_records)
    opinions = []
    for record, right in enumerate(truth):
        for worker in rng.sample(range(len(accuracies)), votes):
            wrong = (right + rng.randrange(1, n_classes)) % n_classes
            label = right if rng.random() < accuracies[worker] else wrong
            opinions.append(Opinion(worker, record, label))
    return truth, opinions


def right(truth: list[int], labels: list[int]) -> float:
    return sum(a == b for a, b in zip(truth, labels, strict=True)) / len(truth)


def majority(opinions: list[Opinion], n_records: int) -> list[int]:
    votes = [Counter[int]() for _ in range(n_records)]
    for opinion in opinions:
        votes[opinion.record][opinion.label] += 1
    return [each.most_common(1)[0][0] for each in votes]


@pytest.mark.parametrize("n_classes", [2, 5])
def test_with_spammers_it_is_several_points_better_than_the_majority(n_classes: int) -> None:
    gains = []
    for seed in range(5):
        accuracies = [0.9] * 8 + [1 / n_classes] * 4
        truth, opinions = crowd(accuracies, 400, 3, n_classes, seed)
        found = dawid_skene(opinions, n_workers=12, n_records=400, n_classes=n_classes)
        gains.append(right(truth, found.labels.tolist()) - right(truth, majority(opinions, 400)))
    assert min(gains) > 0
    assert sum(gains) / len(gains) > 0.02


def test_it_finds_out_how_good_everybody_is() -> None:
    accuracies = [0.95, 0.9, 0.6, 0.8, 0.5]
    _, opinions = crowd(accuracies, 3000, 4, 2, seed=3)
    found = dawid_skene(opinions, n_workers=5, n_records=3000, n_classes=2)
    diagonal = found.confusion[:, [0, 1], [0, 1]].mean(axis=1)
    assert diagonal.tolist() == pytest.approx(accuracies, abs=0.05)
    assert found.confusion.sum(axis=2) == pytest.approx(np.ones((5, 2)))


def test_somebody_who_is_always_wrong_is_as_good_as_an_expert() -> None:
    truth, opinions = crowd([0.9, 0.9, 0.9, 0.02], 600, 4, 2, seed=5)
    found = dawid_skene(opinions, n_workers=4, n_records=600, n_classes=2)
    assert right(truth, found.labels.tolist()) > 0.97


def test_the_order_of_the_answers_does_not_matter() -> None:
    _, opinions = crowd([0.9, 0.8, 0.7], 50, 2, 3, seed=1)
    one = dawid_skene(opinions, n_workers=3, n_records=50, n_classes=3)
    two = dawid_skene(opinions[::-1], n_workers=3, n_records=50, n_classes=3)
    assert one.probabilities == pytest.approx(two.probabilities)


def test_a_record_without_an_answer_may_be_of_any_class() -> None:
    opinions = [Opinion(0, 0, 1), Opinion(0, 1, 1)]
    found = dawid_skene(opinions, n_workers=1, n_records=3, n_classes=2)
    assert found.probabilities[2].tolist() == [0.5, 0.5]
    assert found.probabilities.sum(axis=1) == pytest.approx([1, 1, 1])


def test_a_record_without_an_answer_is_as_the_others_are() -> None:
    opinions = [Opinion(w, record, int(record < 6)) for record in range(60) for w in range(3)]
    found = dawid_skene(opinions, n_workers=3, n_records=61, n_classes=2)
    assert found.probabilities[60, 1] == pytest.approx((6 + 15) / 90, abs=0.01)


HONEST = [0.65, 0.7, 0.72, 0.75, 0.78, 0.8, 0.82, 0.85, 0.88, 0.9, 0.92, 0.95]
SPLITS = ([0.5, 0.5], [0.8, 0.2], [0.95, 0.05], [0.98, 0.02])


def with_spammers(accuracies: list[float]) -> list[float]:
    """Every fifth worker answers at random."""
    return [0.5 if place % 5 == 0 else each for place, each in enumerate(accuracies)]


def gains(accuracies: list[float], shares: list[float], seeds: int) -> list[float]:
    """Points over the majority of three, run by run."""
    found = []
    for seed in range(seeds):
        truth, opinions = crowd(accuracies, 400, 3, 2, seed, shares)
        estimate = dawid_skene(opinions, n_workers=12, n_records=400, n_classes=2)
        ours = right(truth, estimate.labels.tolist())
        found.append(100 * (ours - right(truth, majority(opinions, 400))))
    return found


@pytest.mark.parametrize("shares", SPLITS, ids=str)
def test_it_is_no_worse_than_the_majority_however_rare_a_class_is(shares: list[float]) -> None:
    """Without shares of the classes it is 6 points worse at 80:20, and 20 at 95:5."""
    found = gains(HONEST, shares, 15)
    assert min(found) > -3.0
    assert mean(found) > (1.0 if shares[1] <= 0.05 else -1.0)


@pytest.mark.parametrize("shares", SPLITS, ids=str)
def test_spammers_are_seen_through_however_rare_a_class_is(shares: list[float]) -> None:
    found = gains(with_spammers(HONEST), shares, 15)
    assert min(found) > -3.0
    assert mean(found) > 2.0


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.8, 0.2], [0.8, 0.05, 0.05, 0.05, 0.05]], ids=str)
def test_records_with_one_answer_cannot_confirm_themselves(shares: list[float]) -> None:
    """One record in ten has a second answer, by workers that are nearly always right."""
    found = []
    for seed in range(10):
        truth, opinions = crowd([0.97] * 12, 300, 2, len(shares), seed, shares)
        kept = [each for n, each in enumerate(opinions) if n % 2 == 0 or each.record % 10 == 0]
        estimate = dawid_skene(kept, n_workers=12, n_records=300, n_classes=len(shares))
        ours = right(truth, estimate.labels.tolist())
        found.append(100 * (ours - right(truth, majority(kept, 300))))
    assert min(found) > -3.0
    assert mean(found) > -0.5


def test_a_few_experts_among_many_guessers_are_not_taken_for_liars() -> None:
    """Five answers in six are guesses."""
    found = []
    for seed in range(10):
        accuracies = [0.5] * 10 + [0.92, 0.92]
        _truth, opinions = crowd(accuracies, 400, 3, 2, seed, [0.8, 0.2])
        estimate = dawid_skene(opinions, n_workers=12, n_records=400, n_classes=2)
        found.append(estimate.confusion[10:, [0, 1], [0, 1]].mean())
    assert min(found) > 0.5


def test_a_single_answer_changes_nothing_that_is_known_of_a_worker() -> None:
    _, several = crowd([0.9, 0.8, 0.7], 50, 2, 2, seed=1)
    single = [Opinion(0, record, 1) for record in range(50, 90)]
    with_them = dawid_skene(several + single, n_workers=3, n_records=90, n_classes=2)
    without = dawid_skene(several, n_workers=3, n_records=50, n_classes=2)
    assert with_them.confusion == pytest.approx(without.confusion)


@pytest.mark.filterwarnings("ignore:The (inplace|copy) keyword")  # crowd-kit with pandas 3.1
@pytest.mark.parametrize("shares", SPLITS[1:3], ids=str)
def test_it_is_as_right_as_crowd_kits(shares: list[float]) -> None:
    aggregation = pytest.importorskip("crowdkit.aggregation", reason="needs the extra 'oracles'")
    pandas = pytest.importorskip("pandas", reason="needs the extra 'oracles'")
    differences = []
    for seed in range(3):
        truth, opinions = crowd(with_spammers(HONEST), 400, 3, 2, seed, shares)
        table = pandas.DataFrame(opinions).rename(columns={"record": "task"})
        theirs = aggregation.DawidSkene(n_iter=30).fit_predict(table).reindex(range(400)).tolist()
        ours = dawid_skene(opinions, n_workers=12, n_records=400, n_classes=2).labels.tolist()
        differences.append(right(truth, ours) - right(truth, theirs))
    assert mean(differences) > -0.005


@pytest.mark.parametrize("votes", [1, 2, 3])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_few_answers_by_good_workers_are_no_worse_than_the_majority(
    votes: int, n_classes: int
) -> None:
    """The classic estimate takes a class named twice for the only one a worker knows."""
    gains = []
    for seed in range(10):
        truth, opinions = crowd([0.97, 0.95, 0.9, 0.85] * 5, 150, votes, n_classes, seed)
        found = dawid_skene(opinions, n_workers=20, n_records=150, n_classes=n_classes)
        gains.append(right(truth, found.labels.tolist()) - right(truth, majority(opinions, 150)))
    assert sum(gains) / len(gains) > -0.005  # less than a record
    if votes == 1:
        assert gains == [0.0] * 10


def test_many_answers_show_a_confusion_that_the_majority_shares() -> None:
    """All take most records of class 1 for class 0; a worker naming 1 knows it.

    The share of class 1 is unknown too: crowd-kit has 0.876 right.
    """
    rng = Random(7)
    truth = [rng.randrange(2) for _ in range(1500)]
    opinions = [
        Opinion(worker, record, int(label == 1 and rng.random() < 0.45))
        for record, label in enumerate(truth)
        for worker in rng.sample(range(10), 5)
    ]
    found = dawid_skene(opinions, n_workers=10, n_records=1500, n_classes=2)
    assert right(truth, majority(opinions, 1500)) < 0.73
    assert right(truth, found.labels.tolist()) > 0.87


def tables(answers: list[tuple[int, int, str, bool]], truth: list[str]) -> Tables:
    """(worker, record, class, counted) per answer; the first answer was delivered."""
    found = Tables()
    for number, (worker, record, label, counted) in enumerate(answers):
        found.put(AssignmentRow(number, record, f"W{worker}", False, 0.0))
        found.put(AnswerRow(number, record, label, counted))
    for record, right_label in enumerate(truth):
        delivered = next(label for _, r, label, _ in answers if r == record)
        found.put(LabelRow(record, "", record, delivered, right_label, 1.0, False, 0.0))
    return found


def test_a_late_answer_is_a_vote() -> None:
    """W1 and W2 agree on everything else, W3 does not; W2's answer to record 0 came late."""
    answers = [(3, 0, "no", True), (1, 0, "yes", True), (2, 0, "yes", False)]
    for record in range(1, 9):
        label, other = ("yes", "no") if record % 2 else ("no", "yes")
        answers += [(1, record, label, True), (2, record, label, True), (3, record, other, True)]
    truth = ["yes"] + ["yes" if record % 2 else "no" for record in range(1, 9)]
    found = tables(answers, truth)
    assert final_labels(found)[0] == "yes"
    assert final_accuracy(found) == 1.0


def test_a_single_class_and_unknown_truth_are_no_trouble() -> None:
    found = tables([(1, 0, "yes", True)], ["yes"])
    assert final_labels(found) == {0: "yes"}
    found.labels[0].truth = None
    assert final_accuracy(found) is None
