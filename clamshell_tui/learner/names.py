"""Names of estimators and uncertainty measures, and the error: without scikit-learn."""

from dataclasses import dataclass, field

from clamshell_tui.core.config import LearningConfig
from clamshell_tui.errors import ScenarioError, did_you_mean
from clamshell_tui.policies import Policies

UNCERTAINTY_NAMES: Policies[None] = Policies(
    "uncertainty", {"entropy": None, "margin": None, "least-confidence": None}
)
"""Names that may be written; of other packages' measures too."""


class LearnerError(Exception):
    """No model could be made: a reason to select without one, never to stop the run.

    The learner's state is as before the call; further labels may make a model possible.
    """


@dataclass(frozen=True)
class EstimatorTraits:
    """Properties of an estimator that are needed before it sees data.

    ``defaults`` apply unless the scenario overrides them. ``warm`` keeps coefficients between fits.
    """

    defaults: dict[str, bool | int | float | str] = field(default_factory=dict)
    warm: bool = False
    nonnegative: bool = False  # counts or weights only
    dense: bool = False  # cannot read sparse features
    calibrated: bool = False  # gives scores, which cross-validated calibration makes probabilities


# An allow-list, because a name from a file must never decide what gets imported. All of them can
# give probabilities and are quick on some hundreds of labels.
_OURS: dict[str, EstimatorTraits] = {
    "sklearn.linear_model.LogisticRegression": EstimatorTraits(warm=True),
    "sklearn.linear_model.SGDClassifier": EstimatorTraits({"loss": "log_loss"}),
    "sklearn.naive_bayes.GaussianNB": EstimatorTraits(dense=True),
    "sklearn.naive_bayes.MultinomialNB": EstimatorTraits(nonnegative=True),
    "sklearn.naive_bayes.ComplementNB": EstimatorTraits(nonnegative=True),
    "sklearn.naive_bayes.BernoulliNB": EstimatorTraits(),
    "sklearn.ensemble.RandomForestClassifier": EstimatorTraits(),
    "sklearn.ensemble.ExtraTreesClassifier": EstimatorTraits(),
    "sklearn.ensemble.GradientBoostingClassifier": EstimatorTraits(),
    "sklearn.ensemble.HistGradientBoostingClassifier": EstimatorTraits(dense=True),
    "sklearn.tree.DecisionTreeClassifier": EstimatorTraits(),
    "sklearn.neighbors.KNeighborsClassifier": EstimatorTraits(),
    "sklearn.neural_network.MLPClassifier": EstimatorTraits(),
    "sklearn.svm.SVC": EstimatorTraits(calibrated=True),
    "sklearn.svm.LinearSVC": EstimatorTraits(calibrated=True),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": EstimatorTraits(dense=True),
}
ESTIMATORS: Policies[EstimatorTraits] = Policies(
    "estimator", _OURS, lambda factory: getattr(factory, "traits", EstimatorTraits())
)


def check_names(config: LearningConfig) -> None:
    """Raise :class:`ScenarioError` when the estimator or the uncertainty measure is unknown."""
    if config.uncertainty not in UNCERTAINTY_NAMES:
        raise ScenarioError(
            f'unknown uncertainty "{config.uncertainty}"'
            f"{did_you_mean(config.uncertainty, UNCERTAINTY_NAMES)} (learning.uncertainty). "
            f"Known: {', '.join(UNCERTAINTY_NAMES)}"
        )
    if config.estimator not in ESTIMATORS:
        hint = did_you_mean(config.estimator, ESTIMATORS) or _same_class(config.estimator)
        raise ScenarioError(
            f'unknown estimator "{config.estimator}"{hint} (learning.estimator). '
            f"Known: {', '.join(sorted(ESTIMATORS))}"
        )


def _same_class(name: str) -> str:
    """Suggest by the last part alone: ``SVC`` is nowhere near ``sklearn.svm.SVC`` as a string."""
    by_class = {known.rpartition(".")[2].lower(): known for known in ESTIMATORS}
    known = by_class.get(name.rpartition(".")[2].lower())
    return f' (did you mean "{known}"?)' if known else ""
