"""The operators' page of people: sent when it changed, at most once a second."""

from collections.abc import Mapping, Sequence

from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.coordinator.study.conduct import Conduct
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.study.people import Person
from clamshell_tui.study.start_time import shown_time
from clamshell_tui.study.worker_ids import worker_ids
from clamshell_tui.wire.study_messages import People, PersonRow


class PeopleFeed:
    """``names`` are those of the conditions as operators see them: letters in a blinded study."""

    def __init__(
        self, stages: StageRunner, conducts: Mapping[str, Conduct], names: Mapping[str, str]
    ) -> None:
        self._stages = stages
        self._driver = stages.driver
        self._conducts = conducts
        self._names = names
        self._watching: set[Peer] = set()
        self._sent: People | None = None
        self.changed = True
        """Whether something happened since the last :meth:`send`."""

    def watch(self, peer: Peer) -> None:
        """Send the page now, and whenever it has changed."""
        self._watching.add(peer)
        self._driver.send(peer, self._people())

    def gone(self, peer: Peer) -> None:
        self._watching.discard(peer)

    def send(self) -> None:
        """Send the page if it has changed; call it once a second."""
        if not self._watching or not self.changed:
            return
        self.changed = False
        people = self._people()
        if people != self._sent:
            self._sent = people
            for peer in self._watching:
                peer.send(people)

    def _people(self) -> People:
        itinerary = self._driver.itinerary
        kinds: Sequence[str] = [stage.kind for stage in itinerary.plan.stages]
        number = itinerary.closed_gate
        gate = None if number is None else itinerary.gate(number)
        return People(
            tuple([self._row(person) for person in itinerary.people.values()]),
            tuple(kinds),
            tuple(self._names.values()),
            itinerary.plan.pay.currency,
            None if number is None else number + 1,
            0 if gate is None else gate.present,
            0 if gate is None else gate.needed,
            "" if gate is None or gate.starts_at is None else shown_time(gate.starts_at),
            over=self._driver.finished,
        )

    def _row(self, person: Person) -> PersonRow:
        plan = self._driver.itinerary.plan
        workers = worker_ids(person, plan.stages)
        condition = self._stages.conditions.get(person.condition or "")
        figures = None if condition is None else condition.figures(workers)
        speed = (
            None
            if condition is None
            else self._conducts[condition.name].seconds_per_record(person.label)
        )
        away, now = person.away_since, self._driver.itinerary.now
        entered = now if person.current is None else person.current.entered_at
        return PersonRow(
            person.label,
            self._state(person),
            via=person.via,
            condition=self._names.get(person.condition or "", ""),
            connected=person.connected,
            bot=person.bot,
            paused=person.paused,
            on_break=person.on_break,
            ending=bool(person.leaving),
            records=0 if figures is None else figures.records,
            seconds_per_record=None if speed is None else round(speed, 2),
            checks_asked=0 if figures is None else figures.checks_asked,
            checks_right=0 if figures is None else figures.checks_right,
            micros=0 if person.arrived_at is None else self._stages.statement(person).total,
            paid=bool(person.payments),
            away_seconds=0.0 if away is None else round(now - away, 1),
            stage_seconds=round(now - entered, 1),
            unread=len(person.messages) - person.messages_read,
            alarms=tuple([f"{alarm.what}: {alarm.text}"[:1000] for alarm in person.alarms]),
        )

    def _state(self, person: Person) -> str:
        if person.arrived_at is None:
            return "invited"
        if person.stage is not None and not person.outcome:
            return self._driver.itinerary.plan.stages[person.stage].kind
        return "done" if person.outcome in ("completed", "not-qualified") else person.outcome
