"""The live picture: what it says, at any width, for small and large pools."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from clamshell_tui.cli.live_view import LiveView
from clamshell_tui.cli.progress import plain_line
from clamshell_tui.formats import money
from clamshell_tui.run.totals import RunTotals
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.simulator.run_scenario import run_scenario


def _snapshots(tiny: Path, *overrides: str) -> list[RunTotals]:
    seen: list[RunTotals] = []
    scenario = load_scenario(tiny, overrides)
    run_scenario(scenario, tiny.parent, watch=seen.append, pace=lambda: True)
    return seen


def _drawn(snapshots: list[RunTotals], width: int = 80, *, unicode: bool = True) -> list[str]:
    view = LiveView("tiny", unicode=unicode)
    console = Console(width=width, file=None, markup=False, highlight=False, color_system=None)
    for snapshot in snapshots:
        with console.capture() as captured:
            console.print(view.draw(snapshot))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_while_recruiting_it_shows_the_slots_that_are_filled(tiny: Path) -> None:
    recruiting = [s for s in _snapshots(tiny) if s.phase == "recruiting" and s.seated == 2]
    lines = _drawn(recruiting[:1])
    assert lines[1].startswith(" recruiting ━")
    assert lines[1].endswith("2 of 4 slots filled")


def test_while_labelling_every_line_says_its_part(tiny: Path) -> None:
    snapshots = _snapshots(tiny)
    middle = next(
        number
        for number, each in enumerate(snapshots)
        if each.labels >= 20 and each.batch and each.batch.tasks > each.batch.done + 2
    )
    lines = _drawn(snapshots[: middle + 1])
    snapshot = snapshots[middle]
    text = "\n".join(lines)
    assert f"{snapshot.labels} of 45 labels, " in lines[1]
    assert lines[1].endswith("to go")
    assert f" batch {snapshot.batches}" in text
    assert "to do" in text
    assert "working" in text
    assert f"{snapshot.assignments} assignments" in text
    assert f"{money(sum(snapshot.cost.values()))}  waiting $" in text
    assert "labels used" in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(tiny: Path, width: int) -> None:
    for snapshot in _snapshots(tiny):
        lines = _drawn([snapshot], width)
        assert len(lines) == 8
        assert max(map(len, lines)) <= width


def test_ascii_is_enough(tiny: Path) -> None:
    assert "\n".join(_drawn(_snapshots(tiny)[:-1], unicode=False)).isascii()


def test_a_large_pool_is_drawn_to_scale(tiny: Path) -> None:
    snapshot = _snapshots(tiny)[-2]
    pool = _drawn([replace(snapshot, slots=1500, seated=0, idle=0, away=0)])[4]
    assert "1500 empty" in pool
    assert pool.count("·") == 30


def test_a_plain_line_tells_the_same(tiny: Path) -> None:
    last = _snapshots(tiny)[-1]
    line = plain_line(last)
    assert line.startswith("45 of 45 labels after ")
    assert line.endswith(", budget of labels reached")


def test_a_hostile_title_cannot_drive_the_terminal() -> None:
    console = Console(width=80, markup=True, color_system=None)
    with console.capture() as captured:
        console.print(LiveView("[red]\x1b[2J[/").waiting("loading"))
    assert captured.get().startswith(" [red]\ufffd[2J[/")
