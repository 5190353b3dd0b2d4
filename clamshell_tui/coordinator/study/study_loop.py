"""The task that owns the itinerary and the file of a study; it stands where a run's loop stands.

It commits the study's file before a decision is carried out, so that a condition's run never knows
more than the study. Answers in work go straight to the loop of the condition.
"""

from typing import get_args

from clamshell_tui.coordinator.joining import Joining
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.loop import Loop
from clamshell_tui.coordinator.sessions import Gone, Peer
from clamshell_tui.coordinator.study.free_texts import has_texts
from clamshell_tui.coordinator.study.operator_handler import StudyOperatorHandler
from clamshell_tui.coordinator.study.participant_handler import ParticipantHandler
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.study_driver import StudyDriver
from clamshell_tui.study.backup import KEY_NAME, archive
from clamshell_tui.study.events import ClockSet, TimePassed
from clamshell_tui.wire.messages import Authenticate, Error, ToServer
from clamshell_tui.wire.operator_messages import FromOperator
from clamshell_tui.wire.study_messages import FromParticipant, FromStudyOperator
from clamshell_tui.wire.worker_messages import Answer, Draft, FromWorker, Skip

_FROM_PARTICIPANTS = (*get_args(FromWorker), *get_args(FromParticipant))
_FROM_OPERATORS = (*get_args(FromOperator), *get_args(FromStudyOperator))


class StudyLoop(Loop):
    """``handlers`` are made by the caller once the loop exists; see ``service``."""

    run: StudyDriver
    stages: StageRunner
    participants: ParticipantHandler
    operators: StudyOperatorHandler

    def __init__(self, driver: StudyDriver, clock: RunClock) -> None:
        super().__init__(clock, driver.file.path)
        self.run = driver

    @property
    def joining(self) -> Joining:
        return self.participants

    def now(self) -> float:
        """Return the study's time."""
        return self._clock.now()

    def put(self, peer: Peer, message: ToServer | Gone) -> None:
        if not (isinstance(message, Answer | Draft | Skip) and self._passed_on(peer, message)):
            super().put(peer, message)

    def drain(self, why: str) -> None:
        """Let all finish the task in hand, and give no other. The study is not over."""
        self.draining = True
        self.stages.hold_all()

    def _passed_on(self, peer: Peer, message: Answer | Draft | Skip) -> bool:
        """Whether the message went to the engine of a participant who is at work."""
        if peer.session is None or peer.closed or peer.refused:
            return False
        if has_texts(message):
            return False  # the study keeps them
        found = self.stages.engaged(peer.session.worker)
        mine = None if found is None else found[0].peer(found[1])
        if found is None or mine is None or mine.peer is not peer:
            return False
        found[0].put(found[1], message)
        return True

    # -- the loop ---------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Run until :meth:`stop`. Anything raised here is our bug, and ends the process."""
        self._pulse.start()
        self._note_date()
        while not self.stopping:
            if not (self.run.effects or self.run.file.pending):
                await self._wait()
            self._drain()
            self._keep_time()
            await self.commit()
            self.run.run_effects()
            await self._erase()
            if self.operators.copies_wanted:
                await self._copy()
        self._pulse.stop()

    def _stood_still(self, seconds: float) -> None:
        """Leave out the time in which no client could be heard: no grace or minute passes in it."""
        self._clock.leave_out(seconds)
        self.call(lambda _: self._note_date())

    async def commit(self) -> None:
        """Commit the journal; on a full disk wait for space, and send nothing meanwhile."""
        while self.run.file.pending:
            self._last_entry_at = self._clock.now()
            await self._with_space(self.run.file.commit)

    async def _erase(self) -> None:
        """Erase what participants wanted to be deleted."""
        while self.run.to_erase:
            await self.commit()
            await self._with_space(self._erase_first)
            await self.commit()

    async def _erase_first(self) -> None:
        self.run.file.erase(self.run.to_erase[0])
        self.run.to_erase.pop(0)

    async def _copy(self) -> None:
        """Copy the folder. No participant enters a run meanwhile, so that its files agree."""
        wanted, self.operators.copies_wanted = self.operators.copies_wanted, []
        file = self.run.file
        files = {file.path.name: file.image()}
        for condition in self.stages.conditions.values():
            files[condition.file.name] = await condition.image()
        name = file.path.with_name(KEY_NAME)
        copied = archive(files | {KEY_NAME: name.read_bytes()})
        for receive in wanted:
            receive(copied)

    def _next_deadline(self) -> float:
        return self.run.itinerary.next_deadline

    def _pass_time(self, now: float) -> None:
        self.run.apply(TimePassed(), now)

    def _set_clock(self, utc: float, now: float) -> None:
        self.run.apply(ClockSet(utc, self._clock.speed), now)

    # -- messages ---------------------------------------------------------------------------------

    def _gone(self, peer: Peer, now: float) -> None:
        self.participants.gone(peer, now)
        self.operators.gone(peer)

    def _take(self, peer: Peer, message: ToServer, now: float) -> None:
        if isinstance(message, _FROM_PARTICIPANTS):
            self.participants.take(peer, message, now)
        elif isinstance(message, _FROM_OPERATORS):
            self.operators.take(peer, message, now)
        else:
            self.run.send(peer, Error("request", "a study takes no records from requesters"))

    def _authenticate(self, peer: Peer, message: Authenticate) -> None:
        super()._authenticate(peer, message)
        if peer.authenticated:
            self.operators.follow(peer)
