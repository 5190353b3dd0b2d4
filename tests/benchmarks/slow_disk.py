"""What a slow disk costs when commits are shared. The section ``slow`` of :mod:`.coordinator`.

Every ``fsync`` and ``fdatasync`` of the coordinator takes 10 ms longer, by a library put before the
C library's (Linux, with a C compiler); the file is on tmpfs, so that nothing else is slow. One
connection in closed loop commits once per label; with N of them, a commit is to carry nearly N.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from tests.benchmarks.closed_loop import SCENARIO, TMPFS, measured
from tests.benchmarks.lines import Labeller
from tests.benchmarks.measuring import Bench, quantile
from tests.benchmarks.served import served

COUNTS = (20, 200)  # connections
SLOWLY = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slowly(const char *name, int file) {
    struct timespec ten_ms = {0, 10000000};
    nanosleep(&ten_ms, 0);
    int (*sync)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    return sync(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
"""


class Found(NamedTuple):
    """Answers a second, and the median of their acknowledgements in seconds."""

    rate: float
    p50: float


def slow(bench: Bench) -> None:
    """Throughput and acknowledgement beside one commit per label, with fsync slowed to 10 ms."""
    click.echo(f"closed loop, Ng = 1, FULL sync, {TMPFS}, fsync slowed to 10 ms")
    with _slow_syncs() as library:
        single, *others = [_measure(count, library, bench.seconds(4)) for count in (1, *COUNTS)]
    bench.figure("1: answers, one commit each", single.rate, "/s")
    bench.figure("1: acknowledgement, p50", 1000 * single.p50, "ms")
    for count, found in zip(COUNTS, others, strict=True):
        bench.figure(f"{count}: answers", found.rate, "/s")
        times = found.rate / single.rate
        bench.figure(f"{count}: times one commit per label", times, "", at_least=0.7 * count)
        bench.figure(f"{count}: acknowledgement, p50", 1000 * found.p50, "ms")
        bench.figure(f"{count}: ratio to a single commit", found.p50 / single.p50, "", 2)


def _measure(count: int, library: Path, seconds: float) -> Found:
    labellers: list[Labeller] = []

    def labeller(code: str) -> Callable[[], Labeller]:
        def make() -> Labeller:
            labellers.append(Labeller(code))
            return labellers[-1]

        return make

    options = ("--seats", str(count), "--max-rate", "1e9")
    slowed = {"LD_PRELOAD": str(library)}
    text = SCENARIO.format(size=count)
    with served(text, *options, folder=TMPFS, environment=slowed) as server:
        makers = [labeller(code) for code in server.codes["seat"]]
        found = asyncio.run(measured(server.pid, server.port, makers, seconds))
    latencies = [seconds for each in labellers for seconds in each.latencies]
    return Found(found.cycles / found.wall, quantile(latencies, 0.5))


@contextmanager
def _slow_syncs() -> Iterator[Path]:
    compiler = shutil.which("cc")
    if compiler is None:
        raise click.ClickException("the section slow needs a C compiler named cc")
    with TemporaryDirectory() as name:
        library = Path(name, "slowly.so")
        (source := Path(name, "slowly.c")).write_text(SLOWLY)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        yield library
