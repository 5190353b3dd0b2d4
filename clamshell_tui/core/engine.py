"""The engine: Figure 1 as a pure state machine.

Events go in, commands come out, time is an argument::

    engine = Engine(config)
    commands = engine.handle(WorkerJoined(WorkerId("W1")), now=12.5)

After each call, the driver must carry out the commands in order. It must call again when something
happens, or with :class:`TimePassed` when ``engine.next_deadline`` is reached. Calls must be in
order of time. The same configuration and the same (time, event) pairs give the same commands on
any machine, so a journal of them is the whole run.

A call has three steps, and their order is part of the rules (``config.RULES``): the same journal
in another order would give other decisions.

1. **Record the event.** Assignments that it ends are withdrawn here. Workers must be free before
   work is given out, or a worker would get a second task while holding the first.
2. **Timeouts:** leases, graces, tutorials. After the event, so that an answer that arrives in the
   very moment in which its lease expires still counts.
3. **Decide.** Each component sees the effects of those before it:

   - *autoscale* first: the number of tasks in a batch depends on the number of slots;
   - *conduct* before any scheduling: a worker over the limits gets no further task;
   - *close* batches before *cut*: with a barrier, the next batch starts in the same call;
   - *retrain* before *cut*: a synchronous batch waits for the model requested here;
   - *machines* before *cut*: people are not asked about what a machine's answer has labelled;
   - *maintain* before *schedule*: an evicted worker gets no further task, and the replacement gets
     one immediately;
   - *schedule* before *duplicate*: a duplicate is only for a worker without other work. Without a
     barrier, further records are cut here for workers who would otherwise wait;
   - *finish* last, when nothing is in play.
"""

from itertools import chain
from math import inf
from typing import assert_never

from clamshell_tui.core.answers import AnswerHandler
from clamshell_tui.core.autoscaler import Autoscaler
from clamshell_tui.core.batcher import Batcher
from clamshell_tui.core.commands import Command, FinishRun, Warn
from clamshell_tui.core.config import PoolConfig, RunConfig, problems
from clamshell_tui.core.crowd_platform.pay_rules import Cause
from clamshell_tui.core.crowd_platform.work import WorkerState
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentNotShown,
    AssignmentSkipped,
    ClockSet,
    ClockStopped,
    CompletionForetold,
    Event,
    InvalidEventError,
    LabelsKnown,
    LatencyForetold,
    MachineAnswered,
    MachineJoined,
    MachineSkipped,
    ModelTrained,
    OrderCarriedOut,
    QualificationAnswered,
    RecordsNoted,
    RecordsPredicted,
    RecordsSubmitted,
    RecordsTimed,
    RunPaused,
    RunResumed,
    SeatTaken,
    SettingChanged,
    StopRequested,
    SubmissionClosed,
    TimePassed,
    TrainingFailed,
    TutorialContinued,
    WorkerDisconnected,
    WorkerDismissed,
    WorkerJoined,
    WorkerLeft,
    WorkerPaused,
    WorkerReconnected,
    WorkerResumed,
)
from clamshell_tui.core.ids import AssignmentId, Phase, TaskId, WorkerId
from clamshell_tui.core.lifeguard.conduct import Conduct
from clamshell_tui.core.lifeguard.maintainer import Maintainer
from clamshell_tui.core.lifeguard.mitigator import Mitigator
from clamshell_tui.core.lifeguard.scheduler import Scheduler
from clamshell_tui.core.machine_handler import MachineHandler
from clamshell_tui.core.presence import Presence
from clamshell_tui.core.retraining import Retraining
from clamshell_tui.core.settings import change_setting, in_words, unknown_policies
from clamshell_tui.core.state import State
from clamshell_tui.core.story import story
from clamshell_tui.core.submission import Submission
from clamshell_tui.core.task_selector import TaskSelector

_LABELLING = Phase.LABELLING  # a lookup on the class costs three times a global name
_DRAINING = Phase.DRAINING
_FINISHED = Phase.FINISHED


