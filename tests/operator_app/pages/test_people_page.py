"""The page of people, on studies that stand still."""

import pytest
from msgspec.structs import replace

from clamshell_tui.runfile.file_run import FileRun
from tests.coordinator.wire import story
from tests.operator_app.pages.people import UNDER_WAY, Followed
from tests.operator_app.screen import screen


@pytest.mark.parametrize(("awaited", "ends"), [(True, "q ends serve"), (False, "")])
@story
async def test_the_header_says_that_all_are_through(
    kept: FileRun, awaited: bool, ends: str
) -> None:
    over = replace(UNDER_WAY, over=True)
    async with screen(Followed(kept, over), (80, 24), awaited=awaited) as shown:
        for page in "12":
            await shown.press(page)
            await shown.reads("all through", ends)
            assert "labelling" not in shown.lines[0]
            assert ends or "serve" not in shown.lines[0]


@story
async def test_a_stop_from_the_pages_of_a_run_says_what_it_does_to_all(kept: FileRun) -> None:
    async with screen(Followed(kept, UNDER_WAY), (80, 24)) as shown:
        await shown.press("3", "x", "S")
        await shown.reads("End the study for all?", "7 at work")
        assert "tasks in hand" not in shown.text
        await shown.press("escape")


@story
async def test_a_filter_without_a_hit_says_so(kept: FileRun) -> None:
    async with screen(Followed(kept, UNDER_WAY), (80, 24)) as shown:
        await shown.press("slash")
        await shown.type("zebra")
        await shown.press("enter")
        await shown.reads("nothing has: zebra")
        assert "nobody is invited" not in shown.text
