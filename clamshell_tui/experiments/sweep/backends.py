"""Makes many runs: in this process, in several, or on a Dask cluster.

They come in any order. Each process loads libraries and data once, and gets several quick runs at
a time (joblib sees to that).
"""

import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.experiments.sweep.plan import Work
from clamshell_tui.experiments.sweep.trial import Done, tried
from clamshell_tui.text import show

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}")
_AHEAD = "6 * n_jobs"  # with joblib's 2, quick runs wait for this process when cores are few
_LOOK_EVERY = 1.0  # seconds between looks at whether the sweep is still there
_PATIENCE = 10  # seconds until a cluster that does not answer is given up


def here(work: Iterable[Work]) -> Iterator[Done]:
    """In this process."""
    return map(tried, work)


def in_processes(work: Sequence[Work], jobs: int) -> Iterator[Done]:
    """In so many processes of this machine; EnvironmentFaultError when one dies."""
    from joblib import Parallel, delayed

    one = delayed(_tried_for)
    try:
        yield from Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=_AHEAD)(
            one(os.getpid(), each) for each in work
        )
    except BrokenProcessPool as error:
        raise EnvironmentFaultError(
            "a process of the sweep died (out of memory?). What is finished is kept; go on with "
            "the same command and fewer --jobs"
        ) from error


def on_cluster(work: Sequence[Work], address: str) -> Iterator[Done]:
    """By the workers of the Dask scheduler at ``address``, as many at once as they have threads.

    Raises EnvironmentFaultError for a cluster that does not answer, has no workers, or is lost.
    """
    with _client(address) as client:
        from joblib import Parallel, delayed, parallel_config

        with parallel_config(backend="dask", client=client, wait_for_workers_timeout=_PATIENCE):
            try:
                yield from Parallel(return_as="generator_unordered")(
                    delayed(tried)(each) for each in work
                )
            except (OSError, TimeoutError) as error:
                raise _lost(address, error) from error


def check_cluster(address: str) -> None:
    """InputError for an address that is none, EnvironmentFaultError without the library."""
    if _ADDRESS.fullmatch(address) is None:
        raise InputError(
            f'--cluster "{show(address)}" is no address. Write, for example, tcp://10.0.0.5:8786'
        )
    _distributed()


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError as error:
        raise EnvironmentFaultError(
            "--cluster needs Dask, which is not installed. pip install 'clamshell-tui[cluster]'"
        ) from error


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        client = _distributed().Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise _lost(address, error) from error
    with client:
        yield client


def _lost(address: str, error: Exception) -> EnvironmentFaultError:
    reason = (str(error).partition("\n")[0] or type(error).__name__).rstrip(".")
    return EnvironmentFaultError(
        f"the cluster at {show(address)} does no work: {show(reason)}. Start dask scheduler and "
        "dask worker there; what is finished is kept"
    )


# As one of several processes


def _tried_for(owner: int, work: Work) -> Done:
    _end_with(owner)
    return tried(work)


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
