"""Run pieces of work in several processes; each ends when this one does.

Importing numpy, scipy and scikit-learn costs seconds of CPU, so a server imports them once and
forks the processes from itself, each when there is work for it. Sums of floats are equal in all of
them.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing.context import BaseContext
from typing import NoReturn, TypeVar

from clamshell_tui.errors import EnvironmentFaultError

Work = TypeVar("Work")
Done = TypeVar("Done")

LEARNING = "clamshell_tui.experiments.preloaded"
"""To preload: the simulator with numpy, scipy and scikit-learn."""

_REMEDY = "Try again with fewer --jobs"
_POLITE = 5  # added to the niceness


def in_processes(
    do: Callable[[Work], Done],
    work: Sequence[Work],
    jobs: int,
    *,
    ordered: bool = False,
    remedy: str = _REMEDY,
    preload: Sequence[str] = (LEARNING,),
) -> Iterator[Done]:
    """``do(each)`` as they are done, or in order; EnvironmentFaultError when a process dies.

    ``do`` and the work travel to the processes, what it returns comes back.
    """
    with process_pool(jobs, remedy=remedy, preload=preload) as pool:
        asked = [pool.submit(do, each) for each in work]
        for future in asked if ordered else as_completed(asked):
            yield future.result()


@contextmanager
def process_pool(
    jobs: int,
    *,
    remedy: str = _REMEDY,
    preload: Sequence[str] = (LEARNING,),
    polite: bool = False,
) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of at most ``jobs`` processes; leaving it by an exception ends them.

    EnvironmentFaultError when a process dies. The first pool of this process decides on
    ``preload``, modules. ``polite`` processes give way to others.
    """
    context = _context(preload)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(polite,))
    try:
        yield pool
    except BaseException as error:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        if isinstance(error, BrokenProcessPool):
            raise EnvironmentFaultError(
                f"a process that simulated died (out of memory?). {remedy}"
            ) from error
        raise
    finally:
        pool.shutdown()


def _context(preload: Sequence[str]) -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


@cache
def one_thread() -> None:
    """BLAS adds up in another order with more. For good: a cluster's worker may run two."""
    from threadpoolctl import threadpool_limits

    import clamshell_tui.simulator.run_scenario  # noqa: F401  # the libraries that are limited

    threadpool_limits(1)


# As one of several processes


def _begin(polite: bool) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _leave)
    if polite and hasattr(os, "nice"):
        os.nice(_POLITE)
    threading.Thread(target=_end_with_owner, name="tether", daemon=True).start()


def _leave(number: int, _: object) -> NoReturn:
    """Leave without a traceback; what a run has open is closed on the way."""
    sys.exit(128 + number)


def _end_with_owner() -> None:
    """End this process with the one that works for it: killed, that cannot say goodbye."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(0)
