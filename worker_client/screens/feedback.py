"""The result of the training: passed or not, and each record with the right answer."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from clamshell_tui.text import show
from worker_client.notices import Feedback
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.lines import SteadyText
from worker_client.widgets.record_view import RecordView

_RIGHT, _WRONG = "\u2713", "\u2717"


class FeedbackScreen(ScreenFrame):
    """Up and down look at the records, Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ScreenFrame.BINDINGS,
        Binding("enter", "dismiss_notice", "Go on", id="go-on"),
        Binding("down", "look(1)", "Next record", id="down"),
        Binding("up", "look(-1)", "Previous record", id="up"),
        Binding("v", "full", "Full text", id="full"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    def body(self) -> ComposeResult:
        yield SteadyText(id="result", markup=False)
        with Horizontal(id="desk"):
            yield SteadyText(id="list", markup=False)
            yield RecordView()

    def keys(self) -> Keys:
        cover = self.session.cover
        look = [("\u2191 \u2193", self.texts("hint.look_at_records"))]
        if not isinstance(cover, Feedback):
            return []
        if cover.blocked(self.worker_app.now):
            return [*look, ("\u2026", self.texts("hint.one_moment"))]
        return [self.key("enter", "go_on"), *(look if cover.records else [])]

    def on_screen_resume(self) -> None:
        """A new result: begin with the first wrong answer."""
        cover = self.session.cover
        if isinstance(cover, Feedback):
            pairs = list(zip(cover.given, cover.right, strict=False))
            self._at = next((at for at, (one, other) in enumerate(pairs) if one != other), 0)
        super().on_screen_resume()

    def show_body(self, now: float) -> None:
        """The result as it came."""
        cover = self.session.cover
        if not isinstance(cover, Feedback) or self.session.seat is None:
            return
        self.query_one("#result", Static).update(self._result(cover))
        self.query_one("#desk").display = bool(cover.records)
        if cover.records:
            self.query_one("#list", Static).update(self._list(cover))
            record = self.query_one(RecordView)
            record.show_record(cover.records[self._at])
            number, total = self._at + 1, len(cover.records)
            title = self.texts("feedback.record", number=number, total=total)
            record.entitle(title, self._answers(cover))

    def action_dismiss_notice(self) -> None:
        self.worker_app.act(self.session.dismiss(self.worker_app.now))

    def action_full(self) -> None:
        self.query_one(RecordView).show_all()

    def action_look(self, step: int) -> None:
        cover = self.session.cover
        if isinstance(cover, Feedback) and cover.records:
            self._at = (self._at + step) % len(cover.records)
            self.show(self.worker_app.now)

    def _result(self, cover: Feedback) -> Content:
        texts = self.texts
        verdict = (
            (f"{_RIGHT} {texts('feedback.passed')} ", "bold $text-success")
            if cover.passed
            else (f"{_WRONG} {texts('feedback.failed')} ", "bold $text-warning")
        )
        work = f"  \u25b6 {texts('feedback.work')}" if self.session.sheet is not None else ""
        return Content.assemble(
            verdict,
            (texts("feedback.right", correct=cover.correct, asked=cover.asked), "bold"),
            f"\n  {texts('feedback.paid', amount=self.session.amount(cover.micros))}",
            (work, "bold"),
        )

    def _list(self, cover: Feedback) -> Content:
        height = max(1, self.query_one("#list").size.height)
        first = min(max(0, self._at - height // 2), max(0, len(cover.records) - height))
        rows = [self._row(cover, at) for at in range(first, len(cover.records))[:height]]
        return Content("\n").join(rows)

    def _row(self, cover: Feedback, at: int) -> Content:
        given, right = self._names(cover, at)
        mark = (_RIGHT, "$text-success") if given == right else (_WRONG, "bold $text-warning")
        detail = given
        if given != right:
            detail = self.texts("feedback.wrong", given=given, right=right)
        style = "reverse" if at == self._at else ""
        return Content.assemble(" ", mark, (f" {at + 1:>2}  {show(detail, 22)} ", style))

    def _answers(self, cover: Feedback) -> str:
        given, right = self._names(cover, self._at)
        if given == right:
            return f"{_RIGHT} {show(right, 20)}"
        given, right = show(given, 16), show(right, 16)
        return f"{_WRONG} {self.texts('feedback.wrong_long', given=given, right=right)}"

    def _names(self, cover: Feedback, at: int) -> tuple[str, str]:
        assert self.session.seat is not None
        classes = self.session.seat.classes

        def name(labels: tuple[int, ...]) -> str:
            known = at < len(labels) and labels[at] < len(classes)
            return classes[labels[at]] if known else "?"

        return name(cover.given), name(cover.right)
