"""A worker's desk: what is in hand, and what the person can do about it.

This half of the session knows keys and clicks, the other one (:mod:`worker_client.session`) knows
messages. Both are pure: what is to be done comes back as a list of effects.

What a worker is owed, as told by the coordinator and ticking on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    Joined,
    Leave,
    Over,
    Progress,
    Qualification,
    Skip,
    Statement,
)
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import Effect, JoinRefused, Remember, Send
from worker_client.lifecycle import SessionPhase, SessionStep, after
from worker_client.notices import WHY_NOT, Cover

_MINUTE = 60.0


@dataclass(frozen=True)
class Account:
    """``owed`` micro-dollars at the time ``since``, and ``rate`` per minute of the run after it.

    ``waited`` is how long the wait had lasted at ``since``, in seconds of the run, of which
    ``speed`` pass in one second of the wall.
    """

    owed: int = 0
    rate: int = 0
    since: float = 0.0
    waited: float = 0.0
    speed: float = 1.0

    def owed_at(self, now: float) -> int:
        """Micro-dollars, rounded down: never more than what will be paid."""
        return self.owed + int(self.rate * self._elapsed(now) / _MINUTE)

    def waited_at(self, now: float) -> float:
        """How long the wait has lasted, in seconds of the run."""
        return self.waited + self._elapsed(now)

    def _elapsed(self, now: float) -> float:
        return max(0.0, now - self.since) * self.speed


_LABELLING = (SessionPhase.TRAINING, SessionPhase.WORKING)
OPEN = (*_LABELLING, SessionPhase.REVIEWING)
"""The phases in which the sheet in hand can still be changed."""


class Labelling:
    """Attributes are for reading; they change through the methods only."""

    def __init__(
        self,
        code: str = "",
        token: str = "",
        outbox: Mapping[str, tuple[int, ...]] | None = None,
        *,
        review: bool = True,
        encoding: str = "utf-8",
    ) -> None:
        self.phase = SessionPhase.JOINING
        self.connected = False
        self.code = code
        self.token = token
        self.outbox: dict[str, tuple[int, ...]] = dict(outbox or {})
        self.review = review
        self.encoding = encoding  # of the terminal
        self.run = ""
        self.seat: Joined | None = None
        self.accepted = False  # the instructions
        self.sheet: DraftAnswer | None = None
        self.cover: Cover | None = None
        self.account = Account()
        self.waiting_for = ""  # the state of the last ``wait``
        self.notice = ""  # the operator's last message
        self.news = ""  # what became of the last answer, in a few words
        self.problem = ""  # the coordinator's last refusal
        self.trouble = ""  # what is wrong with the connection
        self.undelivered = 0  # answers that can no longer be delivered
        self.failure = ""  # why there is no point in going on
        self.exit_code = 0
        self.ended = ""  # why the session is over
        self.statement: Statement | None = None
        self._heartbeat_at = 0.0
        self._last_word: Over | None = None  # held back until the answers under way have arrived
        self._reported = 0  # gold records that the coordinator knows to be answered

    @property
    def over(self) -> bool:
        """Whether nothing can come any more."""
        return self.phase is SessionPhase.RELEASED

    @property
    def paused(self) -> bool:
        """Whether the operator holds the run."""
        return self.waiting_for == "paused"

    def lease_left(self, now: float) -> float | None:
        """Seconds of the wall until the task in hand is given to somebody else."""
        if self.sheet is None or self.sheet.gold:
            return None
        ends = self.sheet.since + self.sheet.lease / self.account.speed
        return max(0.0, ends - now)

    # -- what the person does ---------------------------------------------------------------------

    def enter_code(self, code: str) -> list[Effect]:
        """Ask for the seat of this code; the driver then opens a connection."""
        if self.phase is not SessionPhase.JOINING:
            return [JoinRefused("you have a seat already")]
        self.code, self.token, self.problem = code, "", ""
        return []

    def accept(self) -> list[Effect]:
        """The instructions were read and accepted: paid time starts."""
        if self.phase is not SessionPhase.INSTRUCTIONS or self.accepted:
            return [JoinRefused("there is nothing to accept")]
        if not self.connected:
            return [JoinRefused("not sent: no connection")]
        self.accepted = True
        return [Send(Begin())]

    def label(self, label: int, now: float) -> list[Effect]:
        """Choose a class for the record being looked at, and go on to the next."""
        refusal = self._refusal(now, _LABELLING)
        if refusal or self.sheet is None or self.seat is None:
            return [JoinRefused(refusal)]
        if not 0 <= label < len(self.seat.classes):
            return [JoinRefused("that label is not offered")]
        self.sheet.choose(label)
        self.news = ""
        progress = self._progress(self.sheet)
        if self.sheet.answer is None:
            return progress
        if self.review and len(self.sheet.records) > 1:
            self._go(SessionStep.LABELLED_ALL)
            return progress
        return progress + self._send_sheet(self.sheet)

    def look_at(self, record: int, now: float) -> list[Effect]:
        """Go to a record of the task in hand, to label it or to change its label."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        if not 0 <= record < len(self.sheet.records):
            return [JoinRefused("there is no further record")]
        self.sheet.at = record
        self._reopen(self.sheet)
        return []

    def undo(self, now: float) -> list[Effect]:
        """Take the last label back."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        if not self.sheet.undo():
            return [JoinRefused("nothing to undo in this task")]
        self._reopen(self.sheet)
        return []

    def submit(self, now: float) -> list[Effect]:
        """Send the labels of the task in hand."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        missing = len(self.sheet.records) - self.sheet.done
        if missing:
            return [
                JoinRefused(f"{missing} of {len(self.sheet.records)} records have no label yet")
            ]
        return self._send_sheet(self.sheet)

    def skip(self, now: float, reason: str = "") -> list[Effect]:
        """Give the task in hand back without an answer; a ``reason`` flags it."""
        refusal = self._refusal(now, (SessionPhase.WORKING, SessionPhase.REVIEWING))
        if refusal or self.sheet is None:
            return [JoinRefused(refusal)]
        if self.sheet.gold:
            return [JoinRefused("these records cannot be skipped: they are the training")]
        if not self.connected:
            return [JoinRefused("not sent: no connection")]
        self._go(SessionStep.SENT)
        self.sheet.given_back = True
        return [Send(Skip(self.sheet.assignment, reason))]

    def dismiss(self, now: float) -> list[Effect]:
        """The notice was read."""
        if self.cover is None:
            return [JoinRefused("there is nothing to close")]
        if self.cover.blocked(now):
            return [JoinRefused("one moment")]
        self.cover = None
        return []

    def leave(self) -> list[Effect]:
        """Give the seat up for good; the pay statement follows."""
        if self.seat is None or self.over:
            return [JoinRefused("you have no seat to leave")]
        if not self.connected:
            return [JoinRefused("not sent: no connection")]
        return [Send(Leave())]

    # -- how it is done ---------------------------------------------------------------------------

    def _go(self, step: SessionStep) -> None:
        self.phase = after(self.phase, step)

    def _refusal(self, now: float, phases: tuple[SessionPhase, ...]) -> str:
        """Why a key does nothing right now; empty when it may do something."""
        if self.cover is not None:
            return "one moment" if self.cover.blocked(now) else "press Enter to go on"
        if self.phase in phases and self.sheet is not None:
            return ""
        return WHY_NOT.get(self.phase, "nothing to do right now")

    def _progress(self, sheet: DraftAnswer) -> list[Effect]:
        """Training is paid while records are answered, so each one is reported."""
        if not (sheet.gold and self.connected and sheet.done > self._reported):
            return []
        self._reported = sheet.done
        return [Send(Progress(sheet.done))]

    def _reopen(self, sheet: DraftAnswer) -> None:
        if self.phase is SessionPhase.REVIEWING:
            self._go(SessionStep.REOPENED_GOLD if sheet.gold else SessionStep.REOPENED_TASK)

    def _send_sheet(self, sheet: DraftAnswer) -> list[Effect]:
        answer = sheet.answer
        assert answer is not None, "labels are missing"
        if sheet.gold:
            if not self.connected:
                self._review_later()
                return [JoinRefused("not sent: no connection")]
            self._go(SessionStep.SENT_GOLD)
            return [Send(Qualification(answer))]
        self._go(SessionStep.SENT)
        self.outbox[sheet.assignment] = answer
        effects: list[Effect] = [Remember(sheet.assignment, answer)]
        if self.connected:
            effects.append(Send(Answer(sheet.assignment, answer)))
        return effects

    def _review_later(self) -> None:
        if self.phase is not SessionPhase.REVIEWING:
            self._go(SessionStep.LABELLED_ALL)
