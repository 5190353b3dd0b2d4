"""Selects the records that a run labels and the ones it measures on, and builds the learner.

Simulator and live coordinator share this, so that both label the same records for one scenario.
"""

from random import Random

from clamshell_tui.core.config import RunConfig
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.errors import DatasetError
from clamshell_tui.learner.estimators import check_learning
from clamshell_tui.learner.learner import Learner
from clamshell_tui.scenario.config import RequesterConfig, Scenario

RANKED_BATCHES = 2  # a ranking may be a batch old, and must still fill one


def select(dataset: Dataset, scenario: Scenario) -> tuple[Dataset, Dataset | None]:
    """Return the records in the order of submission, gold first, and the held-out ones.

    Raises DatasetError if there are too few.
    """
    learning, held_out = scenario.learning, None
    if learning.enabled and learning.holdout > 0:
        dataset, held_out = dataset.split(learning.holdout, scenario.seed)
    return _submitted(dataset, scenario.requester, scenario.seed), held_out


def _submitted(dataset: Dataset, requester: RequesterConfig, seed: int) -> Dataset:
    """Return the submitted records, gold first, so that workers can be trained from the start."""
    rng = Random(f"{seed}/requester")
    order = list(range(len(dataset)))
    if requester.records is not None and requester.records < len(order):
        order = sorted(rng.sample(order, requester.records))
    if requester.gold >= len(order):
        raise DatasetError(
            f"{dataset.name}: {requester.gold} gold records (requester.gold) leave none of "
            f"{len(order)} to label. Lower it"
        )
    known = [index for index in order if dataset.truth[index] != UNKNOWN]
    if requester.gold > len(known):
        raise DatasetError(
            f"{dataset.name}: {requester.gold} gold records (requester.gold) need as many known "
            f"answers, and {len(known)} are known. Lower it"
        )
    gold = sorted(rng.sample(known, requester.gold))
    chosen = set(gold)
    return dataset.take([*gold, *(index for index in order if index not in chosen)])


def make_learner(
    config: RunConfig, records: Dataset, held_out: Dataset | None, gold: int
) -> Learner:
    """Return the learner of a run; the first ``gold`` of ``records`` are never candidates."""
    check_learning(config.learning)
    slots = max(1, round(config.pool.size / config.tasks.pool_batch_ratio))
    return Learner(
        records.features,
        len(records.classes),
        config.learning,
        seed=config.seed,
        ranking_size=RANKED_BATCHES * slots * config.tasks.records_per_task,
        holdout=None if held_out is None else (held_out.features, held_out.truth),
        excluded=range(gold),
    )
