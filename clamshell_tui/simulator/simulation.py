"""Driver of the engine under a virtual clock, with simulated workers.

A heap of (time, serial, ...) holds planned events; the engine's next deadline competes with it. The
driver makes no decision: it passes events to the engine in order of time and executes commands by
drawing how long a worker, a posting or a training takes. The same arguments give the same run.

A planned end of work is cancelled by its serial: ``seat.pending`` names the valid one, and an entry
of the heap with another serial is skipped. Removing it from the heap would cost a search.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain
from math import inf

from clamshell_tui.core.commands import (
    Acknowledge,
    Admit,
    AskMachine,
    Assign,
    Command,
    CutBatch,
    DeliverLabels,
    PostRecruitment,
    Qualify,
    Reject,
    Release,
    ReleaseMachine,
    Retrain,
    SetAside,
    Terminate,
    Withdraw,
    WithdrawRequest,
)
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentSkipped,
    CompletionForetold,
    Event,
    KnownUse,
    LatencyForetold,
    QualificationAnswered,
    StopRequested,
    TimePassed,
    WorkerDisconnected,
    WorkerJoined,
    WorkerLeft,
    WorkerReconnected,
)
from clamshell_tui.core.ids import AssignmentId, ClassIndex, Phase, WorkerId
from clamshell_tui.core.invariants import check_invariants
from clamshell_tui.scenario.config import SimulationConfig
from clamshell_tui.simulator.machines import MachineSeats
from clamshell_tui.simulator.seat import SimulatedSeat
from clamshell_tui.simulator.submission_events import submission_events
from clamshell_tui.simulator.trainer import SimulatedTrainer
from clamshell_tui.workforce.behaviour import Attempt, Behaviour, Ending
from clamshell_tui.workforce.config import ScriptedAction
from clamshell_tui.workforce.crowd import SimulatedCrowd

Observer = Callable[[float, Event, list[Command]], None]
Planned = Callable[[float], Event | None]
"""Called at its time: returns the event, or None if it no longer applies."""

_ANSWER = Ending.ANSWER


class Simulation:
    """One run in virtual time.

    ``truth[record]`` is the true class of each submitted record, ``gold`` the known answers among
    them; the first ``seeds`` have known labels and are never asked. ``submissions`` are (time,
    number of records) of the others, and the last one ends the stream.
    ``ids`` decide which records are hard for simulated workers (default: their numbers).
    ``observe`` is called with every (time, event, commands), in order. Without ``recruits`` nobody
    joins but by :meth:`join`: in a study, where a driver of its own calls :meth:`step` and passes
    events to :meth:`handle`.
    """

    def __init__(
        self,
        config: RunConfig,
        crowd: SimulatedCrowd,
        truth: Sequence[int],
        *,
        gold: Mapping[int, int],
        submissions: Sequence[tuple[float, int]],
        uses: Mapping[int, KnownUse] | None = None,
        ids: Sequence[str] | None = None,
        seeds: int = 0,
        trainer: SimulatedTrainer | None = None,
        settings: SimulationConfig | None = None,
        observe: Observer | None = None,
        recruits: bool = True,
    ) -> None:
        self.engine = Engine(config)
        self.settings = settings or SimulationConfig()
        self.seats: dict[WorkerId, SimulatedSeat] = {}
        self.names: dict[str, WorkerId] = {}  # of the scenario's named workers, once they joined
        self._crowd = crowd
        self._truth = [ClassIndex(int(label)) for label in truth]
        self._ids = ids if ids is not None else [str(record) for record in range(len(truth))]
        self._trainer = trainer
        self._observe = observe
        self._predicts = config.quality.model_votes
        self._foretell = config.straggler_mitigation.routing == "oracle"
        self._foretell_means = config.maintenance.latency_estimator == "oracle"
        self._records_per_task = config.tasks.records_per_task
        self._heap: list[tuple[float, int, SimulatedSeat | Planned, Attempt | None]] = []
        self._serial = 0
        self._recruits = recruits
        known = tuple(self._truth[:seeds])
        for at, event in submission_events(submissions, gold, uses or {}, known):
            self._plan(at, self._submitting(event))
        machines = [] if config.machine.policy == "off" else crowd.machines()
        self._machines = MachineSeats(machines, self._truth, self._ids, self._plan)
        for at, behaviour in crowd.scheduled() if recruits else ():
            self._plan(at, self._joining(behaviour))
        for action in crowd.script:
            self._plan(action.at, self._acting(action))
        self._plan(self.settings.horizon, lambda now: StopRequested("the simulation's horizon"))

    @property
    def true_means(self) -> dict[WorkerId, float]:
        """Mean seconds per label by worker, undisturbed, in full tasks."""
        size = self._records_per_task
        return {
            worker: seat.behaviour.mean_seconds_per_label(size)
            for worker, seat in self.seats.items()
        }

    # -- running --------------------------------------------------------------------------------

    def run(self) -> None:
        """Run to the end."""
        while self.step():
            pass

    def step(self) -> bool:
        """Handle the next event; return False when the run is over."""
        if self.over:
            return False
        engine, heap = self.engine, self._heap
        deadline = engine.next_deadline
        if not heap and deadline == inf:
            return False  # the last training never ends
        event: Event | None
        if heap and heap[0][0] <= deadline:
            now, serial, subject, attempt = heappop(heap)
            event = (
                self._ending(now, serial, subject, attempt)
                if isinstance(subject, SimulatedSeat)
                else subject(now)
            )
            if event is None:
                return True
        else:
            now, event = deadline, TimePassed()
        self.handle(event, now)
        return True

    @property
    def over(self) -> bool:
        """Whether the run is finished, and no model is being trained."""
        return self.engine.state.phase is Phase.FINISHED and not self.engine.retraining.training

    @property
    def due(self) -> float:
        """When :meth:`step` has something to do; ``inf``: never."""
        if self.over:
            return inf
        return min(self._heap[0][0] if self._heap else inf, self.engine.next_deadline)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Pass an event to the engine, and carry out what it decides."""
        commands = self.engine.handle(event, now)
        for command in commands:
            self._carry_out(command, now)
        if self._observe is not None:
            self._observe(now, event, commands)
        if self.settings.check:
            check_invariants(self.engine)
        return commands

    def join(self, worker: WorkerId, behaviour: Behaviour, now: float) -> None:
        """Let a worker join immediately."""
        self.seats[worker] = SimulatedSeat(worker, behaviour, now)
        self.handle(WorkerJoined(worker), now)

    def _plan(self, at: float, happening: Planned) -> None:
        if at < inf:
            self._serial += 1
            heappush(self._heap, (at, self._serial, happening, None))

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case Assign():
                self._begin(self.seats[command.worker], command, now)
            case Terminate():
                seat = self.seats[command.worker]
                seat.interrupted = True
                seat.free_since = now
                if seat.pending and seat.finish <= now + self.settings.wire_delay:
                    self._plan(seat.finish, self._crossing(seat))
                seat.pending = 0
                self._plan_afterthought(seat, command.assignment, now)
            case Acknowledge():
                self.seats[command.worker].free_since = now
            case Withdraw():
                seat = self.seats[command.worker]
                seat.pending = 0
                seat.free_since = now
                self._plan_afterthought(seat, command.assignment, now)
            case CutBatch():
                if self._predicts:
                    self._predict(command, now)
            case DeliverLabels():
                if self._trainer is not None:
                    self._trainer.add(command.records, command.labels, command.active)
            case SetAside():
                if self._trainer is not None:
                    self._trainer.exclude(command.records)
            case PostRecruitment() if self._recruits:
                recruiter = self._crowd.recruiter
                for at in recruiter.posted(command.seats, command.expires, now):
                    self._plan(at, self._arriving)
            case Qualify():
                self._qualify(command, now)
            case Admit():
                self.seats[command.worker].free_since = now
                if self._foretell_means:
                    self._plan(now, self._foretelling_mean(self.seats[command.worker]))
            case AskMachine() | WithdrawRequest() | ReleaseMachine():
                self._machines.carry_out(command, now)
            case Reject() | Release():
                self.seats[command.worker].gone = True
            case Retrain():
                self._retrain(command.labels, now)

    # -- work -----------------------------------------------------------------------------------

    def _begin(self, seat: SimulatedSeat, command: Assign, now: float) -> None:
        truth = self._truth
        seat.assignment = command.assignment
        seat.task_truth = [truth[record] for record in command.records]
        if seat.behaviour.hard is not None:
            names = [self._ids[record] for record in command.records]
            seat.task_truth = seat.behaviour.seen(names, seat.task_truth)
        waited = now - seat.free_since
        self._work(seat, waited, now)
        seat.interrupted = False
        if self._foretell and seat.finish < inf:
            self._plan(now, self._foretelling(command.assignment, seat.finish))

    def _work(self, seat: SimulatedSeat, waited: float, now: float) -> None:
        """Draw the worker's action on the current task, and its time."""
        attempt = seat.behaviour.attempt(
            seat.task_truth, waited=waited, interrupted=seat.interrupted
        )
        finish = now + attempt.seconds
        if seat.asleep_until > now:
            finish += seat.asleep_until - now
        self._finish_at(seat, attempt, finish)

    def _finish_at(self, seat: SimulatedSeat, attempt: Attempt, finish: float) -> None:
        self._serial = serial = self._serial + 1
        seat.pending = serial
        seat.finish = finish
        seat.attempt = attempt
        if finish < inf:
            heappush(self._heap, (finish, serial, seat, attempt))

    def _ending(
        self, now: float, serial: int, seat: SimulatedSeat, attempt: Attempt | None
    ) -> Event | None:
        """Return the event that ends a worker's task, or None if it was cancelled."""
        if attempt is None or seat.pending != serial or seat.gone:
            return None
        seat.pending = 0
        if attempt.ending is _ANSWER:
            labels: tuple[ClassIndex, ...] = attempt.labels  # type: ignore[assignment]
            return AssignmentAnswered(seat.assignment, seat.worker, labels)
        match attempt.ending:
            case Ending.LEAVE:
                if attempt.away:
                    self._plan(now + attempt.away, self._joining(seat.behaviour))
                return WorkerLeft(seat.worker)
            case Ending.DISCONNECT:
                self._plan(now + attempt.away, self._returning(seat))
                return WorkerDisconnected(seat.worker)
            case Ending.SKIP:
                return AssignmentSkipped(seat.assignment, seat.worker)
        return None  # asleep

    def _crossing(self, seat: SimulatedSeat) -> Planned:
        """Plan an answer that was sent before the termination reached the worker."""
        attempt, assignment = seat.attempt, seat.assignment
        assert attempt is not None
        if attempt.ending is not _ANSWER:
            return lambda now: None
        labels: tuple[ClassIndex, ...] = attempt.labels  # type: ignore[assignment]
        return lambda now: AssignmentAnswered(assignment, seat.worker, labels)

    def _plan_afterthought(self, seat: SimulatedSeat, assignment: AssignmentId, now: float) -> None:
        """Plan the answer of a behaviour that answers after its assignment has ended."""
        attempt = seat.attempt
        if attempt is not None and attempt.afterthought and seat.assignment == assignment:
            labels: tuple[ClassIndex, ...] = attempt.afterthought  # type: ignore[assignment]
            self._plan(now, lambda now: AssignmentAnswered(assignment, seat.worker, labels))

    def _foretelling(self, assignment: AssignmentId, finish: float) -> Planned:
        return lambda now: CompletionForetold(assignment, finish)

    def _foretelling_mean(self, seat: SimulatedSeat) -> Planned:
        mean = seat.behaviour.mean_seconds_per_label(self._records_per_task)
        return lambda now: LatencyForetold(seat.worker, mean)

    def _returning(self, seat: SimulatedSeat) -> Planned:
        def happen(now: float) -> Event | None:
            if seat.gone:
                return None
            worker = self.engine.state.pool.workers[seat.worker]
            if worker.assignment is not None and not seat.pending:
                self._work(seat, 0.0, now)  # the lease still holds: start the task again
            return WorkerReconnected(seat.worker)

        return happen

    # -- workers --------------------------------------------------------------------------------

    def _arriving(self, now: float) -> Event | None:
        if not self._crowd.recruiter.arrived(now):
            return None
        return self._join(self._crowd.recruit(), now)

    def _joining(self, behaviour: Behaviour) -> Planned:
        return lambda now: self._join(behaviour, now)

    def _join(self, behaviour: Behaviour, now: float) -> WorkerJoined:
        worker = WorkerId(f"W{len(self.seats) + 1}")
        self.seats[worker] = SimulatedSeat(worker, behaviour, now)
        if behaviour.name:
            self.names[behaviour.name] = worker
        return WorkerJoined(worker)

    def _qualify(self, command: Qualify, now: float) -> None:
        seat = self.seats[command.worker]
        attempt = seat.behaviour.train([self._truth[record] for record in command.records])
        labels: tuple[ClassIndex, ...] = attempt.labels  # type: ignore[assignment]

        def happen(_: float) -> Event | None:
            return None if seat.gone else QualificationAnswered(seat.worker, labels)

        self._plan(now + attempt.seconds, happen)

    def _acting(self, action: ScriptedAction) -> Planned:
        def happen(now: float) -> Event | None:
            worker = WorkerId(action.worker)
            seat = self.seats.get(self.names.get(worker, worker))
            if seat is None or seat.gone:
                return None
            pause = inf if action.seconds is None else action.seconds
            match action.do:
                case "leave":
                    return WorkerLeft(seat.worker)
                case "disconnect":
                    seat.pending = 0
                    self._plan(now + pause, self._returning(seat))
                    return WorkerDisconnected(seat.worker)
                case "reconnect":
                    return self._returning(seat)(now)
                case "sleep":
                    seat.asleep_until = now + pause
                    if seat.pending and seat.attempt is not None:
                        self._finish_at(seat, seat.attempt, seat.finish + pause)
            return None

        return happen

    # -- records and models ---------------------------------------------------------------------

    def _submitting(self, event: Event) -> Planned:
        return lambda now: event

    def _predict(self, command: CutBatch, now: float) -> None:
        records = tuple(chain.from_iterable(command.records))
        if self._trainer is not None and (event := self._trainer.predict(records)) is not None:
            self._plan(now, lambda _: event)

    def _retrain(self, labels: int, now: float) -> None:
        if self._trainer is not None:
            seconds, event = self._trainer.train(labels)
            self._plan(now + seconds, lambda _: event)
