"""The task: a record, the classes with their keys, and the strip of records in hand."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from clamshell_tui.formats import clock
from clamshell_tui.participant_texts import Texts
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import Effect, JoinRefused
from worker_client.keys import class_by_key, must_be_typed
from worker_client.lifecycle import SessionPhase
from worker_client.screens.frame import Keys, ScreenFrame
from worker_client.screens.overlays import RemarkScreen
from worker_client.widgets.class_finder import ClassFinder
from worker_client.widgets.class_list import ClassList
from worker_client.widgets.record_strip import RecordStrip
from worker_client.widgets.record_view import RecordView, hidden_below

_SLOW = 0.3  # seconds until an answer that is being sent is dimmed
_AHEAD = 4  # records whose pictures are drawn before they are looked at, the current one too
_HURRY = 60.0  # seconds of the lease that are left when it is shown
_COMMAND_KEYS = {
    "undo": ("u", ""),  # a key with a name
    "skip": ("s", "F3"),
    "flag": ("f", "F4"),
    "comment": ("c", "F6"),
}
"""As shown: the letter, and the key where letters are typed."""


class TaskScreen(ScreenFrame):
    """Labels records of the training or of a task; a key labels one and goes to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ScreenFrame.BINDINGS,
        Binding("backspace,u", "undo", "Undo", id="undo"),
        Binding("enter", "submit", "Send", id="submit"),
        Binding("s,f3", "skip", "Skip", id="skip"),
        Binding("f,f4", "flag", "Flag", id="flag"),
        Binding("v,f5", "full", "Full text", id="full"),
        Binding("c,f6", "comment", "Comment", id="comment"),
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
            yield ClassFinder()
        yield RecordStrip()

    def keys(self) -> Keys:
        sheet = self.session.sheet
        if self.session.phase is SessionPhase.REVIEWING:
            return [
                self.key("enter", "send"),
                ("\u2190 \u2192", self.texts("hint.look_again")),
                self._key_for("undo"),
                ("?", self.texts("hint.help")),
            ]
        if self.session.phase in (SessionPhase.SENDING, SessionPhase.CHECKING):
            return self.usual_keys()
        remarks = [self._key_for(each) for each in ("skip", "flag", "comment")]
        keys = remarks if sheet is not None and not sheet.gold else []
        undo = [self._key_for("undo")] if sheet is not None and len(sheet.records) > 1 else []
        return [*undo, *keys, *self.usual_keys()]

    @property
    def _typing(self) -> bool:
        """Whether classes are selected by typing, and letters are no commands."""
        return self.session.seat is not None and must_be_typed(self.session.seat.classes)

    def _key_for(self, command: str) -> tuple[str, str]:
        key = _COMMAND_KEYS[command][self._typing] or self.texts("key.backspace")
        return key, self.texts(f"hint.{command}")

    def show_body(self, now: float) -> None:
        """Draw the sheet in hand; between two tasks the last one stays, dimmed."""
        session, sheet = self.session, self.session.sheet
        if sheet is None or session.seat is None:
            return
        names = session.seat.classes
        sending = session.phase in (SessionPhase.SENDING, SessionPhase.CHECKING)
        self._sent_at = (self._sent_at or now) if sending else 0.0
        record, classes = self.query_one(RecordView), self._shown_classes()
        if (sheet, sheet.at) != self._seen:
            self._seen = (sheet, sheet.at)
            record.look_ahead(sheet.records[sheet.at : sheet.at + _AHEAD])
        record.show_record(sheet.record)
        notes = hidden_below(record, self.texts), self._hurry(now)
        left = "" if notes[1] else self._left(sheet, now)
        title = self.part(_title(sheet, self.texts))
        record.entitle(title, " \u00b7 ".join(filter(None, notes)), left)
        classes.show_classes(session.shown_classes, sheet.labels[sheet.at])
        classes.styles.width = classes.wanted_width(self.app.size)
        title = session.seat.ask or self.texts("task.type" if self._typing else "task.press")
        classes.entitle(title, self._next_step(sending))
        self.query_one(RecordStrip).show_sheet(sheet, names)
        self.query_one("#desk").set_class(sending and self._slow(now), "-sending")
        self.query_one("#desk").set_class(session.phase is SessionPhase.REVIEWING, "-reviewing")

    def _shown_classes(self) -> ClassList | ClassFinder:
        """Show the list with keys, or the one to type in."""
        keyed, typed = self.query_one(ClassList), self.query_one(ClassFinder)
        keyed.display, typed.display = not self._typing, self._typing
        return typed if self._typing else keyed

    def on_key(self, event: events.Key) -> None:
        seat = self.session.seat
        if self._typing:
            self._find(event)
            return
        if seat is None or event.character is None:
            return
        label = class_by_key(seat.classes).get(event.character.lower())
        if label is not None:
            event.stop()
            if self._counts():
                self._label(label)

    def _find(self, event: events.Key) -> None:
        """Pass a key to the list of classes; letters are for it alone, also while it is closed."""
        if self.session.phase in (SessionPhase.TRAINING, SessionPhase.WORKING):
            taken = self.query_one(ClassFinder).take(event.key, event.character)
        else:
            taken = event.is_printable and event.character != "?"
        if taken:
            event.stop()

    def on_class_finder_chosen(self, event: ClassFinder.Chosen) -> None:
        self._label(event.index)

    def on_class_list_chosen(self, event: ClassList.Chosen) -> None:
        self._label(event.index)

    def on_record_strip_chosen(self, event: RecordStrip.Chosen) -> None:
        self.worker_app.act(self.session.look_at(event.index, self.worker_app.now))

    def action_undo(self) -> None:
        self.worker_app.act(self.session.undo(self.worker_app.now))

    def action_submit(self) -> None:
        if self._typing and not self._counts():  # the Enter that chose the last class, held
            return
        self.worker_app.act(self.session.submit(self.worker_app.now))

    def action_skip(self) -> None:
        if self._counts():
            texts = self.texts
            usual = texts("remark.usual")
            asks = RemarkScreen(texts("remark.skip"), texts("remark.why"), placeholder=usual)
            self._remark(self.session.why_no_skip(), asks, self.session.skip)

    def action_flag(self) -> None:
        if self._counts():
            self.worker_app.act(self.session.flag(self.worker_app.now))

    def action_comment(self) -> None:
        sheet = self.session.sheet
        title, ask = self.texts("remark.comment"), self.texts("remark.say")
        asks = RemarkScreen(title, ask, sheet.comment if sheet else "")
        self._remark(self.session.why_no_remark(), asks, self.session.comment)

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
            self.worker_app.act([JoinRefused(self.texts("status.held"))])
        return self.worker_app.key_counts

    def _remark(
        self, refusal: str, asks: RemarkScreen, keep: Callable[[float, str], list[Effect]]
    ) -> None:
        """Ask for a text, and keep it if the same record is still in hand then."""
        sheet = self.session.sheet
        if refusal or sheet is None:
            self.worker_app.act([JoinRefused(refusal)])
            return
        record = sheet.record

        def typed(text: str | None) -> None:
            now = self.worker_app.now
            gone = sheet is not self.session.sheet or record is not sheet.record
            if text is None:
                self.worker_app.act([])
            else:
                refused = JoinRefused(self.texts("status.not_kept"))
                self.worker_app.act([refused] if gone else keep(now, text))

        self.app.push_screen(asks, typed)

    def _label(self, label: int) -> None:
        self.worker_app.act(self.session.label(label, self.worker_app.now))

    def _slow(self, now: float) -> bool:
        """An answer is dimmed only if it takes its time: no flicker from task to task."""
        return now > self._sent_at + _SLOW

    def _hurry(self, now: float) -> str:
        left = self.session.lease_left(now)
        if left is None or left > _HURRY:
            return ""
        return self.texts("task.time_left", time=clock(left))

    def _left(self, sheet: DraftAnswer, now: float) -> str:
        """How much of the work is left, as a study limits it; it changes once a minute."""
        minutes, records = self.session.minutes_left(now), self.session.records_left
        if sheet.gold or (minutes is None and records is None):
            return ""
        if minutes == 0 or (records is not None and records <= len(sheet.records)):
            return self.texts("task.last")
        time = "" if minutes is None else self.texts("task.minutes_left", count=minutes)
        return time or self.texts("task.records_left", count=records)

    def _next_step(self, sending: bool) -> str:
        if sending:
            return self.texts("task.sending" if self.session.connected else "task.not_sent")
        reviewing = self.session.phase is SessionPhase.REVIEWING
        return self.texts("task.enter_sends") if reviewing else ""


def _title(sheet: DraftAnswer, texts: Texts) -> str:
    what = "task.training_record" if sheet.gold else "task.record"
    reason = sheet.reasons[sheet.at]
    parts = [
        texts(what, number=sheet.at + 1, total=len(sheet.records)),
        texts("task.flagged") if sheet.flagged else "",
        texts("task.skipped") if reason is not None else "",
        texts("task.commented") if sheet.comment else "",
    ]
    return " \u00b7 ".join(filter(None, parts))
