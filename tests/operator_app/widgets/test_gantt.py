"""The timeline: bars, selection, zoom, following; and its data."""

from collections.abc import Sequence

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.gantt_rows import (
    BAR_STYLES,
    Bar,
    Highlight,
    Kind,
    RowDrawing,
    TimeMark,
    Window,
    fitted,
)
from clamshell_tui.operator_app.widgets.style import ASCII, UNICODE, Glyphs
from tests.operator_app.widgets.bar_index import BarIndex
from tests.operator_app.widgets.samples import timeline
from tests.operator_app.widgets.stage import play, texts

Heard = list[tuple[object, ...]]


def small() -> BarIndex:
    """Three slots; the task of slot a is slow and duplicated in slot c."""
    index = BarIndex()
    for key in "abc":
        index.row(key, f"slot {key}")
    index.mark(TimeMark(0.0, "batch 1"))
    index.put("a", Bar("a1", 0, 20, Kind.TERMINATED, link="t1", label="t1"))
    index.put("b", Bar("b1", 2, 9, Kind.COMPLETED, link="t2", label="t2"))
    index.put("b", Bar("b2", 12, 18, Kind.COMPLETED, link="t3", label="t3"))
    index.put("c", Bar("c1", 10, 20, Kind.COMPLETED, duplicate=True, link="t1", label="t1"))
    index.put("a", Bar("a2", 22, None, Kind.ACTIVE, link="t4", label="t4"))
    index.mark(TimeMark(21.0, "batch 2"))
    return index


def drawn(
    bars: Sequence[Bar], width: int = 20, now: float = 100.0, glyphs: Glyphs = UNICODE
) -> str:
    chars, inks = [" "] * width, ["text"] * width
    RowDrawing(Window(), now, glyphs, Highlight()).draw(bars, chars, inks)
    return "".join(chars).rstrip()


def test_the_whole_timeline() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(small(), now=30.0)
        assert texts(gantt) == [
            "       ┬batch 1             ┬batch 2",
            "slot a ▒t1▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒\u2573 ┊━t4━━━━▶│",
            "slot b ┊ █t2████   █t3███   ┊        │",
            "slot c ┊         █+t1██████ ┊        │",
            *[""] * 6,
            "       │0:00          │0:15          0:30           │0:45",
            "       ███ completed  ▒▒\u2573 terminated  ━━▶ active  ░░◇ abandoned",
        ]

    play(gantt, story, size=(70, 12))


def test_an_empty_timeline_says_what_will_be_here() -> None:
    gantt = Gantt(empty="bars appear as workers get tasks")

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        assert "bars appear as workers get tasks" in "\n".join(texts(gantt))
        gantt.update(BarIndex(), now=3.0)
        assert "bars appear as workers get tasks" in "\n".join(texts(gantt))
        await pilot.press("right", "up", "plus", "a", "f", "enter")
        assert heard == []

    play(gantt, story)


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (2, 5, "  ███"),
        (2.5, 4.25, "  ▌█▎"),
        (2.25, 2.75, "  ▌"),
        (2, 2, "  ▏"),
        (-5, 1.5, "█▌"),
        (18, 25, " " * 18 + "██"),
        (30, 40, ""),
    ],
)
def test_solid_bars_end_within_a_cell(start: float, end: float, shown: str) -> None:
    assert drawn([Bar("x", start, end, Kind.COMPLETED)]) == shown


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_kinds_differ_without_colour(glyphs: Glyphs) -> None:
    looks = {drawn([Bar("x", 0, 4, kind)], glyphs=glyphs) for kind in Kind}
    assert len(looks) == len(Kind)
    assert len({look.ink for look in BAR_STYLES.values()}) == len(Kind)


def test_what_goes_on_reaches_until_now() -> None:
    live = [Bar("x", 1, None, Kind.ACTIVE)]
    assert drawn(live, now=5) == " ━━━▶"
    assert drawn(live, now=7) == " ━━━━━▶"


def test_more_bars_than_cells_are_summed_up() -> None:
    half = [Bar(str(n), n / 10, n / 10 + 0.05, Kind.COMPLETED) for n in range(100)]
    assert drawn(half, 20) == "▄" * 10
    ended = [Bar(str(n), n / 10, n / 10 + 0.09, Kind.TERMINATED) for n in range(100)]
    assert drawn(ended, 20) == "▒" * 10


def test_arrows_select_and_say_so() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(small(), now=30.0)
        await pilot.press("right", "left", "left", "down", "down", "up", "right", "escape")
        assert heard == [
            ("Bar", "a", "a2"),
            ("Bar", "a", "a1"),
            ("Bar", "b", "b1"),
            ("Bar", "c", "c1"),
            ("Bar", "b", "b2"),
            ("Bar", None, None),
        ]

    play(gantt, story)


