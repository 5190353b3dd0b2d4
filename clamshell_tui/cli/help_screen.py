"""The viewer of ``clamshell help TOPIC``; importing it imports Textual."""

import os
import sys
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, MarkdownViewer

from clamshell_tui.terminal.app import TerminalApp
from clamshell_tui.terminal.ascii_filter import encoding_of, why_plain
from clamshell_tui.terminal.themes import DARK, LIGHT, light_terminal

_LOOK_EVERY = 1.0  # seconds between checks of the terminal's size


class HandbookApp(TerminalApp):
    """Shows one page and follows its links to others."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "quit", "Quit"),
        Binding("t", "contents", "Contents"),
        Binding("b,backspace", "back", "Back"),
    ]

    def __init__(self, page: Path) -> None:
        super().__init__()
        self._page = page
        self.draw_plain(why_plain(os.environ), encoding_of(os.environ, sys.stderr.encoding))

    def compose(self) -> ComposeResult:
        yield PageViewer(show_table_of_contents=False, open_links=False)
        yield Footer()

    async def on_mount(self) -> None:
        self.theme = (LIGHT if light_terminal(os.environ) else DARK).name
        self.end_on_signals()
        self.set_interval(_LOOK_EVERY, self.hand_on_size)
        viewer = self.query_one(PageViewer)
        await viewer.go(self._page)
        viewer.document.focus()

    def action_contents(self) -> None:
        """Show or hide the table of contents."""
        viewer = self.query_one(PageViewer)
        viewer.show_table_of_contents = not viewer.show_table_of_contents

    async def action_back(self) -> None:
        """Return to the page before."""
        await self.query_one(PageViewer).back()


class PageViewer(MarkdownViewer):
    """Follows links to pages that exist on this machine; names any other link."""

    async def go(self, location: str | PurePath) -> None:
        path, anchor = self.document.sanitize_location(str(location))
        here = self.navigator.location.parent
        if (path == Path(".") and anchor) or (path.suffix == ".md" and (here / path).is_file()):
            await super().go(location)
        else:
            self.app.notify(str(location), title="Not a page of the handbook", markup=False)
