"""The export of a run, read back with the libraries and schemas of each format."""

import csv
import json
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from clamshell_tui.cli import main
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.report.export import ExportTable, RunExport, export_of
from clamshell_tui.report.export_formats import FORMATS, export_files, iso, quoted, write_export
from clamshell_tui.report.input_records import input_records
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.run_copy import copy_of
from tests.kept import simulated

STORY = """\
seed = 5
requester.gold = 12
learning.enabled = false
crowd = {population = "live", behaviours = {skipper = 0.2}}
pool = {size = 6, reserve = 3}
recruitment.every = 20.0
qualification = {records = 4, pass_mark = 0.5}
tasks = {records_per_task = 3, votes = 2}
dataset = {kind = "csv", path = "d.csv", id = "key", text = "post", label = "label"}
"""
MACHINE = """\
seed = 4
dataset = {kind = "generated", classes = 3, records = 260}
requester.gold = 60
crowd.population = "live"
crowd.machine = [{name = "llm", accuracy = 0.95, price = 0.001}]
pool = {size = 6, reserve = 1}
learning.enabled = false
"""
IDS = ["=1+1", "-1+1", "@SUM(A1)", "+cmd", "-5", *[f"r{number}" for number in range(5, 200)]]


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    with (folder / "d.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "key", "post", "note"])
        for number, name in enumerate(IDS):
            label = "=pos" if number % 3 else "neg"
            writer.writerow([label, name, f"post, number {number}", f'say "{number}"'])
    (folder / "s.toml").write_text(STORY)
    assert main(["run", str(folder / "s.toml"), "--out", str(folder / "s.db")]) == 0
    return folder / "s.db"


@pytest.fixture(scope="module")
def export(run_file: Path) -> RunExport:
    with open_run(run_file) as file:
        run = copy_of(file)
    return export_of(run, input_records(run, [run_file.parent]))


def written(export: RunExport, folder: Path, form: str, *, unquoted: bool = False) -> Path:
    write_export(folder, export_files(export, form, unquoted=unquoted))
    return folder


def rows_of(export: RunExport, table: str) -> list[dict[str, Any]]:
    found = export.table(table)
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def test_an_export_that_fails_leaves_no_new_folder(tmp_path: Path) -> None:
    files: dict[str, str | ExportTable] = {"a.csv": "a\n", "too long " * 100: "b\n"}
    with pytest.raises(EnvironmentFaultError, match="cannot write in"):
        write_export(tmp_path / "new", files)
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    with pytest.raises(EnvironmentFaultError):
        write_export(tmp_path / "old", files)
    assert (tmp_path / "old").exists()


# -- what is in it --------------------------------------------------------------------------------


def test_every_table_of_the_run_is_in_it(export: RunExport, run_file: Path) -> None:
    with open_run(run_file) as file:
        tables = file.tables()
    answers = rows_of(export, "answers")
    given = [(row["assignment"], row["answer"], row["counted"]) for row in answers if row["answer"]]
    assert Counter(given) == Counter((r.assignment, r.label, r.counted) for r in tables.answers)
    assert sum(row["skipped"] for row in answers) == sum(
        len(tables.tasks[row.task].records)
        for row in tables.assignments.values()
        if row.state == "skipped"
    )
    labels = {row["record_id"]: row["label"] for row in rows_of(export, "labels")}
    assert {row.external_id: row.label for row in tables.labels.values()}.items() <= labels.items()
    assert len(labels) == len(IDS)
    paid = sum(row["total"] for row in rows_of(export, "pay"))
    assert paid == pytest.approx(sum(row.micros for row in tables.ledger) / 1e6)
    assert len(rows_of(export, "workers")) == len(tables.workers)


def test_the_columns_of_the_input_come_first_and_in_its_order(export: RunExport) -> None:
    labels = export.table("labels")
    names = [column.name for column in labels.columns]
    assert names[:5] == ["label_input", "key", "post", "note", "record_id"]
    for row in rows_of(export, "labels"):
        assert row["key"] == row["record_id"]
        assert row["post"] == f"post, number {IDS.index(row['key'])}"
        assert row["truth"] == row["label_input"]


def test_known_answers_have_their_source(export: RunExport) -> None:
    sources = Counter(row["source"] for row in rows_of(export, "labels"))
    assert sources == {"crowd": len(IDS) - 12, "gold": 12}


def test_a_skip_has_its_row_and_its_remark(export: RunExport) -> None:
    skips = [row for row in rows_of(export, "answers") if row["skipped"]]
    assert skips
    assert all(row["answer"] is None and not row["counted"] for row in skips)
    named = Counter((row["participant"], row["record_id"]) for row in skips)
    flags = [row for row in rows_of(export, "flags") if row["what"] == "skip"]
    assert named == Counter((row["participant"], row["record_id"]) for row in flags)


def test_confidence_is_a_probability_of_the_label(export: RunExport) -> None:
    labels = [row for row in rows_of(export, "labels") if row["source"] == "crowd"]
    assert all(0 < row["confidence"] <= 1 and row["votes"] == 2 for row in labels)
    agreed = [row["confidence"] for row in labels if row["support"] == 1.0]
    split = [row["confidence"] for row in labels if row["support"] < 1.0]
    assert min(agreed) > sum(split) / len(split)


def test_labels_of_machines_have_their_source_and_the_chance_of_an_audit(tmp_path: Path) -> None:
    settings = ('machine.policy="first"', "machine.audit=0.2")
    path = simulated(tmp_path, MACHINE, *settings)
    with open_run(path) as file:
        run = copy_of(file)
    labels = rows_of(export_of(run, input_records(run, [tmp_path])), "labels")
    sources = Counter(row["source"] for row in labels)
    assert sources["machine"] > 20
    assert sources["gold"] == 60
    for row in labels:
        if row["source"] == "machine":
            assert row["sampling_probability"] == 0.2
            assert 0.9 <= row["support"] <= 1.0
            assert 0.0 <= row["confidence"] <= 1.0
            assert row["votes"] == 0
    audited = [row for row in labels if row["source"] == "crowd" and row["votes"]]
    chances = Counter(row["sampling_probability"] for row in audited)
    assert chances[0.2] > 0
    assert chances[1.0] > 0


def test_an_earlier_entry_gives_the_run_as_it_was(export: RunExport, run_file: Path) -> None:
    with open_run(run_file) as file:
        run = copy_of(file, 60)
    early = export_of(run, input_records(run, [run_file.parent]))
    assert (early.facts["journal_entries"], early.facts["finished"]) == (60, False)
    rows, later = early.table("answers").rows, export.table("answers").rows
    assert 0 < len(rows) < len(later)
    assert set(rows) < set(later)


# -- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-1+1", "'-1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\uff1d1", "'\uff1d1"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        ("a=b", "a=b"),
        ("\x1b]0;mine\x07red\u200f\nb", "\ufffd]0;mine\ufffdred\u200f\nb"),
        ("", ""),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str, cell: str) -> None:
    assert quoted(text) == cell


