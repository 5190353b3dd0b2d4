"""Checks among the work in figures: in the summary, the metrics, the report and the export."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clamshell_tui.report.export import RunExport, export_of
from clamshell_tui.report.input_records import input_records
from clamshell_tui.report.material import Material
from clamshell_tui.report.sections.workers import workers
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.repair import repair_tables
from clamshell_tui.runfile.run_copy import copy_of
from clamshell_tui.runfile.verify import verify
from tests.kept import simulated
from tests.report.conftest import material_of

CHECKED = """\
seed = 5
dataset = {kind = "generated", records = 260, features = 4, classes = 3, difficulty = 0.2}
requester.gold = 12
crowd = {population = "live", abandonment = 0.03, behaviours = {skipper = 0.2, spammer = 0.2}}
pool = {size = 5, reserve = 2}
qualification = {records = 6, pass_mark = 0.3}
tasks = {records_per_task = 4, votes = 2}
quality.checks_every = 5
learning.enabled = false
"""


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated(tmp_path_factory.mktemp("checks"), CHECKED)


@pytest.fixture(scope="module")
def material(run_file: Path) -> Material:
    return material_of(run_file)


@pytest.fixture(scope="module")
def export(run_file: Path) -> RunExport:
    with open_run(run_file) as file:
        run = copy_of(file)
    return export_of(run, input_records(run, []))


def rows_of(export: RunExport, table: str) -> list[dict[str, object]]:
    found = export.table(table)
    return [dict(zip([c.name for c in found.columns], row, strict=True)) for row in found.rows]


def of_source(export: RunExport, source: str) -> set[object]:
    return {row["record_id"] for row in rows_of(export, "labels") if row["source"] == source}


def test_the_figures_are_those_of_the_answers(material: Material, export: RunExport) -> None:
    gold = of_source(export, "gold")
    answers = [row for row in rows_of(export, "answers") if row["answer"] is not None]
    checks = [row for row in answers if row["record_id"] in gold]
    assert {row["use"] for row in checks} == {"check"}
    given = material.tables.assignments
    in_time = [row for row in checks if given[int(str(row["assignment"]))].state == "completed"]
    found = material.summary.checks
    assert found is not None
    assert (found.asked, found.right) == (
        len(in_time),
        sum(bool(row["correct"]) for row in in_time),
    )
    assert found.asked > 20
    assert found.fillers > 0
    by_worker = [row["checks_asked"] for row in rows_of(export, "workers")]
    assert sum(map(int, map(str, by_worker))) == found.asked
    met = [(row["participant"], row["record_id"]) for row in checks]
    assert len(met) == len(set(met))


def test_fillers_and_checks_are_no_votes(export: RunExport) -> None:
    answers = rows_of(export, "answers")
    assert not any(row["counted"] for row in answers if row["use"] != "work")
    votes = {row["record_id"]: row["votes"] for row in rows_of(export, "labels")}
    assert {votes[record] for record in of_source(export, "crowd")} == {2}
    assert not any(votes[record] for record in of_source(export, "gold"))


def test_report_and_summary_show_them_apart(material: Material) -> None:
    found = material.summary.checks
    assert found is not None
    (sheet,) = workers(material).sheets
    asked = sheet.columns.index("checks_asked")
    assert sum(int(row[asked] or 0) for row in sheet.rows) == found.asked
    gold = sheet.columns.index("gold_asked")
    assert {int(row[gold] or 0) for row in sheet.rows} <= {0, 6}  # the qualification alone


def test_a_file_with_checks_is_verified_and_repaired(run_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "again.db"
    path.write_bytes(run_file.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        per_label = "SELECT a.seconds / a.seconds_per_label, a.assignment FROM assignment_latency a"
        sizes = {number: round(size) for size, number in connection.execute(per_label)}
        connection.execute("UPDATE extra_record SET correct = 1 - correct")
        connection.commit()
    with open_run(path) as file:
        kept = file.tables()
        assert sizes == {number: kept.size_of(kept.assignments[number]) for number in sizes}
    repair_tables(path)
    with open_run(path) as file:
        verify(file)
