"""Recognises files by their first bytes, and refuses those that are not read, with the way out."""

import re
import zipfile
from pathlib import Path

from clamshell_tui.errors import DatasetError
from clamshell_tui.text import show

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"

_OFFICE = "libreoffice --headless --convert-to csv {name}"
_PANDAS = 'In Python: pandas.{reader}("{name}").to_csv("{stem}.csv", index=False)'
_NUMPY = 'In Python: pandas.DataFrame(numpy.load("{name}"){item}).to_csv("{stem}.csv", index=False)'
_R = 'In R: write.csv({table}, "{stem}.csv", row.names = FALSE)'
_FROM_HUB = 'In Python: datasets.load_from_disk(FOLDER).to_json("{stem}.jsonl")'
_FASTTEXT = r"Convert it: sed -E 's/^__label__([^ ]+) /\1\t/' {name} > {stem}.tsv"
_FROM_YAML = 'In Python: pandas.DataFrame(yaml.safe_load(open("{name}"))).to_csv("{stem}.csv")'
_YAML = re.compile(rb"(---|%YAML)\s|- [\w-]+: ")
_PICTURE = 'Name its folder, with dataset.kind = "pictures"'

_KNOWN = (  # first bytes, what it is, and how its records can be read
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)", f"Save it as CSV UTF-8, or: {_OFFICE}"),
    (b"\x93NUMPY", "a NumPy array (NPY)", _NUMPY.replace("{item}", "")),
    (b"ARROW1", "an Arrow file (Feather)", _PANDAS.replace("{reader}", "read_feather")),
    (b"FEA1", "a Feather file", _PANDAS.replace("{reader}", "read_feather")),
    (b"<stata_dta>", "a Stata file", _PANDAS.replace("{reader}", "read_stata")),
    (b"r\x02\x01\0", "a Stata file", _PANDAS.replace("{reader}", "read_stata")),
    (b"s\x02\x01\0", "a Stata file", _PANDAS.replace("{reader}", "read_stata")),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS file", _PANDAS.replace("{reader}", "read_sas")),
    (b"HEADER RECORD***", "a SAS transport file", _PANDAS.replace("{reader}", "read_sas")),
    (b"\xff\xff\xff\xff", "an Arrow stream", _FROM_HUB),
    (b"Obj\1", "an Avro file", "Convert it to JSONL or Parquet"),
    (b"$FL2", "an SPSS file", _PANDAS.replace("{reader}", "read_spss")),
    (b"\x89HDF", "an HDF5 file", _PANDAS.replace("{reader}", "read_hdf")),
    (b"SQLite format 3\0", "an SQLite database", 'sqlite3 -csv -header {name} "select * from T"'),
    (b"BZh", "packed with bzip2", "Unpack it: bunzip2 {name}"),
    (b"\xfd7zXZ\0", "packed with xz", "Unpack it: unxz {name}"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it: unzstd {name}"),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it: 7z x {name}"),
    (b"RDX2\n", "an R workspace", _R.replace("{table}", "TABLE")),
    (b"RDX3\n", "an R workspace", _R.replace("{table}", "TABLE")),
    (b"X\n\0\0\0", "an R object (RDS)", _R.replace("{table}", 'readRDS("{name}")')),
    (b"%PDF", "a PDF document", "Copy its table into a CSV file"),
    (b"\x89PNG", "a picture (PNG)", _PICTURE),
    (b"\xff\xd8\xff", "a picture (JPEG)", _PICTURE),
)

_CONTROLS = (*range(1, 9), *range(14, 27), *range(28, 32))  # not in texts; zeros are in UTF-16


def refuse_unread(head: bytes, file: Path, path: str) -> None:
    """Raise DatasetError if a file that begins with ``head`` is of a kind that is not read."""
    if head.startswith(PARQUET):
        return
    if head.startswith(b"PK\x03\x04"):
        raise _unread(file, path, *_archive(file))
    for magic, what, way_out in _KNOWN:
        if head.startswith(magic):
            raise _unread(file, path, what, way_out)
    if b"SPSS PORT FILE" in head[:600]:
        raise _unread(file, path, "an SPSS file", "Save it as CSV in SPSS")
    if head[257:262] == b"ustar":
        raise _unread(file, path, "a tar archive", "Unpack it: tar xf {name}")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:5].lower()
    if start == b"<?xml":
        raise _unread(file, path, "XML", _PANDAS.replace("{reader}", "read_xml"))
    if start in (b"<!doc", b"<html", b"<tabl"):
        way_out = _PANDAS.replace('{reader}("{name}")', 'read_html("{name}")[0]')
        raise _unread(file, path, "a web page (HTML)", way_out)
    if head.startswith(b"__label__"):
        raise _unread(file, path, "a fastText file", _FASTTEXT)
    if _YAML.match(head):
        raise _unread(file, path, "YAML", _FROM_YAML)
    if sum(head[:1000].count(byte) for byte in _CONTROLS) > 0.05 * len(head[:1000]):
        raise _unread(file, path, "a binary file", "Export the records as CSV or JSONL")


def _archive(file: Path) -> tuple[str, str]:
    """Return the same for a ZIP archive, by the names in it."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "a damaged ZIP archive", "Fetch it again"
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        save = "Save the sheet as CSV UTF-8 (File > Save As)"
        return "an Excel workbook (XLSX)", f"{save}, or: {_OFFICE}"
    if "content.xml" in names:
        return "an OpenDocument file", f"Save the sheet as CSV, or: {_OFFICE}"
    if "word/document.xml" in names:
        return "a Word document (DOCX)", "Copy its table into a CSV file"
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy archive (NPZ)", _NUMPY.replace("{item}", f'["{names[0][:-4]}"]')
    return "a ZIP archive", "Unpack it: unzip {name}"


def _unread(file: Path, path: str, what: str, way_out: str) -> DatasetError:
    fix = way_out.replace("{name}", file.name).replace("{stem}", file.stem)
    return DatasetError(f"{show(path)} is {what}, which is not read (dataset.path). {show(fix)}")
