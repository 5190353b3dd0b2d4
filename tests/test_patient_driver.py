"""What Textual loses on a busy machine is made up for."""

import asyncio

import pytest
from textual.app import App

from clamshell_tui.patient_driver import hand_on_size


@pytest.mark.parametrize("made_up_for", [False, True])
def test_a_screen_gets_its_size_although_textuals_timer_has_given_up(made_up_for: bool) -> None:
    async def story() -> None:
        app = App[None]()
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert app.screen.outer_size == app.size == (80, 24)
            app._resize_timer = app.set_timer(3600, lambda: None)  # as one that came too late
            await pilot.resize_terminal(100, 30)
            if made_up_for:
                hand_on_size(app)
            await pilot.pause()
            assert app.size == (100, 30)
            assert (app.screen.outer_size == app.size) is made_up_for

    asyncio.run(story())
