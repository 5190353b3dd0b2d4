"""Ends of assignments: answers, skips, expired leases."""

from math import inf

from clamshell_tui.core.commands import Command, Warn
from clamshell_tui.core.crowd_platform.work import Assignment, AssignmentState
from clamshell_tui.core.events import (
    AssignmentAnswered,
    AssignmentNotShown,
    AssignmentSkipped,
    CompletionForetold,
    InvalidEventError,
)
from clamshell_tui.core.ids import AssignmentId, WorkerId
from clamshell_tui.core.lifeguard.conduct import Conduct
from clamshell_tui.core.state import State
from clamshell_tui.core.story import story

_ACTIVE = AssignmentState.ACTIVE


class AnswerHandler:
    """Ends assignments, and terminates those that an answer made unnecessary."""

    def __init__(self, state: State, conduct: Conduct) -> None:
        self._state = state
        self._conduct = conduct
        self._n_classes = len(state.config.classes)
        self._lease = state.config.tasks.lease
        self._stuck = False  # the operator was warned of a task that no worker can be shown

    def answered(self, event: AssignmentAnswered, now: float, out: list[Command]) -> None:
        """Count an answer, or acknowledge it as late; the first one for a task wins."""
        state = self._state
        assignment = self._find(event.assignment, event.worker)
        task, worker, labels = assignment.task, assignment.worker, event.labels
        given = [label for label in labels if label is not None]
        whole = len(labels) == assignment.size and given
        if not whole or not 0 <= min(given) <= max(given) < self._n_classes:
            raise InvalidEventError(
                f"an answer needs {assignment.size} classes below {self._n_classes}, "
                f"got {labels}\n{story(state, assignment.id, 'assignment')}"
            )
        if assignment.state is not _ACTIVE:
            out.append(state.pay_late(assignment, labels, now))
            return
        state.complete(assignment, labels, now, out)
        if not task.missing:
            if task.live:
                state.terminate_others(task, worker, now, out)
            if len(task.answers) == task.quorum:
                for again in state.deliver_labels(task, out):
                    if self._conduct.poisonous(again, out):
                        state.set_task_aside(again, now, out)

    def foretold(self, event: CompletionForetold) -> None:
        """Store the completion time that only a simulator can know."""
        if not 0 <= event.assignment < len(self._state.assignments):
            raise InvalidEventError(f"there is no assignment {event.assignment}")
        self._state.assignments[event.assignment].foretold = event.at

    def skipped(self, event: AssignmentSkipped, now: float, out: list[Command]) -> None:
        """Withdraw a task given back; no effect if the assignment has ended already."""
        assignment = self._find(event.assignment, event.worker)
        if assignment.state is _ACTIVE:
            self.fail(assignment, AssignmentState.SKIPPED, now, out)
            self._state.set_free(assignment.worker, now, out)

    def not_shown(self, event: AssignmentNotShown, now: float, out: list[Command]) -> None:
        """Withdraw a task that a terminal cannot show; it counts against no one's record."""
        state, assignment = self._state, self._find(event.assignment, event.worker)
        if assignment.state is not _ACTIVE:
            return
        task, worker = assignment.task, assignment.worker
        state.withdraw(assignment, AssignmentState.NOT_SHOWN, now, out)
        task.hide_from(worker.id)
        worker.not_shown += 1
        if worker.not_shown == 1:
            text = f"{worker.id} cannot be shown some records; they go to other workers"
            out.append(Warn("not-shown", f"{text}, and {worker.id} waits, paid"))
        if not self._stuck and not any(task.shown_to(other.id) for other in state.pool.present()):
            self._stuck = True
            text = f"task {task.id} cannot be shown to any worker present"
            out.append(Warn("not-shown", f"{text}: invite one with a UTF-8 terminal"))
        state.set_free(worker, now, out)

    def fail(
        self, assignment: Assignment, ending: AssignmentState, now: float, out: list[Command]
    ) -> None:
        """Withdraw an assignment without an answer; set its task aside if it failed too often."""
        state, task = self._state, assignment.task
        state.withdraw(assignment, ending, now, out)
        if self._conduct.poisonous(task, out):
            state.set_task_aside(task, now, out)

    def next_lease(self) -> float:
        """Return when the oldest lease expires, even if its assignment has ended already."""
        leases = self._state.leases
        return leases[0].started + leases[0].stopped + self._lease if leases else inf

    def expire(self, now: float, out: list[Command]) -> None:
        """Withdraw unanswered assignments; release workers after several in a row."""
        state = self._state
        while self.next_lease() <= now:
            assignment = state.leases.popleft()
            if assignment.state is not _ACTIVE:
                continue
            worker = assignment.worker
            self.fail(assignment, AssignmentState.EXPIRED, now, out)
            worker.expired_in_row += (
                worker.connected
            )  # silence is no fault while the worker is disconnected
            if worker.expired_in_row >= state.config.pool.max_expired:
                worker.departing = worker.departing or "unresponsive"
            state.set_free(worker, now, out)
            state.seat(now, out)
        while state.leases and state.leases[0].state is not _ACTIVE:
            state.leases.popleft()

    def _find(self, assignment_id: AssignmentId, worker: WorkerId) -> Assignment:
        assignments = self._state.assignments
        if not 0 <= assignment_id < len(assignments):
            raise InvalidEventError(f"there is no assignment {assignment_id}")
        assignment = assignments[assignment_id]
        if assignment.worker.id != worker:
            raise InvalidEventError(
                f"assignment {assignment_id} is not {worker}'s\n"
                f"{story(self._state, assignment_id, 'assignment')}"
            )
        return assignment
