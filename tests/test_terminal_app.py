"""What Textual loses on a busy machine is made up for."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

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


SHELL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, for its job control")
def test_ctrl_z_suspends_a_job_of_a_shell_and_fg_draws_it_again(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SAYS_ITS_SIZE)
    with PseudoTerminal(sys.executable, "-c", SHELL) as terminal:
        terminal.press(f"{sys.executable} {program}\n".encode())
        terminal.reads(b"80by24")
        terminal.forget()
        terminal.press(b"\x1a")
        terminal.reads(b"Stopped")
        assert b"1049" not in terminal.modes_left_on
        terminal.forget()
        terminal.press(b"fg\n")
        terminal.reads(b"80by24")
        terminal.press(b"\x11")
        terminal.presses(b"echo ended=$?\n", until=b"ended=0")  # the first may go to the program


def test_ctrl_z_without_a_shell_is_ignored() -> None:
    """As behind ssh and in a browser: nothing could continue the program."""
    with PseudoTerminal(sys.executable, "-c", SAYS_ITS_SIZE) as terminal:
        terminal.reads(b"80by24")
        terminal.press(b"\x1a")
        terminal.resize(100, 30)
        terminal.reads(b"100by30")
        terminal.press(b"\x11")
        assert terminal.ends() == 0


def test_a_program_ends_with_its_terminal_although_no_signal_came() -> None:
    with PseudoTerminal(sys.executable, "-c", SAYS_ITS_SIZE) as terminal:
        terminal.reads(b"80by24")
        terminal.hang_up()
        assert terminal.process.wait(DEADLINE) == 0
