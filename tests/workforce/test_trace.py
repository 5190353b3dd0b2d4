"""A trace is read strictly: the first line that cannot be used is named."""

from pathlib import Path
from random import Random

import pytest

from clamshell_tui.errors import DatasetError
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.populations.trace import (
    RecordedWorker,
    TracePopulation,
    read_trace,
)

HEADER = "worker,mean,std,accuracy\n"


def trace(folder: Path, content: str | bytes) -> Path:
    path = folder / "crowd.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_columns_may_come_in_any_order_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeffaccuracy,worker,std,mean\r\n0.9,ann,1.5,4\r\n\r\n1,bob,0,2e0\r\n"
    assert read_trace(trace(tmp_path, text)) == [
        RecordedWorker("ann", 4.0, 1.5, 0.9),
        RecordedWorker("bob", 2.0, 0.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", 'no column "worker"; found: nothing'),
        ("worker,mean,accuracy\n", 'no column "std"; found: worker, mean, accuracy'),
        ("worker,mean,sdt,accuracy\n", 'line 1: unknown column "sdt" (did you mean "std"?)'),
        ("worker,mean,mean,std,accuracy\n", 'line 1: column "mean" appears twice'),
        ('worker,"me\nan",std,accuracy\n', 'line 1: unknown column "me\ufffdan"'),
        (HEADER + "a,\x1b[2J,1,1\n", 'line 2: column mean: "\ufffd[2J" is not'),
        (HEADER, "crowd.csv holds no workers"),
        (HEADER + "a,1,1,1\nb,1,1\n", "line 3: 3 columns, header has 4"),
        (HEADER + "a,1,1,1\n\na,2,1,1\n", 'worker "a" on lines 2 and 4'),
        (HEADER + ",1,1,1\n", "line 2: bad worker name"),
        (HEADER + "a\x1b[2J,1,1,1\n", "line 2: bad worker name"),
        (HEADER + "a,nan,1,1\n", 'line 2: column mean: "nan" is not a finite number'),
        (HEADER + "a,1_0,1,1\n", 'line 2: column mean: "1_0" is not a finite number'),
        (HEADER + "a,1,\u0663,1\n", "line 2: column std"),
        (HEADER + "a,1,1e999,1\n", 'column std: "1e999" is not a finite number'),
        (HEADER + "a,0,1,1\n", "line 2: mean 0 is not within 0.001..1e7"),
        (HEADER + "a,1,-1,1\n", "line 2: std -1 is not within 0..1e7"),
        (HEADER + "a,1,1e300,1\n", "line 2: std 1e+300 is not within 0..1e7"),
        (HEADER + "a,1,1,85\n", "line 2: accuracy 85 is not within 0..1"),
        (HEADER + 'a,1,1,1\n"b,1,1,1\nc,1,1,1\n', "not CSV"),
        (HEADER + "a,1,1,1\nb\0,1,1,1\n", "line 3: NUL byte"),
        (HEADER.encode() + b"a,1,1,1\nj\xf6rg,1,1,1\n", "line 3: not UTF-8; convert the file"),
        ((HEADER + "a,1,1,1\n").encode("utf-16"), "line 1: not UTF-8 (looks like UTF-16)"),
    ],
)
def test_a_bad_trace_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_trace(trace(tmp_path, content))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_trace_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no such file: .*gone\.csv \(crowd\.trace\)"):
        read_trace(tmp_path / "gone.csv")


def test_a_folder_is_no_trace(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read"):
        read_trace(tmp_path)


WORKERS = [RecordedWorker("a", 2.0, 0.0, 0.8), RecordedWorker("b", 6.0, 0.0, 0.9)]


def test_workers_may_be_taken_in_order_again_and_again() -> None:
    config = CrowdConfig(population="trace", trace_order="in-order")
    population = TracePopulation(WORKERS)
    taken = [population(Random(7), config, 2) for _ in range(5)]
    assert [person.mean_seconds_per_label(1) for person in taken] == [2, 6, 2, 6, 2]
    assert [person.accuracy for person in taken] == [0.8, 0.9, 0.8, 0.9, 0.8]


def test_workers_are_drawn_with_replacement_by_default() -> None:
    population, rng = TracePopulation(WORKERS), Random(7)
    taken = [population(rng, CrowdConfig(), 2).accuracy for _ in range(2000)]
    assert taken.count(0.8) / 2000 == pytest.approx(0.5, abs=0.04)


def test_a_normal_trace_is_truncated() -> None:
    config = CrowdConfig(population="trace", trace_distribution="normal")
    person = TracePopulation([RecordedWorker("a", 2.0, 4.0, 0.8)])(Random(1), config, 2)
    rng = Random(2)
    assert min(person.latency.seconds(1, 0, rng) for _ in range(2000)) > 0
