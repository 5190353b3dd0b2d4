"""Verdicts come out of intervals and the paper's ranges alone."""

from math import inf
from pathlib import Path

import pytest

from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.experiments.table import Range, between
from clamshell_tui.experiments.verdicts import PaperVerdict, reasons, verdict


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Interval(3.0, 2.9, 3.1), PaperVerdict.AGREES),
        (Interval(2.0, 1.9, 2.1), PaperVerdict.AGREES),
        (Interval(3.0, 1.0, 4.0), PaperVerdict.AGREES),
        (Interval(3.0, 2.5, 9.0), PaperVerdict.AGREES),
        (Interval(3.0, 1.0, 9.0), PaperVerdict.OPEN),
        (Interval(1.5, 1.2, 1.8), PaperVerdict.LOWER),
        (Interval(1.5, 1.2, 2.0), PaperVerdict.OPEN),
        (Interval(5.5, 5.1, 5.9), PaperVerdict.HIGHER),
        (Interval(5.5, 4.9, 6.1), PaperVerdict.OPEN),
        (Interval(3.0, -inf, inf), PaperVerdict.OPEN),
        (Interval(1.0, 0.0, inf), PaperVerdict.OPEN),
    ],
)
def test_the_verdict_is_of_the_interval_against_the_range(
    found: Interval, expected: PaperVerdict
) -> None:
    assert verdict(found, between(2, 5)) is expected


def test_a_claim_with_one_end_is_held_against_that_end_alone() -> None:
    slower = Range(1.0, inf, "slower")
    assert verdict(Interval(1.2, 1.1, 1.3), slower) is PaperVerdict.AGREES
    assert verdict(Interval(1.2, 0.9, 1.5), slower) is PaperVerdict.OPEN
    assert verdict(Interval(0.8, 0.7, 0.9), slower) is PaperVerdict.LOWER


def test_reasons_are_paragraphs_of_the_first_comment(tmp_path: Path) -> None:
    path = tmp_path / "t-x.toml"
    path.write_text(
        "# A title.\n#\n# Differs (cost): nobody\n# is paid.\n#\n# Differs (task std): chance.\n"
        "\n# Differs (late): not in the first comment.\nname = 'x'\n"
    )
    assert reasons(path) == {"cost": "nobody is paid.", "task std": "chance."}