class Engine:
    """One run. Not thread-safe: one asyncio task owns it."""

    def __init__(self, config: RunConfig) -> None:
        found = next(chain(unknown_policies(config), problems(config)), None)
        if found is not None:
            raise ValueError(found)
        self.state = state = State(config)
        self.submission = Submission(state)
        self.selector = TaskSelector(state)
        self.retraining = Retraining(state, self.selector)
        self.batcher = Batcher(state, self.selector, self.retraining)
        self.maintainer = Maintainer(state)
        self.scheduler = Scheduler(state)
        self.mitigator = Mitigator(state)
        self.conduct = Conduct(state)
        self.answers = AnswerHandler(state, self.conduct)
        self.presence = Presence(state, self.answers)
        self.autoscaler = Autoscaler(state, self.presence)
        self.machines: MachineHandler | None = None
        if state.machines is not None:
            self.machines = MachineHandler(state, state.machines)
        self._grace = config.pool.grace
        self.now = 0.0
        self.next_deadline = 0.0
        """When :class:`TimePassed` is due if nothing else happens; ``inf``: never."""

    # -- what a driver calls --------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> list[Command]:
        """Record an event and return the decisions that follow.

        Raises :class:`InvalidEventError`, with the story of the object concerned, if the event is
        impossible (time runs backwards, an unknown id, an answer by another worker). The state is
        then unchanged.
        """
        if not self.now <= now < inf:
            raise InvalidEventError(f"time runs backwards: {now} after {self.now}")
        out: list[Command] = []
        self._record(event, now, out)
        self.now = now
        if self.state.phase is _FINISHED:
            self.retraining.act(now, out)
            return out
        if now >= self.next_deadline:
            self._keep_time(now, out)
        self._decide(now, out)
        self._set_deadline()
        return out

    def story(self, subject: TaskId | AssignmentId | WorkerId, kind: str = "") -> str:
        """Describe a worker (``"W7"``), or a ``"task"`` or ``"assignment"`` by number."""
        return story(self.state, subject, kind)

    # -- the steps ------------------------------------------------------------------------------

    def _record(self, event: Event, now: float, out: list[Command]) -> None:
        match event:
            case AssignmentAnswered():
                self.answers.answered(event, now, out)
            case CompletionForetold():
                self.answers.foretold(event)
            case LatencyForetold():
                self.presence.foretold(event.worker, event.mean)
            case AssignmentSkipped():
                self.answers.skipped(event, now, out)
            case AssignmentNotShown():
                self.answers.not_shown(event, now, out)
            case TimePassed() | OrderCarriedOut() | ClockSet():
                pass
            case RecordsTimed() | RecordsNoted() | SeatTaken():
                pass  # for analysis
            case ClockStopped():
                self._resume(event, now, out)
            case WorkerJoined():
                self.presence.joined(event, now, out)
            case TutorialContinued():
                self.presence.continued(event.worker, event.answered, now)
            case QualificationAnswered():
                self.presence.qualified(event.worker, event.labels, now, out)
            case WorkerDisconnected() | WorkerReconnected() | WorkerLeft() | WorkerDismissed() if (
                self.machines is not None and self.machines.moved(event, now, out)
            ):
                pass  # a machine
            case WorkerDisconnected():
                self.presence.disconnected(event, now, out)
            case WorkerReconnected():
                self.presence.reconnected(event.worker, now, out)
            case WorkerLeft():
                self.presence.left(event.worker, now, out)
            case WorkerDismissed():
                self.presence.dismissed(event.worker, now, out)
            case WorkerPaused():
                self.presence.pause(event.worker, paused=True)
            case WorkerResumed():
                self.presence.pause(event.worker, paused=False)
            case MachineJoined() | MachineAnswered() | MachineSkipped():
                self._machine(event, now, out)
            case ModelTrained():
                self.retraining.trained(event, now)
                self._notice_accuracy()
            case RecordsPredicted():
                self.retraining.predicted(event)
            case TrainingFailed():
                self.retraining.failed(event, out)
            case RecordsSubmitted():
                self.submission.records(event)
                self.autoscaler.arrived(event.count - len(event.gold), now)
            case LabelsKnown():
                self.submission.known(event)
            case SubmissionClosed():
                self.state.submission_open = False
            case RunPaused():
                self.state.paused = True
            case RunResumed():
                self.state.paused = False
            case StopRequested():
                self._drain(f"stopped by {event.operator}")
            case SettingChanged():
                self._change(event, now, out)
            case _:
                assert_never(event)

    def _machine(
        self,
        event: MachineJoined | MachineAnswered | MachineSkipped,
        now: float,
        out: list[Command],
    ) -> None:
        if self.machines is None:
            raise InvalidEventError('a machine in a run with machine.policy = "off"')
        self.machines.spoke(event, now, out)

    def _resume(self, event: ClockStopped, now: float, out: list[Command]) -> None:
        if not 0.0 < event.seconds < inf:
            raise InvalidEventError(f"the clock cannot have stopped for {event.seconds} s")
        self.state.resume_clock(event.seconds, now)
        if self.machines is not None:
            self.machines.stood_still(event.seconds, now)
        self.retraining.deadline += event.seconds
        text = (
            f"the coordinator stood still for {event.seconds:.0f} s: leases and graces are longer"
        )
        out.append(Warn("clock", text))

    def _decide(self, now: float, out: list[Command]) -> None:
        state = self.state
        if now >= self.autoscaler.next_check:
            self.autoscaler.act(now, out)
        if state.to_review:
            self.conduct.act(now, out)
        if state.ended_batches or (state.phase is _DRAINING and state.in_play):
            self.batcher.close(now, out)
        if self.retraining.enabled:
            self.retraining.act(now, out)
        if self.machines is not None:
            self.machines.act(now, out)
        if not state.in_play:
            self.batcher.cut(now, out)
        if now >= self.maintainer.next_check:
            self.maintainer.act(now, out)
        if state.pool.idle and state.phase is _LABELLING and not state.paused:
            if state.work.needs_worker:
                self.scheduler.act(now, out)
            if self.batcher.refills:
                while state.pool.idle and self.batcher.cut(now, out):
                    self.scheduler.act(now, out)
            if state.work.duplicable and state.pool.idle:
                self.mitigator.act(now, out)
        if not state.in_play:
            reason = self.batcher.finish_reason()
            if reason:
                self._finish(reason, now, out)

    def _set_deadline(self) -> None:
        """Set the time of the next wake-up.

        The oldest lease, lost connection and tutorial count even if they are settled already: an
        occasional idle wake-up is cheaper than a search on each event.
        """
        state = self.state
        if state.phase is _FINISHED:
            self.next_deadline = inf
            return
        deadline = self.presence.next_posting
        if self.retraining.deadline < deadline:
            deadline = self.retraining.deadline
        if self.maintainer.next_check < deadline:
            deadline = self.maintainer.next_check
        if self.autoscaler.next_check < deadline:
            deadline = self.autoscaler.next_check
        if state.leases and (lease := self.answers.next_lease()) < deadline:
            deadline = lease
        if state.lost and (grace := state.lost[0][0] + self._grace) < deadline:
            deadline = grace
        if state.trainees and (limit := self.presence.next_limit()) < deadline:
            deadline = limit
        if self.machines is not None and (due := self.machines.next_deadline()) < deadline:
            deadline = due
        look = self.mitigator.next_check
        if look < deadline and self._may_help():
            deadline = look
        self.next_deadline = deadline

    def _may_help(self) -> bool:
        state = self.state
        labelling = state.phase is _LABELLING and not state.paused
        return labelling and bool(state.pool.idle) and state.work.duplicable > 0

    def _keep_time(self, now: float, out: list[Command]) -> None:
        self.answers.expire(now, out)
        self.presence.keep_time(now, out)
        self.retraining.time_out(now, out)
        if self.machines is not None:
            self.machines.keep_time(now, out)

    # -- settings, the end ----------------------------------------------------------------------

    def _notice_accuracy(self) -> None:
        target, accuracy = self.state.config.stop.accuracy, self.retraining.accuracy
        if target is not None and accuracy is not None and accuracy >= target:
            self._drain(f"target accuracy reached ({accuracy:.3f})")

    def _drain(self, reason: str) -> None:
        state = self.state
        if state.phase is not Phase.FINISHED and state.phase is not Phase.DRAINING:
            state.phase = Phase.DRAINING
            state.finish_reason = reason

    def _change(self, event: SettingChanged, now: float, out: list[Command]) -> None:
        try:
            config = change_setting(self.state.config, event.key, event.value)
        except ValueError as error:
            raise InvalidEventError(str(error)) from None
        self.state.config = config
        self.maintainer.configure(config)
        self.mitigator.configure(config)
        self.autoscaler.configure(config.pool, now)
        if self.state.phase is not _FINISHED:
            self._resize(config.pool, now, out)
        out.append(Warn("setting", f"{event.operator} set {event.key} to {in_words(event.value)}"))

    def _resize(self, pool: PoolConfig, now: float, out: list[Command]) -> None:
        if not pool.autoscale and pool.size != self.state.pool.size:
            self.presence.resize(pool.size, now, out)
        else:
            self.presence.keep_time(now, out)

    def _finish(self, reason: str, now: float, out: list[Command]) -> None:
        state = self.state
        state.phase = Phase.FINISHED
        state.finish_reason = reason
        for worker in list(state.pool.workers.values()):
            if worker.state is WorkerState.TRAINING:
                state.reject_untrained(worker, "the run is over", Cause.OTHER, now, out)
            elif not worker.over:
                state.release(worker, "the run is over", now, out)
        if self.machines is not None:
            self.machines.finish(now, out)
        out.append(FinishRun(reason))
        self.retraining.act(now, out)
