"""The task: a record, the classes with their keys, and the strip of records in hand."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from clamshell_tui.formats import clock
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import JoinRefused
from worker_client.keys import class_by_key
from worker_client.lifecycle import SessionPhase
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.widgets.class_list import ClassList
from worker_client.widgets.record_strip import RecordStrip
from worker_client.widgets.record_view import RecordView

_SLOW = 0.3  # seconds until an answer that is being sent is dimmed
_AHEAD = 4  # records whose pictures are drawn before they are looked at, the current one too
_HURRY = 60.0  # seconds of the lease that are left when it is shown
_HELD = "not counted: the key came too soon after the last one. Let it go for a moment"


class TaskScreen(ScreenFrame):
    """Labels records of the training or of a task; a key labels one and goes to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ScreenFrame.BINDINGS,
        Binding("backspace,u", "undo", "Undo", id="undo"),
        Binding("enter", "submit", "Send", id="submit"),
        Binding("s", "skip", "Skip", id="skip"),
        Binding("f", "flag", "Flag", id="flag"),
        Binding("v", "full", "Full text", id="full"),
        Binding("left", "move(-1)", "Back", id="back"),
        Binding("right", "move(1)", "On", id="on"),
        Binding("down", "scroll(1)", "Scroll down", id="down"),
        Binding("up", "scroll(-1)", "Scroll up", id="up"),
        Binding("pagedown", "scroll(2)", "Page down", id="page-down"),
        Binding("pageup", "scroll(-2)", "Page up", id="page-up"),
        Binding("end", "scroll(1000000)", "To the end", id="end"),
        Binding("home", "scroll(-1000000)", "To the beginning", id="home"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sent_at = 0.0
        self._seen: tuple[DraftAnswer | None, int] = (None, 0)  # and the record looked at

    def body(self) -> ComposeResult:
        with Horizontal(id="desk"):
            yield RecordView()
            yield ClassList()
        yield RecordStrip()

    def keys(self) -> Keys:
        sheet = self.session.sheet
        if self.session.phase is SessionPhase.REVIEWING:
            return [
                ("Enter", "send"),
                ("\u2190 \u2192", "look again"),
                ("u", "undo"),
                ("?", "help"),
            ]
        if self.session.phase in (SessionPhase.SENDING, SessionPhase.CHECKING):
            return [("?", "help"), ("Esc", "leave")]
        keys = [("s", "skip"), ("f", "flag")] if sheet is not None and not sheet.gold else []
        undo = [("u", "undo")] if sheet is not None and len(sheet.records) > 1 else []
        return [*undo, *keys, ("?", "help"), ("Esc", "leave")]

    def show_body(self, now: float) -> None:
        """Draw the sheet in hand; between two tasks the last one stays, dimmed."""
        session, sheet = self.session, self.session.sheet
        if sheet is None or session.seat is None:
            return
        names = session.seat.classes
        sending = session.phase in (SessionPhase.SENDING, SessionPhase.CHECKING)
        self._sent_at = (self._sent_at or now) if sending else 0.0
        record, classes = self.query_one(RecordView), self.query_one(ClassList)
        if (sheet, sheet.at) != self._seen:
            self._seen = (sheet, sheet.at)
            record.look_ahead(sheet.records[sheet.at : sheet.at + _AHEAD])
        record.show_record(sheet.record)
        title = self._title(sheet.at + 1, len(sheet.records), sheet.gold)
        record.entitle(title, self._hurry(now))
        classes.show_classes(names, sheet.labels[sheet.at])
        classes.styles.width = classes.wanted_width(self.app.size)
        classes.entitle("Press its key", self._next_step(sending))
        self.query_one(RecordStrip).show_sheet(sheet, names)
        self.query_one("#desk").set_class(sending and self._slow(now), "-sending")
        self.query_one("#desk").set_class(session.phase is SessionPhase.REVIEWING, "-reviewing")

    def on_key(self, event: events.Key) -> None:
        seat = self.session.seat
        if seat is None or event.character is None:
            return
        label = class_by_key(seat.classes).get(event.character.lower())
        if label is not None:
            event.stop()
            if self._counts():
                self._label(label)

    def on_class_list_chosen(self, event: ClassList.Chosen) -> None:
        self._label(event.index)

    def on_record_strip_chosen(self, event: RecordStrip.Chosen) -> None:
        self.worker_app.act(self.session.look_at(event.index, self.worker_app.now))

    def action_undo(self) -> None:
        self.worker_app.act(self.session.undo(self.worker_app.now))

    def action_submit(self) -> None:
        self.worker_app.act(self.session.submit(self.worker_app.now))

    def action_skip(self) -> None:
        self._skip("")

    def action_flag(self) -> None:
        sheet = self.session.sheet
        self._skip(f"flagged: {sheet.record.id}" if sheet is not None else "flagged")

    def action_full(self) -> None:
        self.query_one(RecordView).show_all()

    def action_move(self, step: int) -> None:
        sheet = self.session.sheet
        at = sheet.at + step if sheet is not None else 0
        self.worker_app.act(self.session.look_at(at, self.worker_app.now))

    def action_scroll(self, halves: int) -> None:
        record = self.query_one(RecordView)
        record.scroll_relative(y=halves * max(1, record.size.height // 2), animate=False)

    def _counts(self) -> bool:
        """Whether the key was meant for the record in view; say so if not."""
        if not self.worker_app.key_counts:
            self.worker_app.act([JoinRefused(_HELD)])
        return self.worker_app.key_counts

    def _skip(self, reason: str) -> None:
        if self._counts():
            self.worker_app.act(self.session.skip(self.worker_app.now, reason))

    def _label(self, label: int) -> None:
        self.worker_app.act(self.session.label(label, self.worker_app.now))

    def _slow(self, now: float) -> bool:
        """An answer is dimmed only if it takes its time: no flicker from task to task."""
        return now > self._sent_at + _SLOW

    def _title(self, number: int, total: int, gold: bool) -> str:
        what = "Training record" if gold else "Record"
        return f"{what} {number} of {total}"

    def _hurry(self, now: float) -> str:
        left = self.session.lease_left(now)
        if left is None or left > _HURRY:
            return ""
        return f"{clock(left)} left"

    def _next_step(self, sending: bool) -> str:
        if sending:
            return "not sent yet" if not self.session.connected else "sending\u2026"
        return "Enter sends" if self.session.phase is SessionPhase.REVIEWING else ""
