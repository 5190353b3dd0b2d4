"""A text in Markdown that scrolls, and whether its last line was on the screen."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.text import show
from worker_client.widgets.lines import lines_of, texts_of
from worker_client.widgets.record_view import hidden_below


class TextPane(VerticalScroll):
    """Shows one text at a time, from its beginning; HTML in it is shown as it is written.

    Textual's Markdown is imported with the first text: it would take 70 ms of each start.
    """

    DEFAULT_CSS = """
    TextPane { padding: 1 1 0 1; border: round $foreground 30%; scrollbar-size-vertical: 1; }
    TextPane > Markdown { padding: 0 1; }
    """
    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's name for it
        super().__init__(id=id, can_focus=False)
        self._text: str | None = None
        self._laid_out = False
        self._title = ""

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    @property
    def laid_out(self) -> bool:
        """Whether the text is on the screen, or none is to be shown."""
        return self._laid_out or self._text is None or not self.display

    @property
    def end_shown(self) -> bool:
        """Whether the last line is on the screen."""
        return self._laid_out and self.size.height > 0 and not self._below

    @property
    def _below(self) -> str:
        return hidden_below(self, texts_of(self))

    def show_text(self, text: str, title: str) -> None:
        """Show this text; do nothing if it is there."""
        if text != self._text:
            self._text, self._laid_out = text, False
            self.run_worker(self._fill(text), exclusive=True)
        below = self._below if self._laid_out else ""
        if (title, below) != (self.border_title, self.border_subtitle):
            self.border_title = Content(show(title))
            self.border_subtitle = Content(below)

    def scroll_halves(self, halves: int) -> None:
        """Scroll by half of what is shown."""
        self.scroll_relative(y=halves * max(1, self.size.height // 2), animate=False)

    async def _fill(self, text: str) -> None:
        from markdown_it import MarkdownIt
        from textual.widgets import Markdown

        await self.remove_children()
        markdown = Markdown(
            lines_of(text),
            parser_factory=lambda: MarkdownIt("gfm-like", {"html": False, "linkify": False}),
            open_links=False,
        )
        markdown.can_focus = False
        await self.mount(markdown)
        if markdown.children:  # a margin below the last line is nothing to scroll to
            top, right, _, left = markdown.children[-1].styles.margin
            markdown.children[-1].styles.margin = (top, right, 0, left)
        self.scroll_home(animate=False, immediate=True)
        self.call_after_refresh(self._filled, text)

    def _filled(self, text: str) -> None:
        if text == self._text:
            self._laid_out = True
