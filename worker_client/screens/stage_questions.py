"""The questionnaire: one question at a time, then all answers before they are sent."""

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, TextArea

from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from clamshell_tui.wire.study_messages import QuestionPart
from worker_client.form import Form, Typed
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import StageFrame
from worker_client.widgets.fields import LineField, TextField
from worker_client.widgets.lines import SteadyText, lines_of
from worker_client.widgets.scale import index_by_key, options, scale, size_of

_FEWEST = 3  # lines of a list that are always shown
_SHORTEST_ANSWER = 12  # cells of an answer in the summary


class QuestionsScreen(StageFrame):
    """Enter goes on, in a text Tab; Shift+Tab goes back. Nothing is sent before the summary."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *StageFrame.BINDINGS,
        Binding("enter", "go_on", "Go on", id="go-on"),
        Binding("tab", "go_on", "Go on", id="next"),
        Binding("shift+tab", "back", "Back", id="back"),
        Binding("pageup", "back", "Back", id="page-back", priority=True),
        Binding("down,right", "mark(1)", "Next", id="down"),
        Binding("up,left", "mark(-1)", "Previous", id="up"),
        Binding("backspace,delete", "clear", "Clear", id="clear"),
        Binding("c", "change", "Change", id="change"),
    ]
    says_why_itself = True

    def __init__(self) -> None:
        super().__init__()
        self._asked: tuple[Form, int] | None = None  # the question that is drawn
        self._row = 0  # marked in the summary

    def body(self) -> ComposeResult:
        with Vertical(id="question"):
            yield SteadyText(id="ask", markup=False)
            with VerticalScroll(id="choices", can_focus=False):
                yield SteadyText(id="options", markup=False)
            yield LineField(id="number", max_length=40, select_on_focus=False)
            yield TextField(id="text", soft_wrap=True, tab_behavior="focus")
            yield SteadyText(id="how", markup=False)

    @property
    def _form(self) -> Form:
        return self.stage.form if self.stage is not None else Form(())

    def keys(self) -> Keys:
        question, form = self._form.question, self._form
        arrows = "\u2190 \u2192" if question and question.kind == "likert" else "\u2191 \u2193"
        mark = (arrows, self.texts("questions.mark"))
        back = [(self.texts("key.shift_tab"), self.texts("stage.back"))] if form.at else []
        if question is None:
            change = ("c", self.texts("questions.change"))
            return [self.enter("questions.send"), mark, change, *back, self.leave_key]
        on = self.enter("hint.go_on")
        if question.kind == "text":
            on = self.texts("key.tab"), self.texts("hint.go_on")
        marks = [mark] if size_of(question) else []
        if marks and question.optional and question.id in form.typed:
            marks.append((self.texts("key.delete"), self.texts("questions.clear")))
        return [on, *back, *marks, self.leave_key]

    # -- drawing ----------------------------------------------------------------------------------

    def show_body(self, now: float) -> None:
        form = self._form
        question = form.question
        fresh = self._asked is None or self._asked[0] is not form or self._asked[1] != form.at
        self._asked = (form, form.at)
        title = self.texts("questions.summary")
        if question is not None:
            place, total = form.at + 1, len(form.questions)
            title = self.texts("questions.question", number=place, total=total)
        self.query_one("#question").border_title = Content(self.part(title))
        if fresh:
            self._lay_out(question)
        if question is None:
            self._show_summary(form)
        else:
            self._show_question(form, question)
        self._fit()

    def _fit(self) -> None:
        """Leave a long list the room that the question and the lines below it do not take."""
        frame, choices = self.query_one("#question"), self.query_one("#choices")
        taken = self.query_one("#ask").size.height + self.query_one("#how").size.height + 2
        choices.styles.max_height = max(_FEWEST, frame.size.height - taken)

    def _lay_out(self, question: QuestionPart | None) -> None:
        """Show the field that fits, with what was typed before, and focus it."""
        kind = question.kind if question is not None else "summary"
        number, text = self.query_one(Input), self.query_one(TextArea)
        self.query_one("#choices").display = kind in ("likert", "choice", "summary")
        number.display, text.display = kind == "number", kind == "text"
        typed = self._form.typed.get(question.id, "") if question is not None else ""
        self._row = 0
        if kind == "number":
            number.value = str(typed)
            number.cursor_position = len(number.value)
            number.focus()
        elif kind == "text":
            text.text = str(typed)
            text.move_cursor(text.document.end)
            text.focus()
        else:
            self.set_focus(None)
        self.query_one("#choices", VerticalScroll).scroll_home(animate=False)

    def _show_question(self, form: Form, question: QuestionPart) -> None:
        optional = f" ({self.texts('questions.optional')})" if question.optional else ""
        self.query_one("#ask", SteadyText).update(
            Content.assemble((lines_of(question.ask), "bold"), (optional, "$text-muted"))
        )
        typed = form.typed.get(question.id)
        marked = typed if isinstance(typed, int) else None
        drawn = Content("")
        if question.kind == "likert":
            drawn = scale(question, marked)
        elif question.kind == "choice":
            width = self.query_one("#choices").size.width
            drawn = options(question.options, marked, width)
        self.query_one("#options", SteadyText).update(drawn)
        hows = {"likert": "step", "choice": "option", "number": "number", "text": "text"}
        self._say(self.texts(f"questions.how_{hows[question.kind]}"))

    def _show_summary(self, form: Form) -> None:
        sent = self.stage is not None and self.stage.sent
        key = "questions.sending" if sent else "questions.check"
        self.query_one("#ask", SteadyText).update(Content.styled(self.texts(key), "bold"))
        width = self.query_one("#choices").size.width - 1
        rows = [self._answer_row(form, place, width) for place in range(len(form.questions))]
        self.query_one("#options", SteadyText).update(Content("\n").join(rows))
        self._say("")

    def _answer_row(self, form: Form, place: int, width: int) -> Content:
        question = form.questions[place]
        answer = _answer(question, form.typed.get(question.id), self.texts)
        asks = [" ".join(each.ask.split()) for each in form.questions]
        column = min(max(map(cell_len, asks)), width * 3 // 5)
        ask = show(asks[place], column)
        gap = " " * (column - cell_len(ask))
        style = "reverse" if place == self._row else ""
        return Content.assemble(
            (f" {place + 1:>2}  {ask}{gap}  ", style),
            (
                f"{show(answer, max(_SHORTEST_ANSWER, width - column - 8))} ",
                f"bold {style}".strip(),
            ),
        )

    def _say(self, how: str) -> None:
        """The error, in place of how to answer."""
        wrong = self.worker_app.status
        style = "bold $text-warning" if wrong else "$text-muted"
        self.query_one("#how", SteadyText).update(Content.styled(wrong or how, style))

    # -- keys -------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        question = self._form.question
        if question is None or self.focused is not None:
            return
        value = index_by_key(question).get((event.character or "").lower())
        if value is not None:
            event.stop()
            if self.counts():
                self.act(self.session.fill(value))

    def on_input_changed(self, event: Input.Changed) -> None:
        self._typed("number", event.value)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._typed("text", event.text_area.text)

    def on_input_submitted(self) -> None:
        self.action_go_on()

    def _typed(self, kind: str, value: str) -> None:
        """Keep what was typed; a field is also changed when its question is drawn."""
        question = self._form.question
        if question is None or question.kind != kind or not self._drawn:
            return
        if value != self._form.typed.get(question.id, ""):
            self.act(self.session.fill(value))

    @property
    def _drawn(self) -> bool:
        return self._asked == (self._form, self._form.at)

    def action_go_on(self) -> None:
        if not self.counts():
            return
        summary = self._form.question is None
        self.act(self.session.send_answers() if summary else self.session.next_question())

    def action_back(self) -> None:
        self.act(self.session.go_to_question(self._form.at - 1))

    def action_mark(self, step: int) -> None:
        question = self._form.question
        if question is None:
            self._row = (self._row + step) % max(1, len(self._form.questions))
            self._keep_in_view(self._row)
            self.show(self.worker_app.now)
            return
        size, first = size_of(question), int(question.kind == "likert")
        if not size:
            return
        marked = self._form.typed.get(question.id)
        at = marked - first if isinstance(marked, int) else (-1 if step > 0 else size)
        place = min(max(0, at + step), size - 1)
        self._keep_in_view(place if question.kind == "choice" else 0)
        self.act(self.session.fill(place + first))

    def action_clear(self) -> None:
        question = self._form.question
        if question is not None and size_of(question):
            self.act(self.session.fill(None))

    def action_change(self) -> None:
        if self._form.question is None:
            self.act(self.session.go_to_question(self._row))

    def _keep_in_view(self, row: int) -> None:
        pane = self.query_one("#choices", VerticalScroll)
        height = max(1, pane.size.height)
        if not pane.scroll_y <= row < pane.scroll_y + height:
            pane.scroll_to(y=max(0, row - height // 2), animate=False)


def _answer(question: QuestionPart, typed: Typed | None, texts: Texts) -> str:
    if typed is None:
        return texts("questions.empty")
    if question.kind == "choice" and isinstance(typed, int):
        return question.options[typed]
    if question.kind == "likert":
        return f"{typed} / {question.steps}"
    return " ".join(str(typed).split())
