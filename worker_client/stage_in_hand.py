"""The stage that a participant is in, with the participant's place in it.

The coordinator sends a stage again when something in it changes, and after a reconnection. The
place in it, what was typed, and what was sent but not confirmed survive the first; after the
second the coordinator's state wins, and only what was typed is kept.
"""

from dataclasses import dataclass, field

from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import (
    GateShown,
    PagesShown,
    QuestionsShown,
    RecordsShown,
    StagePart,
    StageShown,
)
from worker_client.form import Form


@dataclass
class StageInHand:
    """``since`` is when the stage, or a gate's time that is left, was told (wall seconds).

    ``at`` is the page or the record in view.
    """

    message: StageShown
    since: float
    at: int = 0
    read: int = 0  # pages read
    end_shown: bool = False  # of the text in view, to its last line
    sent: bool = False  # what ends the stage, or the answer to the record; not yet confirmed
    lost: bool = False  # the connection, since the message came
    told: int = 0  # records answered, as the coordinator said last
    seen_at: float = 0.0  # when the record in view was shown first
    form: Form = field(default_factory=lambda: Form(()))

    @property
    def shown(self) -> StagePart:
        return self.message.shown

    @property
    def record(self) -> Record | None:
        """The record in view; None without one."""
        shown = self.shown
        if isinstance(shown, RecordsShown) and self.at < len(shown.records):
            return shown.records[self.at]
        return None

    @property
    def page(self) -> str:
        """The page in view; empty without one."""
        shown = self.shown
        return shown.pages[self.at] if isinstance(shown, PagesShown) and shown.pages else ""

    def take(self, record: int, now: float) -> None:
        """Bring a record into view."""
        if record != self.at:
            self.at, self.seen_at = record, now

    def turn_to(self, page: int) -> None:
        """Bring a page into view; one that was read need not be shown to its end again."""
        self.at, self.end_shown = page, page < self.read


def entered(message: StageShown, now: float) -> StageInHand:
    """Return a stage that was not in hand before."""
    stage = StageInHand(message, now, seen_at=now)
    match message.shown:
        case PagesShown(pages=pages, read=read):
            stage.read = read
            stage.turn_to(max(0, min(read, len(pages) - 1)))
        case RecordsShown(answered=answered):
            stage.at = stage.told = answered
        case QuestionsShown(questions=questions, typed=typed):
            stage.form = Form(questions, typed)
    return stage


def told_again(old: StageInHand, message: StageShown, now: float) -> StageInHand | None:
    """Return the stage in hand in its new state; None if it is another stage."""
    before, after = old.shown, message.shown
    if old.message.number != message.number or type(before) is not type(after):
        return None
    new = entered(message, now)
    new.since = now if isinstance(after, GateShown) else old.since
    new.end_shown = old.end_shown
    new.sent = old.sent and not old.lost
    if isinstance(before, PagesShown) and isinstance(after, PagesShown):
        _keep_page(old, new, len(after.pages))
    elif isinstance(before, RecordsShown) and isinstance(after, RecordsShown):
        if before.records != after.records:
            return None
        _keep_record(old, new, feedback=after.feedback)
    elif isinstance(before, QuestionsShown) and isinstance(after, QuestionsShown):
        if before.questions != after.questions:
            return None
        new.form = old.form
        if old.lost:  # perhaps before it had all of them
            new.form.changed.update(new.form.typed)
    elif before != after and not isinstance(after, GateShown):
        new.end_shown = False
    return new


def _keep_page(old: StageInHand, new: StageInHand, pages: int) -> None:
    new.read = new.read if old.lost else max(old.read, new.read)
    new.at = max(0, min(old.at, new.read, pages - 1))
    if new.at != old.at:
        new.turn_to(new.at)


def _keep_record(old: StageInHand, new: StageInHand, *, feedback: bool) -> None:
    """An answer on its way is confirmed by feedback, else by the number of answered records."""
    if not old.lost and ((feedback and old.sent) or new.told < old.at):
        new.at = old.at
    if new.at == old.at:
        new.seen_at = old.seen_at
