"""scikit-learn's estimators: construction from a scenario, fit, probabilities."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import ThreadpoolController

from clamshell_tui import policies
from clamshell_tui.core.config import LearningConfig
from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.learner.names import ESTIMATORS, LearnerError, check_names

Estimator = Any  # scikit-learn ships no types
Matrix = Any  # float32, (n, n_features): ndarray or scipy csr
Labels = NDArray[np.int64]
Weights = NDArray[np.float64]

CALIBRATION_FOLDS = 2  # the fewest: labels are what we are short of


def make_estimator(config: LearningConfig, seed: int) -> Estimator:
    """Return a new estimator that can give probabilities, seeded unless the scenario did so."""
    check_names(config)
    module, _, name = config.estimator.rpartition(".")
    if ":" in config.estimator:
        estimator = policies.load("estimator", config.estimator)()
        name = config.estimator
    else:
        estimator = getattr(import_module(module), name)()
    known = estimator.get_params()
    for parameter in config.parameters:
        if parameter not in known:
            raise ScenarioError(
                f'{name} has no parameter "{parameter}"{did_you_mean(parameter, known)} '
                "(learning.parameters)"
            )
    traits = ESTIMATORS[config.estimator]
    ours: dict[str, Any] = {**traits.defaults}
    ours |= {"random_state": seed} if "random_state" in known else {}
    ours |= {"warm_start": True} if traits.warm else {}
    estimator.set_params(**(ours | config.parameters))
    if traits.calibrated:
        return CalibratedClassifierCV(estimator, ensemble=False, cv=CALIBRATION_FOLDS)
    if not hasattr(estimator, "predict_proba"):
        raise ScenarioError(
            f"{name} gives no probabilities with these parameters (learning.parameters)"
        )
    return estimator


def check_learning(config: LearningConfig) -> None:
    """Raise :class:`ScenarioError` for what would fail on any data: names and parameters.

    Imports scikit-learn and fits a tiny model, because only a fit checks parameters' values.
    """
    estimator = make_estimator(config, seed=0)
    labels = np.arange(40, dtype=np.int64) % 2
    features = np.linspace(0, 1, 80, dtype=np.float32).reshape(40, 2)
    try:
        with quietly(), sklearn.config_context(skip_parameter_validation=False):
            estimator.fit(features, labels)
    except (ValueError, TypeError) as error:
        raise ScenarioError(f"{first_line(error)} (learning.parameters)") from error


def fit(estimator: Estimator, features: Matrix, labels: Labels, weights: Weights | None) -> None:
    """Fit, with weights where the estimator takes them. Any failure raises LearnerError.

    Call it, like :func:`probabilities`, within :func:`quietly`.
    """
    weighted = weights is not None and has_fit_parameter(estimator, "sample_weight")
    options = {"sample_weight": weights} if weighted else {}
    try:
        estimator.fit(features, labels, **options)
    # Some twenty estimators on any data: however they fail, labelling goes on.
    except Exception as error:
        raise LearnerError(f"{type(error).__name__}: {first_line(error)}") from error


def probabilities(estimator: Estimator, features: Matrix, n_classes: int) -> NDArray[np.floating]:
    """Return ``(n, n_classes)``, columns in order of class index, 0 for classes not yet seen."""
    try:
        seen = estimator.predict_proba(features)
    except Exception as error:  # as in fit
        raise LearnerError(f"{type(error).__name__}: {first_line(error)}") from error
    if not np.isfinite(seen).all():
        raise LearnerError("the model's probabilities are not finite")
    if seen.shape[1] == n_classes:
        return seen  # type: ignore[no-any-return]
    result = np.zeros((len(seen), n_classes), dtype=seen.dtype)
    result[:, estimator.classes_] = seen
    return result


@contextmanager
def quietly() -> Iterator[None]:
    """One thread, no warnings, and no repeated checks of known features and parameters.

    One thread is reproducible and quicker on small fits. Warnings would appear in the middle of a
    screen: a fit that has not converged continues with the next labels, and other problems show in
    the probabilities, which are checked.
    """
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
        _threads().limit(limits=1),
    ):
        warnings.simplefilter("ignore")
        yield


@cache
def _threads() -> ThreadpoolController:
    """Cached: the search through all loaded libraries costs more than a warm fit."""
    return ThreadpoolController()


def first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
