"""Time lost around the work: noticing a new task after a wait, and reading a termination notice.

Both are fitted to published reaction times of retainer pools. They explain why the workers of a
waiting pool do not start a batch simultaneously.
"""

from bisect import bisect
from math import exp, log
from random import Random

from clamshell_tui.workforce.draws import log_normal, normal_quantile

_LOG_WAITS = [log(60 * minutes) for minutes in (0.5, 1, 2, 5, 10, 30)]
_AWAY = [0.12, 0.12, 0.20, 0.24, 0.42, 0.60]


def away_probability(waited: float) -> float:
    """Return the probability of inattention after ``waited`` seconds, interpolated in log time.

    Constant below half a minute and above half an hour.
    """
    log_wait = log(waited)
    right = bisect(_LOG_WAITS, log_wait)
    if right == 0:
        return _AWAY[0]
    if right == len(_AWAY):
        return _AWAY[-1]
    left = right - 1
    share = (log_wait - _LOG_WAITS[left]) / (_LOG_WAITS[right] - _LOG_WAITS[left])
    return _AWAY[left] + share * (_AWAY[right] - _AWAY[left])


def reaction_seconds(waited: float, rng: Random) -> float:
    """Draw the time to start on new work: 0 directly after an answer (``waited`` = 0).

    An attentive worker needs 0.9 s + log-normal(median 0.9 s, sigma 0.55); an inattentive one
    log-normal(median 10 s, sigma 1).
    """
    if waited <= 0:
        return 0.0
    if rng.random() < away_probability(waited):
        return log_normal(rng, 10.0, 1.0)
    return 0.9 + log_normal(rng, 0.9, 0.55)


def notice_seconds(rng: Random) -> float:
    """Draw the time lost on the notice that another worker finished the task: 2 exp(0.5 z) s."""
    return 2.0 * exp(0.5 * normal_quantile(rng.random()))
