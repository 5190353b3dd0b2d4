"""Tries many scenarios at many seeds in several processes; the verdicts do not depend on how many.

Each process loads data and libraries once and takes the next handful of seeds when it is free.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.testing.case import Case, SeedResult
from clamshell_tui.testing.trial import attempt_all

HANDFUL = 5  # seeds tried in one go: sending them costs nothing, and no process waits long

Done = tuple[int, list[SeedResult]]
"""The number of a case, and some of its results."""


def tried(cases: Sequence[Case], seeds: Sequence[int], jobs: int) -> Iterator[Done]:
    """Every case at every seed, in any order, as the results come.

    Raises ClamshellError for what a scenario's data show to be wrong, and EnvironmentFaultError
    when a process dies.
    """
    handfuls = [tuple(seeds[at : at + HANDFUL]) for at in range(0, len(seeds), HANDFUL)]
    work = [(number, handful) for number in range(len(cases)) for handful in handfuls]
    if jobs == 1 or len(work) <= 1:
        for number, handful in work:
            yield number, attempt_all(cases[number], handful)
        return
    yield from _in_processes(cases, work, min(jobs, len(work)))


def _in_processes(
    cases: Sequence[Case], work: list[tuple[int, tuple[int, ...]]], jobs: int
) -> Iterator[Done]:
    # Spawned, not forked: a fork of a process that has loaded BLAS may hang in the child.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        asked: dict[Future[list[SeedResult]], int] = {
            pool.submit(attempt_all, cases[number], handful): number for number, handful in work
        }
        for future in as_completed(asked):
            yield asked[future], future.result()
    except BrokenProcessPool as error:
        raise EnvironmentFaultError(
            "a process that ran scenarios died (out of memory?). Try again with --jobs 1"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
