"""The rules for ids, labels and texts are the same in a scenario, on the wire and in a pipe."""

import json
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli.wire_records import Columns, RecordsFile
from clamshell_tui.datasets.config import CsvConfig, JsonlConfig
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError

CLASSES = ("1", "0", "true", "false", "pos", "caf\u00e9")


def in_scenario(file: Path) -> Dataset:
    config = JsonlConfig(path=file.name, id="id", text="text", label="label", classes=CLASSES)
    return load(config, base=file.parent, seed=1)


def both(folder: Path, *rows: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Return the records of rows, which a scenario and a requester must read alike."""
    file = folder / "d.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset = in_scenario(file)
    assert dataset.texts is not None
    labels = [None if each == UNKNOWN else dataset.classes[each] for each in dataset.truth]
    found = list(zip(dataset.ids, dataset.texts, labels, strict=True))
    records = RecordsFile(str(file), Columns("id", "text", gold="label"))
    assert [(each.id, each.text, each.gold) for each in records] == found
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (7, "7"), (7.0, "7"), (-1, "-1"), ("7.0", "7.0"), ("e\u0301", "\u00e9")],
)
def test_an_id_is_a_text_or_a_whole_number(tmp_path: Path, value: Any, expected: str) -> None:
    assert both(tmp_path, {"id": value, "text": "x word", "label": "pos"})[0][0] == expected


@pytest.mark.parametrize("value", [True, 0.5, None, "", " ", "a\tb", [1], 1e300, float("nan")])
def test_another_id_is_refused_alike(tmp_path: Path, value: Any) -> None:
    file = tmp_path / "d.jsonl"
    file.write_text(json.dumps({"id": value, "text": "x word", "label": "pos"}) + "\n")
    messages = set()
    for attempt in (
        lambda: in_scenario(file),
        lambda: list(RecordsFile(str(file), Columns("id", "text"))),
    ):
        with pytest.raises(DatasetError, match="line 1: bad id") as caught:
            attempt()
        messages.add(str(caught.value).replace(str(tmp_path) + "/", ""))
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pos", "pos"),
        (1, "1"),
        (1.0, "1"),
        (False, "false"),
        (True, "true"),
        (["pos"], "pos"),
        ("cafe\u0301", "caf\u00e9"),
        (None, None),
        ("", None),
        (" ", None),
        (float("nan"), None),
        ("NA", None),
        ([], None),
        (["pos", "1"], None),
    ],
)
def test_a_label_is_read_alike(tmp_path: Path, value: Any, expected: str | None) -> None:
    rows = ({"id": "a", "text": "x word", "label": value}, {"id": "b", "text": "y", "label": "0"})
    assert both(tmp_path, *rows)[0][2] == expected


def test_a_row_without_a_text_is_left_out_alike(tmp_path: Path) -> None:
    texts = ["one word", "", None, " ", None, "two"]
    rows = [{"id": n, "text": text, "label": n % 2} for n, text in enumerate(texts)]
    assert [name for name, _, _ in both(tmp_path, *rows)] == ["0", "5"]
    records = RecordsFile(str(tmp_path / "d.jsonl"), Columns("id", "text"))
    assert len(list(records)) == 2
    said = ["left out, without a text: 4 rows, the first on line 2"]
    assert records.notes == said == list(in_scenario(tmp_path / "d.jsonl").notes)


def test_settings_that_messages_name_can_be_set_where_files_are_submitted(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("id~text\na~caf\u00e9 one\n", encoding="cp1252")
    with pytest.raises(DatasetError, match="not UTF-8"):
        list(RecordsFile(str(file), Columns("id")))
    settings = ["dataset.encoding=cp1252", 'dataset.delimiter="~"', "dataset.max_field=8"]
    assert [each.text for each in RecordsFile(str(file), Columns("id"), settings)] == [
        "caf\u00e9 one"
    ]
    with pytest.raises(DatasetError, match=r"8 characters, limit 7 \(dataset.max_field\)"):
        list(RecordsFile(str(file), Columns("id"), [*settings, "dataset.max_field=7"]))


def csv_notes(folder: Path, labels: list[str], **keys: Any) -> tuple[str, ...]:
    lines = "".join(f"word {n},{label}\n" for n, label in enumerate(labels))
    (folder / "d.csv").write_text(f"text,label\n{lines}")
    config = CsvConfig(path="d.csv", text="text", label="label", **keys)
    dataset = load(config, base=folder, seed=1)
    return dataset.notes + dataset.classes


def test_words_that_programs_write_for_a_missing_value_are_unknown(tmp_path: Path) -> None:
    said = 'label "NA" (2 records) is taken as unknown; if it is a class, set dataset.na = []'
    assert csv_notes(tmp_path, ["a", "b", "NA", "NA"]) == (said, "a", "b")
    assert csv_notes(tmp_path, ["a", "b", "NA"], na=()) == (
        'label "NA" (1 record) may stand for a missing answer: if it does, set dataset.na = ["NA"]',
        "NA",
        "a",
        "b",
    )
    assert csv_notes(tmp_path, ["a", "b", "none"], na=("none",)) == ("a", "b")
    assert csv_notes(tmp_path, ["a", "NA"])[-2:] == ("NA", "a")  # what else would the classes be?


def test_classes_that_differ_by_case_blanks_or_invisible_signs_are_named(tmp_path: Path) -> None:
    notes = csv_notes(tmp_path, ["neg", " neg", "Neg", "pos", "pos\u200b", "other"])
    said = "classes differ only by case, blanks or invisible characters: "
    assert notes[:2] == (f'{said}" neg", "Neg", "neg"', f'{said}"pos", "pos\u200b"')


def test_labels_by_number_are_those_of_the_classes_that_are_listed(tmp_path: Path) -> None:
    notes = csv_notes(tmp_path, ["0", "1", "-1"], classes=("neg", "pos"))
    assert notes[0] == 'labels are taken as numbers of the classes: 0 = "neg", 1 = "pos"'


def test_true_of_json_is_true_of_python(tmp_path: Path) -> None:
    rows = [{"id": n, "text": f"word {n}", "label": n % 2 == 0} for n in range(4)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = JsonlConfig(path="d.jsonl", text="text", label="label", classes=("False", "True"))
    assert load(config, base=tmp_path, seed=1).truth.tolist() == [1, 0, 1, 0]


def test_whole_numbers_with_a_point_are_the_classes_that_are_listed(tmp_path: Path) -> None:
    assert csv_notes(tmp_path, ["1.0", "0.0", ""], classes=("0", "1")) == ("0", "1")


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["1.23457E+15", "2.5E+15"], "taken them for numbers"),
        (["1234567890123450000", "1234567890123460000"], "taken them for numbers"),
        (["2-Mar", "3-Mar"], "taken them for dates"),
        (["#NAME?", "b"], "taken them for formulas"),
    ],
)
def test_ids_that_a_spreadsheet_has_damaged_are_named(
    tmp_path: Path, ids: list[str], said: str
) -> None:
    lines = "".join(f"{name},word {name}\n" for name in ids)
    (tmp_path / "d.csv").write_text(f"id,text\n{lines}")
    config = CsvConfig(path="d.csv", id="id", text="text", classes=("a", "b"))
    assert said in load(config, base=tmp_path, seed=1).notes[0]
    (tmp_path / "d.csv").write_text(f"id,text\n{lines}{lines}")
    with pytest.raises(DatasetError, match=r"on lines 2 and 4\. .*import that column as text"):
        load(config, base=tmp_path, seed=1)
