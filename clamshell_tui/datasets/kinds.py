"""Finds out the kind of a file from its first bytes."""

from pathlib import Path

from clamshell_tui.datasets.signatures import PARQUET
from clamshell_tui.datasets.text_file import TextFile, first_bytes, resolve


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
