"""Moving through the time of a run that is over: keys, clicks, typed times."""

import asyncio

import pytest

from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.operator_app.header import StatusLine
from clamshell_tui.operator_app.transport import PlayerBar
from clamshell_tui.run.log import EventKind
from clamshell_tui.runfile.file_run import FileRun
from tests.coordinator.wire import story
from tests.operator_app.screen import Loaded, Screen, screen


class Live(Loaded):
    """A run that is followed, from the file of one that is over."""

    live = True


def test_a_live_run_that_is_followed_is_drawn_once_a_second(kept: FileRun) -> None:
    now = 0.0
    drawn: list[float] = []

    async def look() -> None:
        nonlocal now
        app = OperatorApp(Live(kept), lambda: now)
        async with app.run_test() as pilot:
            await pilot.pause()
            app.page.show = lambda view: drawn.append(now)  # type: ignore[method-assign]
            for number in range(1, 31):
                now = number / 10
                app._frame()
            assert drawn == pytest.approx([1.0, 2.0, 3.0])
            app.player.seek(0.0)
            app._frame()
            assert len(drawn) == 4, "a moment of the past is drawn with the next frame"

    asyncio.run(look())


@story
async def test_a_kept_run_is_shown_at_its_end_and_a_replay_begins_at_its_beginning(
    kept: FileRun,
) -> None:
    async with screen(Loaded(kept)) as watched:
        await watched.until(lambda: watched.app.player.following)
        assert watched.app.player.at == kept.replica.end
    async with screen(Loaded(kept), replay=True) as watched:
        await watched.until(lambda: watched.app.player.playing)
        assert watched.app.player.at < kept.replica.end / 10


@story
async def test_keys_step_to_what_happened_next_and_last(kept: FileRun) -> None:
    history = kept.replica.history
    async with screen(Loaded(kept), page="pool") as watched:
        await watched.press("0")
        assert watched.app.player.at == 0.0
        for key, moment in (
            ("e", EventKind.EVICTION),
            ("d", EventKind.DUPLICATE),
            ("b", EventKind.BATCH),
        ):
            await watched.seek(0.0)
            first = history.next_event(moment, 0.0)
            await watched.press(key)
            assert watched.app.player.at == first
            await watched.press(key, key.upper())
            assert watched.app.player.at == first
        await watched.press("E")
        await watched.reads("no earlier eviction")
        await watched.press("9", "e")
        await watched.reads("no later eviction")


@story
async def test_space_plays_and_stands_still_and_brackets_change_the_speed(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as watched:
        player = watched.app.player
        await watched.seek(100.0)
        await watched.press("space")
        assert player.playing
        await watched.press("space")
        assert (player.playing, player.at) == (False, 100.0)
        await watched.press("]")
        assert player.speed == 2.0
        await watched.press("[", "[")
        assert player.speed == 0.5
        assert "x0.5" in watched.text
        await watched.press(".")
        assert player.at > 100.0
        await watched.press(",")
        assert player.at == 100.0


@pytest.mark.slow
@story
async def test_a_time_can_be_typed_and_nonsense_changes_nothing(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="pool") as watched:
        await watched.press("g")
        await watched.reads("Go to", "50%")
        await watched.type("50%")
        await watched.press("enter")
        assert watched.app.player.at == pytest.approx(kept.replica.end / 2)
        await watched.press("g")
        await watched.type("soon")
        await watched.press("enter")
        await watched.reads("is not a time")
        assert watched.app.player.at == pytest.approx(kept.replica.end / 2)
        await watched.press("g")
        await watched.press("escape")
        assert watched.app.player.at == pytest.approx(kept.replica.end / 2)


@story
async def test_while_a_line_is_typed_keys_belong_to_it(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="pool") as watched:
        await watched.seek(100.0)
        await watched.press("g")
        await watched.press(*"1ed b")
        assert watched.app.player.at == 100.0
        assert watched.app.page.ID == "pool"
        assert "1ed b" in watched.text


@story
async def test_a_click_on_the_line_of_time_goes_there(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as watched:
        bar = watched.app.query_one(PlayerBar)
        await watched.pilot.click(PlayerBar, offset=(bar.size.width // 2, 0))
        await watched.drawn()
        assert 0.3 < watched.app.player.at / kept.replica.end < 0.7
        await watched.pilot.click(PlayerBar, offset=(0, 0))
        await watched.drawn()
        assert watched.app.player.at == 0.0


@story
async def test_the_line_of_time_marks_evictions(kept: FileRun) -> None:
    assert kept.replica.history.evictions
    async with screen(Loaded(kept)) as watched:
        await watched.seek(0.0)
        (line,) = [line for line in watched.lines if "\u2500\u2500\u2500\u2500\u2573" in line]
        assert line.count("\u2573") <= len(kept.replica.history.evictions)


@story
async def test_the_first_line_says_what_run_it_is_and_how_it_stands(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as watched:
        await watched.reads("kept")
        first = watched.lines[0]
        assert first.split()[:2] == ["CLAMShell", "story"]
        assert "finished: all records are labelled" in first
        await watched.seek(0.0)
        assert "recruiting  0 s" in watched.lines[0].replace("0.0 s", "0 s")


@story
async def test_a_problem_takes_the_first_line(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as watched:
        watched.app.problem = "the journal is damaged"
        await watched.drawn()
        assert watched.lines[0].strip() == "the journal is damaged"


@story
async def test_the_first_line_has_room_for_all_of_it_on_a_small_terminal(kept: FileRun) -> None:
    async with screen(Loaded(kept), (80, 24)) as watched:
        await watched.seek(100.0)
        line = watched.app.query_one(StatusLine).render_line(0).text
        assert line.startswith(" CLAMShell  story  recruiting  1 min 40 s")
        assert line.endswith("kept ")


async def _pages(watched: Screen, *keys: str) -> list[str]:
    found = []
    for key in keys:
        await watched.press(key)
        found.append(watched.app.page.ID)
    return found


@pytest.mark.slow
@story
async def test_pages_are_chosen_by_digits_tab_and_mouse(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as watched:
        assert await _pages(watched, *"54321") == [
            "costs",
            "learning",
            "timeline",
            "pool",
            "overview",
        ]
        assert await _pages(watched, "tab", "tab", "shift+tab") == ["pool", "timeline", "pool"]
        await watched.pilot.click("#tabs", offset=(30, 0))
        await watched.drawn()
        assert watched.app.page.ID == "timeline"
