"""A scenario becomes a run; the same seed makes the same run, and a journal is the whole of it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from clamshell_tui.errors import ClamshellError, DatasetError, InputError, ScenarioError
from clamshell_tui.run.digest import state_digest
from clamshell_tui.run.totals import RunTotals
from clamshell_tui.runfile.fold import replay
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import verify
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.simulator.run_scenario import prepare, run_scenario

Make = Callable[..., Scenario]


def _journal(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT seq, at, body, hash FROM journal ORDER BY seq").fetchall()
    connection.close()
    return rows


# Getting ready


def test_gold_is_submitted_first_and_the_hold_out_is_kept_back(
    scenario: Make, tmp_path: Path
) -> None:
    prepared = prepare(scenario("learning.holdout=0.5"), tmp_path)
    assert len(prepared.roles.records) == 60
    assert prepared.roles.gold == 10
    assert prepared.submissions == [(0.0, 60)]
    assert prepared.trainer is not None
    assert sorted(map(int, prepared.roles.records.ids[:10])) == [
        *map(int, prepared.roles.records.ids[:10])
    ]


def test_without_learning_nothing_is_held_back_and_nothing_is_trained(
    scenario: Make, tmp_path: Path
) -> None:
    prepared = prepare(scenario("learning.enabled=false"), tmp_path)
    assert (len(prepared.roles.records), prepared.trainer) == (120, None)


def test_the_seed_decides_which_records_are_submitted_and_which_are_gold(
    scenario: Make, tmp_path: Path
) -> None:
    def ids(seed: int) -> list[str]:
        limited = scenario(
            "dataset={kind='digits', records=200}", "requester.records=50", f"seed={seed}"
        )
        return list(prepare(limited, tmp_path).roles.records.ids)

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)
    assert len(set(ids(1))) == 50


@pytest.mark.parametrize(
    ("per_minute", "initial", "expected"),
    [
        (30, 0, [(0.0, 10), (2.0, 1), (4.0, 1), (6.0, 1), (8.0, 1), (10.0, 1)]),
        (30, 4, [(0.0, 14), (2.0, 1)]),
        (30, 5, [(0.0, 15)]),
        (180, 0, [(0.0, 10), (1.0, 3), (2.0, 2)]),
    ],
)
def test_a_stream_arrives_at_its_rate_after_the_gold_and_what_is_there(
    scenario: Make,
    tmp_path: Path,
    per_minute: int,
    initial: int,
    expected: list[tuple[float, int]],
) -> None:
    streamed = scenario(
        "requester.mode=stream",
        f"requester.per_minute={per_minute}",
        f"requester.initial={initial}",
        "requester.records=15",
    )
    assert prepare(streamed, tmp_path).submissions == expected


@pytest.mark.parametrize(
    ("lull", "first_arrivals"),
    [
        (0.0, [48.0, 50.0, 52.0, 54.0, 56.0]),
        (0.1, [12.0, 30.0, 48.0, 50.0, 52.0]),
    ],
)
def test_a_stream_in_rushes_begins_with_the_lull(
    scenario: Make, tmp_path: Path, lull: float, first_arrivals: list[float]
) -> None:
    """One each 2 s from 48 to 60 s of each minute; before, 23 steps bring 2.3 of them."""
    rushing = scenario(
        "requester.mode=stream",
        "requester.per_minute=30",
        "requester.cycle=60",
        "requester.rush=0.2",
        f"requester.lull={lull}",
        "requester.records=30",
    )
    (_, gold), *arrivals = prepare(rushing, tmp_path).submissions
    assert gold == 10
    assert {count for _, count in arrivals} == {1}
    assert sum(count for _, count in arrivals) == 20
    assert [at for at, _ in arrivals][:5] == first_arrivals


def test_a_dataset_without_known_answers_cannot_be_simulated(
    scenario: Make, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("text\none\ntwo\n")
    unknown = scenario("dataset={kind='csv', path='x.csv', text='text', classes=['a', 'b']}")
    with pytest.raises(DatasetError, match=r"no record has a known answer.*dataset\.label"):
        prepare(unknown, tmp_path)


def test_records_without_a_known_answer_are_left_out_and_counted(
    scenario: Make, tmp_path: Path
) -> None:
    rows = "".join(f"{n},{'a' if n % 2 else 'b'}\n" for n in range(30))
    (tmp_path / "x.csv").write_text(f"n,label\n{rows}98,\n99,\n")
    partly = scenario("dataset={kind='csv', path='x.csv', label='label'}", "stop.labels=15")
    result = run_scenario(partly, tmp_path)
    assert [note.message for note in result.summary.warnings][:1] == [
        "2 of 32 records have no known answer and are left out"
    ]
    assert result.summary.labels.delivered == 12  # 30 less 8 held out and 10 gold


def test_more_gold_than_records_is_refused(scenario: Make, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"95 gold records .* leave none of 90 to label"):
        prepare(scenario("requester.gold=95"), tmp_path)


def test_a_wrong_parameter_of_the_estimator_is_refused_before_the_run(
    scenario: Make, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match=r'no parameter "c" \(did you mean "C"\?\)|"c"'):
        prepare(scenario("learning.parameters.c=1"), tmp_path)
    with pytest.raises(ScenarioError, match=r"learning\.parameters"):
        prepare(scenario("learning.parameters.C=-1"), tmp_path)


# Running


def test_a_run_ends_at_its_budget_with_labels_costs_and_a_model(
    scenario: Make, tmp_path: Path
) -> None:
    result = run_scenario(scenario("simulation.check=true"), tmp_path)
    summary = result.summary
    assert summary.labels.delivered == 45
    assert summary.meta["finish_reason"] == "budget of labels reached"
    assert summary.meta["scenario"] == "tiny"
    assert summary.model.trained > 0
    assert summary.cost.total == sum(row.micros for row in result.tables.ledger) > 45 * 20_000


def test_snapshots_are_shown_when_it_is_time_and_at_the_end(scenario: Make, tmp_path: Path) -> None:
    seen: list[RunTotals] = []
    calls = iter(range(10**6))
    run_scenario(scenario(), tmp_path, watch=seen.append, pace=lambda: next(calls) % 20 == 0)
    assert len(seen) == (next(calls) + 18) // 20 + 1
    assert [snapshot.now for snapshot in seen] == sorted(snapshot.now for snapshot in seen)
    assert (seen[-1].phase, seen[-1].labels, seen[-1].budget) == ("finished", 45, 45)


def test_the_same_seed_writes_the_same_journal_and_another_seed_another(
    scenario: Make, tmp_path: Path
) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        run_scenario(scenario(f"seed={seed}"), tmp_path, out=tmp_path / f"{name}.db")
    a, b, c = (_journal(tmp_path / f"{name}.db") for name in "abc")
    assert len(a) > 30
    assert a == b
    assert a != c
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()


def test_an_interrupted_or_failing_run_leaves_no_file(scenario: Make, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    def interrupt(_: RunTotals) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_scenario(
            scenario(), tmp_path, out=tmp_path / "x.db", watch=interrupt, pace=lambda: True
        )
    with pytest.raises(DatasetError):
        run_scenario(scenario("requester.gold=95"), tmp_path, out=tmp_path / "x.db")
    assert sorted(tmp_path.iterdir()) == before


def test_an_existing_run_is_only_replaced_on_request(scenario: Make, tmp_path: Path) -> None:
    out = tmp_path / "run.db"
    run_scenario(scenario(), tmp_path, out=out)
    first = out.read_bytes()
    with pytest.raises(InputError, match="exists"):
        run_scenario(scenario("seed=4"), tmp_path, out=out)
    assert out.read_bytes() == first
    run_scenario(scenario("seed=4"), tmp_path, out=out, overwrite=True)
    assert out.read_bytes() != first


# Replaying


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("tasks.votes=3", "straggler_mitigation.coupling=coupled", "quality.gold_share=0.2"),
        (
            "straggler_mitigation.routing=oracle",
            "tasks.batching=barrier",
            "learning.retraining=sync",
        ),
        ("maintenance.threshold=inf", "learning.enabled=false", "crowd.behaviours.wanderer=0.5"),
    ],
)
def test_replaying_a_run_file_gives_the_recorded_final_state(
    scenario: Make, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    out = tmp_path / "run.db"
    result = run_scenario(scenario(*settings), tmp_path, out=out)
    with open_run(out) as file:
        engine = replay(file)
        found = verify(file)
    assert state_digest(engine) == result.digest == found.digest
    assert found.finished
    assert found.entries == len(_journal(out))
    assert len(engine.state.labels) == 45


def test_the_digest_sees_a_single_micro_dollar(scenario: Make, tmp_path: Path) -> None:
    out = tmp_path / "run.db"
    result = run_scenario(scenario(), tmp_path, out=out)
    with open_run(out) as file:
        engine = replay(file)
    worker = next(iter(engine.state.pool.workers.values()))
    kind = next(iter(worker.earned))
    worker.earned[kind] += 1
    assert state_digest(engine) != result.digest


def _change_meta(path: Path, key: str, change: Callable[[str], str]) -> None:
    connection = sqlite3.connect(path)
    (value,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    connection.execute("UPDATE meta SET value = ? WHERE key = ?", (change(value), key))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("key", "old", "new", "where"),
    [
        ("state_digest", "", "f", "table meta, row state_digest, column value: expected"),
        # With another scenario the journal cannot be replayed: the digest of the table shows it.
        ("scenario_toml", "seed = 3", "seed = 4", "table meta: expected the digest"),
    ],
)
def test_a_changed_digest_or_configuration_is_noticed(
    scenario: Make, tmp_path: Path, key: str, old: str, new: str, where: str
) -> None:
    out = tmp_path / "run.db"
    run_scenario(scenario(), tmp_path, out=out)
    _change_meta(out, key, lambda value: value.replace(old, new, 1))
    with (
        open_run(out) as file,
        pytest.raises(ClamshellError, match=where) as caught,
    ):
        verify(file)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "settings",
    [
        ["tasks.batching=continuous"],
        ["straggler_mitigation.routing=expected-gain"],
        ["tasks.votes=3", "quality.confidence=0.95"],
    ],
)
def test_what_goes_beyond_the_paper_is_kept_and_replayed_like_anything_else(
    scenario: Make, tmp_path: Path, settings: list[str]
) -> None:
    path = tmp_path / "run.db"
    result = run_scenario(scenario(*settings), tmp_path, out=path)
    with open_run(path) as file:
        verify(file)
    batches = result.tables.batches.values()
    assert sum(batch.tasks for batch in batches) == len(result.tables.tasks)
    assert all(batch.ended_at is not None for batch in batches)
    assert sum(batch.records for batch in batches) == len(result.tables.labels)