@pytest.mark.parametrize("unquoted", [False, True])
def test_csv_is_read_by_pandas_and_its_tables_join(
    export: RunExport, tmp_path: Path, *, unquoted: bool
) -> None:
    pandas = pytest.importorskip("pandas")
    folder = written(export, tmp_path / "out", "csv", unquoted=unquoted)
    answers = pandas.read_csv(folder / "answers.csv", parse_dates=["shown_at", "answered_at"])
    labels = pandas.read_csv(folder / "labels.csv")
    joined = answers.merge(labels, on="record_id", validate="many_to_one")
    assert len(joined) == len(answers) == len(export.table("answers").rows)
    assert answers["counted"].dtype == bool
    assert ",TRUE," in (folder / "answers.csv").read_text(), "as R reads it, too"
    assert str(answers["answered_at"].dt.tz) == "UTC"
    judged = joined[joined["answer"].notna()]
    assert (judged["correct"] == (judged["answer"] == judged["truth"])).all()
    cells = (folder / "labels.csv").read_text() + (folder / "answers.csv").read_text()
    live = [
        cell for row in csv.reader(cells.splitlines()) for cell in row if cell and cell[0] in "=+@"
    ]
    assert bool(live) == unquoted


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_dictionary_validates(export: RunExport, tmp_path: Path, form: str) -> None:
    frictionless = pytest.importorskip("frictionless")
    if form == "jsonl":
        pytest.importorskip("jsonlines", reason="of the extra frictionless[json]")
    folder = written(export, tmp_path / "out", form)
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])
    book = (folder / "codebook.md").read_text()
    assert all(f"| `{name}` |" in book for name in ("record_id", "rt_ms", "hourly_wage"))


