"""A scenario of a fraction of a second, and what becomes of it when it is tried."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clamshell_tui.testing.files import load_case
from clamshell_tui.testing.trial import attempt_all
from clamshell_tui.testing.verdict import TrialVerdict, judge

TINY = """\
dataset = {kind = "generated", records = 120, features = 4}
requester.gold = 10
crowd.population = "fast-local"
pool = {size = 4, reserve = 1}
tasks.records_per_task = 3
straggler_mitigation.routing = "fewest-active"
straggler_mitigation.max_duplicates = 2
learning.enabled = false
stop.labels = 45
"""

Write = Callable[..., Path]
Try = Callable[..., TrialVerdict]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write('metric = "labels.delivered"\\nis = 45')``: a tiny scenario with expectations."""

    def to_file(*expectations: str, name: str = "tiny", more: str = "") -> Path:
        path = tmp_path / f"{name}.toml"
        expected = "".join(f"[[expect]]\n{each}\n" for each in expectations)
        path.write_text(f"{TINY}{more}\n{expected}")
        return path

    return to_file


@pytest.fixture
def tried(write: Write) -> Try:
    """The verdict on a tiny scenario with these expectations, at ``seeds`` seeds."""

    def judged(
        *expectations: str, seeds: int = 2, more: str = "", overrides: Sequence[str] = ()
    ) -> TrialVerdict:
        case = load_case(write(*expectations, more=more), overrides)
        return judge(case, attempt_all(case, tuple(range(seeds))))

    return judged
