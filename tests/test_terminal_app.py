"""What Textual loses on a busy machine is made up for."""

import asyncio
import sys

from clamshell_tui.terminal.app import TerminalApp
from tests.worker_client.pseudo_terminal import DEADLINE, PseudoTerminal

SAYS_ITS_SIZE = """
from textual.widgets import Static
from clamshell_tui.terminal.app import TerminalApp

class SaysItsSize(TerminalApp):
    def compose(self):
        yield Static()
    def on_mount(self):
        self.set_interval(0.1, self.hand_on_size)
    def on_resize(self, event):
        self.query_one(Static).update(f"{event.size.width}by{event.size.height}")

SaysItsSize().run()
"""


def test_a_screen_gets_its_size_although_textuals_timer_has_given_up() -> None:
    async def story() -> None:
        app = TerminalApp()
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert app.screen.outer_size == app.size == (80, 24)
            app._resize_timer = app.set_timer(3600, lambda: None)  # as one that came too late
            await pilot.resize_terminal(100, 30)
            app.hand_on_size()  # Textual 8.2.0 needs no help here, later ones do
            await pilot.pause()
            assert app.screen.outer_size == app.size == (100, 30)

    asyncio.run(story())


def test_a_size_that_no_signal_told_of_is_noticed() -> None:
    with PseudoTerminal(sys.executable, "-c", SAYS_ITS_SIZE) as terminal:
        terminal.reads(b"80by24")
        terminal.resize(100, 30)  # not the controlling terminal: the kernel sends no SIGWINCH
        terminal.reads(b"100by30")
        terminal.press(b"\x11")
        assert terminal.ends() == 0


def test_a_program_ends_with_its_terminal_although_no_signal_came() -> None:
    with PseudoTerminal(sys.executable, "-c", SAYS_ITS_SIZE) as terminal:
        terminal.reads(b"80by24")
        terminal.hang_up()
        assert terminal.process.wait(DEADLINE) == 0
