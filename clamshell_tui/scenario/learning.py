"""Builds the learner of a run. Apart from the roles, because scikit-learn takes long to import."""

from clamshell_tui.core.config import RunConfig
from clamshell_tui.learner.estimators import check_learning
from clamshell_tui.learner.learner import Learner
from clamshell_tui.scenario.roles import Roles

RANKED_BATCHES = 2  # a ranking may be a batch old, and must still fill one


def make_learner(config: RunConfig, roles: Roles) -> Learner:
    """Return the learner of a run, with the seeds as its first labels."""
    check_learning(config.learning)
    records, held_out = roles.records, roles.held_out
    slots = max(1, round(config.pool.size / config.tasks.pool_batch_ratio))
    learner = Learner(
        records.features,
        len(records.classes),
        config.learning,
        seed=config.seed,
        ranking_size=RANKED_BATCHES * slots * config.tasks.records_per_task,
        holdout=None if held_out is None else (held_out.features, held_out.truth),
        excluded=range(roles.seeds, roles.seeds + roles.gold),
    )
    seeds = range(roles.seeds)
    learner.add_labels(seeds, records.truth[: roles.seeds].tolist(), [False] * roles.seeds)
    return learner
