"""Number of votes, with their cost and accuracy (B-VOTES, B-SPAM)."""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, SECONDS
from clamshell_tui.experiments.table import PaperColumn, Range
from clamshell_tui.experiments.verdicts import at_least, at_most, comparison, share

_FIVE, _THREE = "five", "three"
_LEVELS = (0.95, 0.97, 0.99)


def _adaptive(levels: Sequence[float]) -> dict[str, tuple[str, ...]]:
    return {
        f"up to 7, {level}": ("tasks.votes=7", f"quality.confidence={level}") for level in levels
    }


_NEVER_WORSE = {"": Range(0.0, 100.0, "never worse")}
_COLUMNS = (
    share("time", SECONDS, {name: at_most(1.0) for name in _adaptive(_LEVELS)}),
    share("cost", DOLLARS, {name: at_most(1.0) for name in _adaptive(_LEVELS)}),
    PaperColumn("votes", seen.VOTES),
    PaperColumn(
        "right",
        seen.CORRECT,
        paper={name: at_least(0.986, ">= 0.986") for name in _adaptive((0.97, 0.99))},
    ),
    PaperColumn("Dawid-Skene", seen.FINAL_GAIN, "points", paper=_NEVER_WORSE),
)

VOTES = comparison(
    "B-VOTES",
    "Adaptive votes: 500 digits, against five votes by majority",
    "2.4-3.4 votes as right as five, quicker and cheaper; Dawid-Skene never worse",
    {_FIVE: ("tasks.votes=5",), _THREE: ("tasks.votes=3",), **_adaptive(_LEVELS)},
    _COLUMNS,
)

SPAM = comparison(
    "B-SPAM",
    "Adaptive votes with 20 % spammers: 500 digits, against five votes by majority",
    "Dawid-Skene gains 3 to 8 points over the majority, and is never worse",
    {
        _FIVE: ("tasks.votes=5",),
        "five, weighted": ("tasks.votes=5", "quality.consensus=weighted-majority"),
        _THREE: ("tasks.votes=3",),
        **_adaptive((0.97, 0.99)),
    },
    _COLUMNS,
)
