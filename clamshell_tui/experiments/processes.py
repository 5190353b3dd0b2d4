"""Run pieces of work in several processes; each ends when this one does.

Each process loads libraries and data once, and gets several quick pieces at a time (joblib sees to
that). Sums of floats are equal in all of them.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from clamshell_tui.errors import EnvironmentFaultError

Work = TypeVar("Work")
Done = TypeVar("Done")

_AHEAD = "6 * n_jobs"  # with joblib's 2, quick runs wait for this process when cores are few
_LOOK_EVERY = 1.0  # seconds between looks at whether the owner is still there


def in_processes(
    do: Callable[[Work], Done],
    work: Sequence[Work],
    jobs: int,
    *,
    ordered: bool = False,
    remedy: str = "Try again with fewer --jobs",
) -> Iterator[Done]:
    """``do(each)`` as they are done, or in order; EnvironmentFaultError when a process dies.

    ``do`` and the work travel to the processes, what it returns comes back.
    """
    from joblib import Parallel, delayed

    one = delayed(_done_for)
    kind = "generator" if ordered else "generator_unordered"
    try:
        with _quiet_manager():
            yield from Parallel(n_jobs=jobs, return_as=kind, pre_dispatch=_AHEAD)(
                one(os.getpid(), do, each) for each in work
            )
    except BrokenProcessPool as error:
        raise EnvironmentFaultError(
            f"a process that simulated died (out of memory?). {remedy}"
        ) from error


@contextmanager
def _quiet_manager() -> Iterator[None]:
    """Without the traceback of loky's thread that, ended early, finds its list of work cleared."""
    told = threading.excepthook

    def tell(failed: threading.ExceptHookArgs) -> None:
        name = failed.thread.name if failed.thread is not None else ""
        if not (name == "ExecutorManagerThread" and failed.exc_type is KeyError):
            told(failed)

    threading.excepthook = tell
    try:
        yield
    finally:
        threading.excepthook = told


@cache
def one_thread() -> None:
    """BLAS adds up in another order with more. For good: a cluster's worker may run two."""
    from threadpoolctl import threadpool_limits

    import clamshell_tui.simulator.run_scenario  # noqa: F401  # the libraries that are limited

    threadpool_limits(1)


# As one of several processes


def _done_for(owner: int, do: Callable[[Work], Done], each: Work) -> Done:
    _end_with(owner)
    return do(each)


@cache
def _end_with(owner: int) -> None:
    """End this process with the one that works for it: killed, that cannot say goodbye."""
    if os.name == "posix":
        threading.Thread(target=_watch, args=(owner,), name="tether", daemon=True).start()


def _watch(owner: int) -> None:
    never = threading.Event()
    while os.getppid() == owner:
        never.wait(_LOOK_EVERY)
    os._exit(0)
