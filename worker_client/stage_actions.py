"""A participant of a study between the consent and the receipt, outside of the work.

The half of :class:`Session` that handles the stages: what the participant does in them, and the two
messages about them. Pure, as all of the session.
"""

from clamshell_tui.formats import coins, money
from clamshell_tui.participant_texts import Sentence
from clamshell_tui.wire.codec import ProtocolError
from clamshell_tui.wire.study_messages import (
    Answers,
    BreakShown,
    Consent,
    ConsentShown,
    DebriefShown,
    FromParticipant,
    GateShown,
    GoOn,
    LeaveGate,
    NoticesSeen,
    PagesShown,
    PausedShown,
    QuestionsShown,
    Read,
    RecordsShown,
    StagePart,
    StageShown,
    Tried,
    Try,
    TypedReply,
    Withdraw,
)
from worker_client.effects import Arrived, Effect, JoinRefused, Send
from worker_client.form import Typed
from worker_client.labelling import Account, Labelling
from worker_client.lifecycle import SessionPhase, SessionStep
from worker_client.notices import Lesson
from worker_client.stage_in_hand import StageInHand, entered, told_again

_LONG_WAITS = (GateShown, PausedShown)
"""Stages in which a participant may have turned away from the screen."""


class StageActions(Labelling):
    """``stage`` is the last stage shown; it stays while the participant works."""

    stage: StageInHand | None = None
    tried: int = 0
    """The label that was tried last."""
    milestone: str = ""
    """What was just reached: the test begins or is passed, the work begins or is over."""

    @property
    def in_stage(self) -> StageInHand | None:
        """The stage on the screen; None during the work, and in a run that is no study."""
        return self.stage if self.phase is SessionPhase.STAGE else None

    @property
    def in_study(self) -> bool:
        """Also for who comes back to the work at another seat, and is shown no other stage."""
        return self.stage is not None or (self.seat is not None and self.seat.part > 0)

    @property
    def may_reopen(self) -> bool:
        """Whether the instructions can be read again: they have been read, or are later."""
        if self.seat is None or not self.seat.instructions.strip() or not self.in_study:
            return False
        shown = self.in_stage.shown if self.in_stage is not None else None
        return not isinstance(shown, ConsentShown | PagesShown | DebriefShown) and not self.over

    @property
    def target(self) -> object:
        """The record or question in view: a key held down counts on one of them only."""
        stage, sheet = self.in_stage, self.sheet
        if stage is None:
            return (sheet.assignment, sheet.at, self.phase) if sheet is not None else None
        lesson = self.cover is not None
        return (stage.message.number, type(stage.shown), stage.at, stage.form.at, lesson)

    @property
    def receipt(self) -> DebriefShown | None:
        """What a study pays and why, once its end is reached."""
        shown = self.stage.shown if self.stage is not None else None
        return shown if isinstance(shown, DebriefShown) else None

    @property
    def earned(self) -> int:
        """The whole pay in micros, once the session is over."""
        if self.receipt is not None:
            return self.receipt.total_micros
        return self.statement.total_micros if self.statement is not None else 0

    @property
    def currency(self) -> str:
        """Of all amounts: an ISO 4217 code."""
        return self.seat.currency if self.seat is not None else "USD"

    def amount(self, micros: int | float) -> str:
        """Return an amount as the participant reads it: in a study, in coins."""
        return (coins if self.in_study else money)(micros, self.currency, self.texts.numerals)

    # -- consent and pages ------------------------------------------------------------------------

    def show_end(self) -> None:
        """Note that the last line of the text in view was shown."""
        if self.stage is not None:
            self.stage.end_shown = True

    def consent(self, *, agreed: bool) -> list[Effect]:
        """Agree or decline; only after the last line was shown."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, ConsentShown):
            return self._nothing_to_do()
        if not stage.end_shown:
            return [JoinRefused(self.texts("stage.read_on"))]
        return self._say(stage, Consent(stage.message.number, agreed))

    def turn_page(self) -> list[Effect]:
        """Go on from a page that was shown to its end; it counts as read."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, PagesShown):
            return self._nothing_to_do()
        if not stage.end_shown:
            return [JoinRefused(self.texts("stage.read_on"))]
        page, last = stage.at, stage.at >= len(stage.shown.pages) - 1
        if not last and page < stage.read:
            stage.turn_to(page + 1)
            return []
        effects = self._say(stage, Read(stage.message.number, page), ends=last)
        if self._sent(effects):
            stage.read = max(stage.read, page + 1)
            if not last:
                stage.turn_to(page + 1)
        return effects

    def turn_back(self) -> list[Effect]:
        """Look at the page before."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, PagesShown) or not stage.at:
            return self._nothing_to_do()
        stage.turn_to(stage.at - 1)
        return []

    # -- training and qualification ---------------------------------------------------------------

    def try_record(self, label: int, now: float) -> list[Effect]:
        """Answer the record in view; in the training one that was wrong is answered again."""
        stage = self.in_stage
        if stage is None or self.seat is None or not isinstance(stage.shown, RecordsShown):
            return self._nothing_to_do()
        if not 0 <= label < len(self.seat.classes):
            return [JoinRefused(self.texts("stage.not_offered"))]
        lesson = self.cover if isinstance(self.cover, Lesson) else None
        if lesson is not None and not self.may_retry:
            return [JoinRefused(self.texts("stage.press_enter"))]
        record = lesson.place if lesson is not None else stage.at
        if record >= len(stage.shown.records):
            return self._nothing_to_do()
        seconds = round(max(0.0, now - stage.seen_at), 3)
        said = Try(stage.message.number, record, label, seconds)
        effects = self._say(stage, said, ends=stage.shown.feedback)
        if self._sent(effects):
            self.tried = label
            if stage.shown.feedback:
                self._look_again(stage, lesson, now)
            else:
                stage.take(record + 1, now)
        return effects

    @property
    def may_retry(self) -> bool:
        """Whether the record with feedback can be tried again."""
        stage, lesson = self.in_stage, self.cover
        return (
            stage is not None
            and isinstance(lesson, Lesson)
            and not lesson.right
            and lesson.number == stage.message.number
            and isinstance(stage.shown, RecordsShown)
            and stage.shown.feedback
        )

    def dismiss(self, now: float) -> list[Effect]:
        """Close the notice; the next record comes into view, or the same if it was wrong."""
        lesson, stage = self.cover, self.in_stage
        effects = super().dismiss(now)
        if isinstance(lesson, Lesson) and stage is not None:
            if (lesson.number, lesson.place) == (stage.message.number, stage.at):
                stage.take(max(stage.told, lesson.place + lesson.right), now)
            stage.seen_at = now
        return effects

    # -- questionnaire ----------------------------------------------------------------------------

    def fill(self, value: Typed | None) -> list[Effect]:
        """Replace the value of the question in view; it is checked when the participant goes on."""
        stage = self._asking()
        if stage is None or stage.form.question is None:
            return self._nothing_to_do()
        stage.form.put(value)
        return []

    def next_question(self) -> list[Effect]:
        """Go to the next question, or to the summary, if this one has no problem."""
        stage = self._asking()
        if stage is None or stage.form.question is None:
            return self._nothing_to_do()
        if problem := stage.form.problem(stage.form.question):
            why = Sentence(f"questions.{problem[0]}", problem[1])
            return [JoinRefused(self.texts.say(why))]
        stage.form.go_to(stage.form.at + 1)
        return self.keep_typed()

    def go_to_question(self, place: int) -> list[Effect]:
        """Go back, or from the summary to any question."""
        stage = self._asking()
        if stage is None:
            return self._nothing_to_do()
        stage.form.go_to(place)
        return self.keep_typed()

    def keep_typed(self) -> list[Effect]:
        """Send what was typed since the last time, so that it outlives this seat."""
        stage = self._asking()
        if stage is None or stage.sent or not self.connected:
            return []
        number, changes = stage.message.number, stage.form.take_changes()
        return [Send(TypedReply(number, each)) for each in changes]

    def send_answers(self) -> list[Effect]:
        """Send all answers; a question with a problem comes into view instead."""
        stage = self._asking()
        if stage is None:
            return self._nothing_to_do()
        wrong = stage.form.first_wrong
        if wrong is not None:
            stage.form.go_to(wrong)
            return self.next_question()
        return self._say(stage, Answers(stage.message.number, stage.form.answers()))

    # -- breaks, gates, the end -------------------------------------------------------------------

    def go_on(self) -> list[Effect]:
        """End the break."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, BreakShown):
            return self._nothing_to_do()
        return self._say(stage, GoOn())

    def leave_gate(self) -> list[Effect]:
        """Stop waiting for the others, once that is offered."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, GateShown) or not stage.shown.may_leave:
            return self._nothing_to_do()
        return self._say(stage, LeaveGate())

    def see_receipt(self) -> list[Effect]:
        """Note that the receipt was seen: the session may end."""
        stage = self.in_stage
        if stage is None or not isinstance(stage.shown, DebriefShown):
            return self._nothing_to_do()
        return self._say(stage, Read(stage.message.number))

    def withdraw(self, *, delete: bool) -> list[Effect]:
        """Stop taking part, and be paid; ``delete``: erase the data."""
        if not self.in_study or self.over:
            return self._nothing_to_do()
        if not self.connected:
            return self._no_connection()
        return [Send(Withdraw(delete))]

    def read_notices(self) -> list[Effect]:
        """Note that the operator's messages were read; a study keeps how many."""
        self.notice = ""
        return [Send(NoticesSeen(len(self.notices)))] if self.in_study and self.connected else []

    # -- messages ---------------------------------------------------------------------------------

    def _stage(self, message: StageShown, now: float) -> list[Effect]:
        shown = message.shown
        if isinstance(shown, RecordsShown):
            if not shown.records:
                raise ProtocolError("a stage without records")
            if any(record.hidden(self.encoding) for record in shown.records):
                return self._fail(self.texts("stage.cannot_show"), 3)
        before, waited = self.in_stage, self._waits_long
        milestone = self._reached(shown)
        self._go(SessionStep.SHOWN)
        self._put_down("withdrawn", None, now)
        same = told_again(self.stage, message, now) if self.stage is not None else None
        if before is None and same is not None:
            same.sent = False  # the work was in between
        self.stage = same or entered(message, now)
        if same is None:
            self.news = self.problem = ""
            self.milestone = milestone
        self.waiting_for, speed, owed = "", self.account.speed, message.owed_micros
        owed = owed if isinstance(shown, DebriefShown) else self._never_less(owed, now)
        self.account = Account(owed, message.grows, now, 0.0, speed)
        return [Arrived()] if waited and same is None else []

    def _never_less(self, owed: int, now: float) -> int:
        """Return what a study owes, or what was shown last: a lost connection leaves it ahead."""
        return max(owed, self.account.owed_at(now)) if self.in_study else owed

    def _reached(self, shown: StagePart) -> str:
        """Say what is over, or what is different from now on."""
        before = self.in_stage
        if isinstance(shown, DebriefShown | PausedShown | BreakShown):
            return ""
        if self._test_done:
            return self.texts("stage.passed")
        if isinstance(shown, RecordsShown) and not (shown.feedback or shown.answered):
            return self.texts("stage.test_begins")
        at_work = before is None and self.in_study
        if at_work or (before is not None and isinstance(before.shown, BreakShown)):
            return self.texts("stage.work_over")
        return ""

    def _enter_work(self) -> None:
        """Say that the work begins, with its first message after another stage."""
        stage = self.in_stage
        if stage is None or isinstance(stage.shown, BreakShown | PausedShown):
            return
        passed = f"{self.texts('stage.passed')} " if self._test_done else ""
        self.milestone = f"{passed}{self.texts('stage.work_begins')}"

    @property
    def _test_done(self) -> bool:
        """Whether the stage in hand is a test with an answer to its last record."""
        shown = self.stage.shown if self.stage is not None else None
        if self.in_stage is None or not isinstance(shown, RecordsShown) or shown.feedback:
            return False
        return self.in_stage.at >= len(shown.records)

    def _tried(self, message: Tried, now: float) -> list[Effect]:
        stage = self.stage
        shown = stage.shown if stage is not None else None
        if stage is None or stage.message.number != message.number:
            return []  # the stage is over: its feedback too
        if not isinstance(shown, RecordsShown) or message.record >= len(shown.records):
            raise ProtocolError("feedback on a record that was not asked")
        stage.sent = False
        self.cover = Lesson(
            number=message.number,
            place=message.record,
            total=len(shown.records),
            record=shown.records[message.record],
            given=self.tried,
            right=message.right,
            answer=message.answer,
            why=message.why,
        )
        return []

    # -- private ----------------------------------------------------------------------------------

    @property
    def _waits_long(self) -> bool:
        return self.in_stage is not None and isinstance(self.in_stage.shown, _LONG_WAITS)

    def _asking(self) -> StageInHand | None:
        stage = self.in_stage
        asked = stage is not None and isinstance(stage.shown, QuestionsShown)
        return stage if asked else None

    def _say(
        self, stage: StageInHand, message: FromParticipant, *, ends: bool = True
    ) -> list[Effect]:
        """Send it, once; ``ends``: then wait for the reply."""
        if stage.sent:
            return [JoinRefused(self.texts("stage.on_its_way"))]
        if not self.connected:
            return self._no_connection()
        stage.sent = ends
        return [Send(message)]

    def _sent(self, effects: list[Effect]) -> bool:
        return any(isinstance(effect, Send) for effect in effects)

    def _look_again(self, stage: StageInHand, lesson: Lesson | None, now: float) -> None:
        """Bring a record that is tried again back into view until its feedback comes."""
        if lesson is not None:
            stage.take(lesson.place, now)
            self.cover = None

    def _no_connection(self) -> list[Effect]:
        return [JoinRefused(self.texts("stage.no_connection"))]

    def _nothing_to_do(self) -> list[Effect]:
        return [JoinRefused(self.texts("stage.nothing_to_do"))]

    def _put_down(self, reason: str, micros: int | None, now: float) -> None:
        raise NotImplementedError

    def _fail(self, why: str, exit_code: int) -> list[Effect]:
        raise NotImplementedError
