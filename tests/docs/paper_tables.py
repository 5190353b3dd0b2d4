"""Put finished tables of the paper into the handbook: text, and the verdicts of its summary.

Run by hand, after the tables were made::

    clamshell paper --full --jobs 2 --out tables/ --force
    python -m tests.docs.paper_tables tables/

The figures of the summary are written by hand; the program names the rows that may need an update.
"""

import re
import sys
from pathlib import Path

from clamshell_tui.cli.help import HANDBOOK

PAGE = HANDBOOK / "paper.md"
_BLOCK = re.compile(r"```text\n(([TB]-\w+)  .*?)```", re.DOTALL)
_ROW = re.compile(r"^\| (T-\w+) \|.*\| ([^|]+) \|$", re.MULTILINE)
_MARKS = {"agrees": "✓", "higher": "↑", "lower": "↓", "open": "?", "fitted": "fitted"}


def blocks(page: str) -> dict[str, str]:
    """The tables of the page, by id."""
    return {found[2]: found[1] for found in _BLOCK.finditer(page)}


def summaries(page: str) -> dict[str, str]:
    """The verdicts of the page's summary, by id."""
    return {found[1]: found[2].strip() for found in _ROW.finditer(page)}


def in_all(table: str) -> str:
    """The sum of its verdicts, as the table states it."""
    text = " ".join(table.split())
    found = re.search(r"In all: (.*?)(?= clamshell-tui \d|$)", text)
    return found[1] if found else ""


def marks(table: str) -> dict[str, int]:
    """Number of verdicts of each kind in its rows."""
    body = table.split("\n\n")[1]
    return {
        name: len(re.findall(rf"(?<= ){re.escape(mark)}(?=\s|$)", body, re.MULTILINE))
        for name, mark in _MARKS.items()
    }


def renewed(page: str, tables: dict[str, str]) -> str:
    """The page with these tables, and with the verdicts that follow from them."""

    def block(found: re.Match[str]) -> str:
        return f"```text\n{tables[found[2]]}```" if found[2] in tables else found[0]

    def row(found: re.Match[str]) -> str:
        if found[1] not in tables:
            return found[0]
        head, _, _ = found[0].removesuffix(" |").rpartition(" | ")
        return f"{head} | {in_all(tables[found[1]])} |"

    return _ROW.sub(row, _BLOCK.sub(block, page))


def main(folder: Path) -> None:
    """Renew the page from the .txt files of a folder."""
    tables = {path.stem.upper(): path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}
    before = PAGE.read_text("utf-8")
    PAGE.write_text(renewed(before, tables), "utf-8")
    changed = [name for name, text in tables.items() if blocks(before).get(name) != text]
    print(f"changed: {', '.join(changed) or 'none'}. Check the figures of these in the summary")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
