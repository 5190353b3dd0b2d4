"""Run trials in this process, in several, or on a Dask cluster; results arrive in any order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.experiments import processes
from clamshell_tui.experiments.sweep.plan import SweepWork
from clamshell_tui.experiments.sweep.trial import TrialDone, tried
from clamshell_tui.text import show

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}")
_PATIENCE = 10  # seconds until a cluster that does not answer is given up


def here(work: Iterable[SweepWork]) -> Iterator[TrialDone]:
    """In this process."""
    return map(tried, work)


def in_processes(work: Sequence[SweepWork], jobs: int) -> Iterator[TrialDone]:
    """In so many processes of this machine; EnvironmentFaultError when one dies."""
    remedy = "What is finished is kept; go on with the same command and fewer --jobs"
    return processes.in_processes(tried, work, jobs, remedy=remedy)


def on_cluster(work: Sequence[SweepWork], address: str) -> Iterator[TrialDone]:
    """By the workers of the Dask scheduler at ``address``, one for each of their threads.

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
