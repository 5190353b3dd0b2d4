"""Finds out the kind of a file from its first bytes, of a folder from the names in it."""

import re
from pathlib import Path

from clamshell_tui.datasets.signatures import PARQUET
from clamshell_tui.datasets.text_file import TextFile, first_bytes, resolve

_CIFAR = re.compile(r"(data_batch_[0-9]+|test_batch)\.bin")


def kind_of(file: Path, path: str) -> str:
    """Return ``dataset.kind``; DatasetError for a kind that is not read."""
    head = first_bytes(resolve(Path(), str(file)), path)
    if head.startswith(PARQUET):
        return "parquet"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
    if start[:1] in (b"{", b"["):
        return "jsonl"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16
        lines, _ = TextFile(file, path, None).head()
        return "jsonl" if "".join(lines).lstrip()[:1] in tuple("{[") else "csv"
    return "csv"


def kind_of_folder(folder: Path) -> str:
    """Return ``dataset.kind`` of a folder of pictures."""
    names = [entry.name for entry in folder.iterdir()]
    if any("-idx3-ubyte" in name for name in names):
        return "mnist"
    return "cifar-10" if any(_CIFAR.fullmatch(name) for name in names) else "pictures"
