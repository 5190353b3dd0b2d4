"""One page alone on a screen, at one moment of a run that is over."""

import asyncio
from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual.app import App, ComposeResult

from clamshell_tui.operator_app import app as operator_app
from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.view import View
from clamshell_tui.run.playback import Playback
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.terminal.themes import DARK

T = TypeVar("T")


def view_at(source: FileRun, at: float) -> View:
    """The run at ``at``, with what was known then."""
    player = Playback(source.replica, live=False)
    player.seek(at)
    return View(player.at, source.replica.snapshot_at(player.at), source, player)


class Still(App[None]):
    """Shows the page once, and again when its size is known."""

    CSS_PATH: ClassVar[str] = str(operator_app.__file__).replace("app.py", "operator.tcss")

    def __init__(self, page: Page, view: View) -> None:
        super().__init__()
        self.page = page
        self.view = view

    def compose(self) -> ComposeResult:
        """The page alone."""
        yield self.page

    def on_mount(self) -> None:
        """In the operator's colours."""
        self.register_theme(DARK)
        self.theme = DARK.name
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Draw the moment."""
        self.page.show(self.view)

    def lines(self) -> list[str]:
        """The text of the screen, line by line."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


def text_of(page: Page, view: View, size: tuple[int, int] = (120, 36)) -> str:
    """The screen as text, when the page has shown the view."""
    return shown(page, view, lambda app: "\n".join(app.lines()), size)


def shown(
    page: Page, view: View, read: Callable[[Still], T], size: tuple[int, int] = (120, 36)
) -> T:
    """Whatever is read from the screen, when the page has shown the view."""

    async def played() -> T:
        app = Still(page, view)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.show()
            await pilot.pause()
            return read(app)

    return asyncio.run(played())