def test_json_lines_are_read_by_pandas(export: RunExport, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    folder = written(export, tmp_path / "out", "jsonl")
    labels = pandas.read_json(folder / "labels.jsonl", lines=True, dtype={"record_id": str})
    assert list(labels["record_id"]) == [row["record_id"] for row in rows_of(export, "labels")]
    assert "=1+1" in set(labels["record_id"]), "JSON is never quoted"


def test_parquet_has_the_types_of_the_dictionary(export: RunExport, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = written(export, tmp_path / "out", "parquet")
    answers = parquet.read_table(folder / "answers.parquet")
    kinds = {field.name: str(field.type) for field in answers.schema}
    assert kinds["answered_at"] == "timestamp[ms, tz=UTC]"
    assert (kinds["counted"], kinds["rt_ms"], kinds["answer"]) == ("bool", "int64", "string")
    expected = [row["answer"] for row in rows_of(export, "answers")]
    assert answers.column("answer").to_pylist() == expected
    assert answers.schema.field("rt_ms").metadata[b"unit"] == b"ms"


LABEL_STUDIO = {  # https://labelstud.io/guide/tasks: what its import asks of annotated tasks
    "type": "array",
    "items": {
        "type": "object",
        "required": ["data", "annotations", "predictions"],
        "properties": {
            "data": {"type": "object", "required": ["post"]},
            "annotations": {"type": "array", "items": {"$ref": "#/$defs/annotation"}},
            "predictions": {"type": "array", "items": {"$ref": "#/$defs/annotation"}},
        },
    },
    "$defs": {
        "annotation": {
            "type": "object",
            "required": ["result"],
            "properties": {
                "result": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["from_name", "to_name", "type", "value"],
                        "properties": {
                            "from_name": {"const": "label"},
                            "to_name": {"const": "post"},
                            "type": {"const": "choices"},
                            "value": {"type": "object", "required": ["choices"]},
                        },
                    },
                },
            },
        }
    },
}


