"""Chronological description of a worker, task or assignment, for error messages."""

from clamshell_tui.core.crowd_platform.work import Assignment
from clamshell_tui.core.ids import AssignmentId, TaskId, WorkerId
from clamshell_tui.core.state import State


def story(state: State, subject: TaskId | AssignmentId | WorkerId, kind: str = "") -> str:
    """Return one line per event of the subject. Scans all assignments: not for the hot path."""
    if isinstance(subject, str):
        return _of_worker(state, WorkerId(subject))
    if kind == "task":
        return _of_task(state, TaskId(subject))
    return _of_assignment(state, AssignmentId(subject))


def _of_worker(state: State, worker_id: WorkerId) -> str:
    worker = state.pool.workers.get(worker_id)
    if worker is None:
        return f"{worker_id}: never joined"
    lines = [f"{worker.id} is {worker.state}" + (f" ({worker.reason})" if worker.reason else "")]
    lines.append(f"  {worker.joined:.3f} joined")
    if worker.seated is not None:
        lines.append(f"  {worker.seated:.3f} took a slot")
    lines += [_line(a) for a in state.assignments if a.worker is worker]
    if worker.ended is not None:
        lines.append(f"  {worker.ended:.3f} session over, owed {worker.owed} micro-dollars")
    return "\n".join(lines)


def _of_task(state: State, task_id: TaskId) -> str:
    if not 0 <= task_id < len(state.tasks):
        return f"task {task_id}: never cut"
    task = state.tasks[task_id]
    head = (
        f"task {task.id} of batch {task.batch} is {task.state}: records {list(task.records)}, "
        f"{len(task.answers)} of {task.quorum} answers, {task.failures} failures"
    )
    return "\n".join([head, *[_line(a) for a in state.assignments if a.task is task]])


def _of_assignment(state: State, assignment_id: AssignmentId) -> str:
    if not 0 <= assignment_id < len(state.assignments):
        return f"assignment {assignment_id}: never made"
    assignment = state.assignments[assignment_id]
    return f"{_line(assignment).strip()}\n{_of_task(state, assignment.task.id)}"


def _line(assignment: Assignment) -> str:
    kind = "duplicate of " if assignment.duplicate else ""
    end = "" if assignment.ended is None else f" at {assignment.ended:.3f}"
    return (
        f"  {assignment.started:.3f} assignment {assignment.id}: {kind}task {assignment.task.id} "
        f"to {assignment.worker.id}, {assignment.state}{end}, paid {assignment.micros}"
    )
