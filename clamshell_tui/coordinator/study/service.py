"""A live study, complete: its loop, and a run for each condition, in one process."""

import asyncio
import time
from collections.abc import Mapping

from clamshell_tui.coordinator.live import CHECK_EVERY, SCREENS, LiveService, ServeOptions
from clamshell_tui.coordinator.server import Server
from clamshell_tui.coordinator.study.conduct import Alarm, Conduct, absent
from clamshell_tui.coordinator.study.operator_handler import StudyOperatorHandler
from clamshell_tui.coordinator.study.participant_handler import ParticipantHandler
from clamshell_tui.coordinator.study.people_feed import PeopleFeed
from clamshell_tui.coordinator.study.person_orders import PersonOrders
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.study_driver import StudyDriver
from clamshell_tui.coordinator.study.study_loop import StudyLoop
from clamshell_tui.formats import count
from clamshell_tui.participant_texts import Texts
from clamshell_tui.study.events import AlarmRaised, ConnectionLost, StartRequested
from clamshell_tui.study.load import Condition, Study
from clamshell_tui.study.progress import AT_ONCE
from clamshell_tui.study.worker_ids import worker_ids
from clamshell_tui.text import show

WATCH_EVERY = 1.0  # seconds between two looks at absences, and two pages of people


class StudyOptions(ServeOptions, frozen=True, kw_only=True):
    """Options of a study."""

    study: Study
    bots: int = 0
    start_at: str = ""  # time of day at which the first gate opens, HH:MM

    @property
    def texts(self) -> Texts:
        return self.study.sentences

    @property
    def bot_labels(self) -> tuple[str, ...]:
        """Labels of the bots."""
        return tuple([f"B{number:03}" for number in range(1, self.bots + 1)])


def shown_name(study: Study, condition: Condition) -> str:
    """Return the name of a condition for operators: a letter in a blinded study."""
    return condition.name if study.config.open_label else condition.letter


