"""Pay rules: ending x cause -> pay (CLAMShell §4.1).

An assignment is paid twice at most: once when it ends, by the column *at the end*, and once more
if its answer arrives after that. A late answer never counts. It is paid only if the worker did not
cause the ending, only once, and only within ``pool.grace`` seconds during which the worker was
connected: an answer that was held up by a broken connection has the whole grace from the moment the
worker reconnects. The pay is then topped up to the full price, whatever the ending had paid.

=========== ========= ==================================== ==========
ending      cause     at the end                           late answer
=========== ========= ==================================== ==========
completed   worker    full price of the records answered   (counted)
skipped     worker    time in hand                         nothing
left        worker    time in hand                         nothing
expired     worker    nothing                              nothing
lost        worker    time in hand until the loss          nothing
terminated  worker    time in hand until the loss          nothing
terminated  other     full price, or prorated by the run   to the full price
preempted   other     full price, or prorated by the run   to the full price
expired     other     time in hand until the loss          to the full price
lost        other     time in hand until the loss          to the full price
not shown   other     time in hand                         nothing
=========== ========= ==================================== ==========

Why these rules:

- A worker never loses pay through something that was out of the worker's control. This is why the
  cause is a column of its own: "expired" is silence if the worker was connected, and a broken line
  if not.
- Refusing a task never pays more than answering it. Time in hand is therefore paid at the rate of
  waiting and capped at the full price, and an expired lease of a connected worker pays nothing:
  otherwise a worker could hold tasks for the length of the lease and be paid for it.
- A lost connection is not the worker's fault (a router, a killed client, a coordinator that
  stopped), until it happens again and again with a task in hand and no answer in between. Such a
  loss counts as a skip, and an ending during it is caused by the worker: otherwise pulling the
  cable would be the free way to skip.
- A record that is skipped in an answer is paid its share of the time in hand, capped at its price:
  as if it alone had been given back.
- Records that a terminal cannot show are given back unseen. This is waiting, and counts neither
  against the worker nor against the task.
- A worker who is evicted, dismissed or no longer needed in a smaller pool finishes the task in hand
  under the same rules. A run ends when no task is in hand any more.

Time is paid at the rate of waiting: in the pool while the worker waits, connected; in training
while gold records are answered:

=================================================== ===============================================
the tutorial ends with                              time in training that is paid
=================================================== ===============================================
all its answers, passed or not                      all
the time limit, or the worker leaves                until the last record that was answered
a lost connection, the operator, the end of the run the same, and the record in hand
=================================================== ===============================================

Before all are answered, a record is worth ``qualification.time_limit`` / records at most: a client
that only sends heartbeats proves no work. Time ends with the worker's presence: when a connection
is lost, 2 s after the last sign of life.
"""

from enum import StrEnum
from typing import NamedTuple

from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker

LOSSES_EXCUSED = 2
"""Connections lost with a task in hand, in a row without a counted answer, that are excused; any
further one counts as a skip."""


class Cause(StrEnum):
    """The side that caused an ending."""

    WORKER = "worker"
    OTHER = "other"


class Pay(StrEnum):
    """How an ending is paid."""

    FULL = "full"  # the records' price
    POLICY = "policy"  # pay.terminated: the records' price, or the share of it that was worked
    TIME = "time"  # the waiting rate while the task was in hand, at most the records' price
    NOTHING = "nothing"


class Rule(NamedTuple):
    """``late``: an answer that arrives in time after the end is topped up to the full price."""

    at_end: Pay
    late: bool


_WORKER, _OTHER = Cause.WORKER, Cause.OTHER

PAY_RULES: dict[tuple[AssignmentState, Cause], Rule] = {
    (AssignmentState.COMPLETED, _WORKER): Rule(Pay.FULL, late=False),
    (AssignmentState.SKIPPED, _WORKER): Rule(Pay.TIME, late=False),
    (AssignmentState.LEFT, _WORKER): Rule(Pay.TIME, late=False),
    (AssignmentState.EXPIRED, _WORKER): Rule(Pay.NOTHING, late=False),
    (AssignmentState.LOST, _WORKER): Rule(Pay.TIME, late=False),
    (AssignmentState.TERMINATED, _WORKER): Rule(Pay.TIME, late=False),
    (AssignmentState.TERMINATED, _OTHER): Rule(Pay.POLICY, late=True),
    (AssignmentState.PREEMPTED, _OTHER): Rule(Pay.POLICY, late=True),
    (AssignmentState.EXPIRED, _OTHER): Rule(Pay.TIME, late=True),
    (AssignmentState.LOST, _OTHER): Rule(Pay.TIME, late=True),
    (AssignmentState.NOT_SHOWN, _OTHER): Rule(Pay.TIME, late=False),
}

_ALWAYS_WORKER = frozenset(
    {AssignmentState.COMPLETED, AssignmentState.SKIPPED, AssignmentState.LEFT}
)


def cause_of(ending: AssignmentState, worker: Worker) -> Cause:
    """Return the cause of an ending. Call before the ending changes the worker."""
    if ending is AssignmentState.NOT_SHOWN:
        return _OTHER
    if ending in _ALWAYS_WORKER or worker.loss_counts:
        return _WORKER
    if ending is AssignmentState.EXPIRED and worker.connected:
        return _WORKER
    return _OTHER
