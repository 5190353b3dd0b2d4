"""The pages of a run at fixed moments: what they say, then how they look."""

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from textual.pilot import Pilot

from clamshell_tui.experiments.forecast import Estimate
from clamshell_tui.experiments.intervals import Interval
from clamshell_tui.formats import money, price
from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.operator_app.dialogs import KEYS
from clamshell_tui.operator_app.pages.costs import CostsPage
from clamshell_tui.run.log import EventKind
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.terminal.themes import DARK
from tests.coordinator.wire import story
from tests.operator_app.screen import Loaded, screen


def busy(kept: FileRun) -> float:
    """A moment with workers gone, at work and waiting, a duplicate and a batch half done."""
    gone = [worker for worker in kept.replica.history.gone if worker.state == "evicted"]
    left = gone[0].left_at
    assert left is not None
    at = kept.replica.history.next_event(EventKind.DUPLICATE, left)
    assert at is not None
    return at + 0.5


@story
async def test_the_pool_tells_who_is_where_how_fast_and_who_has_gone_and_why(
    kept: FileRun,
) -> None:
    evicted = {each.worker: each for each in kept.replica.history.evictions}
    gone = next(evicted[each.id] for each in kept.replica.history.gone if each.id in evicted)
    async with screen(Loaded(kept), page="pool") as shown:
        await shown.seek(busy(kept))
        snapshot = shown.app.view().snapshot
        assert f"Pool: {snapshot.run.seated} of 6 slots taken" in shown.text
        assert "eviction above 6.0 s a label" in shown.text
        rows = {line[7:15].strip(): line for line in shown.lines if line.startswith("\u2502")}
        for card in snapshot.workers:
            line = rows[card.worker]
            assert money(card.owed_micros) in line
            if card.task is not None:
                assert f"#{card.task}" in line
        assert "evicted" in rows[gone.worker]
        assert f"{gone.estimate:.1f} s a label" in rows[gone.worker]
        shown.app.page.table.move_cursor(gone.worker)  # type: ignore[attr-defined]  # it is the pool's
        await shown.drawn()
        assert f"Worker {gone.worker}" in shown.text


@story
async def test_rows_are_sorted_by_keys_and_the_cursor_stays_on_its_worker(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="pool") as shown:
        await shown.seek(busy(kept))
        table = shown.app.page.table  # type: ignore[attr-defined]  # it is the pool's
        chosen = table.cursor
        await shown.press(">", ">")
        first, _ = table.order
        await shown.press("i")
        assert table.order == (first, True)
        assert table.cursor == chosen


@story
async def test_ages_go_on_between_two_pictures_of_a_run(kept: FileRun) -> None:
    replica = kept.replica
    middle = replica.history.label_times()[100]
    before, after = replica.snapshot_at(middle), replica.snapshot_at(middle + 1e-4)
    ages = [card.task_age for card in before.workers if card.task is not None]
    later = [card.task_age for card in after.workers if card.task is not None]
    assert ages
    assert later == pytest.approx([age + 1e-4 for age in ages])


@story
async def test_a_bar_of_the_timeline_tells_its_tasks_story(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="timeline") as shown:
        await shown.seek(busy(kept))
        assert "select a bar to see the story of its task" in shown.text
        await shown.press("right")
        bar = shown.app.page.gantt.selected  # type: ignore[attr-defined]  # it is the timeline's
        task = kept.replica.history.tasks[int(bar.link)]
        assert f"Task #{task.id} of batch {task.batch + 1}" in shown.text
        assert "original" in shown.text
        await shown.press("escape")
        await shown.reads("select a bar to see")


@story
async def test_the_future_is_not_told_to_who_looks_back(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="timeline") as shown:
        await shown.seek(kept.replica.history.batches[1].row.cut_at - 0.1)
        assert "batch 1" in shown.text
        assert "batch 2" not in shown.text
        await shown.press("5")
        assert "of 0" in shown.text  # batches
        await shown.press("2")
        assert "evicted" not in shown.text


@story
async def test_costs_add_up_and_are_told_per_label(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="costs") as shown:
        await shown.seek(busy(kept))
        run = shown.app.view().snapshot.run
        total = sum(run.cost.values())
        assert money(total) in shown.text
        assert price(total / run.labels) in shown.text
        assert "estimates stand here as soon as" in shown.text


@pytest.mark.slow
@story
async def test_an_estimate_is_made_by_a_child_and_told_as_one(
    kept: FileRun, estimates: None
) -> None:
    async with screen(Loaded(kept), page="costs") as shown:
        await shown.reads("this run, to its end", "without mitigation")
        await shown.reads("estimated from")