class StudyService(LiveService):
    """Serves a study; ``names`` are those of the conditions for operators."""

    run: StudyDriver
    run_loop: StudyLoop
    what = "study"
    looked_at = ("clamshell pay {}", "clamshell export {} -o data")

    def __init__(
        self,
        options: StudyOptions,
        loop: StudyLoop,
        stages: StageRunner,
        why: Mapping[str, str],
        texts: Texts,
    ) -> None:
        self._options = options
        self.run = loop.run
        self.run_loop = loop
        self.stages = stages
        self._conditions = stages.conditions
        wall = asyncio.get_running_loop().time
        self._conducts = {
            name: Conduct(condition, self._alarm, self._changed)
            for name, condition in self._conditions.items()
        }
        study = options.study
        names = {each.name: shown_name(study, each) for each in study.conditions}
        self._feed = PeopleFeed(stages, self._conducts, names)
        loop.stages = stages
        loop.participants = ParticipantHandler(
            stages, why, texts, options.limits, options.speed, wall
        )
        loop.operators = StudyOperatorHandler(stages, self._feed, PersonOrders(stages))
        loop.run.changed = self._changed

    def _changed(self) -> None:
        self._feed.changed = True

    # -- after a restart -------------------------------------------------------------------------

    def catch_up(self, now: float) -> None:
        """Report to the itinerary, and to the engines, what a crash kept from them."""
        itinerary, stages = self.run.itinerary, self.stages
        for person in list(itinerary.people.values()):
            if person.connected:
                self.run.apply(ConnectionLost(person.label, now), now)
            if not person.working or (found := stages.engaged(person.label)) is None:
                continue
            condition, name = found
            worker = condition.worker(name)
            if worker is None:
                continue  # joins when the participant is back
            if person.worked_since is None:
                stages.entered(name)
            if worker.over:
                stages.ended(name, person.leaving or condition.why_over(worker))
            elif person.leaving:
                at_once = person.gone or person.leaving in AT_ONCE
                condition.end(name, person.leaving, at_once=at_once)
            elif person.break_due or person.paused:
                condition.hold(name)
            elif worker.paused and not person.on_break:
                condition.go_on(name)

    # -- serving ---------------------------------------------------------------------------------

    async def until_over(self, server: Server) -> None:
        self.run_loop.peers, self.run_loop.waits_for_disk = server.peers, True
        helpers = [server.watch(), self._until_over(server), self._look()]
        if not self._options.headless:
            kept = f"the study is kept in {show(str(self._options.db))}"
            helpers.append(self._status(kept))
        conditions = list(self._conditions.values())
        async with self._beside(*helpers) as group:
            for condition in conditions:
                condition.run_loop.waits_for_disk = True
                group.create_task(condition.service.serve())
            await self.run_loop.serve()
            for condition in conditions:
                condition.run_loop.stop()

    async def write(self) -> None:
        await self.run_loop.commit()
        for condition in self._conditions.values():
            await condition.run_loop.write_tables()

    async def _until_over(self, server: Server) -> None:
        """Once the study is over and all clients have its end, end the runs and stop."""
        loop = asyncio.get_running_loop()
        over_since: float | None = None
        while True:
            await asyncio.sleep(CHECK_EVERY)
            if self.run_loop.draining and not self.stages.tasks_in_hand:
                self.run_loop.stop()
            if not self.run.finished:
                over_since = None  # also after a readmission
                continue
            over_since = loop.time() if over_since is None else over_since
            since = loop.time() - over_since
            done = all(peer.role == "operator" for peer in server.peers) and self._seen(since)
            if (done or since > self._options.linger) and not self.held:
                await self._end_runs()
                self.run_loop.stop()

    async def _end_runs(self) -> None:
        """End the run of each condition, so that its file is complete."""
        runs = [condition.run_loop for condition in self._conditions.values()]
        for run_loop in runs:
            if not run_loop.run.finished:
                run_loop.drain("study")
        while not all(run_loop.run.finished for run_loop in runs):  # noqa: ASYNC110  # no event
            await asyncio.sleep(CHECK_EVERY)

    def _seen(self, since: float) -> bool:
        """Whether all screens have the last entries, or had time to ask for them."""
        runs = [condition.run for condition in self._conditions.values()]
        return since > SCREENS or all(run.journal_feed.all_have(run.journal.seq) for run in runs)

    async def _look(self) -> None:
        """Send operators the page of people, open gates in time, and notice absences."""
        while True:
            await asyncio.sleep(WATCH_EVERY)
            self.run_loop.call(self._open_in_time)
            self.run_loop.call(self._note_absent)
            self._feed.send()

    def _open_in_time(self, now: float) -> None:
        """Open the gate whose time of day has come, also if this process was not there then."""
        date = time.time()  # noqa: TID251  # a driver
        for number, gate in self.run.itinerary.gates.items():
            if gate.state == "closed" and gate.starts_at is not None and gate.starts_at <= date:
                self.run.apply(StartRequested(number, "clock"), now)

    # -- alarms ----------------------------------------------------------------------------------

    def _alarm(self, alarm: Alarm) -> None:
        self._feed.changed = True
        event = AlarmRaised(alarm.participant, alarm.what, alarm.text)
        self.run_loop.call(lambda now: self._raise(event, now))

    def _note_absent(self, now: float) -> None:
        for person in self.run.itinerary.people.values():
            if absent(person, now):
                self._raise(AlarmRaised(person.label, "absent", "has been away for long"), now)

    def _raise(self, event: AlarmRaised, now: float) -> None:
        """Raise an alarm unless the participant has one of its kind."""
        person = self.run.person(event.participant)
        if all(alarm.what != event.what for alarm in person.alarms):
            self.run.apply(event, now)
            self.run.alert(f"{event.participant}: {event.text}")

    # -- the terminal ----------------------------------------------------------------------------

    def _line(self) -> str:
        people = list(self.run.itinerary.people.values())
        stages = self.run.itinerary.plan.stages
        work = sum(person.working for person in people)
        records = sum(
            condition.figures(worker_ids(person, stages)).records
            for person in people
            if (condition := self._conditions.get(person.condition or "")) is not None
        )
        here = sum(person.connected for person in people)
        done = sum(bool(person.outcome) for person in people)
        return (
            f"{self.run_loop.now():8.1f} s  {here} here, {work} at work, {done} of {len(people)} "
            f"done, {count(records, 'record')} answered"
        )
