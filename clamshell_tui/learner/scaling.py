"""Scaling of features to a range that suits regularisation, fixed once per run."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from clamshell_tui.errors import ScenarioError
from clamshell_tui.learner.estimators import Matrix
from clamshell_tui.learner.names import EstimatorTraits


class Scaler:
    """Scaler fitted to the pool's features and applied unchanged to later records.

    Features within -1..1 (pixels, word weights) are taken as they are: standardising pixels would
    blow up those that are nearly always dark. Others are standardised. Sparse features, and those
    of estimators that want no negatives, are divided by their largest magnitude, so zeros stay.
    """

    def __init__(self, features: Matrix, traits: EstimatorTraits, name: str) -> None:
        sparse = issparse(features)
        if sparse and traits.dense:
            raise ScenarioError(
                f"{name} cannot learn from text features (learning.estimator). "
                'Use "sklearn.naive_bayes.MultinomialNB" or "sklearn.linear_model.SGDClassifier"'
            )
        if traits.nonnegative and features.min() < 0:
            raise ScenarioError(
                f"{name} wants features >= 0 (learning.estimator). "
                'Use "sklearn.naive_bayes.GaussianNB"'
            )
        self._scaler: Any = None
        if max(features.max(), -features.min()) > 1:
            zeros_stay = sparse or traits.nonnegative
            self._scaler = (MaxAbsScaler() if zeros_stay else StandardScaler()).fit(features)

    def scaled(self, features: Matrix) -> Matrix:
        """Return float32 features of the same shape; finite or ``ValueError``."""
        features = as_float32(features)
        return features if self._scaler is None else self._scaler.transform(features)


def as_float32(features: Matrix) -> Matrix:
    """Return dense or csr features as float32, without a copy where they are; NaN is refused."""
    sparse = bool(issparse(features))
    matrix: Matrix = features.tocsr() if sparse else np.asarray(features)
    matrix = matrix.astype(np.float32, copy=False)
    if not np.isfinite(matrix.data if sparse else matrix).all():
        raise ValueError("features hold NaN or infinity")
    return matrix
