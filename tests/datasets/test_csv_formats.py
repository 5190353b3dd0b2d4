"""CSV as other programs write it: what is found out, what is said of it, and the settings."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from clamshell_tui.datasets.config import CsvConfig
from clamshell_tui.datasets.copies import groups_of
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError

ROWS = [("r0", "bad film, yes", "neg"), ("r1", "good film", "pos"), ("r2", "so so", "neg")]


def read(folder: Path, content: str | bytes, **keys: Any) -> Dataset:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / "d.csv").write_bytes(raw)
    settings = {"path": "d.csv", "id": "id", "text": "text", "label": "label", **keys}
    return load(msgspec.convert(settings, CsvConfig), base=folder, seed=1)


def is_read(dataset: Dataset, rows: list[tuple[str, str, str]] = ROWS) -> bool:
    assert dataset.texts is not None
    labels = [dataset.classes[index] for index in dataset.truth]
    return list(zip(dataset.ids, dataset.texts, labels, strict=True)) == rows


def table(delimiter: str, end: str = "\n", row_end: str = "") -> str:
    lines = [("id", "text", "label"), *ROWS]
    quote = f'"{{}}"{delimiter}"{{}}"{delimiter}"{{}}"'
    return "".join(quote.format(*line) + row_end + end for line in lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_out_and_reported(tmp_path: Path, delimiter: str, end: str) -> None:
    dataset = read(tmp_path, table(delimiter, end))
    assert is_read(dataset)
    name = {";": "semicolons", "\t": "tabs", "|": "bars"}.get(delimiter)
    said = () if name is None else (f"columns are separated by {name} (dataset.delimiter)",)
    assert dataset.notes == said


def test_a_delimiter_that_is_set_is_not_guessed(tmp_path: Path) -> None:
    content = "id~text~label\nr0~bad film, yes~neg\nr1~good film~pos\nr2~so so~neg\n"
    dataset = read(tmp_path, content, delimiter="~")
    assert is_read(dataset)
    assert dataset.notes == ()
    with pytest.raises(DatasetError, match=r'"~~" is not one character \(dataset.delimiter\)'):
        read(tmp_path, content, delimiter="~~")


WRITTEN_BY = {
    "Excel with a line for the separator": "sep=;\nid;text;label\nr0;bad film, yes;neg\n"
    "r1;good film;pos\nr2;so so;neg\n",
    "a person, with blanks": 'id, text, label\nr0, "bad film, yes", neg\nr1, good film, pos\n'
    "r2, so so, neg\n",
    "pandas with an index": ',id,text,label\n0,r0,"bad film, yes",neg\n1,r1,good film,pos\n'
    "2,r2,so so,neg\n",
    "pandas twice": ',Unnamed: 0,id,text,label\n0,0,r0,"bad film, yes",neg\n'
    "1,1,r1,good film,pos\n2,2,r2,so so,neg\n",
    "R's write.csv": '"","id","text","label"\n"1","r0","bad film, yes","neg"\n'
    '"2","r1","good film","pos"\n"3","r2","so so","neg"\n',
    "R's write.table": '"id" "text" "label"\n"1" "r0" "bad film, yes" "neg"\n'
    '"2" "r1" "good film" "pos"\n"3" "r2" "so so" "neg"\n',
    "R with tabs and no quotes": "id\ttext\tlabel\n1\tr0\tbad film, yes\tneg\n"
    "2\tr1\tgood film\tpos\n3\tr2\tso so\tneg\n",
    "a spreadsheet with empty columns": 'id,text,label,,\nr0,"bad film, yes",neg,,\n'
    "r1,good film,pos,,\nr2,so so,neg,,\n,,,,\n",
    "a spreadsheet, empty columns without names": 'id,text,label\nr0,"bad film, yes",neg,,\n'
    "r1,good film,pos,,\nr2,so so,neg,,\n",
    "a program with single quotes": "'id','text','label'\n'r0','bad film, yes','neg'\n"
    "'r1','good film','pos'\n'r2','so so','neg'\n",
    "a program with comments": '# exported\n# today\nid,text,label\nr0,"bad film, yes",neg\n'
    "r1,good film,pos\nr2,so so,neg\n",
    "two tables joined": 'id,text,label\nr0,"bad film, yes",neg\nid,text,label\n'
    "r1,good film,pos\nr2,so so,neg\n",
    "a byte order mark": '\ufeff"id","text","label"\nr0,"bad film, yes",neg\nr1,good film,pos\n'
    "r2,so so,neg\n",
}


@pytest.mark.parametrize("content", WRITTEN_BY.values(), ids=WRITTEN_BY.keys())
def test_a_file_is_read_as_programs_and_people_write_it(tmp_path: Path, content: str) -> None:
    assert is_read(read(tmp_path, content))


def test_quotes_with_a_backslash_before_them_are_read(tmp_path: Path) -> None:
    content = '"id","text","label"\n"1","he said \\"no\\", twice","a"\n"2","b","b"\n'
    texts = read(tmp_path, content).texts
    assert texts == ['he said "no", twice', "b"]


def test_quotes_in_a_file_with_tabs_are_text_if_they_do_not_pair(tmp_path: Path) -> None:
    content = 'id\ttext\tlabel\n1\t"Hello\tham\n2\tan inch is 1"\tspam\n3\t"x" y\tham\n'
    dataset = read(tmp_path, content)
    assert dataset.texts == ['"Hello', 'an inch is 1"', '"x" y']
    assert "quotes are part of the text (dataset.quote)" in dataset.notes


def test_a_tab_separates_rather_than_the_commas_of_texts(tmp_path: Path) -> None:
    lines = "".join(f"{'ham' if n % 2 else 'spam'}\tWell, text {n}\n" for n in range(9))
    dataset = read(tmp_path, lines, id=None, text="2", label="1")
    assert dataset.texts is not None
    assert dataset.texts[0] == "Well, text 0"
    assert dataset.classes == ("ham", "spam")


def test_commas_in_lines_of_text_are_no_delimiters(tmp_path: Path) -> None:
    lines = "".join(f"Good film, number {n} of many\n" for n in range(9))
    with pytest.raises(DatasetError, match=r"looks like a text: .* set dataset.header = false"):
        read(tmp_path, lines, id=None, text=(), label=None, classes=("a", "b"))
    dataset = read(tmp_path, lines, id=None, text="1", label=None, classes=("a", "b"), header=False)
    assert dataset.texts is not None
    assert dataset.texts[0] == "Good film, number 0 of many"


def test_quotes_can_be_set_to_none(tmp_path: Path) -> None:
    content = 'id,text,label\n1,"Hello,a\n2,b,b\n'
    with pytest.raises(DatasetError, match=r'never closed. If .* set dataset.quote = ""'):
        read(tmp_path, content)
    assert read(tmp_path, content, quote="").texts == ['"Hello', "b"]


def test_rows_longer_by_a_comma_in_the_text_are_not_taken_for_row_names(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"line 2: 3 columns, header has 2. Quote a field"):
        read(tmp_path, "text,label\nHello, world,a\nWell, yes,b\n", id=None)


def test_a_value_below_a_nameless_column_is_kept_out_and_named(tmp_path: Path) -> None:
    content = 'v1,v2,,\nham,"one, two",,\nspam,three,four,\n'
    dataset = read(tmp_path, content, id=None, text="v2", label="v1")
    assert dataset.texts == ["one, two", "three"]


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("ham\tOne two\nspam\tThree\nham\tFour\nham\tFive\n", {}),
        ("ham\tOne two\nspam\tThree\nham\tFour\nspam\tFive\n", {}),
        ("ham,One two\nspam,Three\n", {"header": False}),
        ("ham,One two\nspam,Three\n", {}),
    ],
)
def test_a_first_row_that_is_a_record_is_not_lost(
    tmp_path: Path, content: str, keys: dict[str, Any]
) -> None:
    dataset = read(tmp_path, content, id=None, text="2", label="1", **keys)
    assert dataset.texts is not None
    assert dataset.texts[0] == "One two"
    assert dataset.classes == ("ham", "spam")


def test_a_value_of_row_1_that_recurs_shows_that_there_is_no_header(tmp_path: Path) -> None:
    content = "ham\tOne two\nspam\tThree\nham\tFour\nham\tFive\n"
    with pytest.raises(DatasetError, match=r'no column "text"; found: 1, 2'):
        read(tmp_path, content, id=None)


def test_a_decimal_comma_is_read_where_the_delimiter_is_another(tmp_path: Path) -> None:
    content = "id;a;label\n1;0,5;x\n2;-1,25;y\n"
    dataset = read(tmp_path, content, text=())
    assert np.asarray(dataset.features).tolist() == [[0.5], [-1.25]]
    assert "numbers have a decimal comma (dataset.decimal)" in dataset.notes
    with pytest.raises(DatasetError, match="0,5"):
        read(tmp_path, content, text=(), decimal=".")


def test_a_packed_file_is_read_by_its_first_bytes(tmp_path: Path) -> None:
    assert is_read(read(tmp_path, gzip.compress(table(",").encode())))
    with pytest.raises(DatasetError, match=r"d\.csv is a damaged gzip file"):
        read(tmp_path, gzip.compress(table(",").encode())[:-12])


NOT_READ = {
    "XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
    "npy": (b"\x93NUMPY\x01\0", "a NumPy array"),
    "feather": (b"ARROW1\0\0", "read_feather"),
    "SQLite": (b"SQLite format 3\0", "an SQLite database"),
    "bzip2": (b"BZh91AY&SY", "bunzip2 d.csv"),
    "RDS": (gzip.compress(b"X\n\0\0\0\3\0"), 'readRDS("d.csv")'),
    "web page": (b"<!DOCTYPE html><html>", "a web page"),
    "pandas' HTML": (b'<table border="1">', 'pandas.read_html("d.csv")[0].to_csv('),
    "Stata": (b"s\x02\x01\0", 'pandas.read_stata("d.csv")'),
    "YAML": (b"- text: a\n  label: b\n", "is YAML"),
    "fastText": (b"__label__neg Bad film\n", "sed -E 's/^__label__([^ ]+) /\\1\\t/' d.csv > d.tsv"),
    "something binary": (bytes(range(256)), "a binary file"),
    "tar": (gzip.compress(b"d.csv".ljust(257, b"\0") + b"ustar\0" + bytes(250)), "tar xf d.csv"),
    "Parquet": (b"PAR1\0\0", 'Set dataset.kind to "parquet"'),
    "JSON": (b'{"text": "a"}\n', 'set dataset.kind to "jsonl"'),
}


@pytest.mark.parametrize(("content", "said"), NOT_READ.values(), ids=NOT_READ.keys())
def test_a_file_of_another_kind_is_named_with_the_way_out(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, content)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("xl/workbook.xml", "an Excel workbook (XLSX), which is not read (dataset.path). Save the"),
        ("content.xml", "an OpenDocument file"),
        ("arr_0.npy", 'pandas.DataFrame(numpy.load("d.csv")["arr_0"]).to_csv("d.csv"'),
        ("d.csv", "a ZIP archive, which is not read (dataset.path). Unpack it: unzip d.csv"),
    ],
)
def test_an_archive_is_named_by_what_is_in_it(tmp_path: Path, member: str, said: str) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, (tmp_path / "d.zip").read_bytes())
    assert said in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_an_encoding_that_the_bytes_tell_is_read(tmp_path: Path, encoding: str) -> None:
    dataset = read(tmp_path, table(",").encode(encoding))
    assert is_read(dataset)
    assert (encoding == "utf-8-sig") == (dataset.notes == ())


ODD = {
    "cp1252": ("caf\u00e9 \u2019 \u20ac", 'As cp1252 it reads "0,t0 caf\u00e9'),
    "cp1251": ("\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "cp1251 it reads"),
    "shift_jis": ("\u3053\u306e\u6620\u753b\u306f\u9762\u767d\u3044", "As shift_jis it reads"),
    "gb18030": ("\u8fd9\u90e8\u7535\u5f71\u5f88\u597d\u770b", "As gb18030 it reads"),
    "mac_roman": ("caf\u00e9 d\u00e9j\u00e0", "As mac_roman it reads"),
}


@pytest.mark.parametrize("encoding", ODD.keys())
def test_other_encodings_are_shown_as_they_would_read(tmp_path: Path, encoding: str) -> None:
    word, said = ODD[encoding]
    content = "id,text,label\n" + "".join(f"{n},t{n} {word},{'ab'[n % 2]}\n" for n in range(4))
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, content.encode(encoding))
    assert said in str(caught.value)
    assert ('= "cp1252"' in str(caught.value)) == (encoding == "cp1252")
    assert read(tmp_path, content.encode(encoding), encoding=encoding).texts == [
        f"t{n} {word}" for n in range(4)
    ]


def test_an_encoding_that_the_bytes_do_not_tell_is_not_advised(tmp_path: Path) -> None:
    """Czech and French letters are the same bytes."""
    content = "id,text,label\n1,l'\u00e9l\u00e8ve fran\u00e7ais,a\n2,No\u00ebl,b\n"
    with pytest.raises(DatasetError, match=r"cp1252 it reads .*, as cp1250 .* the one that reads"):
        read(tmp_path, content.encode("cp1252"))


def test_a_file_of_two_encodings_is_not_read_in_one(tmp_path: Path) -> None:
    content = "id,text,label\n1,\u00e9t\u00e9,a\n2,".encode() + b"caf\xe9,b\n"
    with pytest.raises(DatasetError, match=r"not UTF-8 at line 3, while line 2 is"):
        read(tmp_path, content)


def test_latin_1_with_quotes_is_read_as_browsers_do(tmp_path: Path) -> None:
    content = "id,text,label\n1,caf\u00e9 \u2019 \u20ac,a\n2,b,b\n".encode("cp1252")
    dataset = read(tmp_path, content, encoding="latin-1")
    assert dataset.texts == ["caf\u00e9 \u2019 \u20ac", "b"]
    assert "is read as cp1252" in dataset.notes[0]


def test_groups_and_copies_are_joined(tmp_path: Path) -> None:
    texts = ["one word", "two", "ONE word!", "four", "five"]
    who = ["x", "x", "y", "z", "z"]
    lines = "".join(
        f"{n},{t},{'ab'[n % 2]},{w}\n" for n, (t, w) in enumerate(zip(texts, who, strict=True))
    )
    groups = groups_of(read(tmp_path, f"id,text,label,who\n{lines}", group="who"))
    assert groups[0] == groups[1] == groups[2] != groups[3] == groups[4]
