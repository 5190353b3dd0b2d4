"""Training and qualification: one record after the other, in the training with feedback."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from clamshell_tui.text import show
from clamshell_tui.wire.study_messages import RecordsShown
from worker_client.keys import class_by_key, must_be_typed
from worker_client.notices import Lesson
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import StageFrame
from worker_client.widgets.class_finder import ClassFinder
from worker_client.widgets.class_list import ClassList
from worker_client.widgets.lines import SteadyText, bar, lines_of
from worker_client.widgets.record_view import RecordView, hidden_below

_RIGHT, _WRONG = "\u2713", "\u2717"
_BAR = 12


class TrialScreen(StageFrame):
    """A key answers; Enter goes on from feedback, which stays when the stage is over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *StageFrame.BINDINGS,
        Binding("enter", "go_on", "Go on", id="go-on"),
        Binding("v,f5", "full", "Full text", id="full"),
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
        Binding("pagedown", "scroll(2)", "Page down", id="page-down"),
        Binding("pageup", "scroll(-2)", "Page up", id="page-up"),
    ]

    def body(self) -> ComposeResult:
        with Horizontal(id="desk"):
            yield RecordView()
            yield ClassList()
            yield ClassFinder()
        with VerticalScroll(id="lesson", can_focus=False):
            yield SteadyText(id="verdict", markup=False)
        yield SteadyText(id="progress", markup=False)

    @property
    def _lesson(self) -> Lesson | None:
        cover = self.session.cover
        return cover if isinstance(cover, Lesson) else None

    @property
    def _typing(self) -> bool:
        seat = self.session.seat
        return seat is not None and must_be_typed(seat.classes)

    def keys(self) -> Keys:
        usual = super().keys()
        if self._lesson is None:
            return usual
        again = not self._lesson.right and self.session.may_retry
        return [self.enter("records.again" if again else "hint.go_on"), self.scroll_key, *usual]

    def help_keys(self) -> Keys:
        """Also how a record is labelled, and how a long one is read."""
        name = "find" if self._typing else "label"
        labels = self.texts(f"help.keys_{name}"), self.texts(f"help.{name}")
        scroll = "\u2191 \u2193, F5", self.texts("help.scroll")
        others = [each for each in super().help_keys() if each != self.scroll_key]
        return [labels, scroll, *others]

    def show_body(self, now: float) -> None:
        stage, seat, lesson = self.stage, self.session.seat, self._lesson
        if stage is None or seat is None:
            return
        record = lesson.record if lesson is not None else stage.record
        total, place = self._place()
        view, classes = self.query_one(RecordView), self._shown_classes()
        if record is not None:
            view.show_record(record)
        number = min(place + 1, total)
        title = self.texts("records.record", stage=self._stage_name, number=number, total=total)
        view.entitle(self.part(title), hidden_below(view, self.texts))
        shown = self.session.shown_classes
        classes.show_classes(shown, lesson.answer if lesson is not None else None)
        classes.styles.width = classes.wanted_width(self.app.size)
        how = seat.ask or self.texts("records.type" if self._typing else "records.press")
        waiting = lesson is None and (stage.sent or record is None)
        classes.entitle(how, self.texts("records.sending") if waiting else "")
        self._show_lesson(lesson)
        self._show_progress(lesson, total)

    def _show_lesson(self, lesson: Lesson | None) -> None:
        pane = self.query_one("#lesson", VerticalScroll)
        pane.display = lesson is not None
        if lesson is None or self.session.seat is None:
            return
        pane.set_class(lesson.right, "-right")
        names = self.session.seat.classes
        given, answer = (_named(names, label) for label in (lesson.given, lesson.answer))
        key, mark = ("right", _RIGHT) if lesson.right else ("wrong", _WRONG)
        style = "bold $text-success" if lesson.right else "bold $text-warning"
        verdict = f"{mark} {self.texts(f'records.{key}', given=given, answer=answer)}"
        parts = [Content.styled(verdict, style)]
        if lesson.why:
            parts.append(Content(lines_of(lesson.why)))
        self.query_one("#verdict", SteadyText).update(Content("\n").join(parts))
        retry = "retry_typed" if self._typing else "retry"
        how = self.texts(f"records.{retry if self.session.may_retry else 'go_on'}")
        below = hidden_below(pane, self.texts)
        wanted = f"{how} \u00b7 {below}" if below else how
        if wanted != str(pane.border_subtitle or ""):
            pane.border_subtitle = Content(wanted)

    def _show_progress(self, lesson: Lesson | None, total: int) -> None:
        stage = self.stage
        assert stage is not None
        shown = stage.shown
        done = max(stage.told, stage.at, lesson.place + lesson.right if lesson is not None else 0)
        done = min(done, total)
        told = self.texts("records.answered", count=done, total=total)
        feedback = isinstance(shown, RecordsShown) and shown.feedback
        hint = self.texts("records.training_text" if feedback else "records.qualification_text")
        self.query_one("#progress", SteadyText).update(
            Content.assemble(bar(done / max(1, total), _BAR), f" {told}   ", (hint, "$text-muted"))
        )

    def _place(self) -> tuple[int, int]:
        """How many records there are, and which is in view."""
        lesson, stage = self._lesson, self.stage
        if lesson is not None:
            return lesson.total, lesson.place
        shown = stage.shown if stage is not None else None
        total = len(shown.records) if isinstance(shown, RecordsShown) else 1
        return total, stage.at if stage is not None else 0

    @property
    def _stage_name(self) -> str:
        shown = self.stage.shown if self.stage is not None else None
        training = self._lesson is not None or (isinstance(shown, RecordsShown) and shown.feedback)
        return self.texts("records.training" if training else "records.qualification")

    def _shown_classes(self) -> ClassList | ClassFinder:
        keyed, typed = self.query_one(ClassList), self.query_one(ClassFinder)
        keyed.display, typed.display = not self._typing, self._typing
        return typed if self._typing else keyed

    def on_key(self, event: events.Key) -> None:
        seat = self.session.seat
        if seat is None:
            return
        if self._typing:
            if self.query_one(ClassFinder).take(event.key, event.character):
                event.stop()
            return
        label = class_by_key(seat.classes).get((event.character or "").lower())
        if label is not None:
            event.stop()
            if self.counts():
                self._answer(label)

    def on_class_finder_chosen(self, event: ClassFinder.Chosen) -> None:
        self._answer(event.index)

    def on_class_list_chosen(self, event: ClassList.Chosen) -> None:
        self._answer(event.index)

    def action_go_on(self) -> None:
        if self._lesson is not None and self.counts():
            self.act(self.session.dismiss(self.worker_app.now))

    def action_full(self) -> None:
        self.query_one(RecordView).show_all()

    def action_scroll(self, halves: int) -> None:
        """Scroll the reason while it is longer than its pane, else the record."""
        pane: VerticalScroll = self.query_one(RecordView)
        lesson = self.query_one("#lesson", VerticalScroll)
        if self._lesson is not None and lesson.max_scroll_y:
            pane = lesson
        pane.scroll_relative(y=halves * max(1, pane.size.height // 2), animate=False)

    def _answer(self, label: int) -> None:
        self.act(self.session.try_record(label, self.worker_app.now))


def _named(names: tuple[str, ...], label: int) -> str:
    return show(names[label], 24) if label < len(names) else "?"
