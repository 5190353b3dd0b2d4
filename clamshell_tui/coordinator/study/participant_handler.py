"""Handles the messages of participants: joining, and their actions in stages."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import assert_never
from weakref import WeakKeyDictionary

from msgspec import structs

from clamshell_tui.coordinator.joining import Joining
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.sessions import ConnectedSession, Peer
from clamshell_tui.coordinator.study.answers import AnswerError, as_typed, checked_answers
from clamshell_tui.coordinator.study.condition import RunningCondition
from clamshell_tui.coordinator.study.free_texts import has_texts, replace_texts
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.stage_view import instructions, number_of, own_stages
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.participant_texts import Texts
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study.config import ConsentStage, QuestionnaireStage
from clamshell_tui.study.events import (
    Arrived,
    BreakEnded,
    ConnectionLost,
    Consented,
    Declined,
    GateLeft,
    NoticesRead,
    PageRead,
    QuestionsAnswered,
    RecordTried,
    SeatTaken,
    StudyEvent,
    TextSealed,
    Withdrew,
)
from clamshell_tui.study.markdown import text_digest
from clamshell_tui.study.people import Person
from clamshell_tui.study.sealed import REFUSED_TEXT, SealedRow, seal
from clamshell_tui.study.worker_ids import last_work
from clamshell_tui.wire.messages import Notice
from clamshell_tui.wire.study_messages import (
    Answers,
    Consent,
    FromParticipant,
    GoOn,
    LeaveGate,
    NoticesSeen,
    Read,
    Tried,
    Try,
    TypedReply,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import (
    Answer,
    Begin,
    Draft,
    FromWorker,
    Heartbeat,
    Join,
    Joined,
    Leave,
    MachineReady,
    Progress,
    Qualification,
    Rejoin,
    Skip,
    Stay,
)


class ParticipantHandler(Joining):
    """``why`` has the reasons that follow a training record, by its id. ``clock`` as in Joining.

    All messages are idempotent: the itinerary knows what was true before.
    """

    def __init__(
        self,
        stages: StageRunner,
        why: Mapping[str, str],
        texts: Texts,
        limits: Limits,
        speed: float,
        clock: Callable[[], float],
    ) -> None:
        self._driver = driver = stages.driver
        super().__init__(driver, limits, clock, texts, speed)
        self._stages = stages
        self._why = why
        self._plan = driver.itinerary.plan
        self._told: WeakKeyDictionary[Peer, Joined] = WeakKeyDictionary()
        stages.before_work = self._tell_figures

    def take(self, peer: Peer, message: FromWorker | FromParticipant, now: float) -> None:
        match message:
            case Join() | Rejoin() | Heartbeat() | Stay():
                self._take_seat(peer, message, now)
            case _:
                if isinstance(message, MachineReady):
                    self._refuse(peer, "protocol", "a study takes no machines", fatal=True)
                elif peer.session is None:
                    self._refuse(peer, "protocol", "join or rejoin first", fatal=True)
                else:
                    self._serve(peer, self._driver.person(peer.session.worker), message, now)

    # -- joining ----------------------------------------------------------------------------------

    def _join(self, peer: Peer, message: Join, now: float) -> None:
        seat = self._sessions.find_code(message.code)
        if message.bot and seat is not None and seat.kind != "bot":
            why = "this is the code of a participant; a bot needs one for bots"
            self._refuse(peer, "code", why, fatal=True)
            return
        peer.width, peer.height = message.width, message.height
        super()._join(peer, message, now)

    def _arrive(self, peer: Peer, seat: AccessRow, now: float) -> None:
        session = self._sessions.open(seat, seat.label)
        self._sit(peer, session)
        self._driver.effects.append(partial(self._welcome, peer, session))
        via, size = self._via(peer, session), (peer.width, peer.height)
        self._driver.apply(Arrived(seat.label, via, *size, peer.encoding), now)

    def _return(self, peer: Peer, session: ConnectedSession, now: float) -> None:
        self._sit(peer, session)
        self._driver.effects.append(partial(self._welcome, peer, session))
        self._driver.apply(SeatTaken(session.worker, self._via(peer, session)), now)

    def _lost(self, session: ConnectedSession, until: float | None, now: float) -> None:
        if (found := self._stages.engaged(session.worker)) is not None:
            found[0].gone(found[1])
        self._driver.apply(ConnectionLost(session.worker, until), now)

    def _via(self, peer: Peer, session: ConnectedSession) -> str:
        return "bot" if session.bot else peer.via

    def _shown(self) -> str:
        pages, letters = self._stages.texts.values(), self._stages.records.letters
        return "".join((*sorted(letters), *pages, self._driver.title, self.texts.letters))

    def _welcome(self, peer: Peer, session: ConnectedSession) -> None:
        """Send what comes before the stage, after the commit."""
        person = self._driver.person(session.worker)
        notices = [Notice(notice.text) for notice in person.messages]
        joined = self._told[peer] = self._figures(session, person)
        if person.working:
            owed, _ = self._stages.so_far(person)
            joined = structs.replace(joined, owed_micros=owed)
        peer.send(joined, *notices)

    def _tell_figures(self, peer: Peer) -> None:
        """Send the figures of the condition, which was perhaps not known when the peer joined."""
        if (session := peer.session) is None:
            return
        joined = self._figures(session, self._driver.person(session.worker))
        if self._told.get(peer) != joined:
            self._told[peer] = joined
            peer.send(joined)

    def _figures(self, session: ConnectedSession, person: Person) -> Joined:
        conditions = self._stages.conditions
        condition = conditions.get(person.condition or "") or next(iter(conditions.values()))
        shown = instructions(self._plan, person, self._stages.texts)
        currency = self._plan.pay.currency
        joined = self._joined(
            session, condition.run, self._driver.title, shown, begun=True, currency=currency
        )
        if not person.working:
            return joined
        part, parts = number_of(self._plan, person, person.stage), own_stages(self._plan, person)
        return structs.replace(joined, part=part, parts=len(parts))

    # -- stages -----------------------------------------------------------------------------------

    def _serve(
        self,
        peer: Peer,
        person: Person,
        message: Begin | Progress | Qualification | Answer | Draft | Skip | Leave | FromParticipant,
        now: float,
    ) -> None:
        match message:
            case Answer() | Draft() | Skip():
                self._work(peer, person, message, now)
            case Begin() | Progress() | Qualification() | Leave():
                self._driver.effects.append(partial(self._stages.show, person.label))
            case Consent():
                self._consent(peer, person, message, now)
            case Read():
                stage = self._stage(peer, person, message.number, "instructions", "debrief")
                if stage is not None:
                    self._apply(peer, PageRead(person.label, stage, message.page), now)
            case Try():
                self._try(peer, person, message, now)
            case TypedReply():
                self._typed(peer, person, message)
            case Answers():
                self._answers(peer, person, message, now)
            case GoOn():
                self._apply(peer, BreakEnded(person.label), now)
            case LeaveGate():
                self._apply(peer, GateLeft(person.label), now)
            case Withdraw():
                ended = bool(person.outcome)
                self._apply(peer, Withdrew(person.label, message.delete), now)
                if ended:  # the receipt shows the result
                    self._driver.effects.append(partial(self._stages.show, person.label))
            case NoticesSeen():
                count = min(message.count, len(person.messages))
                self._apply(peer, NoticesRead(person.label, count), now)
            case _:
                assert_never(message)

    def _apply(self, peer: Peer, event: StudyEvent, now: float) -> bool:
        """Apply what a participant did; refuse what is impossible, and show the stage again."""
        try:
            self._driver.apply(event, now)
        except InvalidEventError:
            self._refuse(peer, "request", "that is not possible here, or not any more")
            if peer.session is not None:
                self._driver.effects.append(partial(self._stages.show, peer.session.worker))
            return False
        return True

    def _stage(self, peer: Peer, person: Person, number: int, *kinds: str) -> int | None:
        """Return the stage that a message is about; None if it is over: then the present one comes.

        A message may be sent again by a client that does not know yet.
        """
        stage = person.stage
        if (
            stage is not None
            and self._plan.stages[stage].kind in kinds
            and number_of(self._plan, person, stage) == number
        ):
            return stage
        self._driver.effects.append(partial(self._stages.show, person.label))
        return None

    def _consent(self, peer: Peer, person: Person, message: Consent, now: float) -> None:
        number = self._stage(peer, person, message.number, "consent")
        if number is None:
            return
        stage = self._plan.stages[number]
        assert isinstance(stage, ConsentStage)
        decided = Consented if message.agreed else Declined
        self._apply(peer, decided(person.label, text_digest(self._stages.texts[stage.file])), now)

    def _try(self, peer: Peer, person: Person, message: Try, now: float) -> None:
        number = self._stage(peer, person, message.number, "training", "qualification")
        if number is None:
            return
        known = self._plan.known(number)
        if message.record >= len(known) or message.label >= len(self._stages.records.classes):
            self._refuse(peer, "label", self.texts("refused.no_such_label", label=message.label))
            return
        asked = known[message.record]
        tried = RecordTried(person.label, number, asked.record, message.label, message.seconds)
        if self._plan.stages[number].kind == "training":
            right = message.label == asked.answer
            why = self._why.get(asked.record, "")
            feedback = Tried(message.number, message.record, right, asked.answer, why)
            self._send(peer, feedback)
        self._apply(peer, tried, now)

    def _typed(self, peer: Peer, person: Person, message: TypedReply) -> None:
        number = self._stage(peer, person, message.number, "questionnaire")
        if number is None:
            return
        stage = self._plan.stages[number]
        assert isinstance(stage, QuestionnaireStage)
        name = message.answer.id
        question = next((each for each in stage.questions if each.id == name), None)
        try:
            if question is None:
                raise AnswerError(f"there is no question {name} here")
            value = as_typed(question, message.answer.value)
        except AnswerError as error:
            self._refuse(peer, "request", str(error))
            return
        self._stages.typed.note(person.label, number, name, value)

    def _answers(self, peer: Peer, person: Person, message: Answers, now: float) -> None:
        number = self._stage(peer, person, message.number, "questionnaire")
        if number is None:
            return
        stage = self._plan.stages[number]
        assert isinstance(stage, QuestionnaireStage)
        try:
            answers = checked_answers(stage.questions, message.answers)
        except AnswerError as error:
            self._refuse(peer, "request", str(error))
            return
        rows = [seal(person.label, number, name, value) for name, value in answers.items()]
        digests = {row.question: row.digest for row in rows}
        if self._apply(peer, QuestionsAnswered(person.label, number, digests), now):
            self._driver.file.put_sealed(rows)
            self._stages.typed.clear(person.label)

    # -- work -------------------------------------------------------------------------------------

    def _work(self, peer: Peer, person: Person, message: Answer | Draft | Skip, now: float) -> None:
        """Pass an answer on; one that comes late is the engine's affair too."""
        found = self._stages.engaged(person.label)
        if found is None:
            self._refuse(peer, "request", self.texts("refused.not_yours"))
            return
        condition, worker = found
        if condition.peer(worker) is None:
            condition.enter(worker, peer, bot=person.bot)
        if not isinstance(message, Draft) and has_texts(message):
            message = self._seal(condition, worker, person, message, now)
        self._driver.effects.append(partial(condition.put, worker, message))

    def _seal(
        self,
        condition: RunningCondition,
        worker: WorkerId,
        person: Person,
        message: Answer | Skip,
        now: float,
    ) -> Answer | Skip:
        """Keep the texts of a message in the study's file, in the work that they are about."""
        assignment = condition.open_assignment(worker, message.assignment)
        stage = last_work(person, self._plan.stages)
        fits = assignment is not None and len(message.details) in (0, assignment.size)
        if assignment is None or not fits or stage is None or person.deleted:
            return replace_texts(message, 0, lambda name, text: REFUSED_TEXT)
        rows: list[SealedRow] = []

        def keep(name: str, text: str) -> str:
            rows.append(seal(person.label, stage, name, text))
            return name

        replaced = replace_texts(message, assignment.id, keep)
        for row in rows:
            event = TextSealed(person.label, stage, row.question, row.digest)
            self._driver.apply(event, now)
        self._driver.file.put_sealed(rows)
        return replaced
