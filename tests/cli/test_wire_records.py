"""Files that are submitted to a live run, or that its model is asked about, as records."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli.wire_records import Columns, RecordsFile
from clamshell_tui.errors import DatasetError
from clamshell_tui.wire.requester_messages import NewRecord

NUMBERS = Columns(text=None)
ROWS = "".join(f"{n}.10,-{n}.25\n" for n in range(10))


def records_of(
    file: Path, content: str, columns: Columns = NUMBERS, *, header: bool = True
) -> list[NewRecord]:
    file.write_text(content)
    return list(RecordsFile(str(file), columns, header=header))


@pytest.mark.parametrize("command", ["submit", "predict"])
def test_a_header_that_is_a_record_is_not_lost(
    clamshell: Callable[..., Any], tmp_path: Path, command: str
) -> None:
    (tmp_path / "d.csv").write_text(ROWS)
    done = clamshell(command, str(tmp_path / "d.csv"), "--numbers")
    assert done.code == 2
    assert "line 1: the header holds numbers: 0.10, -0.25" in done.err
    assert done.err.endswith("set dataset.header = false: --set dataset.header=false\n")


def test_without_a_header_every_row_is_a_record(tmp_path: Path) -> None:
    found = records_of(tmp_path / "d.csv", ROWS, header=False)
    assert len(found) == 10
    assert found[0].numbers == (("1", 0.1), ("2", -0.25))


def test_a_column_of_a_file_without_a_header_is_named_by_its_number(tmp_path: Path) -> None:
    columns = Columns(id="1", text="2", gold="3")
    found = records_of(tmp_path / "d.csv", "a,red,x\nb,blue,\n", columns, header=False)
    assert found == [NewRecord("a", "red", gold="x"), NewRecord("b", "blue")]


@pytest.mark.parametrize("command", ["submit", "predict"])
def test_only_csv_can_be_without_a_header(clamshell: Callable[..., Any], command: str) -> None:
    done = clamshell(command, "-", "--numbers", "--no-header")
    assert done.code == 2
    assert "--no-header is for CSV" in done.err


def test_a_header_is_one_if_a_named_column_is_in_it(tmp_path: Path) -> None:
    found = records_of(tmp_path / "d.csv", "id,0.5,1.5\na,1,2\n", Columns("id", None))
    assert found == [NewRecord("a", numbers=(("0.5", 1.0), ("1.5", 2.0)))]


def test_an_index_of_pandas_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = records_of(tmp_path / "d.csv", "Unnamed: 0,x\n0,5\n1,6\n")
    assert [record.numbers for record in found] == [(("x", 5.0),), (("x", 6.0),)]
    assert capsys.readouterr().err == "clamshell: left out, as it numbers the rows: Unnamed: 0\n"


def test_only_the_features_are_sent_if_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n1,,x\n2,,y\n")
    file, columns = str(tmp_path / "d.csv"), Columns(text=None)
    with pytest.raises(DatasetError, match=r"column b: .* name the other columns in dataset.feat"):
        list(RecordsFile(file, columns))
    found = list(RecordsFile(file, columns, ['dataset.features="a"']))
    assert [record.numbers for record in found] == [(("a", 1.0),), (("a", 2.0),)]


def test_the_numbers_of_all_records_stand_in_the_order_of_the_first(tmp_path: Path) -> None:
    lines = '{"a": 1, "b": 2}\n{"b": 4, "a": 3}\n'
    found = records_of(tmp_path / "d.jsonl", lines)
    assert found[1].numbers == (("a", 3.0), ("b", 4.0))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("d.csv", "a,b\n,2\n", 'd.csv line 2, column a: "" is not a finite number: the cell is'),
        (
            "d.csv",
            'a,b\n"1,000",2\n',
            'line 2, column a: "1,000" is not a finite number. Write 1000',
        ),
        ("d.jsonl", '{"a": 1, "b": null}\n', 'line 1, column b: "" is not a finite number'),
        ("d.jsonl", '{"a": 1, "b": 2}\n{"a": 1}\n', "line 2, column b: "),
        ("d.jsonl", '{"a": 1}\n{"a": 1, "b": 2}\n', 'line 2: "b" is not in the records before: a'),
        ("d.jsonl", '{"a": true}\n', 'column a: "True" is not a finite number'),
        ("d.jsonl", '{"Unnamed: 0": 1}\n', "line 1: no numbers to label"),
    ],
)
def test_records_that_do_not_have_all_the_numbers_are_refused(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        records_of(tmp_path / name, content)
    assert expected in str(caught.value)


def test_a_file_is_read_again_rather_than_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Memory does not grow with the file: a check, then the records one by one."""
    file = tmp_path / "d.csv"
    file.write_text("Unnamed: 0,id,x\n" + "".join(f"{n},r{n},{n}\n" for n in range(5000)))
    records = RecordsFile(str(file), Columns("id", None))
    records.check()
    tracemalloc.start()
    seen = sum(1 for _ in records)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == 5000
    assert peak < 5000 * 200  # ids to find repeated ones; a record takes 500 bytes
    assert capsys.readouterr().err.count("left out, as it numbers the rows") == 1
