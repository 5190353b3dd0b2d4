"""The participant's half of a session: the task in hand and the actions on it, and the account.

This half handles keys and clicks, :mod:`worker_client.session` messages. Both are pure: each method
returns a list of effects for the driver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf

from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    Choices,
    Draft,
    Joined,
    Leave,
    Over,
    Progress,
    Qualification,
    Skip,
    Statement,
    Stay,
    TaskAssigned,
)
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import Effect, JoinRefused, Remember, Send
from worker_client.lifecycle import SessionPhase, SessionStep, after
from worker_client.notices import WHY_NOT, Cover

_MINUTE = 60.0


@dataclass(frozen=True)
class Account:
    """Pay owed by the coordinator: ``owed`` micro-dollars at ``since``, then ``grows`` per minute.

    ``rate`` is what a minute is paid: ``grows``, but for what a study tops up. ``waited`` is the
    length of the wait at ``since``. Rate and ``waited`` are in time of the run; ``since`` is in
    wall seconds, and ``speed`` seconds of the run pass in one of them.
    """

    owed: int = 0
    rate: int = 0
    since: float = 0.0
    waited: float = 0.0
    speed: float = 1.0
    grows: int | None = None  # None: by the rate

    def owed_at(self, now: float) -> int:
        """Micro-dollars, rounded down: never more than will be paid."""
        grows = self.rate if self.grows is None else self.grows
        return self.owed + int(grows * self._elapsed(now) / _MINUTE)

    def waited_at(self, now: float) -> float:
        """Length of the wait in seconds of the run."""
        return self.waited + self._elapsed(now)

    def _elapsed(self, now: float) -> float:
        return max(0.0, now - self.since) * self.speed


_LABELLING = (SessionPhase.TRAINING, SessionPhase.WORKING)
OPEN = (*_LABELLING, SessionPhase.REVIEWING)
"""Phases in which the labels in hand can still be changed."""


class Labelling:
    """Attributes are read-only for callers; methods change them."""

    def __init__(
        self,
        code: str = "",
        token: str = "",
        outbox: Mapping[str, Answer] | None = None,
        *,
        review: bool = True,
        encoding: str = "utf-8",
        bot: bool = False,
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        self.phase = SessionPhase.JOINING
        self.connected = False
        self.code = code
        self.token = token
        self.outbox: dict[str, Answer] = dict(outbox or {})
        self.review = review
        self.encoding = encoding  # of the terminal
        self.bot = bot  # presses no key by mistake, so a new notice need not block it
        self.by_program = bot  # also a program that presses the keys of the screen
        self.width, self.height = 0, 0  # of the terminal in cells; 0: not known
        self.texts = texts
        self.run = ""
        self.seat: Joined | None = None
        self.accepted = False  # the instructions
        self.sheet: DraftAnswer | None = None
        self.cover: Cover | None = None
        self.account = Account()
        self.work_ends_at: float | None = None  # of a study that limits its time
        self.records_left: int | None = None  # with those in hand; None: any number
        self.waiting_for = ""  # the state of the last ``wait``
        self.present, self.needed = 0, 0  # workers that have come before the work starts
        self.notices: list[str] = []  # the operator's messages, oldest first
        self.notice = ""  # the last of them, until it is read
        self.news = ""  # outcome of the last answer
        self.problem = ""  # the coordinator's last refusal
        self.trouble = ""  # why there is no connection
        self.undelivered = 0  # answers that cannot be delivered
        self.failure = ""  # why the session cannot go on
        self.exit_code = 0
        self.objection_until: float | None = None
        """Until when the participant may keep the seat from another place that claims it."""
        self.ended = ""  # why the session is over
        self.statement: Statement | None = None
        self._heartbeat_at = 0.0
        self._last_word: Over | None = None  # kept until the answers being sent have arrived
        self._reported = 0  # gold records reported as answered

    @property
    def over(self) -> bool:
        """Whether the session has ended; it never changes after that."""
        return self.phase is SessionPhase.RELEASED

    @property
    def shown_classes(self) -> tuple[str, ...]:
        """The classes as a list shows them: of a scale, with what its ends mean."""
        if self.seat is None or self.seat.scale is None:
            return self.seat.classes if self.seat is not None else ()
        first, *between, last = self.seat.classes
        low, high = self.seat.scale
        return (f"{first}  {low}".rstrip(), *between, f"{last}  {high}".rstrip())

    @property
    def paused(self) -> bool:
        """Whether the operator holds the run."""
        return self.waiting_for == "paused"

    def lease_left(self, now: float) -> float | None:
        """Wall seconds until the task in hand is given to another worker; None without a task."""
        if self.sheet is None or self.sheet.gold:
            return None
        ends = self.sheet.since + self.sheet.lease / self.account.speed
        return max(0.0, ends - now)

    def minutes_left(self, now: float) -> int | None:
        """Minutes of the work that are left, rounded up; None where its time is not limited."""
        if self.work_ends_at is None:
            return None
        return max(0, ceil((self.work_ends_at - now) * self.account.speed / _MINUTE))

    def _notice_since(self, now: float) -> float:
        return -inf if self.bot else now

    def _note_what_is_left(self, task: TaskAssigned, now: float) -> None:
        seconds, self.records_left = task.seconds_left, task.records_left
        self.work_ends_at = None if seconds is None else now + seconds / self.account.speed

    # -- actions of the participant ---------------------------------------------------------------

    def enter_code(self, code: str) -> list[Effect]:
        """Request the seat of this code; the driver then opens a connection."""
        if self.phase is not SessionPhase.JOINING:
            return [self._refused("have_seat")]
        self.code, self.token, self.problem = code, "", ""
        return []

    def accept(self) -> list[Effect]:
        """Accept the instructions: paid time starts."""
        if self.phase is not SessionPhase.INSTRUCTIONS or self.accepted:
            return [self._refused("nothing_to_accept")]
        if not self.connected:
            return [self._refused("no_connection")]
        self.accepted = True
        return [Send(Begin())]

    def label(self, label: int, now: float) -> list[Effect]:
        """Label the current record and go to the next; without ``review`` the last one sends."""
        refusal = self._refusal(_LABELLING)
        if refusal or self.sheet is None or self.seat is None:
            return [JoinRefused(refusal)]
        if not 0 <= label < len(self.seat.classes):
            return [self._refused("not_offered")]
        self.sheet.choose(label, now)
        effects = self._progress(self.sheet) + self._go_on(self.sheet)
        return effects + self._draft(self.sheet)

    def look_at(self, record: int, now: float) -> list[Effect]:
        """Go to a record of the task in hand."""
        refusal = self._refusal(OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        if not 0 <= record < len(self.sheet.records):
            return [self._refused("no_further_record")]
        self.sheet.at = record
        self.sheet.see(now)
        self._reopen(self.sheet)
        return []

    def undo(self, now: float) -> list[Effect]:
        """Remove the last label."""
        refusal = self._refusal(OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        if not self.sheet.undo():
            return [self._refused("nothing_to_undo")]
        self._reopen(self.sheet)
        return self._draft(self.sheet)

    def submit(self, now: float) -> list[Effect]:
        """Send the labels of the task in hand."""
        refusal = self._refusal(OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        missing = len(self.sheet.records) - self.sheet.done
        if missing:
            return [self._refused("missing", count=missing, total=len(self.sheet.records))]
        return self._send_sheet(self.sheet)

    def answer_all(
        self,
        labels: Sequence[int | None],
        confidences: Sequence[float | None] = (),
        reasons: Sequence[str] = (),
        cost_micros: int | None = None,
    ) -> list[Effect]:
        """Answer the task in hand as a whole, for machines: None abstains. No task, no effect."""
        if self.sheet is None or self.sheet.gold or self.phase is not SessionPhase.WORKING:
            return []
        self.cover = None
        self._go(SessionStep.SENT)
        message = Answer(
            self.sheet.assignment,
            tuple(labels),
            confidences=tuple(confidences),
            reasons=tuple(reasons),
            cost_micros=cost_micros,
        )
        return self._send_answer(message)

    def why_no_skip(self) -> str:
        """Return why the current record cannot be skipped now; empty if it can."""
        return self._refusal(_LABELLING) or self.why_no_remark()

    def why_no_remark(self) -> str:
        """Return why the current record cannot be flagged or commented on; empty if it can."""
        refusal = self._refusal(OPEN)
        if not refusal and self.sheet is not None and self.sheet.gold:
            return self.texts("status.training")
        return refusal

    def skip(self, now: float, reason: str = "") -> list[Effect]:
        """Leave the current record to other workers and go to the next; the rest counts."""
        refusal = self.why_no_skip()
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        self.sheet.skip(reason, now)
        return self._go_on(self.sheet) + self._draft(self.sheet)

    def flag(self, now: float) -> list[Effect]:
        """Flag the current record for the requester, or take the flag back."""
        refusal = self.why_no_remark()
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        self.sheet.flag()
        return []

    def comment(self, now: float, text: str) -> list[Effect]:
        """Replace the comment on the current record."""
        refusal = self.why_no_remark()
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        self.sheet.remark(text)
        return []

    def dismiss(self, now: float) -> list[Effect]:
        """Close the notice."""
        if self.cover is None:
            return [self._refused("nothing_to_close")]
        if self.cover.blocked(now):
            return []  # the line of keys says so, as long as it is true
        self.cover = None
        if self.sheet is not None:
            self.sheet.see(now)
        return []

    def stay(self) -> list[Effect]:
        """Keep the seat that another place claims with the code."""
        if self.objection_until is None:
            return []
        self.objection_until = None
        return [Send(Stay())]

    def leave(self) -> list[Effect]:
        """Give up the seat; the pay statement follows."""
        if self.seat is None or self.over:
            return [self._refused("no_seat")]
        if not self.connected:
            return [self._refused("no_connection")]
        return [Send(Leave())]

    # -- private ---------------------------------------------------------------------------

    def _refused(self, why: str, **values: object) -> JoinRefused:
        return JoinRefused(self.texts(f"status.{why}", **values))

    def _go(self, step: SessionStep) -> None:
        self.phase = after(self.phase, step)

    def _go_on(self, sheet: DraftAnswer) -> list[Effect]:
        """Review or send a sheet that is complete."""
        self.news = ""
        if not sheet.complete:
            return []
        if self.review and len(sheet.records) > 1:
            self._go(SessionStep.LABELLED_ALL)
            return []
        return self._send_sheet(sheet)

    def _refusal(self, phases: tuple[SessionPhase, ...]) -> str:
        """Return why a key is refused now; empty if it is accepted."""
        if self.cover is not None:
            return self.texts("status.press_enter")
        if self.phase in phases and self.sheet is not None:
            return ""
        return self.texts(f"status.{WHY_NOT.get(self.phase, 'nothing_to_do')}")

    def _progress(self, sheet: DraftAnswer) -> list[Effect]:
        """Report each answered gold record: training is paid while records are answered."""
        if not (sheet.gold and self.connected and sheet.done > self._reported):
            return []
        self._reported = sheet.done
        return [Send(Progress(sheet.done))]

    def _draft(self, sheet: DraftAnswer) -> list[Effect]:
        """Report the labels so far, so that they outlive this client."""
        if sheet.gold or self.bot or not self.connected or self.phase not in OPEN:
            return []
        return [Send(Draft(sheet.assignment, tuple(sheet.labels)))]

    def _resume(self, sheet: DraftAnswer, draft: Choices, now: float) -> None:
        """Take over labels that were chosen at another place, or before a crash."""
        n_classes = 0 if self.seat is None else len(self.seat.classes)
        if self.bot or any(label is not None and label >= n_classes for label in draft):
            return
        sheet.resume(draft, now)
        if sheet.complete:
            self._review_later()

    def _reopen(self, sheet: DraftAnswer) -> None:
        if self.phase is SessionPhase.REVIEWING:
            self._go(SessionStep.REOPENED_GOLD if sheet.gold else SessionStep.REOPENED_TASK)

    def _send_sheet(self, sheet: DraftAnswer) -> list[Effect]:
        assert sheet.complete, "labels are missing"
        skipped = all(label is None for label in sheet.labels)
        if (sheet.gold or skipped) and not self.connected:
            self._review_later()
            return [self._refused("no_connection")]
        if sheet.gold:
            self._go(SessionStep.SENT_GOLD)
            return [Send(Qualification(sheet.answer or ()))]
        self._go(SessionStep.SENT)
        # A bot chooses all labels in one moment: there is nothing to measure.
        details = () if self.bot else sheet.details
        if skipped:
            sheet.given_back = True
            return [Send(Skip(sheet.assignment, sheet.reasons[0] or "", details=details))]
        return self._send_answer(Answer(sheet.assignment, tuple(sheet.labels), details))

    def _send_answer(self, message: Answer) -> list[Effect]:
        self.outbox[message.assignment] = message
        effects: list[Effect] = [Remember(message)]
        if self.connected:
            effects.append(Send(message))
        return effects

    def _review_later(self) -> None:
        if self.phase is not SessionPhase.REVIEWING:
            self._go(SessionStep.LABELLED_ALL)
