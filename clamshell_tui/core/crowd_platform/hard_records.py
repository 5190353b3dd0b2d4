"""The posterior of a record that may be hard for everybody.

Votes on an easy record err independently. On a hard one, ``SEES`` of the workers see its class, and
the others all take it for the same wrong one. Further votes hardly help, so a label's support must
not rise as if they did. The share of hard records is estimated from the votes, as in the
expectation step of an EM estimate: votes on a record disagree more often than the accuracy of their
workers explains. (GLAD, Whitehill et al. 2009, has a difficulty per record, at worst a guess; a
common wrong class is worse than a guess.)
"""

from collections.abc import Mapping

from clamshell_tui.core.crowd_platform.quality import ClassCounts, Votes, odds_of
from clamshell_tui.core.ids import ClassIndex

SEES = 0.4
"""Of the workers, by assumption: with few votes a share looks like an accuracy."""
_PRIOR_HARD, _PRIOR_RECORDS = 1.0, 20.0  # as if one of so many records had been hard


class HardShare:
    """Estimated share of records that are hard for everybody."""

    def __init__(self) -> None:
        self._hard = _PRIOR_HARD
        self._records = _PRIOR_RECORDS

    @property
    def value(self) -> float:
        return self._hard / self._records

    def add(self, hard: float) -> None:
        """Count a record by its probability of being hard."""
        self._hard += hard
        self._records += 1.0

    def odds(
        self, votes: Votes, classes: ClassCounts
    ) -> tuple[dict[ClassIndex, float], float, float]:
        """Return the odds of each class named and of all others, and the share of them if hard.

        On the scale of :func:`~clamshell_tui.core.crowd_platform.quality.odds_of`.
        """
        easy, unnamed = odds_of(votes, classes)
        scale, others = 1.0, len(classes.counts) - 1
        named: dict[ClassIndex, int] = {}
        for label, accuracy in votes:
            scale *= others / (1.0 - accuracy)
            named[label] = named.get(label, 0) + 1
        share = self.value
        hard = {
            label: share * classes.counts[label] * _likelihood(label, named, others) * scale
            for label in named
        }
        hard_unnamed = 0.0
        if len(named) == 1:
            rest = max(0.0, classes.total - sum(classes.counts[label] for label in named))
            hard_unnamed = share * rest * (1.0 - SEES) ** len(votes) / others * scale
        odds = {label: (1.0 - share) * easy[label] + hard[label] for label in named}
        nothing_named = (1.0 - share) * unnamed + hard_unnamed
        whole = sum(odds.values()) + nothing_named
        return odds, nothing_named, (sum(hard.values()) + hard_unnamed) / whole


def _likelihood(label: ClassIndex, named: Mapping[ClassIndex, int], others: int) -> float:
    """Return the probability of the votes on a hard record of class ``label``."""
    right = SEES ** named[label]
    if len(named) == 1:
        return right
    if len(named) > 2:
        return 0.0  # a hard record has one wrong class
    wrong = sum(count for other, count in named.items() if other != label)
    return float(right * (1.0 - SEES) ** wrong / others)
