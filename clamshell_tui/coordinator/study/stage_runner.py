"""Carries out the decisions of the itinerary, and reports to it what the engines did."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import assert_never

from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.coordinator.study.condition import RunningCondition
from clamshell_tui.coordinator.study.stage_view import (
    ShownTo,
    number_of,
    own_stages,
    receipt,
    stage_part,
)
from clamshell_tui.coordinator.study.study_driver import StudyDriver
from clamshell_tui.coordinator.study.typed_replies import TypedReplies
from clamshell_tui.core.ids import RecordId, WorkerId
from clamshell_tui.participant_texts import Texts
from clamshell_tui.runfile.access_key import AccessKey
from clamshell_tui.study.access import completion_code
from clamshell_tui.study.commands import (
    Conclude,
    EndWork,
    EnterWork,
    Erase,
    GoOn,
    HoldWork,
    OfferBreak,
    ShowGate,
    ShowStage,
    StudyCommand,
)
from clamshell_tui.study.config import WorkStage
from clamshell_tui.study.events import BreakTaken, StudyEvent, WorkEnded, WorkEntered
from clamshell_tui.study.pay import Earned, PayStatement, so_far, statement
from clamshell_tui.study.people import Person
from clamshell_tui.study.worker_ids import label_of, worker_ids
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.study_messages import BreakShown, GateShown, PausedShown, StageShown
from clamshell_tui.wire.worker_messages import Over, Statement


class StageRunner:
    """``texts`` are the Markdown files by name, ``words`` the sentences of the screens.

    ``known`` are the numbers of the records of training and qualification, by kind of stage.
    ``call`` queues a call with the study's time; ``now`` returns it.
    """

    def __init__(
        self,
        driver: StudyDriver,
        texts: Mapping[str, str],
        records: Records,
        known: Mapping[str, Sequence[RecordId]],
        key: AccessKey,
        words: Texts,
        call: Callable[[Callable[[float], None]], None],
        now: Callable[[], float],
    ) -> None:
        self.driver = driver
        self.texts = texts
        self.records = records
        self.conditions: dict[str, RunningCondition] = {}
        self.pays_bots = False
        """Whether bots see on their receipt what a person would get: in rehearsals only."""
        self._known = known
        self._key = key
        self._words = words
        self._call = call
        self._now = now
        self.typed = TypedReplies(driver.file.put_sealed)
        self._idle: set[WorkerId] = set()  # paused, and without a task in hand
        self._holding = False  # whether no participant gets another task
        self.before_work: Callable[[Peer], None] = lambda _: None
        """Called with a connection whose participant enters the work, or is back at it."""
        driver.carry_out = self.carry_out

    # -- decisions --------------------------------------------------------------------------------

    def carry_out(self, command: StudyCommand) -> None:
        """Carry out a decision whose cause is committed."""
        match command:
            case ShowStage():
                self.show(command.participant)
                self._end_idle()
            case ShowGate():
                for label in list(self.driver.itinerary.gates[command.stage].waiting):
                    self.show(label)
            case EnterWork():
                self.enter(command.participant)
            case EndWork():
                self._end(command)
            case HoldWork() | OfferBreak():
                if (found := self._engaged(command.participant)) is not None:
                    found[0].hold(found[1])
            case GoOn():
                if (found := self._engaged(command.participant)) is not None:
                    self._idle.discard(found[1])
                    found[0].go_on(found[1])
                else:
                    self.show(command.participant)
            case Conclude():
                self.show(command.participant)
                self._end_idle()
            case Erase():
                self.typed.clear(command.participant)
                self.driver.to_erase.append(command.participant)
                if (engaged := self.engaged(command.participant)) is not None:
                    engaged[0].forget_draft(engaged[1])
            case _:
                assert_never(command)

    def show(self, label: str) -> None:
        """Send a participant, if here, the stage or the end; the engine says what is in work."""
        peer, person = self.peer(label), self.driver.person(label)
        if peer is None:
            return
        plan = self.driver.itinerary.plan
        stages = len(own_stages(plan, person))
        if person.concluded:
            end = receipt(plan, self.texts, person, self._shown_to(person))
            peer.send(
                StageShown(stages, stages, end, end.total_micros),
                Over(person.outcome, self.over(person)),
            )
            return
        if (found := self._engaged(label)) is not None:
            mine = found[0].peer(found[1])
            if mine is None or mine.peer is not peer:
                self.enter(label)  # back at work, on another connection
                return
        shown = self._shown_to(person)
        part = stage_part(self.driver.itinerary, self.texts, person, shown)
        if part is not None and person.stage is not None:
            number = number_of(plan, person, person.stage)
            if isinstance(part, BreakShown | PausedShown):
                self._quieten(person)
            break_pays = plan.pay.per_minute if person.on_break else 0
            owed, grows = self.so_far(person, break_pays)
            grows = grows if isinstance(part, GateShown | BreakShown) else 0
            peer.send(StageShown(number, stages, part, owed, grows))

    def _shown_to(self, person: Person) -> ShownTo:
        worked_as = worker_ids(person, self.driver.itinerary.plan.stages)
        return ShownTo(
            self._known_records(person),
            self.statement(person),
            self._words,
            self.typed.of(person.label, -1 if person.stage is None else person.stage),
            completion_code(self._key, person.label),
            bool(self._idle.intersection(worked_as)),
        )

    def peer(self, label: str) -> Peer | None:
        """Return the connection of a participant who is here."""
        session = self.driver.sessions.workers.get(WorkerId(label))
        return session.peer if session is not None else None

    # -- work -------------------------------------------------------------------------------------

    def enter(self, label: str) -> None:
        """Let a participant who is here work, or go on working."""
        person, peer = self.driver.person(label), self.peer(label)
        found = self._engaged(label)
        if peer is None or found is None:
            return
        condition, worker = found
        self.before_work(peer)
        mine = condition.enter(worker, peer, bot=person.bot)
        mine.so_far = partial(self.so_far, person)
        mine.left = lambda: (self._work_left(person), condition.records_left(label))
        if self._holding:
            condition.hold(worker)
        if person.on_break or worker in self._idle:
            mine.quiet = True
            self.show(label)

    def _work_left(self, person: Person) -> float | None:
        """Return the seconds of work that are left; None where its time is not limited."""
        stage = None if person.stage is None else self.driver.itinerary.plan.stages[person.stage]
        if not isinstance(stage, WorkStage) or stage.minutes is None:
            return None
        if person.leaving:
            return 0.0
        if person.work_ends_at is not None:
            return max(0.0, person.work_ends_at - self._now())
        return stage.minutes * 60 if person.work_left is None else person.work_left

    def hold_all(self) -> None:
        """Give no participant another task, until the study is served again."""
        self._holding = True
        for label in self.driver.itinerary.people:
            if (found := self._engaged(label)) is not None:
                found[0].hold(found[1])

    @property
    def tasks_in_hand(self) -> bool:
        """Whether a participant here has a task."""
        workers = [
            found[0].worker(found[1])
            for label in self.driver.itinerary.people
            if (found := self._engaged(label)) is not None
        ]
        return any(each and each.connected and each.assignment for each in workers)

    def engaged(self, label: str) -> tuple[RunningCondition, WorkerId] | None:
        """Return the condition that a participant works in, or did, and the worker there."""
        person = self.driver.person(label)
        workers = worker_ids(person, self.driver.itinerary.plan.stages)
        if person.condition is None or not workers:
            return None
        return self.conditions[person.condition], workers[-1]

    def _engaged(self, label: str) -> tuple[RunningCondition, WorkerId] | None:
        return self.engaged(label) if self.driver.person(label).working else None

    def _end(self, command: EndWork) -> None:
        found = self._engaged(command.participant)
        if found is not None:
            found[0].end(found[1], command.reason, at_once=command.at_once)

    def _end_idle(self) -> None:
        for condition in self.conditions.values():
            condition.end_idle()

    def _quieten(self, person: Person) -> None:
        found = self._engaged(person.label)
        if found is not None and (mine := found[0].peer(found[1])) is not None:
            mine.quiet = True

    # -- reports of the conditions ----------------------------------------------------------------

    def entered(self, worker: WorkerId) -> None:
        self._report(WorkEntered(label_of(worker)))

    def ended(self, worker: WorkerId, reason: str) -> None:
        self._call(lambda now: self._ended(worker, reason, now))

    def _ended(self, worker: WorkerId, reason: str, now: float) -> None:
        person = self.driver.person(label_of(worker))
        self._idle.discard(worker)
        if person.working and worker_ids(person, self.driver.itinerary.plan.stages)[-1] == worker:
            self.driver.apply(self.work_ended(person, reason), now)

    def work_ended(self, person: Person, reason: str) -> WorkEnded:
        """Return the fact that a participant's work ended, with the figures of the engine."""
        condition, _ = self.engaged(person.label) or (None, None)
        assert condition is not None, "a participant at work has a condition"
        figures = condition.figures(worker_ids(person, self.driver.itinerary.plan.stages))
        return WorkEnded(person.label, reason, *figures)

    def free(self, worker: WorkerId) -> None:
        self._call(lambda now: self._free(worker, now))

    def _free(self, worker: WorkerId, now: float) -> None:
        label = label_of(worker)
        person = self.driver.person(label)
        if person.paused:
            self._idle.add(worker)
            self.driver.effects.append(partial(self.show, label))
        if person.break_due:
            self.driver.apply(BreakTaken(label), now)

    def paid(self, worker: WorkerId) -> None:
        self.show(label_of(worker))

    def _report(self, event: StudyEvent) -> None:
        self._call(lambda now: self.driver.apply(event, now))

    # -- pay --------------------------------------------------------------------------------------

    def statement(self, person: Person) -> PayStatement:
        """Return a participant's pay up to now."""
        plan = self.driver.itinerary.plan
        earned = self._earned(person)[0]
        return statement(plan, person, earned, self._now(), bots_too=self.pays_bots)

    def so_far(self, person: Person, waiting: int = 0) -> tuple[int, int]:
        """Return the pay that a participant is shown, and its growth a minute (``pay.so_far``)."""
        plan, earned = self.driver.itinerary.plan, self._earned(person)[0]
        return so_far(plan, person, earned, self._now(), waiting, bots_too=self.pays_bots)

    def over(self, person: Person) -> Statement:
        """Return a participant's whole pay as the statement that ends a session."""
        total, (earned, tasks) = self.statement(person).total, self._earned(person)
        return Statement(
            person.label, earned.waiting, 0, earned.records, 0, 0, total, tasks_completed=tasks
        )

    def _earned(self, person: Person) -> tuple[Earned, int]:
        """Return what the engine owes a participant, and the number of tasks."""
        records = waiting = tasks = 0
        condition = self.conditions.get(person.condition or "")
        if condition is not None:
            for name in worker_ids(person, self.driver.itinerary.plan.stages):
                made = condition.run.translator.statement(name, condition.run.engine.now)
                waiting += made.waiting_micros + made.training_micros
                records += made.total_micros - made.waiting_micros - made.training_micros
                tasks += made.tasks_completed
        return Earned(records, waiting), tasks

    def _known_records(self, person: Person) -> list[Record]:
        if person.stage is None:
            return []
        kind = self.driver.itinerary.plan.stages[person.stage].kind
        numbers = self._known.get(kind, ())
        return [self.records.record(number, with_truth=person.bot) for number in numbers]
