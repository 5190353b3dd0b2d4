"""Records that most simulated workers get wrong in the same way."""

from collections import Counter
from math import comb
from pathlib import Path

import pytest

from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario
from clamshell_tui.workforce.hard_records import HardRecords

NAMES = [f"r{number}" for number in range(2000)]


def test_the_share_of_hard_records_and_who_sees_their_class_are_as_set() -> None:
    hard = HardRecords(0.1, 0.4, n_classes=3, seed=1)
    seen = [hard.seen(NAMES, [0] * len(NAMES), worker) for worker in range(20)]
    columns = [column for column in zip(*seen, strict=True) if any(column)]

    assert len(columns) == pytest.approx(200, abs=3 * 13)  # 3 binomial sd
    right = sum(column.count(0) for column in columns) / (20 * len(columns))
    assert right == pytest.approx(0.4, abs=0.03)
    assert all(len(set(column) - {0}) == 1 for column in columns), "one wrong class for all"
    assert len({max(column) for column in columns}) == 2, "each wrong class for some record"


def test_what_a_worker_sees_depends_on_seed_record_and_worker_alone() -> None:
    one, same, other = (HardRecords(0.5, 0.5, 2, seed) for seed in (1, 1, 2))
    everything = one.seen(NAMES, [1] * len(NAMES), 7)

    assert same.seen(NAMES[::-1], [1] * len(NAMES), 7) == everything[::-1]
    assert other.seen(NAMES, [1] * len(NAMES), 7) != everything
    assert one.seen(NAMES, [1] * len(NAMES), 8) != everything


def test_votes_do_not_mend_hard_records(tmp_path: Path) -> None:
    text = (
        'dataset = {kind = "generated", records = 400, difficulty = 0.0}\n'
        "learning.enabled = false\n"
        'crowd.population = "custom"\ncrowd.custom.accuracy = 0.95\ntasks.votes = 5\n'
        'quality.consensus = "majority"\ncrowd.hard_records = '
    )
    right = [
        run_scenario(parse_scenario(f"{text}{share}\n", "test"), tmp_path).summary.labels.accuracy
        for share in (0.0, 0.3)
    ]
    assert right[0] is not None
    assert right[0] > 0.99
    alone = 0.4 * 0.95 + 0.6 * 0.05  # sees the class, or takes it for the other and errs
    of_hard = sum(comb(5, n) * alone**n * (1 - alone) ** (5 - n) for n in (3, 4, 5))
    assert right[1] == pytest.approx(0.7 + 0.3 * of_hard, abs=0.06)


def test_workers_of_a_run_agree_about_a_hard_record(tmp_path: Path) -> None:
    text = (
        'dataset = {kind = "generated", records = 200, classes = 4, difficulty = 0.0}\n'
        'learning.enabled = false\ncrowd.population = "custom"\ncrowd.custom.accuracy = 1.0\n'
        "tasks.votes = 5\ncrowd.hard_records = 0.2\ncrowd.hard_accuracy = 0.0\n"
    )
    result = run_scenario(parse_scenario(text, "test"), tmp_path)
    answers = Counter((row.record, row.label) for row in result.tables.answers if row.counted)

    assert set(answers.values()) == {5}
    assert result.summary.labels.accuracy == pytest.approx(0.8, abs=0.1)
