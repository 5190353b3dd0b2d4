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
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import ParamSpec, TypeVar

from clamshell_tui.errors import EnvironmentFaultError

Work = TypeVar("Work")
Done = TypeVar("Done")
Given = ParamSpec("Given")

LEARNING = "clamshell_tui.experiments.preloaded"
"""To preload: the simulator with numpy, scipy and scikit-learn."""

_REMEDY = "Try again with fewer --jobs"
_END = signal.SIGTERM if sys.platform == "win32" else signal.SIGUSR1
"""Ends a process of a pool. Programs within a live run take SIGTERM for their own."""
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
    others = set(multiprocessing.active_children())
    context = _context(preload)
    pool = _Pool(jobs, mp_context=context, initializer=_begin, initargs=(polite,))
    try:
        yield pool
    except BaseException as error:
        for process in set(multiprocessing.active_children()) - others:
            os.kill(process.pid or 0, _END)
        if isinstance(error, BrokenProcessPool):
            raise EnvironmentFaultError(
                f"a process that simulated died (out of memory?). {remedy}"
            ) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    """A pool whose processes can be ended in the middle of their work, see ``_Piece``.

    They do not import the program that is run, so a script needs no ``if __name__ ==
    "__main__"``; the work must not be defined in it.
    """

    def submit(
        self, fn: Callable[Given, Done], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Done]:
        program = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")  # a new process would import its file
        try:
            return super().submit(partial(_Piece.carry_out, fn, *args, **kwargs))
        finally:
            sys.modules["__main__"] = program


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

    import clamshell_tui.scenario.learning
    import clamshell_tui.simulator.run_scenario  # noqa: F401  # the libraries that are limited

    threadpool_limits(1)


# As one of several processes


class _Piece:
    """The work in hand of this process, which the signal ``_END`` ends.

    The work is left by SystemExit, so that what it has open is closed. Work that is still in the
    queue of the pool is left out.
    """

    in_hand = False
    ended = False

    @classmethod
    def carry_out(
        cls, fn: Callable[Given, Done], *args: Given.args, **kwargs: Given.kwargs
    ) -> Done:
        cls.in_hand = not cls.ended
        if cls.ended:
            raise CancelledError
        try:
            return fn(*args, **kwargs)
        finally:
            cls.in_hand = False

    @classmethod
    def end(cls, *_: object) -> None:
        cls.ended = True
        if cls.in_hand:
            cls.in_hand = False  # once: not while it is closing
            raise SystemExit


def _begin(polite: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's business
    signal.signal(_END, _Piece.end)
    if polite and hasattr(os, "nice"):
        os.nice(_POLITE)
    threading.Thread(target=_end_with_owner, name="tether", daemon=True).start()


def _end_with_owner() -> None:
    """End this process with the one that works for it: killed, that cannot say goodbye."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(0)
