"""JSON as labelling tools, pandas and data viewers write it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clamshell_tui.datasets.config import JsonlConfig
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError


def read(folder: Path, content: str, **keys: Any) -> Dataset:
    (folder / "d.json").write_text(content)
    settings = {"path": "d.json", "text": "text", "label": "label", **keys}
    return load(msgspec.convert(settings, JsonlConfig), base=folder, seed=1)


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def answers(dataset: Dataset) -> list[str | None]:
    return [None if index == UNKNOWN else dataset.classes[index] for index in dataset.truth]


def test_a_rejected_answer_of_prodigy_is_no_label(tmp_path: Path) -> None:
    given = ["accept", "reject", "ignore", "accept"]
    rows = [
        {"text": f"word {n}", "label": "AB"[n % 2], "answer": answer, "_task_hash": n}
        for n, answer in enumerate(given)
    ]
    dataset = read(tmp_path, lines(rows), id="_task_hash")
    assert answers(dataset) == ["A", None, None, "B"]
    assert dataset.notes == (
        'an export of Prodigy; 1 labels were answered "reject" and are taken as unknown; '
        '1 labels were answered "ignore" and are taken as unknown',
    )


def test_a_choice_of_prodigy_is_its_label(tmp_path: Path) -> None:
    rows = [
        {"text": "one word", "accept": ["A"], "answer": "accept", "_view_id": "choice"},
        {"text": "two", "accept": ["B"], "answer": "accept", "_view_id": "choice"},
        {"text": "three", "accept": ["A", "B"], "answer": "accept", "_view_id": "choice"},
        {"text": "four", "accept": ["A"], "answer": "reject", "_view_id": "choice"},
    ]
    assert answers(read(tmp_path, lines(rows))) == ["A", "B", None, None]
    assert answers(read(tmp_path, lines(rows), label="accept")) == ["A", "B", None, None]


def test_a_list_of_doccano_is_its_label(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "one word", "label": ["pos"], "Comments": []},
        {"id": 2, "text": "two", "label": ["neg"], "Comments": []},
        {"id": 3, "text": "three", "label": ["neg", "pos"], "Comments": []},
        {"id": 4, "text": "four", "label": [], "Comments": []},
    ]
    dataset = read(tmp_path, lines(rows), id="id")
    assert answers(dataset) == ["pos", "neg", None, None]
    assert "an export of doccano" in dataset.notes[0]
    assert any("1 record with several labels" in note for note in dataset.notes)


def task(number: int, *choices: str, cancelled: bool = False) -> dict[str, Any]:
    result = [
        {"from_name": "sentiment", "to_name": "t", "type": "choices", "value": {"choices": [each]}}
        for each in choices
    ]
    annotations = [
        {"id": i, "result": [r], "was_cancelled": cancelled} for i, r in enumerate(result)
    ]
    return {"id": number, "data": {"text": f"word {number}"}, "annotations": annotations}


def test_tasks_of_label_studio_are_flattened(tmp_path: Path) -> None:
    tasks = [
        task(1, "pos"),
        task(2, "neg"),
        task(3, "neg", "pos"),
        task(4, "pos", "pos"),
        task(5, "pos", cancelled=True),
        task(6),
    ]
    for content in (json.dumps(tasks), json.dumps(tasks, indent=2)):
        dataset = read(tmp_path, content, id="id", label="sentiment")
        assert list(dataset.ids) == ["1", "2", "3", "4", "5", "6"]
        assert answers(dataset) == ["pos", "neg", None, "pos", None, None]
        assert dataset.notes == (
            'an export of Label Studio; 1 records have different answers "sentiment", taken as '
            "unknown",
        )


def test_rows_of_the_hugging_face_viewer_are_unwrapped(tmp_path: Path) -> None:
    rows = [{"row_idx": n, "row": {"text": f"word {n}", "label": n % 2}} for n in range(4)]
    dataset = read(tmp_path, json.dumps({"features": [], "rows": rows}), id="row_idx")
    assert answers(dataset) == ["0", "1", "0", "1"]


def test_the_category_of_spacy_is_the_label(tmp_path: Path) -> None:
    rows = [{"text": f"word {n}", "cats": {"A": n % 2, "B": 1 - n % 2}} for n in range(4)]
    rows.append({"text": "both", "cats": {"A": 1, "B": 1}})
    assert answers(read(tmp_path, lines(rows))) == ["B", "A", "B", "A", None]


def test_a_row_of_another_shape_is_refused(tmp_path: Path) -> None:
    for odd in ({"id": 2, "text": "b"}, {"id": 2, "data": {}, "annotations": [7]}):
        with pytest.raises(DatasetError, match="not a record as Label Studio writes it"):
            read(tmp_path, json.dumps([task(1, "pos"), odd]), label="sentiment")


def test_numbers_of_classes_are_named_by_the_classes(tmp_path: Path) -> None:
    rows = [{"text": f"word {n}", "label": n % 3 - 1} for n in range(6)]
    dataset = read(tmp_path, lines(rows), classes=("neg", "pos"))
    assert answers(dataset) == [None, "neg", "pos", None, "neg", "pos"]
    assert "may stand for a missing answer" in read(tmp_path, lines(rows)).notes[0]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_and_a_fault_in_it_has_its_line(tmp_path: Path, indent: int) -> None:
    rows = [{"text": f"word {n}", "label": "ab"[n % 2]} for n in range(4)]
    content = json.dumps(rows, indent=indent)
    assert answers(read(tmp_path, content)) == ["a", "b", "a", "b"]
    with pytest.raises(DatasetError, match=f"line {12 if indent else 1}: not JSON"):
        read(tmp_path, content.replace('"word 2",', '"word 2"'))


def test_objects_over_several_lines_are_read(tmp_path: Path) -> None:
    rows = [{"text": f"word {n}", "label": "ab"[n % 2]} for n in range(4)]
    content = "\n".join(json.dumps(row, indent=1) for row in rows)
    assert answers(read(tmp_path, content)) == ["a", "b", "a", "b"]
    assert answers(read(tmp_path, json.dumps({"data": rows}, indent=1))) == ["a", "b", "a", "b"]


@pytest.mark.parametrize("orient", ["columns", "split", "index"])
def test_a_table_of_pandas_that_is_not_by_records_is_refused_with_the_call(
    tmp_path: Path, orient: str
) -> None:
    content = {
        "columns": {"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}},
        "split": {"columns": ["text", "label"], "index": [0, 1], "data": [["a", "x"], ["b", "y"]]},
        "index": {"0": {"text": "a", "label": "x"}, "1": {"text": "b", "label": "y"}},
    }[orient]
    with pytest.raises(DatasetError, match=r'to_json\(FILE, orient="records", lines=True\)'):
        read(tmp_path, json.dumps(content))


def test_commas_between_lines_are_read_and_dictionaries_of_python_named(tmp_path: Path) -> None:
    rows = [{"text": f"word {n}", "label": "ab"[n % 2]} for n in range(4)]
    assert answers(read(tmp_path, lines(rows).replace("}\n", "},\n"))) == ["a", "b", "a", "b"]
    with pytest.raises(DatasetError, match=r"a dictionary of Python. Write it with json.dumps"):
        read(tmp_path, "".join(f"{row}\n" for row in rows))


def test_what_looks_like_csv_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r'It looks like CSV: set dataset.kind to "csv"'):
        read(tmp_path, "text,label\na,b\n")
