"""Tests scenarios live, several at a time.

A live run takes seconds, so one seed is tried. If only expectations fail that need not hold in
every seed ("in 18 of 20"), two more seeds are tried, and most of the three must hold.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from clamshell_tui.testing.case import Case, LiveOptions
from clamshell_tui.testing.live.trial import attempt_live, live_case
from clamshell_tui.testing.verdict import TrialVerdict, judge

_MORE = 2  # further seeds, if one does not decide


def tried_live(cases: Sequence[Case], options: LiveOptions) -> Iterator[TrialVerdict]:
    """Yield a verdict for each case, in order. Raises as :func:`attempt_live` does."""
    jobs = options.jobs or _concurrent(cases)
    if jobs == 1 or len(cases) == 1:
        yield from (verdict_of(case, options) for case in cases)
        return
    pool = ProcessPoolExecutor(min(jobs, len(cases)), mp_context=get_context("spawn"))
    try:
        asked = [pool.submit(verdict_of, case, options) for case in cases]
        for future in asked:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _concurrent(cases: Sequence[Case]) -> int:
    """Return how many cases to run concurrently.

    With people at screens, a run mostly waits for them; otherwise its coordinator needs a core.
    """
    cores = os.cpu_count() or 1
    return 2 * cores if all(case.needs_live for case in cases) else max(1, cores // 2)


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