def test_label_studio_takes_the_tasks(export: RunExport, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    folder = written(export, tmp_path / "out", "label-studio")
    tasks = json.loads((folder / "tasks.json").read_text())
    jsonschema.validate(tasks, LABEL_STUDIO)
    assert len(tasks) == len(IDS)
    votes = sum(len(each["result"]) for task in tasks for each in task["annotations"])
    assert votes == sum(row["answer"] is not None for row in rows_of(export, "answers"))
    assert '<Choice value="=pos"/>' in (folder / "config.xml").read_text()


def test_hugging_face_reads_the_card_and_the_files(export: RunExport, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    folder = written(export, tmp_path / "out", "huggingface")
    _, head, book = (folder / "README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(head)
    assert "code book" in book
    for config, info in zip(card["configs"], card["dataset_info"], strict=True):
        lines = (folder / config["data_files"]).read_text().splitlines()
        assert info["config_name"] == config["config_name"]
        names = [feature["name"] for feature in info["features"]]
        assert all(list(json.loads(line)) == names for line in lines)


def test_hugging_face_loads_it(export: RunExport, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = written(export, tmp_path / "out", "huggingface")
    cache = str(tmp_path / "cache")
    found = datasets.load_dataset(str(folder), "answers", split="train", cache_dir=cache)
    assert found.num_rows == len(export.table("answers").rows)
    labels = datasets.load_dataset(str(folder), split="train", cache_dir=cache)
    assert labels["record_id"] == [row["record_id"] for row in rows_of(export, "labels")]


def test_moments_have_milliseconds() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(1_796_000_000_007) == "2026-11-30T00:53:20.007Z"


@pytest.mark.slow
def test_a_hundred_thousand_answers_take_ten_seconds(tmp_path: Path) -> None:
    with (tmp_path / "d.csv").open("w", newline="") as file:
        file.write("label,key,post\n")
        for number in range(50_100):
            file.write(
                f"{'pos' if number % 3 else 'neg'},r{number},post {number} of {number % 99}\n"
            )
    story = STORY.replace("size = 6", "size = 40").replace("gold = 12", "gold = 100")
    (tmp_path / "s.toml").write_text(story)
    assert main(["run", str(tmp_path / "s.toml"), "--out", str(tmp_path / "s.db")]) == 0
    began = process_time()
    assert main(["export", str(tmp_path / "s.db"), "-o", str(tmp_path / "out")]) == 0
    took = process_time() - began
    assert (tmp_path / "out" / "answers.csv").read_text().count("\n") > 100_000
    assert took < 10.0


# -- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_every_format(run_file: Path, tmp_path: Path, form: str) -> None:
    args = ["export", str(run_file), "-o", str(tmp_path / "out"), "--format", form]
    if form == "parquet":
        pytest.importorskip("pyarrow")
    assert main(args) == 0
    names = {
        path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()
    }
    assert "datapackage.json" in names
    assert main(args) == 2
    assert main([*args, "--force"]) == 0
    again = {
        path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()
    }
    assert again == names, "the same run gives the same files"


def test_only_an_export_is_replaced(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["export", str(run_file), "-o", str(tmp_path), "--force"]) == 2
    assert "holds files that are no export" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_data_of_the_run_must_be_there_and_the_same(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["export", str(run_file), "-o", out, "--data", str(tmp_path)]) == 2
    assert "d.csv is needed for ids and columns" in capsys.readouterr().err
    changed = (run_file.parent / "d.csv").read_text().replace("r7,", "r7b,")
    (tmp_path / "d.csv").write_text(changed)
    assert main(["export", str(run_file), "-o", out, "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "have changed: record" in said
    assert 'was "r7" and is "r7b" now' in said
    assert not (tmp_path / "out").exists()


def test_the_data_of_the_run_is_never_replaced(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run may have labelled what an earlier export holds."""
    out = tmp_path / "out"
    assert main(["export", str(run_file), "-o", str(out)]) == 0
    story = STORY.replace('"d.csv"', '"out/labels.csv"').replace('"label"}', '"truth"}')
    (tmp_path / "s.toml").write_text(story.replace("key =", "id ="))
    assert main(["run", str(tmp_path / "s.toml"), "--out", str(tmp_path / "s.db")]) == 0
    before = (out / "labels.csv").read_bytes()
    capsys.readouterr()
    assert main(["export", str(tmp_path / "s.db"), "-o", str(out), "--force"]) == 2
    assert "labels.csv is read by this command" in capsys.readouterr().err
    assert (out / "labels.csv").read_bytes() == before


def test_an_entry_beyond_the_journal_is_refused(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["export", str(run_file), "-o", str(tmp_path / "out"), "--entry", "999999"]
    assert main(args) == 2
    assert "journal entries, not 999999. Lower --entry" in capsys.readouterr().err
