"""The handbook's summary of the paper's tables follows from their cells."""

import pytest

from clamshell_tui.experiments.catalog import TABLES
from tests.docs.paper_tables import PAGE, blocks, in_all, marks, renewed, summaries

TEXT = PAGE.read_text("utf-8")
NEW = """\
T-SM  Something new
Paper: §6.3. Here: mean and 95 % interval of 2 seeds.

R    task std  paper
1    5 ± 1 x  4-6 x ✓
3    9 ± 1 x  4-6 x ↑

task std: agrees in 1 of 2 rows.
In all: agrees in 1 of 2, 1
    higher
clamshell-tui 0.2.0: clamshell paper T-SM --seeds 2 (seeds 0 to 1); numpy 2.0
"""


def said(counts: dict[str, int]) -> str:
    """The rule of ``summary``, written once more."""
    judged = {name: counts[name] for name in ("agrees", "higher", "lower", "open")}
    parts = [f"agrees in {judged.pop('agrees')} of {sum(counts.values()) - counts['fitted']}"]
    parts += [f"{number} {name}" for name, number in judged.items() if number]
    return ", ".join(parts) + (f"; {counts['fitted']} fitted" if counts["fitted"] else "")


@pytest.mark.parametrize("name", TABLES)
def test_the_summary_counts_the_marks_of_the_table(name: str) -> None:
    assert summaries(TEXT)[name] == said(marks(blocks(TEXT)[name]))


def test_new_tables_replace_the_old_ones_and_their_verdicts() -> None:
    text = renewed(TEXT, {"T-SM": NEW})
    assert blocks(text)["T-SM"] == NEW
    assert summaries(text)["T-SM"] == in_all(NEW) == "agrees in 1 of 2, 1 higher"
    assert blocks(text)["T-PM"] == blocks(TEXT)["T-PM"]
    assert text.count("```") == TEXT.count("```")
