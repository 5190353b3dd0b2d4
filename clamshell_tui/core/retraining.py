"""When a new model is requested from the learner, and how its result is used (CLAMShell §5.3).

``async``: whenever the learner is free and there are new labels; a batch is cut with the latest
ranking, slightly stale. ``sync``: after each batch, and the pool waits. A learner that fails or
takes too long never holds up the run: selection goes on at random, with a warning to the operator.
"""

from clamshell_tui.core.commands import Command, Retrain, Warn
from clamshell_tui.core.events import (
    InvalidEventError,
    ModelTrained,
    RecordsPredicted,
    TrainingFailed,
)
from clamshell_tui.core.state import State
from clamshell_tui.core.task_selector import TaskSelector

_NEVER = float("inf")


class Retraining:
    """The engine's side of the learner."""

    def __init__(self, state: State, selector: TaskSelector) -> None:
        self._state = state
        self._selector = selector
        self.enabled = state.config.learning.enabled
        self.version = 0
        self.accuracy: float | None = None
        self.estimated = False
        self.trained_at: float | None = None
        self.labels_used = 0
        self.training = False
        self.deadline = _NEVER  # when the pool stops waiting for a model
        self._asked = 0  # labels that the latest request covered
        self._last_failure = ""  # the last failure that the operator was warned of
        self._gave_up = False

    @property
    def holds_up(self) -> bool:
        """Whether a synchronous run must wait for the model before it cuts a batch."""
        state = self._state
        if not self.enabled or state.config.learning.retraining == "async" or self._gave_up:
            return False
        return self.training or self._labels > self._asked

    @property
    def _labels(self) -> int:
        return self._state.seeds + len(self._state.labels)

    def act(self, now: float, out: list[Command]) -> None:
        """Request a model if one is due."""
        state = self._state
        learning = state.config.learning
        if not self.enabled or self.training or self._labels <= self._asked:
            return
        if learning.retraining == "sync" and state.in_play:
            return
        self.training = True
        self._gave_up = False
        self._asked = self._labels
        self.deadline = now + learning.timeout
        out.append(Retrain(self._asked))

    def trained(self, event: ModelTrained, now: float) -> None:
        """Use the new model's ranking from the next batch on."""
        self.training, self.deadline, self._last_failure = False, _NEVER, ""
        self.version += 1
        self.trained_at = now
        self.labels_used = event.labels_used
        self.accuracy = event.measured
        self.estimated = event.estimated
        self._selector.rank(event.ranking)

    def predicted(self, event: RecordsPredicted) -> None:
        """Keep the model's predictions for records in play."""
        state, n_classes = self._state, len(self._state.config.classes)
        submitted, predictions = state.records.submitted, state.election.predictions
        found = list(zip(event.records, event.labels, event.probabilities, strict=False))
        if not len(event.records) == len(event.labels) == len(event.probabilities) or not all(
            0 <= record < submitted and 0 <= label < n_classes and 0.0 <= probability <= 1.0
            for record, label, probability in found
        ):
            raise InvalidEventError("a prediction of no record, no class or no probability")
        for record, label, probability in found:
            if record not in state.labels and record not in state.gold:
                predictions[record] = label, probability

    def failed(self, event: TrainingFailed, out: list[Command]) -> None:
        """Go on without a new model; warn once per reason."""
        self.training, self.deadline = False, _NEVER
        self._selector.rank(())
        if event.reason != self._last_failure:
            self._last_failure = event.reason
            out.append(
                Warn("learner", f"no new model: {event.reason}; records are chosen at random")
            )

    def time_out(self, now: float, out: list[Command]) -> None:
        """Stop waiting for a slow learner; a model that arrives later is still used."""
        if now < self.deadline:
            return
        self.deadline = _NEVER
        self._gave_up = True
        limit = self._state.config.learning.timeout
        out.append(Warn("learner", f"no model within {limit:g} s: going on without"))
