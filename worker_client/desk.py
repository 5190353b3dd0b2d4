"""A worker's desk: what is in hand, and what the person can do about it.

This half of the session knows keys and clicks, the other one (:mod:`worker_client.session`) knows
messages. Both are pure: what is to be done comes back as a list of effects.
"""

from collections.abc import Mapping

from clamshell_tui.protocol.worker_messages import (
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
from worker_client.account import Account
from worker_client.covers import Cover
from worker_client.effects import Effect, Refused, Remember, Send
from worker_client.lifecycle import Phase, Step, after
from worker_client.sheet import Sheet
from worker_client.words import WHY_NOT

_LABELLING = (Phase.TRAINING, Phase.WORKING)
OPEN = (*_LABELLING, Phase.REVIEWING)
"""The phases in which the sheet in hand can still be changed."""


class Desk:
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
        self.phase = Phase.JOINING
        self.connected = False
        self.code = code
        self.token = token
        self.outbox: dict[str, tuple[int, ...]] = dict(outbox or {})
        self.review = review
        self.encoding = encoding  # of the terminal
        self.run = ""
        self.seat: Joined | None = None
        self.accepted = False  # the instructions
        self.sheet: Sheet | None = None
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
        return self.phase is Phase.RELEASED

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
        if self.phase is not Phase.JOINING:
            return [Refused("you have a seat already")]
        self.code, self.token, self.problem = code, "", ""
        return []

    def accept(self) -> list[Effect]:
        """The instructions were read and accepted: paid time starts."""
        if self.phase is not Phase.INSTRUCTIONS or self.accepted:
            return [Refused("there is nothing to accept")]
        if not self.connected:
            return [Refused("not sent: no connection")]
        self.accepted = True
        return [Send(Begin())]

    def label(self, label: int, now: float) -> list[Effect]:
        """Choose a class for the record being looked at, and go on to the next."""
        refusal = self._refusal(now, _LABELLING)
        if refusal or self.sheet is None or self.seat is None:
            return [Refused(refusal)]
        if not 0 <= label < len(self.seat.classes):
            return [Refused("that label is not offered")]
        self.sheet.choose(label)
        self.news = ""
        progress = self._progress(self.sheet)
        if self.sheet.answer is None:
            return progress
        if self.review and len(self.sheet.records) > 1:
            self._go(Step.LABELLED_ALL)
            return progress
        return progress + self._send_sheet(self.sheet)

    def look_at(self, record: int, now: float) -> list[Effect]:
        """Go to a record of the task in hand, to label it or to change its label."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [Refused(refusal)]
        if not 0 <= record < len(self.sheet.records):
            return [Refused("there is no further record")]
        self.sheet.at = record
        self._reopen(self.sheet)
        return []

    def undo(self, now: float) -> list[Effect]:
        """Take the last label back."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [Refused(refusal)]
        if not self.sheet.undo():
            return [Refused("nothing to undo in this task")]
        self._reopen(self.sheet)
        return []

    def submit(self, now: float) -> list[Effect]:
        """Send the labels of the task in hand."""
        refusal = self._refusal(now, OPEN)
        if refusal or self.sheet is None:
            return [Refused(refusal)]
        missing = len(self.sheet.records) - self.sheet.done
        if missing:
            return [Refused(f"{missing} of {len(self.sheet.records)} records have no label yet")]
        return self._send_sheet(self.sheet)

    def skip(self, now: float, reason: str = "") -> list[Effect]:
        """Give the task in hand back without an answer; a ``reason`` flags it."""
        refusal = self._refusal(now, (Phase.WORKING, Phase.REVIEWING))
        if refusal or self.sheet is None:
            return [Refused(refusal)]
        if self.sheet.gold:
            return [Refused("these records cannot be skipped: they are the training")]
        if not self.connected:
            return [Refused("not sent: no connection")]
        self._go(Step.SENT)
        self.sheet.given_back = True
        return [Send(Skip(self.sheet.assignment, reason))]

    def dismiss(self, now: float) -> list[Effect]:
        """The notice was read."""
        if self.cover is None:
            return [Refused("there is nothing to close")]
        if self.cover.blocked(now):
            return [Refused("one moment")]
        self.cover = None
        return []

    def leave(self) -> list[Effect]:
        """Give the seat up for good; the pay statement follows."""
        if self.seat is None or self.over:
            return [Refused("you have no seat to leave")]
        if not self.connected:
            return [Refused("not sent: no connection")]
        return [Send(Leave())]

    # -- how it is done ---------------------------------------------------------------------------

    def _go(self, step: Step) -> None:
        self.phase = after(self.phase, step)

    def _refusal(self, now: float, phases: tuple[Phase, ...]) -> str:
        """Why a key does nothing right now; empty when it may do something."""
        if self.cover is not None:
            return "one moment" if self.cover.blocked(now) else "press Enter to go on"
        if self.phase in phases and self.sheet is not None:
            return ""
        return WHY_NOT.get(self.phase, "nothing to do right now")

    def _progress(self, sheet: Sheet) -> list[Effect]:
        """Training is paid while records are answered, so each one is reported."""
        if not (sheet.gold and self.connected and sheet.done > self._reported):
            return []
        self._reported = sheet.done
        return [Send(Progress(sheet.done))]

    def _reopen(self, sheet: Sheet) -> None:
        if self.phase is Phase.REVIEWING:
            self._go(Step.REOPENED_GOLD if sheet.gold else Step.REOPENED_TASK)

    def _send_sheet(self, sheet: Sheet) -> list[Effect]:
        answer = sheet.answer
        assert answer is not None, "labels are missing"
        if sheet.gold:
            if not self.connected:
                self._review_later()
                return [Refused("not sent: no connection")]
            self._go(Step.SENT_GOLD)
            return [Send(Qualification(answer))]
        self._go(Step.SENT)
        self.outbox[sheet.assignment] = answer
        effects: list[Effect] = [Remember(sheet.assignment, answer)]
        if self.connected:
            effects.append(Send(Answer(sheet.assignment, answer)))
        return effects

    def _review_later(self) -> None:
        if self.phase is not Phase.REVIEWING:
            self._go(Step.LABELLED_ALL)
