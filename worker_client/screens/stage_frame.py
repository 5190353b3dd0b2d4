"""Base class of the screens of a study's stages."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from worker_client.effects import Effect, JoinRefused
from worker_client.notices import Lesson
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.screens.study_overlays import ConfirmScreen
from worker_client.stage_in_hand import StageInHand
from worker_client.widgets.text_pane import TextPane


class StageFrame(ScreenFrame):
    """Gives access to the stage, and scrolls its text."""

    @property
    def stage(self) -> StageInHand | None:
        """The stage in hand, or the last one."""
        return self.session.stage

    @property
    def leave_key(self) -> tuple[str, str]:
        return self.key("escape", "leave")

    def enter(self, meaning: str) -> tuple[str, str]:
        """The key Enter, with the key of the sentence that says what it does."""
        return self.texts("key.enter"), self.texts(meaning)

    @property
    def scroll_key(self) -> tuple[str, str]:
        return "\u2191 \u2193", self.texts("hint.scroll")

    def sure(self, section: str, more: str = "") -> ConfirmScreen:
        """A question to be sure, in the words of a section of the sentences, and ``more``."""
        title, text, yes = (
            self.texts(f"{section}.{key}") for key in ("sure", "sure_text", "sure_yes")
        )
        return ConfirmScreen(title, f"{text}\n{more}".rstrip(), yes)

    def part(self, name: str) -> str:
        """``Part 2 of 8``, and the name of the stage."""
        if self.stage is None:
            return name
        message, lesson = self.stage.message, self.session.cover
        number = lesson.number if isinstance(lesson, Lesson) else message.number
        where = self.texts("stage.number", number=number, total=message.stages)
        return f"{where} \u00b7 {name}"

    def help_keys(self) -> Keys:
        """The keys that the help names: those of this stage, and the instructions."""
        left_out = "?", self.texts("key.escape")
        return [*[each for each in self.keys() if each[0] not in left_out], *self.again()]

    def act(self, effects: list[Effect]) -> None:
        self.worker_app.act(effects)

    def counts(self) -> bool:
        """Whether the key was meant for what is in view; say so if not."""
        if not self.worker_app.key_counts:
            self.act([JoinRefused(self.texts("stage.held"))])
        return self.worker_app.key_counts


class ReadingFrame(StageFrame):
    """A stage with a text to be read to its end; it draws itself in :meth:`show_text`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *StageFrame.BINDINGS,
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
        Binding("pagedown,space", "scroll(2)", "Page down", id="page-down"),
        Binding("pageup", "scroll(-2)", "Page up", id="page-up"),
        Binding("end", "scroll(1000000)", "To the end", id="end"),
        Binding("home", "scroll(-1000000)", "To the beginning", id="home"),
    ]

    def action_scroll(self, halves: int) -> None:
        self.query_one(TextPane).scroll_halves(halves)
        self.call_after_refresh(lambda: self.show(self.worker_app.now))

    def read_on(self) -> bool:
        """Scroll on by a page; False once the last line was on the screen."""
        pane = self.query_one(TextPane)
        stage = self.session.in_stage
        if stage is None or stage.end_shown or pane.end_shown or not pane.display:
            return False
        self.action_scroll(2)
        return True

    def note_end(self) -> None:
        """Notify the session once the last line is on the screen."""
        stage = self.session.in_stage
        if self.query_one(TextPane).end_shown and stage is not None:
            if not stage.end_shown:
                self.worker_app.status = ""  # it asked to read on
                self.call_after_refresh(lambda: self.show(self.worker_app.now))
            self.session.show_end()
