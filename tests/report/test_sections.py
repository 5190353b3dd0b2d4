"""The sections agree with the run file."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.core.engine import Engine
from clamshell_tui.report.chart_svg import WIDTH
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.material import Material
from clamshell_tui.report.page import sections
from clamshell_tui.report.sections.pool import careers, occupancy
from clamshell_tui.report.sections.timeline import TimelineBar, divided
from clamshell_tui.run import replica
from clamshell_tui.run.snapshot import Snapshot, take_snapshot
from clamshell_tui.run.totals import totals
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.schema import META
from clamshell_tui.runfile.seal import seals
from tests.report.conftest import material_of, rewritten


class Written:
    """The sections of a run, by what they are called."""

    def __init__(self, material: Material) -> None:
        self._sections = sections(material)

    def sheet(self, name: str) -> CsvSheet:
        found = [sheet for section in self._sections for sheet in section.sheets]
        return next(each for each in found if each.name == name)

    def named(self, name: str) -> list[dict[str, Any]]:
        """The rows of a sheet by the names of its columns."""
        sheet = self.sheet(name)
        return [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]

    def body(self, section: str) -> str:
        return next(each.body for each in self._sections if each.id == section)


@pytest.fixture(scope="module")
def written(material: Material) -> Written:
    return Written(material)


def query(path: Path, sql: str) -> Sequence[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_every_assignment_is_on_the_timeline(run_file: Path, written: Written) -> None:
    rows = written.sheet("timeline").rows
    wanted = query(run_file, "SELECT id, task, worker, state, started_at, ended_at FROM assignment")
    assert [(row[0], row[1], row[3], row[6], row[7], row[8]) for row in rows] == wanted
    assert len(wanted) > 100


def test_pay_adds_up_to_the_ledger(run_file: Path, written: Written) -> None:
    rows = [row[:-1] for row in written.sheet("pay_by_kind").rows]  # without the wage
    columns = "records_micros, terminated_micros, partial_micros, waiting_micros, training_micros"
    paid = query(run_file, f"SELECT worker, {columns}, micros FROM worker_pay")
    assert sorted(rows) == sorted(
        (*(each or 0 for each in line), line[-1] / 1e6) for line in paid if line[-1] > 0
    )
    assert "replaying the journal gives the same" in written.body("pay")


def test_a_ledger_that_was_tampered_with_is_told(run_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    path.write_bytes(run_file.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO ledger SELECT 999999, at, worker, kind, 1, 'forged', NULL, NULL "
            "FROM ledger WHERE micros > 0 LIMIT 1"
        )
    assert "its table ledger was altered; read from its journal" in material_of(path).note
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(META.insert(), list(seals(connection)))
    told = Written(material_of(path)).body("pay")
    assert 'class="alarm"' in told
    assert "but replaying the journal gives" in told


def test_the_pool_is_as_full_as_the_engine_said_at_every_moment(
    run_file: Path, material: Material
) -> None:
    history = occupancy(careers(material), material.end)
    engine, seen = Engine(material.config), {}
    with open_run(run_file) as file:
        for at, event in file.events():
            engine.handle(event, at)
            seen[at] = totals(engine, at)
    compared = 0
    for at, run in seen.items():
        if run.phase == "finished":
            continue
        told = [each for each in history if each[0] <= at]
        assert (told[-1][1:] if told else (0, 0, 0)) == (run.seated, run.reserve, run.training)
        compared += 1
    assert compared > 100


def test_a_report_takes_no_snapshots_on_the_way(
    run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def take(engine: Engine, *rest: Any) -> Snapshot:
        taken.append(engine.now)
        return take_snapshot(engine, *rest)

    monkeypatch.setattr(replica, "take_snapshot", take)
    material = material_of(run_file)
    sections(material)
    assert set(taken) == {material.end}


def test_an_eviction_stands_with_its_evidence(run_file: Path, written: Written) -> None:
    rows = written.sheet("evictions").rows
    columns = "worker, at, reason, estimate, threshold, evidence"
    assert rows == query(run_file, f"SELECT {columns} FROM eviction ORDER BY rowid")
    assert len(rows) > 1
    seen = Counter((row["worker"], row["seen"]) for row in written.named("eviction_evidence"))
    sql = (
        "SELECT eviction.worker, assignment.state, COUNT(*) FROM eviction JOIN assignment "
        "USING (worker) WHERE ended_at <= at AND assignment.state IN ('completed', 'terminated') "
        "GROUP BY 1, 2"
    )
    told = {"completed": "completed", "terminated": "ended by others"}
    wanted = {(worker, told[state]): number for worker, state, number in query(run_file, sql)}
    assert {key: number for key, number in seen.items() if key[1] != "in hand"} == wanted
    assert all(number == 1 for key, number in seen.items() if key[1] == "in hand")
    assert "posterior probability" in written.body("evictions")


def test_estimates_are_those_on_the_operators_screen(run_file: Path, tmp_path: Path) -> None:
    path = rewritten(run_file, tmp_path / "cut.db", lambda facts: islice(facts, 200))
    material = material_of(path)
    rows = Written(material).named("latency_estimates")
    told = {row["worker"]: (row["empirical"], row["termest"], row["censored"]) for row in rows}
    assert material.replica is not None
    cards = material.replica.snapshot_at(material.end).workers
    seen = {
        card.worker: (card.empirical, card.termest, card.censored)
        for card in cards
        if card.completed or card.terminated
    }
    assert len(seen) >= 3
    assert seen.items() <= told.items()


def test_accuracy_counts_answers_against_the_truth(run_file: Path, written: Written) -> None:
    rows = {row[0]: row[5:] for row in written.sheet("accuracy").rows}
    sql = (
        "SELECT worker, SUM(answer.label = label.truth), COUNT(*) FROM answer "
        "JOIN assignment ON assignment.id = assignment JOIN label USING (record) "
        "WHERE truth IS NOT NULL GROUP BY worker"
    )
    for worker, right, known in query(run_file, sql):
        assert rows[worker] == (right, known)


def test_the_final_consensus_stands_beside_the_labels(written: Written) -> None:
    assert "Dawid and Skene's estimate from all answers" in written.body("labels")


def test_support_stands_beside_the_share_that_is_right(run_file: Path, written: Written) -> None:
    rows = written.sheet("support").rows
    sql = (
        "SELECT label, COUNT(*), AVG(support), SUM(label = truth) FROM label "
        "WHERE truth NOT NULL GROUP BY 1 ORDER BY 1"
    )
    for ours, theirs in zip(rows, query(run_file, sql), strict=True):
        assert ours == (*theirs[:2], pytest.approx(theirs[2]), theirs[3])
    assert "is its share of the votes. Claimed against true" in written.body("labels")


def test_confusion_counts_every_label_with_a_truth(run_file: Path, written: Written) -> None:
    rows = written.sheet("confusion").rows
    sql = (
        "SELECT truth, label, COUNT(*) FROM label WHERE truth NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert rows == query(run_file, sql)


def test_batches_have_their_latency_and_what_was_waited_before(
    written: Written, material: Material
) -> None:
    found = written.named("batches")
    finished = [each for each in found if each["latency"] is not None]
    assert tuple(each["latency"] for each in finished) == material.summary.batches.latencies
    waits = [each["decision_latency"] for each in found if each["decision_latency"] is not None]
    assert sum(waits) / len(waits) == pytest.approx(material.summary.batches.decision_mean)
    assert sum(each["evictions"] for each in finished) <= len(material.tables.evictions)


def test_the_learning_curve_says_how_many_labels_were_active(
    written: Written, material: Material
) -> None:
    last = written.named("learning")[-1]
    labels = sorted(material.tables.labels.values(), key=lambda row: row.at)
    used = labels[: last["labels_used"]]
    assert last["active_labels"] == sum(row.active for row in used) > 0


def test_settings_say_what_was_changed(written: Written) -> None:
    rows = {row[0]: row[1:] for row in written.sheet("settings").rows}
    assert rows["pool.size"] == ("6", True)
    assert rows["pay.per_minute"] == ("0.05", False)
    assert "<strong>6</strong>" in written.body("settings")


def bars(number: int, slots: int) -> list[TimelineBar]:
    """Half a minute of work, ten seconds of rest."""
    return [
        TimelineBar(n % slots, 40.0 * (n // slots), 40.0 * (n // slots) + 30.0, "completed", False)
        for n in range(number)
    ]


def test_a_short_run_is_one_strip_and_a_long_one_several() -> None:
    assert len(divided(0.0, bars(20, 5), 5)[0]) == 1
    strips, left_out = divided(0.0, bars(5000, 15), 15)
    assert 2 <= len(strips) <= 6
    assert left_out == 0
    assert strips[0].low == 0.0
    assert strips[-1].high == pytest.approx(40.0 * (5000 // 15) + 30.0)
    assert [each.low for each in strips[1:]] == pytest.approx([each.high for each in strips[:-1]])
    assert 30.0 / (strips[0].high - strips[0].low) * WIDTH > 2.0  # pixels of an assignment


def test_of_a_very_long_run_the_beginning_and_the_end_are_drawn() -> None:
    found = bars(60_000, 15)
    strips, left_out = divided(0.0, found, 15)
    assert len(strips) == 6
    assert left_out > 0
    assert strips[0].low == 0.0
    assert strips[-1].high == pytest.approx(max(bar.end for bar in found))
