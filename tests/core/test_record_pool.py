"""The pool of unselected records behaves as a set, and draws fairly."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.core.crowd_platform.record_pool import LabelCache, RecordPool
from clamshell_tui.core.ids import RecordId
from tests.core.helpers import labels, records

STEPS = st.lists(
    st.tuples(st.sampled_from(["submit", "remove", "draw", "put back"]), st.integers(0, 30))
)


@given(steps=STEPS, seed=st.integers(0, 5))
def test_it_behaves_as_a_set(steps: list[tuple[str, int]], seed: int) -> None:
    pool, model, rng, submitted = RecordPool(), set[RecordId](), Random(seed), 0
    for step, n in steps:
        if step == "submit":
            pool.submit(submitted, n)
            model |= {RecordId(r) for r in range(submitted, submitted + n)}
            submitted += n
        elif step == "remove" and model:
            record = sorted(model)[n % len(model)]
            pool.remove(record)
            model.remove(record)
        elif step == "draw":
            drawn = pool.draw(n, rng)
            assert len(drawn) == len(set(drawn)) == min(n, len(model))
            assert set(drawn) <= model
            model -= set(drawn)
        elif step == "put back" and submitted:
            record = RecordId(n % submitted)
            if record not in model:
                pool.put_back(record)
                model.add(record)
        assert len(pool) == len(model)
        assert pool.submitted == submitted
        assert {r for r in range(-1, submitted + 1) if RecordId(r) in pool} == model


def test_every_member_is_drawn_equally_often() -> None:
    """4,000 draws of 3 out of 10: 1,200 each, a standard deviation of 29."""
    counts: Counter[int] = Counter()
    rng = Random(1)
    for _ in range(4000):
        pool = RecordPool()
        pool.submit(0, 10)
        counts.update(pool.draw(3, rng))
    assert all(abs(counts[record] - 1200) < 120 for record in range(10))


def test_the_cache_knows_what_was_put_and_nothing_else() -> None:
    cache = LabelCache()
    cache.extend(5)
    cache.put(records(3, 1), labels(0, 2))
    assert (len(cache), list(cache), cache[RecordId(1)]) == (2, [1, 3], 2)
    assert RecordId(3) in cache
    assert RecordId(0) not in cache
    with pytest.raises(KeyError):
        cache[RecordId(0)]
