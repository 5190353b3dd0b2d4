"""Every way in which a CSV or JSONL file can be wrong, and the one line that the user then sees."""

from pathlib import Path

import pytest

from clamshell_tui.datasets.config import CsvConfig, JsonlConfig
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError

YES_NO = ("no", "yes")
TEXT = CsvConfig(path="d.csv", text="text", classes=YES_NO)
TEXT_ID = CsvConfig(path="d.csv", id="id", text="text", classes=YES_NO)
LABELLED = CsvConfig(path="d.csv", text="text", label="label")
NUMBERS = CsvConfig(path="d.csv", classes=YES_NO)
LINES = JsonlConfig(path="d.jsonl", text="text", classes=YES_NO)
LINES_ID = JsonlConfig(path="d.jsonl", id="id", text="text", classes=YES_NO)
LINES_LABEL = JsonlConfig(path="d.jsonl", text="text", label="label", classes=YES_NO)
LINES_NUMBERS = JsonlConfig(path="d.jsonl", classes=YES_NO)
MANY = "text,label\n" + "".join(f"word,c{number}\n" for number in range(1001))

Config = CsvConfig | JsonlConfig

CASES: list[tuple[str, Config, str | bytes, str]] = [
    ("NUL", TEXT, b"text\na\0b\n", "d.csv line 2: NUL byte"),
    (
        "field too long",
        TEXT,
        "text\n" + "x" * 200_000,
        'line 2: field "text" is 200000 characters, limit 65536',
    ),
    ("unclosed quote", TEXT, 'text\n"open\nb\nc\n', "line 2: quote opened here is never closed"),
    ("quote closed rows later", TEXT, 'text\n"a\nb\n"c"\n', "line 2: quote opened here is never"),
    ("text after a quote", TEXT, 'text\n"a"b\n', "line 2: text after a closing quote"),
    ("ragged row", TEXT, "a,b,text\n1,2,x\n1,2\n", "d.csv line 3: 2 columns, header has 3"),
    ("row too long", TEXT, "text\nx,y\n", "line 2: 2 columns, header has 1"),
    (
        "JSON Lines",
        TEXT,
        '{"text": "a", "id": 1}\n{"text": "b"}\n',
        'is not CSV. It looks like JSON: set dataset.kind to "jsonl"',
    ),
    ("duplicate header", TEXT_ID, "id,text,id\n1,x,2\n", 'column "id" appears twice'),
    ("no header", TEXT_ID, "17,hello\n18,world\n", 'no column "id"; found: 17, hello'),
    ("escape in header", TEXT, "te\x1bxt\nx\n", "found: te\ufffdxt (did you mean"),
    ("mistyped column", TEXT, "txt\nx\n", 'no column "text"; found: txt (did you mean "txt"?)'),
    (
        "Latin-1",
        TEXT,
        "text\ncaf\u00e9\n".encode("latin-1"),
        'not UTF-8 at line 2. As cp1252 it reads "caf\u00e9". Set dataset.encoding = "cp1252"',
    ),
    ("empty", TEXT, "", "d.csv holds no records"),
    ("header only", TEXT, "text\n", "d.csv holds no records"),
    ("empty JSONL", LINES, "\n\n", "d.jsonl holds no records"),
    ("same id", TEXT_ID, "id,text\n17,x\n18,y\n17,z\n", 'id "17" on lines 2 and 4'),
    ("same id in NFC", TEXT_ID, "id,text\n\u00e9,x\ne\u0301,y\n", 'id "\u00e9" on lines 2 and 3'),
    ("empty id", TEXT_ID, "id,text\n1,x\n ,y\n", 'line 3: bad id " "'),
    ("long id", TEXT_ID, f"id,text\n{'i' * 201},x\n", "line 2: bad id"),
    ("control in id", TEXT_ID, "id,text\na\x1b[2J,x\n", 'line 2: bad id "a\ufffd[2J"'),
    ("one class", LABELLED, "text,label\nx,spam\n", 'need >= 2 distinct classes, got 1 ("spam"'),
    ("no known label", LABELLED, "text,label\nx,\n", "need >= 2 distinct classes, got 0"),
    ("too many classes", LABELLED, MANY, "1001 classes, limit 1000"),
    (
        "duplicate class",
        CsvConfig(path="d.csv", text="text", classes=("a", "b", "a")),
        "text\nx\n",
        'class "a" appears twice',
    ),
    (
        "empty class",
        CsvConfig(path="d.csv", text="text", classes=("a", "")),
        "text\nx\n",
        'bad class ""',
    ),
    (
        "no classes at all",
        CsvConfig(path="d.csv", text="text"),
        "text\nx\n",
        "no classes (dataset.classes)",
    ),
    (
        "unknown label",
        CsvConfig(path="d.csv", text="text", label="label", classes=("cat", "dog")),
        "text,label\nx,cat\ny,\nz,catt\n",
        'line 4: label "catt" is not one of cat, dog (did you mean "cat"?)',
    ),
    ("NaN", NUMBERS, "f1,f3\n1,2\n1,nan\n", 'line 3, column f3: "nan" is not a finite number'),
    ("infinity", NUMBERS, "f1\n1\n-inf\n", 'line 3, column f1: "-inf" is not a finite number'),
    ("underscore", NUMBERS, "f1\n1_0\n", '"1_0" is not a finite number'),
    ("other digits", NUMBERS, "f1\n1\n\u0663\n", '"\u0663" is not a finite number'),
    ("empty number", NUMBERS, "f1,f2\n1,2\n,2\n", 'column f1: "" is not a finite number'),
    ("empty at first", NUMBERS, "f1,f2\n,2\n1,2\n", 'line 2, column f1: "" is not a finite number'),
    ("blank number", NUMBERS, "f1,f2\n1,2\n \t,2\n", "line 3, column f1: "),
    (
        "thousands",
        NUMBERS,
        'f1,f2\n"1,000",2\n1,2\n',
        'column f1: "1,000" is not a finite number. Wr',
    ),
    ("all thousands", NUMBERS, 'f1,f2\n"1,000",2\n"2,000",2\n', "line 2, column f1"),
    ("currency", NUMBERS, "f1,f2\n$5,2\n1,2\n", 'line 2, column f1: "$5" is not'),
    ("missing mark", NUMBERS, "f1,f2\nNA,2\n1,2\n2,2\n", 'line 2, column f1: "NA" is not'),
    ("only an empty column", NUMBERS, "a,b\n,x\n", "d.csv has no numeric column; found: a, b"),
    ("header of numbers", NUMBERS, "0.1,0.2\n1,2\n", "line 1: the header holds numbers: 0.1, 0.2"),
    ("header of whole numbers", NUMBERS, "1,2\n3,4\n", "dataset.header = false"),
    ("header with a number", NUMBERS, "a,0.2\nb,4\n", "the header holds numbers"),
    ("null in row 1", LINES_NUMBERS, '{"f": null}\n{"f": 1}\n', 'line 1, column f: "" is not a'),
    (
        "key not in row 1",
        LINES_NUMBERS,
        '{"g": 1}\n{"f": 1, "g": 2}\n',
        'line 1: no column "f"; found: g',
    ),
    (
        "key not in row 2",
        LINES_NUMBERS,
        '{"f": 1, "g": 1}\n{"g": 2}\n',
        'line 2: no column "f"; found: g',
    ),
    (
        "lists that trade places",
        LINES_NUMBERS,
        '{"f": [1], "g": [1, 2]}\n{"f": [1, 2], "g": [1]}\n',
        'line 2: feature "f[1]" stands where "g[0]" is expected',
    ),
    ("split number", NUMBERS, "f1\n1\n1 2\n", '"1 2" is not a finite number'),
    ("too large for float32", NUMBERS, "f1,f2\n1,2\n1,1e39\n", "line 3, column f2"),
    ("no numbers", NUMBERS, "a,b\nx,y\n", "d.csv has no numeric column; found: a, b"),
    ("no words", TEXT, "text\n?\n!\n", "no words of two letters or more"),
    ("bad line", LINES, '{"text": "x"}\n{"text": \n', "d.jsonl line 2: not JSON"),
    ("not an object", LINES, "[1]\n", "line 1: not a JSON object"),
    ("duplicate key", LINES, '{"text": "x", "text": "y"}\n', 'line 1: key "text" appears twice'),
    ("deep nesting", LINES, "[" * 100_000 + "\n", "line 1: nested too deeply"),
    ("long number", LINES, '{"text": ' + "1" * 5000 + "}\n", "line 1: not JSON: a number is too"),
    (
        "NaN constant",
        LINES_NUMBERS,
        '{"f": NaN}\n',
        'line 1, column f: "nan" is not a finite number',
    ),
    ("infinite JSON", LINES_NUMBERS, '{"f": 1}\n{"f": 1e999}\n', 'column f: "inf" is not a finite'),
    ("true is no number", LINES_NUMBERS, '{"f": 1}\n{"f": true}\n', '"True" is not a finite'),
    (
        "feature count",
        LINES_NUMBERS,
        '{"f": [1, 2, 3]}\n{"f": [1, 2]}\n',
        "d.jsonl line 2: 2 features, expected 3",
    ),
    ("missing key", LINES, '{"text": "x"}\n{"txt": "y"}\n', 'line 2: no column "text"; found: txt'),
    ("text not a string", LINES, '{"text": 7}\n', 'line 1: "text" must be a string, got "7"'),
    ("half a character", LINES, '{"text": "\\ud800"}\n', "half a character"),
    ("long JSON field", LINES, '{"text": "' + "x" * 70_000 + '"}\n', "70000 characters, limit"),
    ("fractional id", LINES_ID, '{"id": 1.5, "text": "x"}\n', 'line 1: bad id "1.5"'),
    (
        "label that is no name",
        LINES_LABEL,
        '{"text": "x", "label": 0.5}\n',
        'line 1: bad label "0.5". A label is a text, a whole number, true or false',
    ),
    (
        "unknown encoding",
        CsvConfig(path="d.csv", text="text", classes=YES_NO, encoding="utf8-16"),
        "text\nx\n",
        'unknown encoding "utf8-16" (did you mean "utf-16"?)',
    ),
    (
        "UTF-16 that is called UTF-8",
        CsvConfig(path="d.csv", text="text", classes=YES_NO, encoding="utf-8"),
        "text\nx\n".encode("utf-16"),
        "d.csv looks like UTF-16, not like UTF-8",
    ),
    (
        "wrong encoding",
        CsvConfig(path="d.csv", text="text", classes=YES_NO, encoding="ascii"),
        "text\ncaf\u00e9\n",
        "not ascii at line 2, but it is UTF-8. Leave dataset.encoding out",
    ),
]


