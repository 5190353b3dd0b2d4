"""Put finished tables of the paper into the README: text, and the verdicts of its summary.

Run by hand, after the tables were made::

    clamshell paper --full --jobs 2 --out tables/ --force
    python -m tests.readme_tables tables/

The figures of the summary are written by hand; the program reminds of the rows that may need it.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_BLOCK = re.compile(r"```text\n(([TB]-\w+)  .*?)```", re.DOTALL)
_ROW = re.compile(r"^\| (T-\w+) \|.*\| ([^|]+) \|$", re.MULTILINE)
_MARKS = {"agrees": "✓", "higher": "↑", "lower": "↓", "open": "?", "fitted": "fitted"}


def blocks(readme: str) -> dict[str, str]:
    """The tables that stand in a README, by id."""
    return {found[2]: found[1] for found in _BLOCK.finditer(readme)}


def summaries(readme: str) -> dict[str, str]:
    """The verdicts of its summary, by id."""
    return {found[1]: found[2].strip() for found in _ROW.finditer(readme)}


def in_all(table: str) -> str:
    """What its verdicts add up to, as the table itself says."""
    text = " ".join(table.split())
    found = re.search(r"In all: (.*?)(?= clamshell-tui \d|$)", text)
    return found[1] if found else ""


def marks(table: str) -> dict[str, int]:
    """How many verdicts of each kind its rows show."""
    body = table.split("\n\n")[1]
    return {
        name: len(re.findall(rf"(?<= ){re.escape(mark)}(?=\s|$)", body, re.MULTILINE))
        for name, mark in _MARKS.items()
    }


def renewed(readme: str, tables: dict[str, str]) -> str:
    """The README with these tables, and with the verdicts that follow from them."""

    def block(found: re.Match[str]) -> str:
        return f"```text\n{tables[found[2]]}```" if found[2] in tables else found[0]

    def row(found: re.Match[str]) -> str:
        if found[1] not in tables:
            return found[0]
        head, _, _ = found[0].removesuffix(" |").rpartition(" | ")
        return f"{head} | {in_all(tables[found[1]])} |"

    return _ROW.sub(row, _BLOCK.sub(block, readme))


def main(folder: Path) -> None:
    """Renew the README from the .txt files of a folder."""
    tables = {path.stem.upper(): path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}
    before = README.read_text("utf-8")
    README.write_text(renewed(before, tables), "utf-8")
    changed = [name for name, text in tables.items() if blocks(before).get(name) != text]
    print(f"changed: {', '.join(changed) or 'none'}. Check the figures of these in the summary")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
