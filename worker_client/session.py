"""The worker's side of the protocol, as a pure state machine without socket, clock or screen.

Inputs are messages (:meth:`Session.receive`), actions of the participant (``label``, ``submit``,
``skip`` ...) and time (:meth:`Session.tick`). Each returns a list of effects; the driver carries
them out in order. ``now`` is in seconds of any monotonic clock.

Why it is built this way:

- A connection may be lost at any moment, also between sending an answer and its acknowledgement.
  So an answer is stored before it is sent and stays in the outbox until it is acknowledged. It may
  be sent several times; the coordinator counts it once, by its assignment.
- After a reconnection the coordinator's state wins. Labels chosen in the meantime are kept only if
  the same task is assigned again.
- At most one task is in hand. A message for another assignment changes the account and the news
  line, never the task in hand.
- A message that is invalid in the current phase raises ProtocolError before any state is changed.
"""

from dataclasses import replace

from clamshell_tui.participant_texts import Texts
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.codec import ProtocolError
from clamshell_tui.wire.messages import LATER, Error, Hello, Notice, ToClient, Welcome
from clamshell_tui.wire.study_messages import StageShown, Tried
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    AssignmentStopped,
    Heartbeat,
    Join,
    Joined,
    Occupied,
    Over,
    Qualification,
    Qualified,
    Rejoin,
    Skip,
    TakeOver,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import (
    Arrived,
    Effect,
    Forget,
    GiveUpSeat,
    HangUp,
    KeepSeat,
    Send,
)
from worker_client.labelling import OPEN, Account
from worker_client.lifecycle import InvalidStepError, SessionPhase, SessionStep, after
from worker_client.notices import Feedback, Interruption
from worker_client.stage_actions import StageActions

CLIENT = "clamshell-worker/0.2.0"
NOTICES = 50  # of the operator, kept at most
_OFTEN = 0.25  # minimum seconds between heartbeats, also if the coordinator asks for more
_SEATED_ONLY = (
    *(TrainingAssigned, Qualified, Wait, TaskAssigned, Acknowledged, AssignmentStopped),
    *(StageShown, Tried),
)