def read(folder: Path, config: Config, content: str | bytes) -> Dataset:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / config.path).write_bytes(raw)
    return load(config, base=folder, seed=1)


@pytest.mark.parametrize(
    ("config", "content", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_a_bad_file_is_refused_in_one_line_that_names_file_and_fault(
    tmp_path: Path, config: Config, content: str | bytes, expected: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, config, content)
    message = str(caught.value)
    assert expected in message
    assert config.path in message or "dataset." in message
    assert message.isprintable()
    assert len(message) < 300


def test_a_missing_file_a_directory_and_pickles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.pkl", "a.joblib", "a.npz"):
        (tmp_path / name).write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
        with pytest.raises(DatasetError, match="pickle files are not read"):
            load(CsvConfig(path=name, classes=YES_NO), base=tmp_path, seed=1)
    with pytest.raises(DatasetError, match=r"no such file: x\.csv"):
        load(CsvConfig(path="x.csv", classes=YES_NO), base=tmp_path, seed=1)
    with pytest.raises(DatasetError, match="folder is a directory"):
        load(CsvConfig(path="folder", classes=YES_NO), base=tmp_path, seed=1)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    dataset = read(tmp_path, TEXT_ID, b"\xef\xbb\xbfid,text\n17,hello\n")
    assert dataset.ids == ("17",)


def test_other_encodings_are_read_when_they_are_named(tmp_path: Path) -> None:
    for encoding in ("utf-16", "latin-1"):
        config = CsvConfig(path="d.csv", text="text", classes=YES_NO, encoding=encoding)
        assert read(tmp_path, config, "text\ncaf\u00e9\n".encode(encoding)).texts == ("caf\u00e9",)


def test_control_characters_are_kept_and_counted(tmp_path: Path) -> None:
    content = 'text\nplain word\nred \x1b[31m\nbidi \u202e\n"two\nlines\tfine"\nemoji \U0001f600\n'
    dataset = read(tmp_path, TEXT, content)
    assert dataset.texts is not None
    assert dataset.texts[1] == "red \x1b[31m"
    assert dataset.texts[3] == "two\nlines\tfine"
    assert dataset.notes == ("2 records contain control characters (shown as ?)",)


def test_rows_without_text_are_left_out_and_counted(tmp_path: Path) -> None:
    dataset = read(tmp_path, TEXT_ID, 'id,text\n1,words\n2,\n3,"  "\n')
    assert list(dataset.ids) == ["1"]
    assert dataset.notes == ("left out, without a text: 2 rows, the first on line 3",)


def test_constant_features_and_answers_all_alike_are_noted(tmp_path: Path) -> None:
    config = CsvConfig(path="d.csv", label="y", classes=YES_NO)
    dataset = read(tmp_path, config, "a,b,y\n1,0,yes\n2,0,yes\n3,0,\n")
    assert dataset.notes == (
        "1 of 2 features are constant",
        'all known answers are "yes": there is no model to train on them',
    )


def test_the_csv_modules_own_limit_is_put_back(tmp_path: Path) -> None:
    import csv

    before = csv.field_size_limit()
    config = CsvConfig(path="d.csv", text="text", classes=YES_NO, max_field=300_000)
    dataset = read(tmp_path, config, "text\n" + "word " * 40_000)
    assert dataset.texts is not None
    assert len(dataset.texts[0]) == 200_000
    assert csv.field_size_limit() == before
