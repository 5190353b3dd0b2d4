"""The export of a study that was served, against other programs and against its journals."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli import main
from clamshell_tui.core.events import AssignmentAnswered
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.events import RecordTried
from clamshell_tui.study.reader import read_study
from tests.coordinator.study.conftest import FinishedStudy
from tests.coordinator.study.finished import BOTS, REMARK, SECRET

COLUMNS = {
    "answers": "participant condition stage record_id assignment position use answer correct "
    "counted shown_at answered_at rt_ms changes flagged skipped duplicate via",
    "labels": "condition record_id label source support votes truth",
    "participants": "participant condition block arrived_at ended_at outcome via qualified "
    "checks_asked checks_right records active_ms",
    "consent": "participant decision at text_sha256 withdrawn_at deleted",
    "questionnaire": "participant stage question kind value answered_at",
    "flags": "participant record_id at what text",
    "stages": "participant stage visit entered_at left_at outcome",
    "pay": "participant show_up stages records waiting bonus top_up correction rounding total "
    "currency paid_at",
}
Rows = list[dict[str, str]]


def export(folder: Path, out: Path, *options: str) -> Path:
    assert main(["export", str(folder), "-o", str(out), *options]) == 0
    return out


def read(out: Path, table: str) -> Rows:
    with (out / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def out(finished: FinishedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(finished.folder, tmp_path_factory.mktemp("out") / "out")


@pytest.fixture(scope="session")
def with_bots(finished: FinishedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(finished.folder, tmp_path_factory.mktemp("bots") / "out", "--with-bots")


def test_the_columns_are_those_of_the_specification(out: Path) -> None:
    for table, columns in COLUMNS.items():
        header = (out / f"{table}.csv").read_text("utf-8").splitlines()[0]
        assert header == columns.replace(" ", ","), table


def test_answers_are_those_of_the_journals(finished: FinishedStudy, with_bots: Path) -> None:
    study = read_study(finished.folder)
    journal: Counter[tuple[str, str]] = Counter()
    for name in ("one", "two"):
        with open_run(study.run_file(name)) as run:
            for _, event in run.events():
                if isinstance(event, AssignmentAnswered):
                    journal[event.worker, name] += len(event.labels)
    rows = read(with_bots, "answers")
    work = Counter((row["participant"], row["condition"]) for row in rows if row["stage"] == "work")
    assert work == Counter({key: n for key, n in journal.items() if key[0] != "P002"})
    tried = [entry.event for entry in study.entries if isinstance(entry.event, RecordTried)]
    known = Counter(row["participant"] for row in rows if row["stage"] != "work")
    assert known == Counter(each.participant for each in tried if each.participant != "P002")
    people = {row["participant"]: row for row in read(with_bots, "participants")}
    for label, person in people.items():
        mine = [row for row in rows if row["participant"] == label and row["stage"] == "work"]
        assert int(person["records"]) == len(mine)
        assert int(person["checks_asked"]) == sum(row["use"] == "check" for row in mine)
        assert {row["condition"] for row in mine} <= {person["condition"]}


def test_answers_of_the_training_have_every_attempt(out: Path) -> None:
    mine = [row for row in read(out, "answers") if row["participant"] == "P004"]
    found = [(row["stage"], row["record_id"], row["answer"], row["correct"]) for row in mine]
    assert found == [
        ("training", "0", "dog", "FALSE"),
        ("training", "0", "cat", "TRUE"),
        ("training", "1", "dog", "TRUE"),
        ("qualification", "2", "dog", "FALSE"),
        ("qualification", "3", "cat", "FALSE"),
    ]
    assert mine[0]["rt_ms"] == "2000"


def test_participants_join_and_bots_are_left_out(out: Path, with_bots: Path) -> None:
    people = {row["participant"] for row in read(out, "participants")}
    assert people == {"P001", "P003", "P004", "P005", "P006"}
    for table in ("answers", "questionnaire", "flags", "stages", "pay"):
        assert {row["participant"] for row in read(out, table)} <= people, table
    bots = {row["participant"] for row in read(with_bots, "participants")} - people
    assert len(bots) == BOTS
    assert bots <= {row["participant"] for row in read(with_bots, "answers")}
    assert not bots & {row["participant"] for row in read(with_bots, "pay")}


def test_labels_are_of_the_work_and_the_checks(out: Path) -> None:
    rows = read(out, "labels")
    assert Counter(row["condition"] for row in rows) == {"one": 52, "two": 52}
    assert not {"0", "1", "2", "3"} & {row["record_id"] for row in rows}


def test_the_pay_is_that_of_the_payment_list(
    finished: FinishedStudy, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pay", str(finished.folder), "--json"]) == 0
    listed = {
        row["participant"]: row for row in json.loads(capsys.readouterr().out)["participants"]
    }
    rows = {row["participant"]: row for row in read(out, "pay")}
    assert set(listed) - set(rows) == {"P002"}
    kinds = COLUMNS["pay"].split()[1:9]
    for label, row in rows.items():
        assert float(row["total"]) == listed[label]["total"]
        assert round(sum(float(row[kind]) for kind in kinds), 6) == listed[label]["total"]


def test_nothing_is_left_of_who_had_the_data_deleted(out: Path) -> None:
    (row,) = [row for row in read(out, "consent") if row["participant"] == "P002"]
    assert (row["decision"], row["deleted"]) == ("consented", "TRUE")
    assert row["withdrawn_at"].endswith("Z")
    for file in out.iterdir():
        if file.name != "consent.csv":
            assert "P002" not in file.read_text("utf-8"), file.name


def test_no_name_code_or_key_is_in_any_file(
    finished: FinishedStudy, out: Path, with_bots: Path
) -> None:
    keys = [file.read_bytes() for file in (finished.files / "keys").rglob("*") if file.is_file()]
    assert keys
    codes = [secret.encode() for secret in finished.secrets]
    assert len(codes) == 6 + BOTS + 1
    for folder in (finished.folder, out, with_bots):
        for file in folder.iterdir():
            content = file.read_bytes()
            found = [each for each in (*codes, *keys, SECRET.encode()) if each in content]
            assert not found, file.name


def test_texts_that_a_spreadsheet_would_run_are_quoted(
    finished: FinishedStudy, out: Path, tmp_path: Path
) -> None:
    comments = {row["text"] for row in read(out, "flags") if row["what"] == "comment"}
    assert comments == {f"'{REMARK}"}
    plain = export(finished.folder, tmp_path / "raw", "--raw")
    assert REMARK in {row["text"] for row in read(plain, "flags")}


def test_frictionless_validates(with_bots: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="needs frictionless (oracles)")
    report = frictionless.Package(str(with_bots / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    assert len(report.tasks) == 8


def test_pandas_reads_all(out: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas (oracles)")
    package = json.loads((out / "datapackage.json").read_text("utf-8"))
    frames: dict[str, Any] = {}
    for resource in package["resources"]:
        fields = resource["schema"]["fields"]
        dates = [each["name"] for each in fields if each["type"] == "datetime"]
        frame = pandas.read_csv(out / resource["path"], parse_dates=dates)
        for name in dates:
            assert frame[name].isna().all() or str(frame[name].dtype).endswith("UTC]"), name
        frames[resource["name"]] = frame
    joined = frames["answers"].merge(frames["participants"], on="participant", validate="m:1")
    assert len(joined) == len(frames["answers"])
    assert (frames["answers"]["answered_at"] >= frames["answers"]["shown_at"]).sum() > 0


def test_an_export_imports_no_scikit_learn(finished: FinishedStudy, tmp_path: Path) -> None:
    code = (
        "import sys; from clamshell_tui.cli import main; assert main(sys.argv[1:]) == 0;"
        "print({'scipy', 'sklearn', 'pandas', 'textual'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code, "export", str(finished.folder), "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n", "they take seconds"


def test_an_export_is_made_again_only_with_force(
    finished: FinishedStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = export(finished.folder, tmp_path / "out")
    before = {file.name: file.read_bytes() for file in where.iterdir()}
    assert {"codebook.md", "methods.md", "datapackage.json"} <= set(before)
    assert main(["export", str(finished.folder), "-o", str(where)]) == 2
    assert "holds an export; replace it with --force" in capsys.readouterr().err
    export(finished.folder, where, "--force")
    assert {file.name: file.read_bytes() for file in where.iterdir()} == before


def test_a_deletion_afterwards_leaves_no_trace_in_the_next_export(
    finished: FinishedStudy, tmp_path: Path
) -> None:
    copy = shutil.copytree(finished.folder, tmp_path / "run")
    shutil.copy(finished.files / "pets.csv", tmp_path)
    assert main(["pay", str(copy), "--withdraw", "P001", "--delete"]) == 0
    where = export(copy, tmp_path / "out")
    assert [row["deleted"] for row in read(where, "consent")][:2] == ["TRUE", "TRUE"]
    for file in where.iterdir():
        text = file.read_text("utf-8")
        assert "too long" not in text
        assert file.name == "consent.csv" or "P001" not in text, file.name


def test_verify_summary_and_report_take_the_folder(
    finished: FinishedStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(finished.folder)]) == 0
    erased = sum(row.erased for row in read_study(finished.folder).sealed)
    assert erased > 3, "answers and remarks"
    assert f"{erased} values erased on request" in capsys.readouterr().out
    assert main(["summary", str(finished.folder), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["total"]["arrived"], summary["total"]["completed"]) == (5, 2)
    assert main(["summary", str(finished.folder)]) == 0
    assert "completed" in capsys.readouterr().out
    assert main(["report", str(finished.folder), "-o", "never.html"]) == 2
    assert str(finished.folder / "one.db") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("summary", "\u20ac0."),
        ("report -o out.html --csv out", ",EUR,EUR_per_hour"),
        ("export --data {files} -o out", "EUR/h"),
        ("rerun --seeds 2", "cost, EUR"),
        ("advise --seeds 2 --vary pool.size=2,3 --out out.csv", "\u20ac2.33)"),
    ],
)
def test_a_condition_is_told_in_the_currency_of_the_study(
    finished: FinishedStudy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = [each.format(files=finished.files) for each in command.split()]
    assert main([name, str(finished.folder / "one.db"), *options]) == 0
    written = [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    told = "\n".join([capsys.readouterr().out, *written])
    assert says in told
    assert not re.search(r"\$\d|USD|dollar", told)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--entry", "3"), "--entry is for runs"),
        (("--format", "label-studio"), "a study is exported as csv, jsonl, parquet"),
        (("--data", "nowhere"), "Name its folder with --data DIR"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(
    finished: FinishedStudy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    says: str,
) -> None:
    where = tmp_path / "out"
    assert main(["export", str(finished.folder), "-o", str(where), *options]) == 2
    assert says in capsys.readouterr().err
    assert not where.exists()
