"""A real ``clamshell serve`` in a process of its own, what it costs, and what it wrote."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

CODE = "import sys; from clamshell_tui.cli import main; sys.exit(main())"
SERVE = (sys.executable, "-c", CODE, "serve", "--headless", "--port", "0")
PATIENCE = 10.0  # seconds for a process to end before it is killed
TICKS = os.sysconf("SC_CLK_TCK")
KEY_PREFIX = 32  # characters of an assignment's key before its number in hex


class Served:
    """A coordinator that accepts connections; ``codes`` are single-use."""

    def __init__(self, process: subprocess.Popen[str], file: Path) -> None:
        self.pid = process.pid
        self.codes: dict[str, list[str]] = {}
        self._process = process
        self._file = file
        self._read_announcement()
        self.port = int(self.codes["listening"][0].split()[1])

    def _read_announcement(self) -> None:
        assert self._process.stdout is not None, "it was started with a pipe"
        for line in self._process.stdout:
            word, _, rest = line.strip().partition(" ")
            self.codes.setdefault(word, []).append(rest)
            if word == "ready":
                return
        raise RuntimeError("the coordinator ended before it was ready")

    def cpu(self) -> float:
        """Seconds of CPU, user and system, that the process has used so far."""
        return cpu_of(self.pid)

    def join_string(self) -> str:
        """What a person would paste; uses up a code."""
        return f"clam://127.0.0.1:{self.port}/{self.codes['seat'].pop()}"

    def stop(self) -> None:
        """Stop it at once, after the commit in hand."""
        end(self._process)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the run file says; only once it is stopped."""
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as run:
            return run.execute(sql).fetchall()


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used so far, its children's not counted."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """Megabytes that a process holds in memory now, shared pages counted in full."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a living process has a size")


@contextmanager
def served(
    scenario: str,
    *options: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A coordinator on a free port, its file in a folder that goes with it.

    ``environment`` is put over our own.
    """
    with TemporaryDirectory(prefix="clamshell-bench-", dir=folder) as name:
        place = Path(name)
        (place / "bench.toml").write_text(scenario)
        with (place / "stderr").open("w+") as errors:
            process = subprocess.Popen(
                [*SERVE, str(place / "bench.toml"), "--db", str(place / "run.db"), *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # what it starts ends with it, whatever happens
            )
            try:
                yield Served(process, place / "run.db")
            finally:
                end(process)
                errors.seek(0)
                sys.stderr.write(errors.read())


def end(process: subprocess.Popen[str]) -> None:
    """Interrupt a process that leads a group; if it does not end, kill the group."""
    process.send_signal(signal.SIGINT)  # none is sent to what has ended
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


class Audit(NamedTuple):
    """What is wrong in a run file: all of these are 0."""

    lost: int  # acknowledged answers that are not there, or not as they were given
    unlabelled: int  # records of complete tasks that have no label
    too_many_copies: int  # tasks with more live assignments at a time than allowed
    two_at_a_time: int  # workers with two live assignments
    given_twice: int  # tasks that one worker got twice

    @property
    def missing(self) -> int:
        """Labels that should be there."""
        return self.lost + self.unlabelled

    @property
    def over_assignments(self) -> int:
        """Of all three kinds."""
        return self.too_many_copies + self.two_at_a_time + self.given_twice


def audit(server: Served, answers: dict[str, tuple[int, ...]], copies: int) -> Audit:
    """Compare a run file with what clients were told, while the coordinator is stopped.

    ``answers`` are the labels by key of every answer acknowledged as counted; ``copies`` is how
    many live assignments a task may have. Labels are the classes' numbers as text.
    """
    given = server.rows(_ASSIGNMENTS)
    stored: dict[int, list[int]] = {}
    for assignment, label in server.rows(_ANSWERS):
        stored.setdefault(assignment, []).append(int(label))
    ((unlabelled,),) = server.rows(_UNLABELLED)
    return Audit(
        sum(
            sorted(labels) != sorted(stored.get(int(key[KEY_PREFIX:], 16), []))
            for key, labels in answers.items()
        ),
        unlabelled,
        _crowded(((task, start, end) for task, _, start, end in given), copies),
        _crowded(((worker, start, end) for _, worker, start, end in given), 1),
        sum(n > 1 for n in Counter((task, worker) for task, worker, _, _ in given).values()),
    )


_ASSIGNMENTS = "SELECT task, worker, started_at, ended_at FROM assignment"
_ANSWERS = "SELECT assignment, label FROM answer WHERE counted"
_UNLABELLED = """
SELECT COUNT(*) FROM task, json_each(task.records) AS asked
LEFT JOIN label ON label.record = asked.value
WHERE task.state = 'complete' AND label.record IS NULL
"""

_Span = tuple[int | str, float, float | None]


def _crowded(spans: Iterable[_Span], allowed: int) -> int:
    """How many of the owners of (owner, start, end) have more than ``allowed`` open at a time."""
    edges: list[tuple[str, float, int]] = []
    for owner, start, end in spans:
        edges.append((str(owner), start, 1))
        if end is not None:
            edges.append((str(owner), end, -1))  # an end sorts before a start at the same time
    edges.sort()
    crowded = 0
    for _, changes in groupby(edges, key=lambda edge: edge[0]):
        live = most = 0
        for _, _, change in changes:
            live += change
            most = max(most, live)
        crowded += most > allowed
    return crowded
