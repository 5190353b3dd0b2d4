"""Whatever becomes of the operator's screen, the run goes on and no acknowledgement is lost.

A coordinator and a crowd at work; screens come, are maltreated, and go or are killed.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from time import perf_counter

import pytest

from tests.benchmarks.measuring import thinking
from tests.benchmarks.scripted_crowd import Tally, crowd, submit
from tests.benchmarks.served import Served, audit, served
from tests.live.operator_terminal import OperatorTerminal

WORKERS = 6
RECORDS = 30_000  # more than there is time for
PAUSE = 3.0  # seconds without an acknowledgement, on a machine that may be busy
SCENARIO = f"""\
dataset = {{kind = "wire", classes = ["0", "1", "2"]}}
learning.enabled = false
qualification.enabled = false
pool = {{size = {WORKERS}, reserve = 0}}
tasks = {{records_per_task = 2, pool_batch_ratio = 0.5}}
straggler_mitigation.max_duplicates = 1
maintenance.threshold = inf
"""

Failure = Callable[[OperatorTerminal, Random], None]


# -- what is done to a screen that should bear it -------------------------------------------------


def resize_storm(screen: OperatorTerminal, rng: Random) -> None:
    for _ in range(20):
        screen.resize(rng.choice((1, 2, 20, 79, 80, 132, 400)), rng.choice((1, 3, 23, 24, 50, 150)))
        screen.read_for(rng.choice((0.0, 0.001, 0.02)))
    recovers(screen)


def one_cell(screen: OperatorTerminal, rng: Random) -> None:
    for page in b"12345":
        screen.resize(1, 1)
        screen.press(bytes([page]))
        screen.read_for(0.15)
    recovers(screen)


def too_small(screen: OperatorTerminal, rng: Random) -> None:
    screen.forget()
    screen.resize(60, 20)
    screen.reads(b"needs 80x24, is 60x20")
    recovers(screen)


def not_utf8(screen: OperatorTerminal, rng: Random) -> None:
    for _ in range(20):
        screen.press(rng.choice((b"\xff\xfe", b"\xc3\x28", b"\xe2\x82", b"\xf0\x9f", b"\x80" * 50)))
        screen.read_for(0.005)
    recovers(screen)


def flooded(screen: OperatorTerminal, rng: Random) -> None:
    keys = (b"\t", b"\x1b[A", b"\x1b[B", b"3", b"+", b"-", b" ", b"e", b"0", b"9", b"i", b">")
    screen.press(b"".join(rng.choices(keys, k=500)))
    screen.press(b"??")  # a card over it all, and away again
    recovers(screen)


def held_up(screen: OperatorTerminal, rng: Random) -> None:
    screen.stop()
    screen.read_for(1.0)
    screen.go_on()
    recovers(screen)


BEARABLE: tuple[Failure, ...] = (resize_storm, one_cell, too_small, not_utf8, flooded, held_up)


def recovers(screen: OperatorTerminal) -> None:
    """Back in its usual size it draws everything, and keys do what they did."""
    screen.resize(100, 30)
    screen.read_for(0.2)
    screen.forget()
    screen.press(b"1")
    screen.read_for(0.1)
    screen.press(b"2")
    screen.reads(b"Pool:")


# -- how a screen ends ----------------------------------------------------------------------------


def killed(screen: OperatorTerminal, rng: Random) -> None:
    screen.send(signal.SIGKILL)
    assert screen.ends() == -signal.SIGKILL


def killed_while_stopped(screen: OperatorTerminal, rng: Random) -> None:
    screen.stop()
    screen.read_for(0.5)
    killed(screen, rng)


def told_to_end(screen: OperatorTerminal, rng: Random) -> None:
    number = rng.choice((signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
    screen.send(number)
    assert screen.ends() == 128 + number
    assert screen.restored


def hung_up(screen: OperatorTerminal, rng: Random) -> None:
    screen.pull()
    assert screen.wait() != 0


def closed(screen: OperatorTerminal, rng: Random) -> None:
    screen.press(rng.choice((b"q", b"\x03", b"\x11")))
    assert screen.ends() == 0
    assert screen.restored


ENDS: tuple[Failure, ...] = (told_to_end, hung_up, killed, closed, killed_while_stopped)


def killed_at_birth(words: tuple[str, ...], rng: Random) -> None:
    """At any moment of its first second."""
    with OperatorTerminal(*words) as screen:
        screen.read_for(rng.uniform(0.0, 1.5))
        screen.send(rng.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)))
        screen.ends()


# -- the run meanwhile ----------------------------------------------------------------------------


def through(server: Served, failures: Callable[[tuple[str, ...]], None]) -> None:
    """Have screens fail while a crowd works; then look whether anything is missing."""
    words = ("watch", f"127.0.0.1:{server.port}", "--token", server.codes["operator"][0])
    tally = Tally()

    async def work() -> tuple[float, float]:
        await submit(server, RECORDS)
        async with crowd(server, WORKERS, tally, thinking(0.1, 0.5)):
            began = perf_counter()
            await asyncio.to_thread(failures, words)
            return began, perf_counter()

    began, ended = asyncio.run(work())
    times = sorted(at + took for at, took in tally.with_next + tally.without_next)
    during = [began, *(at for at in times if began <= at <= ended), ended]
    assert max(later - earlier for earlier, later in pairwise(during)) < PAUSE
    assert len(during) > 20
    assert tally.errors == []
    server.stop()
    found = audit(server, tally.counted, 2)
    assert (found.missing, found.over_assignments) == (0, 0)
    ((orders,),) = server.rows("SELECT COUNT(*) FROM journal WHERE body LIKE '%operator%'")
    assert orders == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """A coordinator in a process of its own."""
    with served(SCENARIO, "--seats", str(WORKERS), folder=tmp_path) as running:
        yield running


@contextmanager
def shown(words: tuple[str, ...]) -> Iterator[OperatorTerminal]:
    """A screen that has drawn its first page."""
    with OperatorTerminal(*words) as screen:
        screen.until(lambda: b"connected" in screen.lately, 60.0)
        yield screen


def test_failures_of_a_screen_cost_the_run_nothing(server: Served) -> None:
    def failures(words: tuple[str, ...]) -> None:
        rng = Random(4)
        with shown(words) as screen:
            for failure in (resize_storm, not_utf8, flooded, hung_up):
                failure(screen, rng)

    through(server, failures)


@pytest.mark.slow
def test_two_hundred_failures_of_screens_cost_the_run_nothing(server: Served) -> None:
    def failures(words: tuple[str, ...]) -> None:
        rng = Random(5)
        done = 0
        while done < 200:
            with shown(words) as screen:
                for failure in (*rng.sample(BEARABLE, 3), ENDS[done // 5 % len(ENDS)]):
                    failure(screen, rng)
            killed_at_birth(words, rng)
            done += 5

    through(server, failures)
