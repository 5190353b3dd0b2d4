"""Number of votes, with their cost and accuracy (B-VOTES, B-SPAM, B-MODEL)."""

from collections.abc import Sequence

from clamshell_tui.experiments import cells as seen
from clamshell_tui.experiments.cells import DOLLARS, SECONDS
from clamshell_tui.experiments.table import PaperColumn, Range, crowds
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


_ADAPTIVE = ("tasks.votes=7", "quality.confidence=0.97")
_MODEL, _HARD = "quality.model_votes=true", "quality.hard_records=true"
_RARE = ('dataset.kind="generated"', "dataset.records=700", "dataset.rare=0.05")

MODEL = comparison(
    "B-MODEL",
    "The model as a voter, and votes on records that may be hard: 500 records, confidence 0.97",
    "fewer votes for better labels by the model; support that is true where records are hard",
    {
        "adaptive": _ADAPTIVE,
        "model votes": (*_ADAPTIVE, _MODEL),
        "hard records": (*_ADAPTIVE, _HARD),
        "both": (*_ADAPTIVE, _MODEL, _HARD),
    },
    (
        share("time", SECONDS),
        share("cost", DOLLARS),
        PaperColumn("votes", seen.VOTES),
        PaperColumn("right", seen.CORRECT),
        PaperColumn("overclaimed", seen.OVERCLAIMED, "points"),
    ),
    groups={
        **crowds("mturk", "live", "live-heavy", "live-light", "medical"),
        "mturk, 5 % hard": ("crowd.population=mturk", "crowd.hard_records=0.05"),
        "mturk, 10 % hard": ("crowd.population=mturk", "crowd.hard_records=0.1"),
        "mturk, 20 % spammers": ("crowd.population=mturk", "crowd.behaviours={spammer=0.2}"),
        "mturk, 5 % in a class": ("crowd.population=mturk", *_RARE),
        "mturk, weak model": ("crowd.population=mturk", *_RARE[:2], "dataset.difficulty=0.9"),
    },
)
