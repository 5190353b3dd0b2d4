"""Tests a scenario live.

A live run takes seconds, so one seed is tried. If only expectations fail that need not hold in
every seed ("in 18 of 20"), two more seeds are tried, and the three are judged.
"""

from clamshell_tui.testing.case import Case, LiveOptions
from clamshell_tui.testing.live.trial import attempt_live, live_case
from clamshell_tui.testing.verdict import TrialVerdict, judge

_MORE = 2  # further seeds, if one does not decide


def verdict_of(case: Case, options: LiveOptions) -> TrialVerdict:
    """Test one case at the given seeds, and at more if they do not decide."""
    case = live_case(case)
    results = [
        attempt_live(
            case,
            seed,
            speed=options.speed,
            port=options.port,
            out=options.out,
            overwrite=options.overwrite,
            with_story=len(options.seeds) == 1,
        )
        for seed in options.seeds
    ]
    verdict = judge(case, results)
    if len(results) > 1 or options.out is not None or not _undecided(verdict):
        return verdict
    last = options.seeds[-1]
    more = range(last + 1, last + 1 + _MORE)
    results += [attempt_live(case, seed, speed=options.speed, port=options.port) for seed in more]
    return judge(case, results)


def _undecided(verdict: TrialVerdict) -> bool:
    """Return whether only expectations failed that need not hold in every seed."""
    if verdict.passed or verdict.broken:
        return False
    return all(judgement.expectation.in_ is not None for judgement in verdict.failed)