def test_a_click_selects_the_bar_under_it() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(small(), now=30.0)
        await pilot.click(gantt, offset=(7 + 14, 2))
        await pilot.click(gantt, offset=(7 + 10, 2))
        assert heard == [("Bar", "b", "b2"), ("Bar", None, None)]

    play(gantt, story)


def test_a_duplicate_is_joined_to_its_original() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        source = small()
        gantt.update(source, now=30.0)
        gantt.select("a", source.linked("t1")[0][1])
        column = [line[17] for line in texts(gantt)[1:4]]
        assert column == ["┳", "┃", "┻"]
        gantt.action_select_none()
        assert [line[17] for line in texts(gantt)[1:4]] == ["▒", " ", "█"]

    play(gantt, story)


def test_the_selected_bar_is_known_when_it_ends() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        source = small()
        gantt.update(source, now=30.0)
        await pilot.press("right")
        source.put("a", Bar("a2", 22, 31, Kind.COMPLETED, link="t4", label="t4"))
        gantt.update(source, now=32.0)
        assert gantt.selected == Bar("a2", 22, 31, Kind.COMPLETED, link="t4", label="t4")
        assert len(heard) == 1

    play(gantt, story)


def test_it_follows_now_until_somebody_scrolls() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(small(), now=500.0)
        assert gantt.window.first > 400
        await pilot.press("shift+left")
        first = gantt.window.first
        gantt.update(small(), now=600.0)
        assert gantt.window.first == first
        assert not gantt.follows
        await pilot.press("f")
        assert gantt.window.first > 500

    play(gantt, story)


def test_zoom_keeps_the_time_under_the_pointer() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(timeline(4, 400), now=1200.0)
        gantt.show_window(Window(100, 1.0))
        for event, step in ((MouseScrollUp, 0.7), (MouseScrollDown, 1.0), (MouseScrollDown, 1.5)):
            before = gantt.window.time(40)
            gantt.post_message(_wheel(gantt, event))
            await pilot.pause()
            assert gantt.window.step == step
            assert abs(gantt.window.time(40) - before) <= step

    play(gantt, story)


def _wheel(
    gantt: Gantt, kind: type[MouseScrollUp] | type[MouseScrollDown]
) -> MouseScrollUp | MouseScrollDown:
    return kind(gantt, 47, 5, 0, 0, 0, False, False, True)


def test_all_of_it_fits() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(timeline(4, 4000), now=12_000.0)
        await pilot.press("a")
        assert gantt.window.time(0) <= 0
        assert gantt.window.time(73) >= 12_000

    play(gantt, story)


def test_rows_scroll_to_the_selected_one() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        gantt.update(timeline(50, 500), now=120.0)
        await pilot.press("right", *["down"] * 24)
        assert heard[-1][1] == "24"
        assert any(line.startswith("slot 25") for line in texts(gantt))
        assert not any(line.startswith("slot 1 ") for line in texts(gantt))
        await pilot.press(*["shift+up"] * 5)
        assert texts(gantt)[1].startswith("slot 1 ")

    play(gantt, story)


def test_only_the_lines_that_changed_are_painted() -> None:
    gantt = Gantt()

    async def story(pilot: Pilot[None], heard: Heard) -> None:
        source = small()
        gantt.update(source, now=30.0)
        before = [gantt.render_line(y) for y in range(24)]
        source.put("b", Bar("b3", 29, None, Kind.ACTIVE, link="t9"))
        gantt.update(source, now=30.01)
        after = [gantt.render_line(y) for y in range(24)]
        assert [y for y in range(24) if before[y] != after[y]] == [2]

    play(gantt, story)


def test_bars_are_found_by_time() -> None:
    index = small()
    assert [bar.id for bar in index.bars("b", 9, 12)] == []
    assert [bar.id for bar in index.bars("b", 8.9, 12.1)] == ["b1", "b2"]
    assert [bar.id for bar in index.bars("a", 1000, 2000)] == ["a2"]
    assert [bar.id for bar in index.bars("b", 3, 4)] == ["b1"]
    assert [(row, bar.id) for row, bar in index.linked("t1")] == [("a", "a1"), ("c", "c1")]
    assert [mark.label for mark in index.marks(1, 30)] == ["batch 2"]
    assert index.span() == (0, 22)


def test_bars_of_a_row_come_in_order() -> None:
    index = small()
    with pytest.raises(ValueError, match="bar x of row b begins before the one before it"):
        index.put("b", Bar("x", 1, 2, Kind.COMPLETED))


def test_a_window_fits_a_span_and_follows_now() -> None:
    window = fitted(100, 1000, 90)
    assert window.time(0) <= 100
    assert window.time(90) >= 1000
    assert Window(0, 1.0).following(5, 80) == Window(0, 1.0)
    assert Window(0, 1.0).following(200, 80).column(200) == pytest.approx(74, abs=1)
