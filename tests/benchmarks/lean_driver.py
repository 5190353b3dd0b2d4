"""The engine under the leanest virtual clock: what is measured is the engine.

Latencies are drawn exactly as in :mod:`bare_simpy`. Everything is switched on: pay, maintenance
against a reserve, votes if asked for; recruitment is instant, so that the pool is full.
"""

from heapq import heappop, heappush
from random import Random

from clamshell_tui.core.commands import Assign, PostRecruitment, Terminate, Withdraw
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import AssignmentAnswered, RecordsSubmitted, TimePassed, WorkerJoined
from clamshell_tui.core.ids import ClassIndex, RecordId, WorkerId


def submitted(config: RunConfig, n_records: int) -> Engine:
    """An engine that has its records and waits for workers."""
    engine = Engine(config)
    engine.handle(RecordsSubmitted(RecordId(0), n_records), 0.0)
    return engine


def drive(engine: Engine, n_assignments: int, seed: int) -> None:
    """Go on until so many assignments were made, or the run is over."""
    rng = Random(seed)
    draw = rng.lognormvariate
    means: dict[WorkerId, float] = {}
    holds: dict[WorkerId, int] = {}
    heap: list[tuple[float, int, Assign]] = []
    joining: list[WorkerId] = []
    labels = (ClassIndex(0),) * engine.state.config.tasks.records_per_task
    assignments = engine.state.assignments
    event: WorkerJoined | TimePassed | AssignmentAnswered = WorkerJoined(WorkerId("W1"))
    means[WorkerId("W1")] = draw(3.0, 0.6)
    now = 0.0
    while len(assignments) < n_assignments:
        for command in engine.handle(event, now):
            if isinstance(command, Assign):
                holds[command.worker] = command.assignment
                due = now + means[command.worker] * draw(0.0, 0.3)
                heappush(heap, (due, command.assignment, command))
            elif isinstance(command, (Terminate, Withdraw)):
                holds[command.worker] = -1
            elif isinstance(command, PostRecruitment):
                for _ in range(command.seats):
                    worker = WorkerId(f"W{len(means) + 1}")
                    means[worker] = draw(3.0, 0.6)
                    joining.append(worker)
        if joining:
            event = WorkerJoined(joining.pop())
            continue
        while True:
            if heap and heap[0][0] <= engine.next_deadline:
                now, assignment, answered = heappop(heap)
                if holds[answered.worker] != assignment:
                    continue
                event = AssignmentAnswered(answered.assignment, answered.worker, labels)
            elif engine.next_deadline == float("inf"):
                return
            else:
                now, event = engine.next_deadline, TimePassed()
            break
