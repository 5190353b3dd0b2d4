"""The end of a study: a text, what is paid and why, and the completion code."""

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from clamshell_tui.formats import coins
from clamshell_tui.participant_texts import Texts
from clamshell_tui.text import show
from clamshell_tui.wire.study_messages import DebriefShown, PayLine
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import ReadingFrame
from worker_client.widgets.lines import SteadyText
from worker_client.widgets.record_view import hidden_below
from worker_client.widgets.text_pane import TextPane

_WIDTH = 68
_LINES = 2  # of a reason
_LEAST = 2  # lines of the rows, and
_LEAST_TEXT = 5  # of the text with its frame, where both have to scroll


class ReceiptScreen(ReadingFrame):
    """Enter ends the session once the receipt was shown, and then closes the program.

    Total and code are always in view: the rows above them scroll if they have no room, after the
    text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *ReadingFrame.BINDINGS,
        Binding("enter", "finish", "Finish", id="finish"),
        Binding("q", "close", "Close", id="close"),
    ]
    _limits = (0, "")
    """Of the rows: how many lines they may take, and what is said to be below."""

    def body(self) -> ComposeResult:
        yield TextPane(id="text")
        with Vertical(id="receipt"):
            yield SteadyText(id="outcome", markup=False)
            with VerticalScroll(id="rows", can_focus=False):
                yield SteadyText(id="lines", markup=False)
            yield SteadyText(id="total", markup=False)
            yield SteadyText(id="code", markup=False)
            yield SteadyText(id="show", markup=False)

    def keys(self) -> Keys:
        scrolls = self.query_one(TextPane).display or self._rows.max_scroll_y
        scroll = [self.scroll_key] if scrolls else []
        if self.session.over:
            return [self.enter("hint.close"), *scroll]
        return [self.enter("receipt.seen"), *scroll, *self.usual_keys()]

    @property
    def _rows(self) -> VerticalScroll:
        return self.query_one("#rows", VerticalScroll)

    def show_body(self, now: float) -> None:
        stage = self.stage
        if stage is None or not isinstance(stage.shown, DebriefShown):
            return
        debrief = stage.shown
        pane = self.query_one(TextPane)
        pane.display = bool(debrief.text.strip())
        title = self.part(self.texts("receipt.title"))
        pane.show_text(debrief.text, title)
        receipt = self.query_one("#receipt")
        receipt.set_class(not pane.display, "-alone")
        receipt.border_title = Content(show(title)) if not pane.display else None
        self._show_outcome(debrief.outcome.replace("-", "_"))
        who = self.session.seat.worker if self.session.seat is not None else ""
        self.query_one("#lines", SteadyText).update(_table(debrief, self.texts))
        self.query_one("#total", SteadyText).update(_total(debrief, who, self.texts))
        code = self.query_one("#code", SteadyText)
        code.display = bool(debrief.code)
        code.update(_large(debrief.code, self.texts))
        told = self.texts("receipt.over" if self.session.over else "receipt.show")
        told = self.texts("stage.one_moment") if stage.sent and not self.session.over else told
        self.query_one("#show", SteadyText).update(Content.styled(told, "bold $text-warning"))
        self._limit_rows(now)

    def _show_outcome(self, outcome: str) -> None:
        """Why the end came early."""
        line = self.query_one("#outcome", SteadyText)
        line.display = bool(outcome) and f"receipt.{outcome}" in self.texts
        if line.display:
            line.update(Content.styled(self.texts(f"receipt.{outcome}"), "bold"))

    def _limit_rows(self, now: float) -> None:
        """Give the rows what the rest leaves, and say how many are out of sight."""
        pane, receipt = self.query_one(TextPane), self.query_one("#receipt")
        others = [each for each in (*self.children, *receipt.children) if each.display]
        others = [each for each in others if each not in (pane, receipt, self._rows)]
        taken = sum(each.outer_size.height + each.styles.margin.height for each in others)
        taken += receipt.gutter.height + (_LEAST_TEXT if pane.display else 0)
        room = max(_LEAST + self._rows.gutter.height, self.size.height - taken)
        below = hidden_below(self._rows, self.texts)
        if (room, below) == self._limits:
            return
        self._limits, self._rows.styles.max_height = (room, below), room
        self._rows.border_subtitle = Content(f" {below} " if below else "")
        self.call_after_refresh(lambda: self.show(now))  # the sizes are known then

    def action_scroll(self, halves: int) -> None:
        """Scroll the text, then the rows; back in the other order."""
        text, rows = self.query_one(TextPane), self._rows
        if halves > 0:
            on_text = text.display and text.scroll_y < text.max_scroll_y
        else:
            on_text = not rows.scroll_y
        if on_text or not rows.max_scroll_y:
            super().action_scroll(halves)
            return
        rows.scroll_relative(y=halves * max(1, rows.size.height // 2), animate=False)
        self.call_after_refresh(lambda: self.show(self.worker_app.now))

    def action_finish(self) -> None:
        if self.session.over:
            self.worker_app.action_close()
        elif self.counts():
            self.act(self.session.see_receipt())

    def action_close(self) -> None:
        if self.session.over:
            self.worker_app.action_close()


def _table(debrief: DebriefShown, texts: Texts) -> Content:
    """The lines that pay something."""
    numerals, currency = texts.numerals, debrief.currency
    paid = [
        _row(_meaning(each, texts), coins(each.micros, currency, numerals))
        for each in debrief.lines
        if each.micros
    ]
    return Content("\n").join(paid)


def _total(debrief: DebriefShown, who: str, texts: Texts) -> Content:
    total = texts("receipt.total", participant=show(who, 20))
    amount = coins(debrief.total_micros, debrief.currency, texts.numerals)
    return _row(total, amount).stylize("bold")


def _meaning(line: PayLine, texts: Texts) -> str:
    key = f"receipt.{line.kind}"
    name = texts(key) if key in texts else line.kind
    return f"{name}: {line.reason}" if line.reason else name


def _row(name: str, amount: str) -> Content:
    """A name on as many lines as it needs, and the amount at the right of the last one."""
    room = _WIDTH - cell_len(amount) - 2
    lines = [each.plain.rstrip() for each in Content(show(name)).wrap(room)]
    above = lines[: min(len(lines), _LINES) - 1]
    last = show(" ".join(lines[len(above) :]), room)
    gap = " " * (room - cell_len(last))
    return Content("\n".join([*above, f"{last}{gap}  {amount}"]))


def _large(code: str, texts: Texts) -> Content:
    """The code with space around it, in reverse."""
    if not code:
        return Content("")
    label = f"{texts('receipt.code')}  "
    letters = f"   {' '.join(show(code, 20))}   "
    blank, gap = " " * cell_len(letters), " " * cell_len(label)
    style = "bold reverse"
    return Content.assemble(
        *(gap, (blank, style), "\n"),
        *((label, "bold"), (letters, style), "\n"),
        *(gap, (blank, style)),
    )
