"""Engines driven by hand; every one is checked in full and replayed when its test is over."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from clamshell_tui.core.invariants import check_invariants
from tests.core.helpers import Bench, check_pay, replay, run_config


class BenchOf(Protocol):
    """``bench_of(**sections)``: an engine without any event so far."""

    def __call__(self, **sections: Any) -> Bench: ...


class PoolOf(Protocol):
    """``pool_of(n, records=k, **sections)``: n seated workers, and k records submitted."""

    def __call__(
        self, size: int, *, records: int = 10, last: bool = True, **sections: Any
    ) -> Bench: ...


@pytest.fixture
def bench_of() -> Iterator[BenchOf]:
    made: list[Bench] = []

    def build(**sections: Any) -> Bench:
        made.append(Bench(run_config(**sections)))
        return made[-1]

    yield build
    for bench in made:
        check_invariants(bench.engine, full=True)
        replay(bench)
        check_pay(bench)


@pytest.fixture
def pool_of(bench_of: BenchOf) -> PoolOf:
    def build(size: int, *, records: int = 10, last: bool = True, **sections: Any) -> Bench:
        pool = {"size": size, **sections.pop("pool", {})}
        bench = bench_of(pool=pool, **sections)
        bench.submit(records, last=last)
        bench.join(size)
        return bench

    return build
