"""What benchmarks of a live run share: clocks, quantiles, and figures beside their targets."""

import asyncio
import ctypes
import os
import resource
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from math import ceil
from pathlib import Path
from random import Random
from time import perf_counter

import click

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
PROBE_EVERY = 0.005  # seconds between looks at our own lag, and between pings

Spans = list[tuple[float, float]]
"""Starts and ends, by perf_counter."""


def cpu_of_descendants() -> float:
    """CPU seconds of all ended processes that were started from here, at whatever remove.

    A fork server outlives the command that started it by a moment. It becomes our child then
    (Linux), and is waited for; no other child may be running.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Bench:
    """How long to measure, where runs are kept, and how figures are printed."""

    def __init__(self, *, quick: bool, folder: Path | None) -> None:
        self.quick = quick
        self._scale = 0.15 if quick else 1.0
        self.folder = folder

    def seconds(self, full: float) -> float:
        """How long to measure what deserves ``full`` seconds."""
        return full * self._scale

    def figure(
        self,
        name: str,
        value: float,
        unit: str,
        target: float | None = None,
        *,
        at_least: float | None = None,
    ) -> None:
        """One line; a target is the most that is allowed, unless it is said to be the least."""
        verdict = ""
        if target is not None:
            verdict = f"<= {target:g}".ljust(12) + ("" if value <= target else "MISSED")
        elif at_least is not None:
            verdict = f">= {at_least:g}".ljust(12) + ("" if value >= at_least else "MISSED")
        click.echo(f"  {name:58}{value:10.4g} {unit:8}{verdict}".rstrip())


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed; nan of nothing."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else float("nan")


def p99_ms(values: Sequence[float]) -> float:
    """In milliseconds."""
    return 1000 * quantile(values, 0.99)


@asynccontextmanager
async def own_lag(lags: list[float]) -> AsyncIterator[None]:
    """Note how late this process's own event loop is."""

    async def look() -> None:
        while True:
            due = perf_counter() + PROBE_EVERY
            await asyncio.sleep(PROBE_EVERY)
            lags.append(perf_counter() - due)

    async with beside(look()):
        yield


@asynccontextmanager
async def beside(*work: "asyncio._CoroutineLike[None]") -> AsyncIterator[None]:
    """Something that goes on during the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def span(seconds: float) -> tuple[float, float]:
    """So much time."""
    start = perf_counter()
    await asyncio.sleep(seconds)
    return start, perf_counter()


def thinking(least: float, most: float) -> Callable[[Random], float]:
    """Seconds of thought, evenly spread."""
    return lambda rng: rng.uniform(least, most)
