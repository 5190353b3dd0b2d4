"""The data and the learner of a live run, in the training process."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clamshell_tui.coordinator.records import Numbers, ordered_numbers
from clamshell_tui.core.config import RunConfig
from clamshell_tui.datasets.config import TableConfig, WireConfig
from clamshell_tui.datasets.dataset import Dataset, Features
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError
from clamshell_tui.learner.names import LearnerError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.roles import Roles, assign_roles
from clamshell_tui.wire.requester_messages import NewRecord

if TYPE_CHECKING:  # scikit-learn takes seconds to import, and a run without learning needs none
    from clamshell_tui.datasets.vectoriser import Vectoriser
    from clamshell_tui.learner.learner import Learner, TrainedModel

_LARGEST = float(np.finfo(np.float32).max)


class TrainingData:
    """Records and labels, and the learner, which is rebuilt after new submissions.

    ``roles`` is None if requesters submit the records. Raises DatasetError and ScenarioError for
    invalid data or settings.
    """

    def __init__(self, scenario: Scenario, base: Path) -> None:
        threadpool_limits(1)  # leave the other cores to the coordinator and the clients
        self.roles: Roles | None = None
        self.version = 0
        """Version of the latest model; 0 while there is none."""
        self._labels: list[tuple[Sequence[int], Sequence[int], Sequence[bool]]] = []
        self._excluded: list[int] = []
        self._submitted: list[NewRecord] = []
        self._learner: Learner | None = None
        self._trained: Learner | None = None  # predicts until there is a newer one
        self._vectoriser: Callable[[], Vectoriser] | None = None
        self._config: RunConfig
        self._names: tuple[str, ...]
        if isinstance(scenario.dataset, WireConfig):
            self._await_records(scenario, scenario.dataset)
        else:
            self._load_records(scenario, base)
        self.classes = self._config.classes

    # -- records --------------------------------------------------------------------------------

    def _load_records(self, scenario: Scenario, base: Path) -> None:
        learns = scenario.learning.enabled
        dataset = load(scenario.dataset, base=base, seed=scenario.seed, features=learns)
        self.roles = assign_roles(dataset, scenario)
        self._config = scenario.run_config(dataset.classes)
        self._width, self._names = dataset.features.shape[1], dataset.feature_names
        if not learns:
            return
        from clamshell_tui.datasets.vectoriser import fitted
        from clamshell_tui.scenario.learning import make_learner

        source, texts = scenario.dataset, dataset.texts
        if isinstance(source, TableConfig) and texts is not None:
            self._vectoriser = None if source.features else cache(lambda: fitted(texts, source))
        self._learner = make_learner(self._config, self.roles)

    def _await_records(self, scenario: Scenario, source: WireConfig) -> None:
        self._config = scenario.run_config(source.classes)
        self._width, self._names = 0, ()
        if source.kind_of == "text" and scenario.learning.enabled:
            from clamshell_tui.datasets.vectoriser import hashing

            self._vectoriser = cache(lambda: hashing(source.max_features))

    def add_records(self, records: Sequence[NewRecord]) -> None:
        """Add submitted records."""
        if not self._submitted and records:
            self._width = len(records[0].numbers)
            self._names = tuple([name for name, _ in records[0].numbers])
        self._submitted += records
        self._learner = None

    # -- labels and models ----------------------------------------------------------------------

    def add_labels(
        self, records: Sequence[int], labels: Sequence[int], active: Sequence[bool]
    ) -> None:
        self._labels.append((records, labels, active))
        if self._learner is not None:
            self._learner.add_labels(records, labels, active)

    def exclude(self, records: Sequence[int]) -> None:
        """Never rank these records."""
        self._excluded += records
        if self._learner is not None:
            self._learner.exclude(records)

    def train(self, labels: int) -> "TrainedModel":
        """Train a model on the first ``labels`` labels; LearnerError if that is impossible."""
        if self._learner is None:
            self._learner = self._learner_of_submitted()
        model = self._learner.train(labels)
        self._trained = self._learner
        self.version += 1
        return model

    def rebuild(self, labels: int, version: int) -> None:
        """Train a model of an earlier process again; LearnerError as :meth:`train`."""
        self.train(labels)
        self.version = version

    def _learner_of_submitted(self) -> "Learner":
        from clamshell_tui.scenario.learning import make_learner

        count = len(self._submitted)
        records = Dataset(
            name="wire",
            ids=[record.id for record in self._submitted],
            features=self.features(self._submitted),
            classes=self.classes,
            truth=np.full(count, -1, dtype=np.int64),
        )
        learner = make_learner(self._config, Roles(records, 0, 0, None))
        learner.exclude(self._excluded)
        for delivered in self._labels:
            learner.add_labels(*delivered)
        return learner

    def predict(self, records: Sequence[NewRecord]) -> NDArray[np.floating]:
        """Return ``(n_records, n_classes)`` probabilities; DatasetError for unsuitable records."""
        assert self._trained is not None, "only a version that exists is asked"
        return self._trained.predict(self.features(records))

    def predict_records(self, records: Sequence[int]) -> tuple[list[int], list[float]]:
        """Return class and probability of each record; LearnerError if there is no model of it."""
        if self._trained is None:
            raise LearnerError("there is no model yet")
        return self._trained.predict_records(records)

    def features(self, records: Sequence[NewRecord]) -> Features:
        """Return ``(n_records, n_features)``, extracted as from the run's own records."""
        if self._vectoriser is not None:
            from clamshell_tui.datasets.vectoriser import rows_of

            return rows_of([_text(record) for record in records], self._vectoriser())
        rows = []
        for record in records:
            if len(record.numbers) != self._width:
                raise DatasetError(
                    f"record {record.id} has {len(record.numbers)} numbers, expected {self._width}"
                )
            rows.append(row := [number for _, number in self._numbers(record)])
            if any(abs(number) > _LARGEST for number in row):
                raise DatasetError(f"record {record.id} has a number that is too large")
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._width)

    def _numbers(self, record: NewRecord) -> Numbers:
        """Numbers in the order of the columns; unchanged if no name is a column of the file."""
        given = {name for name, _ in record.numbers}
        if self.roles is not None and not given & set(self._names):
            return record.numbers
        return ordered_numbers(record, self._names)


def _text(record: NewRecord) -> str:
    if record.text is None:
        raise DatasetError(f"record {record.id} has no text, and the model reads texts")
    return record.text
