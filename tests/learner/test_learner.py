"""The learner as a driver uses it: labels in, ranking, accuracy and predictions out."""

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from clamshell_tui.core.config import LearningConfig
from clamshell_tui.errors import ScenarioError
from clamshell_tui.learner.learner import Learner
from clamshell_tui.learner.names import ESTIMATORS, LearnerError

CONFIG = LearningConfig(candidates=1000)
Features = NDArray[np.float32]
Truth = NDArray[np.int64]


def blobs(records: int = 300, classes: int = 3, seed: int = 0) -> tuple[Features, Truth]:
    """Return overlapping normal clusters, ``(records, 5)``, and their classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=records)
    centres = 3 * np.eye(classes, 5)
    return (centres[truth] + rng.normal(size=(records, 5))).astype(np.float32), truth


def learner_on(
    features: object,
    classes: int = 3,
    config: LearningConfig = CONFIG,
    seed: int = 1,
    ranking_size: int = 10,
    holdout: tuple[Features | csr_matrix, Truth] | None = None,
    excluded: Sequence[int] = (),
) -> Learner:
    return Learner(
        features,
        classes,
        config,
        seed=seed,
        ranking_size=ranking_size,
        holdout=holdout,
        excluded=excluded,
    )


def label(learner: Learner, records: Sequence[int], truth: Truth, active: bool = False) -> None:
    learner.add_labels(records, truth[list(records)].tolist(), [active] * len(records))


def test_the_most_uncertain_candidates_come_first() -> None:
    features = np.array([[0.0], [1.0], [0.9], [0.52], [0.05], [0.7]], dtype=np.float32)
    learner = learner_on(features, classes=2)
    learner.add_labels([0, 1], [0, 1], [False, False])
    assert learner.train().ranking == (3, 5, 2, 4)


@pytest.mark.parametrize("uncertainty", ["entropy", "margin", "least-confidence"])
def test_labelled_and_excluded_records_are_never_ranked(uncertainty: str) -> None:
    features, truth = blobs(60)
    config = replace(CONFIG, uncertainty=uncertainty)
    learner = learner_on(features, config=config, ranking_size=100, excluded=[50, 51])
    label(learner, range(20), truth)
    learner.exclude([40, 41])
    left = set(range(20, 60)) - {40, 41, 50, 51}
    ranking = learner.train().ranking
    assert len(ranking) == len(left)
    assert set(ranking) == left


def test_only_a_sample_of_the_candidates_is_ranked() -> None:
    features, truth = blobs(300)
    learner = learner_on(features, config=replace(CONFIG, candidates=40), ranking_size=100)
    label(learner, range(30), truth)
    first, second = learner.train().ranking, learner.train().ranking
    assert len(first) == len(second) == 40
    assert set(first) != set(second)
    assert len(set(first)) == 40


def test_the_same_calls_give_the_same_results_and_another_seed_another_sample() -> None:
    features, truth = blobs(300)

    def rankings(seed: int) -> list[tuple[int, ...]]:
        learner = learner_on(features, config=replace(CONFIG, candidates=40), seed=seed)
        found = []
        for start in (0, 20, 40):
            label(learner, range(start, start + 20), truth)
            found.append(learner.train().ranking)
        return found

    assert rankings(1) == rankings(1)
    assert rankings(1) != rankings(2)


def test_a_model_can_be_trained_on_the_first_labels_only() -> None:
    features, truth = blobs(100)
    early = learner_on(features)
    label(early, range(20), truth)
    late = learner_on(features)
    label(late, range(50), truth)
    assert late.train(20).labels_used == early.train().labels_used == 20
    assert np.array_equal(late.predict(features), early.predict(features))


def test_accuracy_is_measured_on_the_holdout_where_there_is_one() -> None:
    features, truth = blobs(300)
    held_features, held_truth = blobs(200, seed=9)
    learner = learner_on(features, holdout=(held_features, held_truth))
    label(learner, range(100), truth)
    model = learner.train()
    right = learner.predict(held_features).argmax(axis=1) == held_truth
    assert model.accuracy == right.mean() > 0.85
    assert not model.estimated


def test_without_a_holdout_accuracy_is_cross_validated() -> None:
    features, truth = blobs(2000)
    learner = learner_on(features)
    label(learner, range(200), truth)
    model = learner.train()
    right = learner.predict(features[200:]).argmax(axis=1) == truth[200:]
    assert model.estimated
    assert model.accuracy == pytest.approx(right.mean(), abs=0.05)


def test_a_holdout_of_unknown_answers_is_no_holdout() -> None:
    features, truth = blobs(100)
    learner = learner_on(features, holdout=(features[:5], np.full(5, -1)))
    label(learner, range(60), truth)
    assert learner.train().estimated


def test_accuracy_is_not_estimated_from_a_handful_of_labels() -> None:
    features, truth = blobs(100, classes=2)
    first_of_each = [int(np.flatnonzero(truth == index)[0]) for index in (0, 1)]
    learner = learner_on(features, classes=2)
    label(learner, first_of_each, truth)
    model = learner.train()
    assert (model.accuracy, model.estimated) == (None, False)


def test_the_estimate_is_made_anew_only_after_a_quarter_more_labels() -> None:
    features, truth = blobs(400)
    noise = np.random.default_rng(5).integers(3, size=400)
    learner = learner_on(features)
    label(learner, range(100), truth)
    before = learner.train().accuracy
    label(learner, range(100, 124), noise)
    assert learner.train().accuracy == before
    label(learner, range(124, 200), noise)
    after = learner.train().accuracy
    assert before is not None
    assert after is not None
    assert after < before - 0.1


def test_classes_without_labels_get_probability_zero_in_their_own_column() -> None:
    features, truth = blobs(200, classes=3)
    seen = np.flatnonzero(truth != 1)[:60].tolist()
    learner = learner_on(features, classes=4)
    label(learner, seen, truth)
    learner.train()
    predicted = learner.predict(features[truth == 2])
    assert predicted.shape[1] == 4
    assert (predicted[:, [1, 3]] == 0).all()
    assert predicted.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (predicted.argmax(axis=1) == 2).mean() > 0.9


def test_a_class_seen_later_gets_its_column_despite_the_warm_start() -> None:
    features, truth = blobs(300, classes=3)
    learner = learner_on(features)
    label(learner, np.flatnonzero(truth != 2)[:60].tolist(), truth)
    learner.train()
    label(learner, np.flatnonzero(truth == 2)[:30].tolist(), truth)
    learner.train()
    assert (learner.predict(features).argmax(axis=1) == truth).mean() > 0.85


def test_labels_of_one_class_make_no_model() -> None:
    features, _ = blobs(50)
    learner = learner_on(features)
    with pytest.raises(LearnerError, match="no labels yet"):
        learner.train()
    learner.add_labels([1, 2], [0, 0], [False, False])
    with pytest.raises(LearnerError, match="one class"):
        learner.train()
    with pytest.raises(LearnerError, match="no model yet"):
        learner.predict(features)


def test_a_failed_training_leaves_the_last_model_in_place() -> None:
    features, truth = blobs(100, classes=2)
    config = replace(
        CONFIG,
        estimator="sklearn.neighbors.KNeighborsClassifier",
        parameters={"n_neighbors": 30},
    )
    learner = learner_on(features, classes=2, config=config)
    label(learner, range(40), truth)
    learner.train()
    before = learner.predict(features)
    with pytest.raises(LearnerError, match="ValueError: Expected n_neighbors <= n_samples"):
        learner.train(20)
    assert np.array_equal(learner.predict(features), before)


@pytest.mark.parametrize(
    ("estimator", "parameters", "expected"),
    [
        ("naive_bayes.GaussianNB", {"var_smoothing": 0.0}, "probabilities are not finite"),
        (
            "linear_model.SGDClassifier",
            {"learning_rate": "constant", "eta0": 1e300},
            "^ValueError: Floating-point under-/overflow",
        ),
    ],
)
def test_a_model_that_is_no_good_is_reported_not_used(
    estimator: str, parameters: dict[str, float | str], expected: str
) -> None:
    features, truth = blobs(50, classes=2)
    features[:, 4] = 0
    config = replace(CONFIG, estimator=f"sklearn.{estimator}", parameters={**parameters})
    learner = learner_on(features, classes=2, config=config)
    label(learner, range(30), truth)
    with pytest.raises(LearnerError, match=expected):
        learner.train()


def test_nan_is_refused_in_the_pool_and_in_predictions() -> None:
    features, truth = blobs(50)
    learner = learner_on(features)
    label(learner, range(20), truth)
    learner.train()
    features[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        learner.predict(features)
    with pytest.raises(ValueError, match="NaN or infinity"):
        learner_on(features)


def test_labels_that_are_no_class_are_refused() -> None:
    learner = learner_on(blobs(50)[0])
    with pytest.raises(ValueError, match="no index of 3 classes"):
        learner.add_labels([1], [3], [False])
    with pytest.raises(ValueError, match="differ in length"):
        learner.add_labels([1, 2], [0], [False])


def test_active_labels_weigh_r_and_passive_ones_the_rest() -> None:
    """One point, labelled both ways equally often: the odds are those of the weights."""
    features = np.ones((200, 1), dtype=np.float32)
    config = replace(CONFIG, active_fraction=0.8, weighting="fraction", parameters={"C": 1e6})
    kinds = [True] * 100 + [False] * 100
    weighted = learner_on(features, classes=2, config=config)
    weighted.add_labels(range(200), [1] * 100 + [0] * 100, kinds)
    weighted.train()
    assert weighted.predict(features[:1])[0] == pytest.approx([0.2, 0.8], abs=0.01)
    plain = learner_on(features, classes=2, config=replace(config, weighting="none"))
    plain.add_labels(range(200), [1] * 100 + [0] * 100, kinds)
    plain.train()
    assert plain.predict(features[:1])[0] == pytest.approx([0.5, 0.5], abs=0.01)
    hinted = learner_on(features, classes=2, config=replace(config, difficulty=0.75))
    hinted.add_labels(range(200), [1] * 100 + [0] * 100, kinds)
    hinted.train()
    assert hinted.predict(features[:1])[0] == pytest.approx([0.8, 0.2], abs=0.01), "1 to 0.25"


def test_features_in_odd_units_are_brought_into_range() -> None:
    features, truth = blobs(400)
    odd = features * np.array([1e-3, 1e4, 1, 1, 1]) + np.array([0, 1e5, 2000, 0, 0])
    learner = learner_on(odd)
    label(learner, range(200), truth)
    learner.train()
    assert (learner.predict(odd[200:]).argmax(axis=1) == truth[200:]).mean() > 0.85


def test_sparse_features_stay_sparse_and_rank_like_dense_ones() -> None:
    features, truth = blobs(300)
    features = np.abs(features) / np.abs(features).max()
    dense, sparse = learner_on(features), learner_on(csr_matrix(features))
    for learner in (dense, sparse):
        label(learner, range(100), truth)
    assert sparse.train().ranking[:5] == dense.train().ranking[:5]
    assert sparse.predict(csr_matrix(features)) == pytest.approx(dense.predict(features), abs=1e-3)


@pytest.mark.parametrize("estimator", sorted(ESTIMATORS))
def test_every_estimator_learns_ranks_and_predicts(estimator: str) -> None:
    features, truth = blobs(200)
    features -= features.min()
    config = replace(CONFIG, estimator=estimator, active_fraction=0.7)
    learner = learner_on(features, config=config, holdout=(features[100:], truth[100:]))
    label(learner, range(60), truth)
    label(learner, range(60, 90), truth, active=True)
    model = learner.train()
    assert len(model.ranking) == 10
    assert model.accuracy is not None
    assert model.accuracy > 0.6
    again = learner_on(features, config=config, holdout=(features[100:], truth[100:]))
    label(again, range(60), truth)
    label(again, range(60, 90), truth, active=True)
    assert again.train() == model


@pytest.mark.parametrize(
    "estimator", sorted(name for name, traits in ESTIMATORS.items() if not traits.dense)
)
def test_every_estimator_said_to_read_sparse_features_does(estimator: str) -> None:
    features, truth = blobs(100, classes=2)
    sparse = csr_matrix(np.maximum(features, 0))
    config = replace(CONFIG, estimator=estimator)
    learner = learner_on(sparse, classes=2, config=config, holdout=(sparse[50:], truth[50:]))
    label(learner, range(50), truth)
    model = learner.train()
    assert len(model.ranking) == 10
    assert model.accuracy is not None
    assert model.accuracy > 0.6


def test_an_estimator_that_cannot_use_the_features_is_refused_at_once() -> None:
    features, _ = blobs(50)
    with pytest.raises(ScenarioError, match="GaussianNB cannot learn from text"):
        learner_on(
            csr_matrix(features), config=replace(CONFIG, estimator="sklearn.naive_bayes.GaussianNB")
        )
    with pytest.raises(ScenarioError, match="MultinomialNB wants features >= 0"):
        learner_on(features, config=replace(CONFIG, estimator="sklearn.naive_bayes.MultinomialNB"))
