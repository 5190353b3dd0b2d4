"""Files as people have them: what ``clamshell data`` says of each, and how a run reads it."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

SCENARIO = """\
requester.gold = 4
pool.size = 3
crowd.population = "fast-local"
qualification.enabled = false
tasks.records_per_task = 2
learning.enabled = false
"""


def films(delimiter: str = ",", extra: str = "") -> str:
    lines = [f"id{delimiter}text{delimiter}label"]
    for n in range(20):
        word, label = ("good", "pos") if n % 2 else ("bad", "neg")
        lines.append(f"r{n}{delimiter}{word} film number {n}{extra}{delimiter}{label}")
    return "\n".join(lines) + "\n"


def rows(**more: Any) -> list[dict[str, Any]]:
    return [
        {"text": f"film number {n}", **{key: value(n) for key, value in more.items()}}
        for n in range(20)
    ]


def lines(found: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in found)


def indexed(names: str) -> str:
    first, *others = films().splitlines()
    count = names.count(",")
    numbered = [",".join([str(n)] * count) + f",{line}" for n, line in enumerate(others)]
    return "\n".join([names + first, *numbered]) + "\n"


READ = {
    "uses of a study": (
        "d.jsonl",
        lines(rows(use=lambda n: ("gold", "")[n % 2], why=str, label=lambda n: "ab"[n // 10])),
        'use = "use"\n  why = "why"',
    ),
    "semicolons": ("d.csv", films(";"), "delimiter  semicolons"),
    "semicolons, commas in texts": ("d.csv", films(";", ", yes"), "delimiter  semicolons"),
    "the index of pandas": ("d.csv", indexed(","), 'no name in the header: it is "Unnamed: 0"'),
    "the index, twice": ("d.csv", indexed(",Unnamed: 0,"), "Unnamed: 0.1"),
    "whole numbers": ("d.jsonl", lines(rows(label=lambda n: n % 2)), '"1"  10  50.0 %'),
    "booleans": ("d.jsonl", lines(rows(label=lambda n: n % 2 == 0)), '"true"   10'),
    "floats as ids": (
        "d.jsonl",
        lines(rows(id=float, label=lambda n: "ab"[n % 2])),
        'id = "id"',
    ),
    "near-equal classes": (
        "d.csv",
        films().replace(",neg\nr3", ", neg\nr3").replace(",pos\nr4", ",Pos\nr4"),
        'invisible characters: " neg", "neg"',
    ),
    "gzip": ("d.csv.gz", gzip.compress(films().encode()), "packed     gzip"),
    "trailing commas": ("d.csv", films().replace("\n", ",,\n"), "Unnamed: 4  not used: empty"),
    "Prodigy": (
        "d.jsonl",
        lines(
            rows(
                label=lambda n: "AB"[n % 2],
                answer=lambda n: "accept" if n % 4 else "reject",
                _task_hash=int,
            )
        ),
        '5 labels were answered "reject" and are taken as unknown',
    ),
    "NaN": (
        "d.jsonl",
        lines(rows(label=lambda n: float("nan") if n % 3 == 0 else "ab"[n % 2])),
        "20 records, 13 of them with a known answer",
    ),
    "copies": ("d.csv", films().replace("number 3", "number 1"), 'such as "r3" of "r1"'),
    "long texts": ("d.csv", films().replace("number 3", "word " * 400), "longer than a screen"),
    "blank texts": ("d.csv", films().replace("bad film number 4", " "), "without a text: 1 row"),
    "NA": ("d.csv", films().replace("4,neg", "4,NA"), 'label "NA" (2 records) is taken as unkn'),
    "a header that comes again": ("d.csv", films() + films().replace("r", "s", 1), ""),
}


@pytest.mark.parametrize(("name", "content", "said"), READ.values(), ids=READ.keys())
def test_a_file_is_explained_and_the_table_that_ends_it_runs(
    clamshell: Command, name: str, content: str | bytes, said: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    if said:
        Path(name).write_bytes(raw)
    else:  # put together
        Path(name).write_text(films() + films().replace("\nr", "\ns"))
    done = clamshell("data", name)
    assert done.code == 0, done.err
    assert said in done.out
    table = done.out.partition("for a scenario\n")[2]
    Path("s.toml").write_text(SCENARIO + table)
    done = clamshell("run", "s.toml")
    assert done.code == 0, done.err


def workbook(member: str) -> bytes:
    with zipfile.ZipFile("made.zip", "w") as archive:
        archive.writestr(member, "x")
    return Path("made.zip").read_bytes()


REFUSED = {
    "cp1252": (
        films(extra=" caf\u00e9 \u2019 \u20ac").encode("cp1252"),
        'dataset.encoding="cp1252"\'',
    ),
    "a header of numbers": (b"0.10,0.20\n1.60,-2.30\n", "--set dataset.header=false"),
    "an empty number": (b"id,a,label\nh0,,lo\nh1,10.0,hi\n", "line 2, column a: "),
    "NumPy": (b"\x93NUMPY\x01\0", "In Python: pandas.DataFrame(numpy.load("),
    "an open quote": (b'id,text,label\n1,"a,b\n2,c,d\n', "--set 'dataset.quote=\"\"'"),
}


@pytest.mark.parametrize(("content", "fix"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_read_ends_with_what_repairs_it(
    clamshell: Command, content: bytes, fix: str
) -> None:
    Path("d.csv").write_bytes(content)
    done = clamshell("data", "d.csv")
    assert done.code == 2
    assert fix in done.err
    assert done.err.count("\n") == 1


def test_the_command_that_an_error_names_reads_the_file(clamshell: Command) -> None:
    Path("d.csv").write_bytes(films(extra=" caf\u00e9").encode("cp1252"))
    done = clamshell("data", "d.csv", "--set", 'dataset.encoding="cp1252"')
    assert done.code == 0
    assert 'encoding   CP1252; line 2 reads "ad film number 0 caf\u00e9,neg"' in done.out
    assert 'encoding = "cp1252"' in done.out


def test_a_workbook_is_named_with_the_command_that_converts_it(clamshell: Command) -> None:
    Path("d.xlsx").write_bytes(workbook("xl/workbook.xml"))
    done = clamshell("data", "d.xlsx")
    assert done.code == 2
    assert "an Excel workbook (XLSX)" in done.err
    assert "libreoffice --headless --convert-to csv d.xlsx" in done.err


def test_only_settings_of_the_file_can_be_set(clamshell: Command) -> None:
    Path("d.csv").write_text(films())
    done = clamshell("data", "d.csv", "--set", "pool.size=3")
    assert done.code == 2
    assert "setting pool.size=3: only those of the file can be set here" in done.err
    done = clamshell("data", "d.csv", "--set", "dataset.delimeter=;")
    assert 'unknown key "delimeter" in [dataset] (did you mean "delimiter"?)' in done.err


def test_without_known_answers_the_classes_are_to_be_written(clamshell: Command) -> None:
    Path("d.csv").write_text("id,review\n1,One long sentence here\n2,Another sentence here\n")
    done = clamshell("data", "d.csv")
    assert "2 records, no known answers" in done.out
    assert 'classes = ["yes", "no"]  # write what workers choose from' in done.out


def test_a_folder_of_pictures_is_explained(clamshell: Command) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow (the extra pictures)")
    for n in range(6):
        folder = Path("photos") / "ab"[n % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image.new("RGB", (30 + n, 20), (n, 0, 0)).save(folder / f"{n}.png")
    done = clamshell("data", "photos")
    assert done.code == 0, done.err
    assert "30 x 20 to 35 x 20 pixels" in done.out
    assert '"a"  3  50.0 %' in done.out
    assert 'kind = "pictures"\n  path = "photos"' in done.out
    Path("empty").mkdir()
    assert "has no PNG or JPEG pictures" in clamshell("data", "empty").err
