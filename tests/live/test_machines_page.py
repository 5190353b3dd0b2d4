"""The how-to of machines, followed word by word."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clamshell_tui.cli.help import HANDBOOK
from tests.live.processes import mentioning


def blocks(kind: str) -> list[str]:
    """The fenced blocks of the page in one language."""
    page = (HANDBOOK / "machines.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_page_of_machines_works_word_by_word(tmp_path: Path) -> None:
    """Machine and bots label all records, and the machine saves people work."""
    for block in (*blocks("python"), *blocks("toml")):
        name = block.splitlines()[0].removeprefix("# ")
        (tmp_path / name).write_text(block, "utf-8")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks("sh")[0]],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    report = re.search(r"(\d+) labels, \d+ abstained, \$0.0\d+; the run is over", done.stderr)
    assert report is not None, done.stderr
    assert int(report[1]) >= 100
    assert not mentioning(tmp_path)
    with (tmp_path / "out" / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200
    assert all(row["label"] for row in rows)
    of_machine = [row for row in rows if row["source"] == "machine"]
    assert len(of_machine) >= 20
    assert all(row["label"] == row["truth"] and row["votes"] == "0" for row in of_machine)
    assert {row["confidence"] for row in of_machine} == {"0.97", "0.95", "0.96"}
