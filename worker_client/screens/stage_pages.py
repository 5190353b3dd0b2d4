"""Instructions, page by page, each to its end."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from clamshell_tui.wire.study_messages import PagesShown
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import ReadingFrame
from worker_client.widgets.lines import SteadyText
from worker_client.widgets.text_pane import TextPane


class PagesScreen(ReadingFrame):
    """Enter goes on from a page whose end was shown; the left arrow goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ReadingFrame.BINDINGS,
        Binding("enter,right", "turn", "Next page", id="next"),
        Binding("left,backspace", "turn_back", "Page before", id="back"),
    ]

    def body(self) -> ComposeResult:
        yield TextPane(id="text")
        yield SteadyText(id="choice", markup=False)

    def keys(self) -> Keys:
        stage = self.stage
        if stage is None or not isinstance(stage.shown, PagesShown):
            return []
        last = stage.at >= len(stage.shown.pages) - 1
        keys = [self.scroll_key, self.leave_key]
        if stage.at:
            keys.insert(1, ("\u2190", self.texts("pages.back")))
        if stage.end_shown and not stage.sent:
            keys.insert(0, self.enter("pages.done" if last else "pages.next"))
        return keys

    def help_keys(self) -> Keys:
        """Also those that count after the last line only."""
        next_page = self.enter("pages.next"), ("\u2190", self.texts("pages.back"))
        return [*next_page, self.scroll_key]

    def show_body(self, now: float) -> None:
        stage = self.stage
        if stage is None or not isinstance(stage.shown, PagesShown):
            return
        page, total = stage.at + 1, len(stage.shown.pages)
        title = self.part(self.texts("pages.title"))
        if total > 1:
            title = f"{title} \u00b7 {self.texts('pages.page', page=page, total=total)}"
        self.query_one(TextPane).show_text(stage.page, title)
        self.note_end()
        key = "pages.again" if stage.end_shown else "pages.read"
        key = "stage.one_moment" if stage.sent else key
        self.query_one("#choice", SteadyText).update(Content.styled(self.texts(key), "$text-muted"))

    def action_turn(self) -> None:
        if self.counts():
            self.act(self.session.turn_page())

    def action_turn_back(self) -> None:
        self.act(self.session.turn_back())
