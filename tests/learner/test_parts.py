"""The parts of the learner on their own: names, measures of uncertainty, the set of candidates."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.core.config import LearningConfig
from clamshell_tui.errors import ScenarioError
from clamshell_tui.learner.accuracy import measured
from clamshell_tui.learner.candidates import Candidates
from clamshell_tui.learner.estimators import Matrix, check_learning
from clamshell_tui.learner.names import UNCERTAINTY_NAMES, check_names
from clamshell_tui.learner.uncertainty import UNCERTAINTY


def test_names_are_checked_without_scikit_learn() -> None:
    code = "import sys, clamshell_tui.learner.names; print({'numpy', 'sklearn'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_light_list_of_measures_is_the_real_one() -> None:
    assert set(UNCERTAINTY_NAMES) == set(UNCERTAINTY)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"uncertainty": "entropie"},
            r'unknown uncertainty "entropie" \(did you mean "entropy"\?\)',
        ),
        ({"uncertainty": "x"}, "Known: entropy, margin, least-confidence"),
        (
            {"estimator": "sklearn.linear_model.LogisticRegresion"},
            r'did you mean "sklearn\.linear_model\.LogisticRegression"',
        ),
        ({"estimator": "SVC"}, r'did you mean "sklearn\.svm\.SVC"'),
        ({"estimator": "os.system"}, r'unknown estimator "os\.system"'),
    ],
)
def test_unknown_names_are_refused_with_a_suggestion(
    settings: dict[str, str], expected: str
) -> None:
    with pytest.raises(ScenarioError, match=expected):
        check_names(LearningConfig(**settings))  # type: ignore[arg-type]  # all are strings


@pytest.mark.parametrize(
    ("estimator", "parameters", "expected"),
    [
        ("linear_model.LogisticRegression", {"c": 1.0}, r'no parameter "c"'),
        ("ensemble.RandomForestClassifier", {"n_estimator": 5}, r'did you mean "n_estimators"\?'),
        ("linear_model.LogisticRegression", {"C": -1.0}, r"'C' parameter .* must be a float"),
        ("linear_model.LogisticRegression", {"C": "much"}, r"'C' parameter .* must be a float"),
        ("linear_model.SGDClassifier", {"loss": "hinge"}, "SGDClassifier gives no probabilities"),
    ],
)
def test_wrong_parameters_are_refused(
    estimator: str, parameters: dict[str, float | str], expected: str
) -> None:
    config = LearningConfig(estimator=f"sklearn.{estimator}", parameters={**parameters})
    with pytest.raises(ScenarioError, match=expected) as caught:
        check_learning(config)
    assert "(learning.parameters)" in str(caught.value)


def test_good_parameters_pass() -> None:
    check_learning(LearningConfig(parameters={"C": 0.5, "max_iter": 50, "penalty": None}))
    check_learning(LearningConfig(estimator="sklearn.svm.SVC", parameters={"kernel": "rbf"}))


@pytest.mark.parametrize("name", UNCERTAINTY_NAMES)
def test_a_measure_is_largest_for_even_odds_and_smallest_for_certainty(name: str) -> None:
    rows = np.array([[1, 0, 0], [0.8, 0.1, 0.1], [0.5, 0.3, 0.2], [1 / 3] * 3], dtype=np.float32)
    scores = UNCERTAINTY[name](rows)
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert (np.diff(scores) > 0).all()


def test_the_measures_have_their_textbook_values() -> None:
    rows = np.array([[0.5, 0.25, 0.25]])
    assert UNCERTAINTY["entropy"](rows) == pytest.approx(1.5 * np.log(2))
    assert UNCERTAINTY["margin"](rows) == pytest.approx(-0.25)
    assert UNCERTAINTY["least-confidence"](rows) == pytest.approx(0.5)


@given(st.lists(st.lists(st.integers(0, 29), max_size=10), max_size=8), st.integers(0, 2**32 - 1))
def test_candidates_are_what_is_left_however_records_go(
    removals: list[list[int]], seed: int
) -> None:
    candidates, left = Candidates(30), set(range(30))
    rng = np.random.default_rng(seed)
    for records in removals:
        candidates.remove(records)
        left -= set(records)
        assert set(candidates.members().tolist()) == left
        sample = candidates.sample(5, rng).tolist()
        assert len(set(sample)) == len(sample) == min(5, len(left))
        assert set(sample) <= left


def test_samples_of_candidates_are_uniform() -> None:
    candidates, rng = Candidates(20), np.random.default_rng(1)
    candidates.remove(range(0, 20, 2))
    drawn = np.bincount(np.concatenate([candidates.sample(3, rng) for _ in range(4000)]))
    # Each of 10 is expected 1,200 times with a deviation of 29.
    assert (np.abs(drawn[1::2] - 1200) < 5 * 29).all()
    assert (drawn[::2] == 0).all()


class _Says:
    """A model that always predicts class 0."""

    classes_ = np.array([0, 1, 2])

    def predict_proba(self, features: Matrix) -> Matrix:
        return np.tile(np.array([[0.8, 0.1, 0.1]], dtype=np.float32), (len(features), 1))


def test_a_class_without_held_out_records_has_no_accuracy() -> None:
    features = np.zeros((4, 2), dtype=np.float32)
    _, shares = measured(_Says(), features, np.array([0, 0, 2, 2]), 3)
    assert shares == (1.0, -1.0, 0.0)
