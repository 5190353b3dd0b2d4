"""Figures are drawn: the same panels give the same file, with plain numbers and fixed colours."""

from pathlib import Path

import pytest

from clamshell_tui.report.chart import ChartSeries, Panel
from clamshell_tui.report.chart_matplotlib import STAMPED, can_draw, draw
from clamshell_tui.runfile.output_path import head

pytestmark = pytest.mark.skipif(not can_draw(), reason="needs matplotlib")

LINE = ChartSeries("live", (1.0, 2.0, 3.0), (2.0, 20.0, 60.0), (1.0, 15.0, 50.0), (3.0, 25.0, 70.0))
BARS = tuple(
    ChartSeries(name, (0.0, 1.0), (1.0, 2.0), (0.5, 1.5), (1.5, 2.5), "bars") for name in ("a", "b")
)
NAMES = {0.0: "one copy more than needed (R = 1)", 1.0: "longest-running"}
PANELS = [
    Panel("Lines", "R", "times less", (LINE,), y_log=True, band=(5.0, 10.0), level=1.0),
    Panel("Bars", "", "times as much", BARS, x_names=NAMES),
    Panel("Points", "x", "y", (ChartSeries("p", (1.0, 2.0), (1.0, 2.0), kind="points"),)),
    Panel("Steps", "x", "y", (ChartSeries("s", (1.0, 2.0), (1.0, 2.0), kind="steps"),)),
    Panel(
        "Dashes", "x", "y", (ChartSeries("d", (1.0, 2.0), (1.0, 2.0), kind="dashes"),), x_log=True
    ),
]


def test_the_same_panels_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        draw("Title", ["a note", "made by"], PANELS, [tmp_path / folder / "f.svg"])
    assert (tmp_path / "one/f.svg").read_bytes() == (tmp_path / "two/f.svg").read_bytes()


def test_text_stays_text_and_numbers_are_plain(tmp_path: Path) -> None:
    draw("Title", ["a note", "made by"], PANELS[:2], [tmp_path / "f.svg"])
    svg = (tmp_path / "f.svg").read_text("utf-8")
    for text in (
        "Title",
        "a note",
        "made by",
        "times less",
        "the paper",
        "live",
        "one copy more than",
        "needed (R = 1)",
        "50",
    ):
        assert f">{text}<" in svg


def test_a_population_has_its_colour_in_every_figure(tmp_path: Path) -> None:
    draw("", ["", ""], [PANELS[1], PANELS[0]], [tmp_path / "f.svg"])
    svg = (tmp_path / "f.svg").read_text("utf-8")
    assert "stroke: #e69f00" in svg  # live, though two others come first


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_figure_carries_its_stamp_where_a_later_run_looks_for_it(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"f.{kind}"
    draw("Title", ["a note", "made by clamshell paper T-X"], PANELS, [path])
    assert STAMPED in head(path)
    assert "made by clamshell paper T-X" in head(path)
