"""Gives each record of the data its role in a run.

Simulator and live coordinator share this, so that both label the same records for one scenario.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from random import Random

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from clamshell_tui.core.events import KnownUse
from clamshell_tui.datasets.config import Use
from clamshell_tui.datasets.copies import groups_of
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.errors import DatasetError
from clamshell_tui.run.names import HELD_OUT, LARGEST_CLASS
from clamshell_tui.scenario.config import RequesterConfig, Scenario
from clamshell_tui.scenario.submissions import submissions

_RESERVED: dict[Use, KnownUse] = {
    Use.TRAINING: "training",
    Use.QUALIFICATION: "qualification",
    Use.CHECK: "check",
}

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Roles:
    """The data of a run by role.

    ``records`` are in the order of their numbers. The first ``seeds`` of them have known answers
    that train the model, and are never asked; the next ``gold`` check workers; the rest is
    labelled. ``held_out`` records measure the model. ``uses`` has the gold records, by number, that
    serve one purpose only.
    """

    records: Dataset
    seeds: int
    gold: int
    held_out: Dataset | None
    uses: Mapping[int, KnownUse] = field(default_factory=dict)

    @property
    def gold_answers(self) -> dict[int, int]:
        """Known answers of the gold records, by number."""
        after = self.seeds + self.gold
        return dict(enumerate(self.records.truth[self.seeds : after].tolist(), self.seeds))

    @property
    def meta(self) -> dict[str, str]:
        """Records that a model's accuracy is measured on, for the run's ``meta``."""
        if self.held_out is None:
            return {}
        truth = self.held_out.truth
        largest = np.bincount(truth).max() / len(truth)
        return {HELD_OUT: str(len(truth)), LARGEST_CLASS: f"{largest:.4f}"}

    def submissions(self, requester: RequesterConfig) -> Iterator[tuple[float, int]]:
        """Yield times with numbers of records, without the seeds, which are there at the start."""
        return submissions(replace(requester, gold=self.gold), len(self.records) - self.seeds)


def assign_roles(dataset: Dataset, scenario: Scenario) -> Roles:
    """Return the records by role: as the column ``dataset.use`` says, the others by the settings.

    A share of the known answers is held out, and some are gold. In a file with unknown answers, the
    other known ones are seeds, unless it has records for training, qualification or checks; in a
    file without, they are the truth of a simulation, to be labelled. Raises DatasetError if a role
    has too few records.
    """
    learning, requester = scenario.learning, scenario.requester
    free = _of_use(dataset, None)
    held = _of_use(dataset, Use.HOLD_OUT)
    if learning.enabled and learning.holdout > 0 and not len(held):
        held = _hold_out(dataset, free, learning.holdout, scenario.seed)
        free = np.setdiff1d(free, held)
    work = np.union1d(free, _of_use(dataset, Use.WORK))
    if not len(work):
        spent = "the hold-out leaves" if len(free) + len(held) else "the uses leave"
        lower = "Lower learning.holdout, or give" if len(held) else "Give"
        raise DatasetError(
            f"{dataset.name}: {spent} no record to label. {lower} fewer records a use"
        )
    known = dataset.truth != UNKNOWN
    seeds, gold = _of_use(dataset, Use.SEED), _of_use(dataset, Use.GOLD)
    reserved = {use: _of_use(dataset, use) for use in _RESERVED}
    _check_known(dataset.name, scenario, gold, reserved)
    rng = Random(f"{scenario.seed}/requester")
    if known[work].all():
        work = _sample(work, requester.records, rng)
    if not len(gold) and not any(map(len, reserved.values())):
        spare = free[known[free]] if not known[work].all() else work
        gold = _draw_gold(dataset.name, spare, len(work), requester.gold, rng)
        work = np.setdiff1d(work, gold)
    if not known[work].all():
        if not any(map(len, reserved.values())):  # else the file says what is not asked
            answered = np.setdiff1d(free[known[free]], gold)
            seeds, work = np.union1d(seeds, answered), np.setdiff1d(work, answered)
        if requester.records is not None:
            work = _sample(work, max(1, requester.records - len(gold)), rng)
    uses: dict[int, KnownUse] = {}
    for use, found in reserved.items():
        first = len(seeds) + len(gold)
        uses |= dict.fromkeys(range(first, first + len(found)), _RESERVED[use])
        gold = np.concatenate([gold, found])
    records = dataset.take([*seeds, *gold, *work])
    if len(seeds):
        note = f"{len(seeds)} records have a known answer: they train the model, and are not asked"
        records = changed(records, notes=(*records.notes, note))
    measure = learning.enabled and len(held) > 0
    return Roles(records, len(seeds), len(gold), dataset.take(held) if measure else None, uses)


def _check_known(
    name: str, scenario: Scenario, gold: Indices, reserved: Mapping[Use, Indices]
) -> None:
    """Refuse a file whose known answers have uses, but none that a setting asks for."""
    checked = scenario.quality.checks_every > 0
    drawn = not any(map(len, reserved.values())) and scenario.requester.gold > 0
    if drawn or len(gold):
        return
    for key, asked, use in (
        ("qualification.enabled", scenario.qualification.enabled, Use.QUALIFICATION),
        ("quality.gold_share", scenario.quality.gold_share > 0, Use.CHECK),
        ("quality.checks_every", checked, Use.CHECK),
    ):
        if asked and not len(reserved[use]):
            raise DatasetError(
                f'{name}: {key} needs records with dataset.use "{use}" or "gold", and there is '
                "none. Add some, or switch it off"
            )


def _of_use(dataset: Dataset, use: Use | None) -> Indices:
    """Return the records of a use in the file, None: without one."""
    if dataset.use is None:
        return np.arange(len(dataset) if use is None else 0)
    return np.array([i for i, each in enumerate(dataset.use) if each == use], dtype=np.int64)


def _hold_out(dataset: Dataset, free: Indices, share: float, seed: int) -> Indices:
    """Draw ``share`` of the known answers among ``free``; copies of a record stay together.

    Copies are only taken if all their answers are known, and if there is room for them all.
    """
    groups = groups_of(dataset)
    usable = np.zeros(len(dataset), dtype=bool)
    usable[free] = dataset.truth[free] != UNKNOWN
    members = np.bincount(groups)
    whole = np.bincount(groups, weights=usable) == members
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(usable))
    room = round(share * len(drawn))
    held: set[int] = set()
    for group in groups[drawn].tolist():
        if group not in held and whole[group] and members[group] <= room:
            held.add(group)
            room -= int(members[group])
    return np.flatnonzero(np.isin(groups, list(held)))


def _sample(work: Indices, count: int | None, rng: Random) -> Indices:
    if count is None or count >= len(work):
        return work
    return np.array(sorted(rng.sample(work.tolist(), count)), dtype=np.int64)


def _draw_gold(name: str, spare: Indices, work: int, count: int, rng: Random) -> Indices:
    if count >= work:
        raise DatasetError(
            f"{name}: {count} gold records (requester.gold) leave none of {work} to label. Lower it"
        )
    if count > len(spare):
        raise DatasetError(
            f"{name}: {count} gold records (requester.gold) need as many known answers, and "
            f"{len(spare)} are known. Lower it"
        )
    return np.array(sorted(rng.sample(spare.tolist(), count)), dtype=np.int64)
