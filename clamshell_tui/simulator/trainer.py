"""The learner under a virtual clock: train immediately, and return a training time."""

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from clamshell_tui.core.events import ModelTrained, RecordsPredicted, TrainingFailed
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.learner.names import LearnerError
from clamshell_tui.scenario.config import SimulationConfig

if TYPE_CHECKING:  # importing scikit-learn takes a second
    from clamshell_tui.learner.learner import Learner


class SimulatedTrainer:
    """Wraps the run's learner; training time is modelled, or measured on this machine."""

    def __init__(self, learner: "Learner", settings: SimulationConfig) -> None:
        self.learner = learner
        self._settings = settings
        self._trainings = 0

    def add(
        self, records: Sequence[RecordId], labels: Sequence[ClassIndex], active: Sequence[bool]
    ) -> None:
        self.learner.add_labels(records, labels, active)

    def exclude(self, records: Sequence[RecordId]) -> None:
        self.learner.exclude(records)

    def predict(self, records: Sequence[RecordId]) -> RecordsPredicted | None:
        """Return the latest model's predictions; None while there is no model."""
        try:
            labels, chances = self.learner.predict_records(records)
        except LearnerError:
            return None
        return RecordsPredicted(tuple(records), tuple(map(ClassIndex, labels)), tuple(chances))

    def train(self, labels: int) -> tuple[float, ModelTrained | TrainingFailed]:
        """Train on the first ``labels`` labels; return virtual seconds and the resulting event."""
        settings = self._settings
        self._trainings += 1
        began = perf_counter()
        seconds = settings.training_seconds + settings.training_seconds_per_label * labels
        if self._trainings in settings.failing_trainings:
            return seconds, TrainingFailed(f"training {self._trainings} fails by the scenario")
        try:
            model = self.learner.train(labels)
        except LearnerError as error:
            return seconds, TrainingFailed(str(error))
        if settings.training == "measured":
            seconds = perf_counter() - began
        return seconds, ModelTrained(
            tuple([RecordId(record) for record in model.ranking]),
            model.labels_used,
            model.accuracy,
            model.estimated,
            seconds,
            model.uncertainty,
            model.by_class,
        )
