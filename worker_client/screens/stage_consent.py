"""Consent: the text to its last line, then a named key."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from clamshell_tui.wire.study_messages import ConsentShown
from worker_client.effects import JoinRefused
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import ReadingFrame
from worker_client.widgets.lines import SteadyText
from worker_client.widgets.text_pane import TextPane


class ConsentScreen(ReadingFrame):
    """``a`` agrees and ``d`` declines, after the last line was shown; Enter never does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ReadingFrame.BINDINGS,
        Binding("a", "agree", "Agree", id="agree"),
        Binding("d", "decline", "Decline", id="decline"),
        Binding("enter", "choose", "Choose", id="choose"),
    ]

    def body(self) -> ComposeResult:
        yield TextPane(id="text")
        yield SteadyText(id="choice", markup=False)

    @property
    def _ready(self) -> bool:
        stage = self.session.in_stage
        return stage is not None and stage.end_shown and not stage.sent

    def keys(self) -> Keys:
        keys = [*self._answers(), self.scroll_key] if self._ready else [self.scroll_key]
        return [*keys, self.leave_key]

    def help_keys(self) -> Keys:
        """Also those that count after the last line only."""
        return [*self._answers(), self.scroll_key]

    def _answers(self) -> Keys:
        return [("a", self.texts("consent.agree")), ("d", self.texts("consent.decline"))]

    def show_body(self, now: float) -> None:
        stage = self.stage
        if stage is None or not isinstance(stage.shown, ConsentShown):
            return
        self.query_one(TextPane).show_text(stage.shown.text, self.part(self.texts("consent.title")))
        self.note_end()
        key = "stage.one_moment" if stage.sent else "consent.read"
        key = "consent.choose" if self._ready else key
        style = "bold" if self._ready else "$text-muted"
        self.query_one("#choice", SteadyText).update(Content.styled(self.texts(key), style))

    def action_agree(self) -> None:
        self.act(self.session.consent(agreed=True))

    def action_decline(self) -> None:
        if not self._ready:
            self.act(self.session.consent(agreed=False))  # says why not
            return
        owed = self.session.account.owed_at(self.worker_app.now)
        paid = self.texts("consent.sure_paid", amount=self.session.amount(owed)) if owed else ""
        self.app.push_screen(self.sure("consent", paid), self._declined)

    def action_choose(self) -> None:
        key = "consent.choose" if self._ready else "stage.read_on"
        self.act([JoinRefused(self.texts(key))])

    def _declined(self, sure: bool | None) -> None:
        self.act(self.session.consent(agreed=False) if sure else [])
