"""Tries scenarios live, some at a time; whoever says "in 18 of 20" may need a second look.

A live run takes seconds, so one seed is tried. If that fails what need not hold in every seed, two
more decide: most of the three must hold.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from clamshell_tui.testing.case import Case, LiveOptions
from clamshell_tui.testing.live.trial import attempt_live, live_case
from clamshell_tui.testing.verdict import TrialVerdict, judge

_MORE = 2  # seeds, where one has not decided


def tried_live(cases: Sequence[Case], options: LiveOptions) -> Iterator[TrialVerdict]:
    """A verdict for each case, in their order. Raises as :func:`attempt_live` does."""
    jobs = options.jobs or _at_once(cases)
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


def _at_once(cases: Sequence[Case]) -> int:
    """Where people sit at screens, a run goes at their pace and leaves the machine idle; otherwise
    it goes as fast as it can, and its coordinator takes a core, too."""
    cores = os.cpu_count() or 1
    return 2 * cores if all(case.needs_live for case in cases) else max(1, cores // 2)


def verdict_of(case: Case, options: LiveOptions) -> TrialVerdict:
    """One case at the seeds that are wished, and at more of them if need be."""
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
    """Whether all that failed is what need not hold in every seed."""
    if verdict.passed or verdict.broken:
        return False
    return all(judgement.expectation.in_ is not None for judgement in verdict.failed)
