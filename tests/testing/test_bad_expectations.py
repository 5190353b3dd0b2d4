"""An expectation that cannot be judged is refused before anything runs, with a cure."""

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.testing.files import load_case
from tests.testing.conftest import Write

BAD = {
    "a mistyped metric": (
        'metric = "labels.delivred"\nis = 1',
        'expect 1: unknown metric "labels.delivred" (close: labels.delivered',
    ),
    "a plural that is none": ('metric = "evictions"\nis = 1', "evicted.count"),
    "nonsense": ('metric = "%"\nis = 1', "clamshell test --metrics lists them all"),
    "a mistyped measure": ('metric = "evicted(W3).frist"\nis = 1', "evicted.first"),
    "an unknown worker": (
        'metric = "worker(slwo).labels"\nis = 1',
        'unknown worker "slwo" (did you mean "slow"?); named: slow; or W1',
    ),
    "a worker without brackets": ('metric = "worker.labels"\nis = 1', "worker().labels"),
    "a batch that is none": ('metric = "batch(0).latency"\nis = 1', '"0" is not a batch'),
    "no comparison": ('metric = "seconds"', "no comparison; write one of is, is_not, below"),
    "an unknown comparison": ('metric = "seconds"\nat_leest = 1', '(did you mean "at_least"?)'),
    "text for a number": ('metric = "seconds"\nis = "long"', 'seconds is a number, and "long"'),
    "a number for text": ('metric = "finish_reason"\nis = 1', "finish_reason is text"),
    "an order of texts": ('metric = "finish_reason"\nabove = 1', "finish_reason is text"),
    "a ratio of texts": (
        'metric = "finish_reason"\nis = "x"\ncompared_with = "pool.size=3"',
        "has no ratio",
    ),
    "more seeds than all": ('metric = "seconds"\nabove = 1\nin = "21 of 20"', "more than all"),
    "a share in words": ('metric = "seconds"\nabove = 1\nin = "most"', "does not look like"),
    "a change that is none": (
        'metric = "seconds"\nabove = 1\ncompared_with = "pool.sise=3"',
        'tiny.toml: expect 1: compared_with: setting pool.sise=3: unknown key "sise"',
    ),
    "another seed": (
        'metric = "seconds"\nabove = 1\ncompared_with = "seed=3"',
        "compared_with: both runs have the same seed",
    ),
    "no metric": ("is = 1", 'needs a key "metric"'),
}

WORKER = '[[crowd.worker]]\nname = "slow"\n'


@pytest.mark.parametrize(("expectation", "words"), BAD.values(), ids=list(BAD))
def test_a_bad_expectation_is_refused_with_its_line(
    write: Write, expectation: str, words: str
) -> None:
    path = write(expectation, more=WORKER)
    with pytest.raises(ScenarioError) as caught:
        load_case(path)
    told = str(caught.value)
    assert words in told
    assert "\n" not in told
    assert "tiny.toml line " in told or "setting pool.sise" in told


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (f"{WORKER}{WORKER}", 'two workers are called "slow"'),
        ('[[crowd.worker]]\nname = "W3"\n', "does not look like"),
        (
            f'{WORKER}[[crowd.script]]\nat = 1\nworker = "slwo"\ndo = "leave"\n',
            'no worker is called "slwo" (did you mean "slow"?)',
        ),
    ],
)
def test_names_of_workers_must_be_somebodys(write: Write, more: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=r"tiny\.toml") as caught:
        load_case(write(more=more))
    assert words in str(caught.value)