def _estimate(variant: str, seconds: float, cost: float) -> Estimate:
    around = Interval(seconds, seconds * 0.9, seconds * 1.1)
    paid = Interval(cost, cost * 0.95, cost * 1.05)
    ratio, more = seconds / 800, cost / 12
    return Estimate(
        variant,  # type: ignore[arg-type]  # it is one of them
        20,
        around,
        paid,
        Interval(ratio, ratio * 0.92, ratio * 1.08),
        Interval(more, more * 0.97, more * 1.03),
        last=True,
    )


def _estimated(app: OperatorApp) -> None:
    estimates = app.query_one(CostsPage)._estimates
    for variant, seconds, cost in (
        ("projected", 800, 12.0),
        ("no-mitigation", 1960, 11.2),
        ("no-maintenance", 990, 13.9),
        ("passive", 1130, 16.4),
        ("all-off", 2600, 15.0),
    ):
        estimates._found[variant] = _estimate(variant, seconds, cost)  # type: ignore[index]  # as above
    estimates.remark = "estimated from 9 workers after 140 labels; Enter: again"


# -- pictures -------------------------------------------------------------------------------------

TAKEN_WITH = {"textual": "8.2"}  # another Textual draws other frames
SIZES = {"small": (80, 24), "usual": (120, 40), "large": (200, 60)}
DRAWN = ["usual", *(pytest.param(size, marks=pytest.mark.slow) for size in ("small", "large"))]


@pytest.mark.skipif(
    {name: version(name).rpartition(".")[0] for name in TAKEN_WITH} != TAKEN_WITH,
    reason=f"the pictures were taken with {TAKEN_WITH}",
)
@pytest.mark.parametrize("size", DRAWN)
@pytest.mark.parametrize("page", ["pool", "timeline", "costs"])
def test_a_page_looks_as_it_did(
    kept: FileRun, snap_compare: Callable[..., bool], page: str, size: str
) -> None:
    app = OperatorApp(Loaded(kept), lambda: 0.0)

    async def settled(pilot: Pilot[None]) -> None:
        app.theme = DARK.name
        app.player.seek(busy(kept))
        _estimated(app)
        app.action_page(page)
        if page == "timeline":
            await pilot.press("right", "left")
        await pilot.pause()
        app.redraw()
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=settled)


# -- filters --------------------------------------------------------------------------------------


@story
async def test_workers_are_filtered_by_words_in_any_column(kept: FileRun) -> None:
    async with screen(Loaded(kept), page="pool") as shown:
        await shown.seek(busy(kept))
        everybody = [line for line in shown.lines if re.search(r"│ +\d+ W\d", line)]
        assert len(everybody) > 1
        name = everybody[0].split()[2]
        await shown.press("slash")
        await shown.type(f"{name.lower()} ")
        await shown.press("enter")
        await shown.reads(f'with "{name.lower()}"')
        rows = [line for line in shown.lines if re.search(r"│ +\d* W\d", line)]
        assert rows
        assert all(name in row for row in rows)
        await shown.press("slash")
        await shown.type("")
        await shown.press("enter")
        await shown.reads(*[line.split()[2] for line in everybody])