class Session(StageActions):
    """Session of one seat, from the join code to the pay statement."""

    # -- for the driver ----------------------------------------------------------------------

    @property
    def wants_connection(self) -> bool:
        """Whether to keep a connection: there is a seat to take or to return to."""
        return bool(self.code or self.token) and not self.over

    def deadline(self) -> float | None:
        """Time of the next :meth:`tick`."""
        return self._heartbeat_at if self.connected else None

    def tick(self, now: float) -> list[Effect]:
        """Send what was typed meanwhile, else a heartbeat, if it is due."""
        if not self.connected or now < self._heartbeat_at:
            return []
        self._beat(now)
        return self.keep_typed() or [Send(Heartbeat())]

    def opened(self) -> list[Effect]:
        """Start the protocol on a new connection."""
        self._last_word = None
        join = Join(self.code, self.by_program, self.width, self.height)
        entry = Rejoin(self.token) if self.token else join
        return [Send(Hello(VERSION, "worker", CLIENT, self.encoding)), Send(entry)]

    def lost(self, now: float) -> None:
        """Handle the end of a connection: waiting is not paid while it is lost."""
        self.connected, self.objection_until = False, None
        if self._last_word is not None and not self.over:
            self._end(self._last_word)
        old = self.account
        self.account = Account(old.owed_at(now), 0, now, old.waited_at(now), old.speed)
        if self.stage is not None:
            self.stage.sent, self.stage.lost = False, True

    def unreachable(self, why: str) -> None:
        """Handle a failed connection: retry if there is a seat, else ask for the code again."""
        self.trouble = why
        if not self.token:
            self.code, self.problem = "", why

    # -- messages of the coordinator --------------------------------------------------------------

    def receive(self, message: ToClient, now: float) -> list[Effect]:
        """Apply a message. ProtocolError, without a change, if it is invalid now."""
        if self.over:
            return []
        if self.seat is None and isinstance(message, _SEATED_ONLY):
            raise ProtocolError(f"a {type(message).__name__} before there is a seat")
        if isinstance(message, TrainingAssigned | TaskAssigned) and not message.records:
            raise ProtocolError(f"a {type(message).__name__} without records")
        try:
            return self._receive(message, now)
        except InvalidStepError as error:
            raise ProtocolError(f"the coordinator said something out of turn: {error}") from None

    def _receive(self, message: ToClient, now: float) -> list[Effect]:
        match message:
            case Welcome():
                return self._welcome(message)
            case Joined():
                return self._joined(message, now)
            case TrainingAssigned():
                return self._train(message)
            case Qualified():
                return self._qualified(message, now)
            case Wait():
                self._enter_work()
                return self._wait(message, now)
            case TaskAssigned():
                self._enter_work()
                return self._task(message, now)
            case Acknowledged():
                return self._acknowledged(message, now)
            case AssignmentStopped():
                return self._stop(message, now)
            case StageShown():
                return self._stage(message, now)
            case Tried():
                return self._tried(message, now)
            case TakeOver():
                self.objection_until = now + message.seconds if message.seconds else None
                return []
            case Occupied():
                self.trouble = self.texts("join.occupied", seconds=f"{message.seconds:.0f}")
                return []
            case Notice():
                self.notice = message.text
                self.notices = [*self.notices, message.text][-NOTICES:]
                return []
            case Over():
                return self._over(message)
            case Error():
                return self._error(message)
            case _:
                raise ProtocolError(f"a {type(message).__name__} is not for a worker")

    def _welcome(self, message: Welcome) -> list[Effect]:
        self.run = message.run
        if message.protocol == VERSION:
            return []
        return self._fail(self.texts("join.version", theirs=message.protocol, ours=VERSION), 2)

    def _joined(self, seat: Joined, now: float) -> list[Effect]:
        if not seat.begun:
            self._go(SessionStep.SEATED)
            self.sheet, self.cover, self.accepted = None, None, False
        elif self.phase is SessionPhase.JOINING:
            self._go(SessionStep.SEATED_AGAIN)
        self.seat, self.token, self.problem = seat, seat.token, ""
        if seat.texts and not self.bot:
            self.texts = Texts(seat.texts)
        self.accepted = seat.begun
        if not self.connected:
            self.notices = []  # they are sent again
        self.connected, self.trouble = True, ""
        self.account = replace(self.account, speed=seat.speed if seat.speed > 0 else 1.0)
        if seat.owed_micros:
            self._hold_pay(seat.owed_micros, now)
        self._beat(now)
        answers = map(Send, self.outbox.values())
        return [KeepSeat(seat.worker, seat.token, self.code), *answers]

    def _train(self, message: TrainingAssigned) -> list[Effect]:
        sheet = self.sheet
        if sheet is not None and sheet.gold and sheet.same_as(message.records):
            if self.phase is SessionPhase.CHECKING and sheet.answer is not None:  # it was lost
                return [Send(Qualification(sheet.answer))]
            return []
        if any(record.hidden(self.encoding) for record in message.records):
            return self._fail(self.texts("task.cannot_show"), 3)
        self._go(SessionStep.GIVEN_GOLD)
        self.sheet, self._reported = DraftAnswer(message.records), 0
        return []

    def _qualified(self, message: Qualified, now: float) -> list[Effect]:
        self._go(SessionStep.PASSED if message.passed else SessionStep.FAILED)
        sheet, self.sheet = self.sheet, None
        known = sheet is not None and sheet.answer is not None
        self.cover = Feedback(
            passed=message.passed,
            correct=message.correct,
            asked=message.asked,
            micros=message.micros,
            records=sheet.records if sheet is not None and known else (),
            given=(sheet.answer or ()) if sheet is not None else (),
            right=message.right,
            since=self._notice_since(now),
        )
        return []

    def _wait(self, message: Wait, now: float) -> list[Effect]:
        speed = self.account.speed
        in_hand = self.sheet is not None and self.phase in OPEN
        held = in_hand and message.state == "paused"  # the run is paused, the task is still ours
        if message.state != "training" and not held:
            self._go(SessionStep.FREED)
            self._put_down("withdrawn", None, now)
        self.waiting_for = message.state
        self.present, self.needed = message.present, message.needed
        owed, rate = self._never_less(message.owed_micros, now), message.micros_per_minute
        self.account = Account(owed, rate, now, message.seconds, speed, message.grows)
        return []

    def _task(self, task: TaskAssigned, now: float) -> list[Effect]:
        if task.assignment in self.outbox:
            return []  # answered already; the acknowledgement will follow
        if any(record.hidden(self.encoding) for record in task.records):
            return self._give_back(task, now)
        self._note_what_is_left(task, now)
        sheet, since = self.sheet, now - task.age / self.account.speed
        if sheet is not None and sheet.assignment == task.assignment:
            sheet.set_since(since)
            if self.phase is SessionPhase.SENDING:  # the skip was lost
                self._go(SessionStep.REOPENED_TASK)
                sheet.given_back = False
                self.news = self.texts("status.skip_lost")
            return self._draft(sheet) if sheet.done else []
        idle = self.phase is SessionPhase.WAITING or self._waits_long
        waited = idle and not (self.cover and self.cover.blocked(now))
        self._go(SessionStep.GIVEN_TASK)
        self._put_down("withdrawn", None, now)
        self.sheet = DraftAnswer(task.records, task.assignment, task.lease, since)
        self._resume(self.sheet, task.draft, now)
        if self.cover is None:
            self.sheet.see(now)
        self.waiting_for = ""
        self._hold_pay(self.account.owed_at(now), now)
        return [Arrived()] if waited else []

    def _acknowledged(self, message: Acknowledged, now: float) -> list[Effect]:
        if message.next is not None:
            after(self.phase, SessionStep.GIVEN_TASK)  # raises before any change
        effects: list[Effect] = []
        if self.outbox.pop(message.assignment, None) is not None:
            effects.append(Forget(message.assignment))
        self.news, self.milestone = self._outcome(message), ""
        self._hold_pay(message.owed_micros, now)
        in_time = self._holds(message.assignment)
        if in_time:
            self._go(SessionStep.FREED)
            self.sheet = None
        if message.next is None:
            return effects
        arrived = self._task(message.next, now)
        return effects + [each for each in arrived if not (in_time and isinstance(each, Arrived))]

    def _stop(self, message: AssignmentStopped, now: float) -> list[Effect]:
        self._hold_pay(message.owed_micros, now)
        if not self._holds(message.assignment):
            return []
        if message.assignment in self.outbox:
            self.news = self.texts("status.late_paid" if message.micros else "status.late")
        elif message.reason == "skipped":
            self.news = self.texts("status.given_back")
        self._go(SessionStep.FREED)
        self._put_down(message.reason, message.micros, now)
        return []

    def _over(self, message: Over) -> list[Effect]:
        if self.outbox and self.connected and self._last_word is None:
            self._last_word = message  # sent again after the pending answer has arrived
            return []
        return self._end(message)

    def _end(self, message: Over) -> list[Effect]:
        self._go(SessionStep.ENDED)
        self.sheet = None
        if isinstance(self.cover, Interruption):
            self.cover = None
        self.ended, self.statement = message.reason, message.statement
        self.undelivered += len(self.outbox)
        return [GiveUpSeat(), HangUp()]

    def _error(self, message: Error) -> list[Effect]:
        self.problem = message.message
        if self.in_stage is not None and not message.fatal:
            self.in_stage.sent = False  # it was refused
            return []
        if message.code == "label" and not message.fatal:
            return self._label_refused()
        if not message.fatal:
            return []
        if message.code in LATER and self.token:
            return self._try_again(message.message)
        if message.code in LATER or message.code in ("code", "token", "in-use"):
            return self._turned_away(message.code)
        if message.code == "replaced" and self.seat is None and self.code:
            self.token, self.problem = "", ""  # a client that was started again asks with the code
            return [HangUp()]
        return self._fail(message.message, 2 if message.code == "version" else 3)

    # -- private ---------------------------------------------------------------------------

    def _outcome(self, message: Acknowledged) -> str:
        match message.outcome:
            case "counted" | "repeated":
                return self.texts("status.counted")
            case "late":
                return self.texts("status.late_paid" if message.micros else "status.late")
            case "conflict":
                return self.texts("status.conflict")

    def _beat(self, now: float) -> None:
        assert self.seat is not None
        self._heartbeat_at = now + max(_OFTEN, self.seat.heartbeat / 2)

    def _give_back(self, task: TaskAssigned, now: float) -> list[Effect]:
        """Return a task that this terminal cannot show: a worker must not guess missing parts."""
        self._go(SessionStep.FREED)
        self._put_down("withdrawn", None, now)
        self.news = self.texts("status.not_shown")
        return [Send(Skip(task.assignment, unseen=True))]

    def _holds(self, assignment: str) -> bool:
        return self.sheet is not None and self.sheet.assignment == assignment

    def _hold_pay(self, owed: int, now: float) -> None:
        """Set the amount owed; with a task in hand nothing is paid by the minute."""
        owed = self._never_less(owed, now)
        self.account = Account(owed, 0, now, 0.0, self.account.speed)

    def _put_down(self, reason: str, micros: int | None, now: float) -> None:
        """Drop the task in hand, if any, and notify the participant."""
        sheet, self.sheet = self.sheet, None
        if sheet is None or sheet.gold or sheet.given_back or sheet.assignment in self.outbox:
            return
        self.cover = Interruption(
            reason,  # type: ignore[arg-type]  # one of Stop.reason's
            micros,
            sheet.done,
            len(sheet.records),
            self._notice_since(now),
        )

    def _label_refused(self) -> list[Effect]:
        """Reopen the task: the coordinator refused its labels."""
        refused: list[Effect] = [Forget(key) for key in self.outbox]
        self.outbox.clear()
        if self.phase is SessionPhase.SENDING and self.sheet is not None:
            self._go(SessionStep.REOPENED_TASK)
            self.sheet.clear()
        return refused

    def _try_again(self, why: str) -> list[Effect]:
        """Reconnect: the refusal is temporary and the seat is kept."""
        self.problem, self.trouble = "", why
        return [HangUp()]

    def _turned_away(self, code: str) -> list[Effect]:
        """Ask for another code; answers kept for this seat stay on the disk."""
        effects: list[Effect] = []
        if code == "token":
            effects.append(GiveUpSeat())
            self.undelivered += len(self.outbox)
            self.outbox.clear()
        again = code == "token" and bool(self.code)  # there may be a new run at this address
        self._go(SessionStep.REFUSED)
        self.token, self.connected = "", False
        self.sheet, self.cover, self.seat, self.stage = None, None, None, None
        if not again:
            self.code = ""
        return [*effects, HangUp()]

    def _fail(self, why: str, exit_code: int) -> list[Effect]:
        self._go(SessionStep.ENDED)
        self.failure, self.exit_code = why, exit_code
        self.sheet, self.cover, self.connected = None, None, False
        return [HangUp()]
