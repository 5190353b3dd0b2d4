"""The table: what it says, what it shows, and how little it paints."""

from dataclasses import dataclass, replace

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from clamshell_tui.operator_app.widgets.live_table import LiveTable
from clamshell_tui.operator_app.widgets.table_layout import Column, TableSection, place
from tests.operator_app.widgets.samples import SEAT_COLUMNS, Seat, seats
from tests.operator_app.widgets.stage import play, texts

Heard = list[tuple[object, ...]]


@dataclass(frozen=True)
class Animal:
    name: str
    legs: int | None


COLUMNS = (
    Column[Animal]("name", "Name", lambda row: row.name, 8, sort=lambda row: row.name),
    Column[Animal](
        "legs",
        "Legs",
        lambda row: "?" if row.legs is None else str(row.legs),
        6,
        align="right",
        sort=lambda row: row.legs,
    ),
)
ANIMALS = [Animal("cat", 4), Animal("ant", 6), Animal("hen", 2), Animal("yeti", None)]


class Counting(LiveTable[Animal]):
    """Notes what it is asked to paint again."""

    asked: list[Region] | None = None

    def refresh(self, *regions: Region, **options: bool) -> "Counting":
        if self.asked is not None:
            self.asked += regions or [self.size.region]
        return super().refresh(*regions, **options)


def zoo() -> Counting:
    return Counting(COLUMNS, lambda row: row.name, empty="no animal has come yet")


def test_it_says_what_will_be_here() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        assert "no animal has come yet" in "\n".join(texts(table))
        table.update(ANIMALS)
        assert texts(table)[:3] == ["Name       Legs", "cat           4", "ant           6"]
        table.update([])
        assert "no animal has come yet" in "\n".join(texts(table))

    play(table, story)


def test_keys_move_the_cursor_over_rows_only_and_enter_opens() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update([*ANIMALS[:1], TableSection("birds"), *ANIMALS[2:3], TableSection("others")])
        await pilot.press("down", "down", "enter", "up", "enter")
        assert heard == [
            ("Highlighted", "cat"),
            ("Highlighted", "hen"),
            ("Selected", "hen"),
            ("Highlighted", "cat"),
            ("Selected", "cat"),
        ]

    play(table, story)


def test_a_click_opens_a_row_and_a_click_on_a_title_sorts() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update(ANIMALS)
        await pilot.click(table, offset=(2, 3))
        await pilot.click(table, offset=(10, 0))
        await pilot.click(table, offset=(10, 0))
        assert heard[1:] == [
            ("Highlighted", "hen"),
            ("Selected", "hen"),
            ("Sorted", "legs", False),
            ("Sorted", "legs", True),
        ]
        assert [line.split()[0] for line in texts(table)[1:5]] == ["ant", "cat", "hen", "yeti"]
        assert "▼Legs" in texts(table)[0]

    play(table, story)


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (">", ["ant", "cat", "hen", "yeti"]),
        (">i", ["yeti", "hen", "cat", "ant"]),
        (">>", ["hen", "cat", "ant", "yeti"]),
        (">>i", ["ant", "cat", "hen", "yeti"]),
        ("<", ["hen", "cat", "ant", "yeti"]),
        ("i", ["cat", "ant", "hen", "yeti"]),
    ],
)
def test_keys_sort_and_the_unknown_stands_last(keys: str, order: list[str]) -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update(ANIMALS)
        await pilot.press(*keys)
        assert [line.split()[0] for line in texts(table)[1:5]] == order
        assert table.cursor == "cat"

    play(table, story)


def test_sections_are_sorted_apart() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update([*ANIMALS[:2], TableSection("birds", "1"), *ANIMALS[2:]])
        await pilot.press("greater_than_sign")
        lines = texts(table)
        assert [line.split()[0] for line in (*lines[1:3], *lines[4:6])] == [
            "ant",
            "cat",
            "hen",
            "yeti",
        ]
        assert lines[3].startswith("── birds \u00b7 1 ─")

    play(table, story)


def test_only_the_cells_that_changed_are_painted_again() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update(ANIMALS)
        await pilot.pause()
        table.asked = []
        table.update(ANIMALS)
        table.update([replace(animal) for animal in ANIMALS])
        assert table.asked == []
        table.update([*ANIMALS[:2], Animal("hen", 3), ANIMALS[3]])
        assert table.asked == [Region(9, 3, 6, 1)]
        await pilot.pause()
        assert texts(table)[3] == "hen           3"

    play(table, story)


def test_the_cursor_stays_on_its_row_and_goes_to_the_first_when_that_is_gone() -> None:
    table = zoo()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update(ANIMALS)
        table.move_cursor("hen")
        table.sort("name")
        table.update(ANIMALS[::-1])
        assert table.cursor == "hen"
        table.update(ANIMALS[:2])
        assert table.cursor == "ant"
        table.update([])
        assert table.cursor is None

    play(table, story)


def test_two_hundred_rows_scroll_and_leave_room_for_the_bar() -> None:
    rows = seats(200)
    table = LiveTable[Seat](SEAT_COLUMNS, lambda row: row.worker)

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        table.update(rows)
        await pilot.pause()
        await pilot.pause()
        assert texts(table)[0].endswith("Pay")
        assert table.scrollable_content_region.width == 79
        assert [table.render_line(y).cell_length for y in range(3)] == [79, 79, 79]
        await pilot.press("end")
        await pilot.pause()
        assert texts(table)[-1].startswith("P200")
        await pilot.press("home", "pagedown")
        await pilot.pause()
        assert texts(table)[0].startswith("Worker")
        assert table.cursor == "P023"

    play(table, story)


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (200, "worker state task age done latency pay"),
        (60, "worker state task age latency done"),
        (52, "worker state task age latency"),
        (30, "worker state age"),
        (5, "worker"),
    ],
)
def test_the_less_important_columns_go_first(width: int, kept: str) -> None:
    placed = place(SEAT_COLUMNS, width)
    assert {one.column.key for one in placed} == set(kept.split())
    assert placed[-1].x + placed[-1].width <= width


def test_what_is_left_over_goes_to_the_flexible() -> None:
    assert [one.width for one in place(SEAT_COLUMNS, 200)] == [8, 12, 144, 8, 6, 8, 8]