@story
async def test_events_are_filtered_over_the_whole_run(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as shown:
        await shown.reads("the run is over")
        await shown.press("slash")
        await shown.type("slot took")
        await shown.press("enter")
        await shown.reads('Events, with "slot took"', "took slot")
        assert "the run is over" not in shown.text
        await shown.press("3", "slash")
        await shown.reads("rows to filter are on Overview and Pool")


# -- files and small terminals --------------------------------------------------------------------


def test_a_view_is_saved_as_picture_and_as_text(
    kept: FileRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    lines: list[str] = []

    @story
    async def save() -> None:
        async with screen(Loaded(kept), page="pool") as shown:
            await shown.seek(busy(kept))
            lines.extend(shown.lines)
            await shown.press("s")
            await shown.reads("saved")

    save()
    (picture,) = tmp_path.glob("clamshell-story-pool-*s.svg")
    (text,) = tmp_path.glob("clamshell-story-pool-*s.txt")
    assert picture.read_text().startswith("<svg")
    assert text.read_text().splitlines() == lines
    assert "\x1b" not in picture.read_text() + text.read_text()


@story
async def test_where_nothing_can_be_written_it_is_said(kept: FileRun, gone: None) -> None:
    async with screen(Loaded(kept), page="pool") as shown:
        await shown.press("s")
        await shown.reads("cannot write here")


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that we are in is not there any more."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()


@story
async def test_help_and_the_palette_know_the_keys_and_the_commands(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as shown:
        await shown.press("?")
        await shown.reads("Keys", "1-5, Tab", "to the next eviction, duplicate, batch")
        lines = KEYS.splitlines()
        seen = shown.text
        await shown.press("end")  # the help is longer than the screen
        await shown.reads(lines[-1].strip())
        seen += shown.text
        assert [line for line in lines if line.rstrip() not in seen] == []
        assert "\ufffd" not in shown.text
        await shown.press("2")  # belongs to the help
        assert shown.app.screen_stack[0].query("#pages")
        await shown.press("escape")
        titles = [entry.title for entry in shown.app.get_system_commands(shown.app.screen)]
        for wanted in ("Pool", "Straggler mitigation", "Next eviction", "Save this view", "Keys"):
            assert wanted in titles
        await shown.press("ctrl+p")
        await shown.pilot.press(*"dup")
        await shown.reads("Next duplicate")
        await shown.press("enter")
        await shown.until(lambda: len(shown.app.screen_stack) == 1)


@pytest.mark.slow
@story
async def test_the_keys_scroll_in_a_small_terminal_with_the_way_out_in_sight(
    kept: FileRun,
) -> None:
    async with screen(Loaded(kept), (80, 24)) as shown:
        await shown.press("?")
        await shown.reads("1-5, Tab", "more lines below; up, down: scroll; Escape: back")
        await shown.press("end")
        await shown.reads("close the screen", "up, down: scroll; Escape: back")
        assert "below" not in shown.text


@story
async def test_a_small_terminal_is_told_what_it_should_be_and_pages_come_back(
    kept: FileRun,
) -> None:
    async with screen(Loaded(kept), page="pool") as shown:
        for width, height in ((79, 24), (80, 23), (30, 5), (1, 1)):
            await shown.resize(width, height)
            assert "Slot" not in shown.text
            if width >= 30:
                assert f"needs 80x24, is {width}x{height}" in shown.text
        await shown.resize(80, 24)
        assert "Slot Worker" in shown.text
        assert "needs" not in shown.text


@story
async def test_light_and_dark_are_one_key_apart(kept: FileRun) -> None:
    async with screen(Loaded(kept)) as shown:
        assert not shown.app.theme.endswith("light")
        await shown.press("ctrl+t")
        assert shown.app.theme.endswith("light")


@story
async def test_the_rows_of_a_finished_timeline_keep_the_last_worker_of_the_slot(
    kept: FileRun,
) -> None:
    async with screen(Loaded(kept), page="timeline") as shown:
        await shown.seek(kept.replica.end)
        for number, row in enumerate(kept.replica.history.slots, 1):
            last = row.assignments[-1].worker
            assert any(f"{number} {last} " in line for line in shown.lines)


@story
async def test_the_footer_names_a_key_once_and_shows_the_common_ones(kept: FileRun) -> None:
    async with screen(Loaded(kept), (140, 40), page="pool", seats={"A": "line"}) as shown:
        footer = shown.lines[-1]
        for key in ("< > Sort", "j Join", "s Save", "g Go to", "[ ] Speed", "e d b Next"):
            assert footer.count(key) == 1
        assert footer.count("Sort") == 1
    async with screen(Loaded(kept), (80, 24)) as shown:
        assert "j Join" not in shown.lines[-1]


@story
async def test_a_narrow_terminal_leaves_out_the_last_keys_and_cuts_no_name(kept: FileRun) -> None:
    async with screen(Loaded(kept), (80, 24), page="pool") as shown:
        assert shown.lines[-1].rstrip().endswith("g Go to [ ] Speed")
        await shown.resize(120, 40)
        await shown.reads("e d b Next")
        assert shown.lines[-1].rstrip().endswith("[ ] Speed e d b Next")


@story
async def test_in_a_small_terminal_enter_shows_the_details_that_have_no_column(
    kept: FileRun,
) -> None:
    async with screen(Loaded(kept), (80, 24), page="pool") as shown:
        await shown.seek(busy(kept))
        assert "Enter: details" in shown.text
        assert "gold right" not in shown.text
        await shown.press("enter")
        for label in ("gold right", "agreed", "censored", "paid"):
            assert label in shown.text
        await shown.press("enter")
        assert "gold right" not in shown.text
