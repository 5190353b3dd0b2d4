"""The pay rule: ending x cause -> pay (CLAMShell §4.1).

Theory of operation: an assignment is paid twice at most. When it ends, its worker is paid by the
column *at the end*. An answer that arrives after that is *late*: it never counts, and is paid only
if the worker did not cause the ending, only once, and only while no more than ``pool.grace``
seconds in which the worker was connected have passed since. So an answer that waited on the other
side of a broken connection has the whole grace from the worker's return on. It is topped up to the
full price, whatever the ending had paid.

=========== ========= ==================================== ==========
ending      cause     at the end                           late answer
=========== ========= ==================================== ==========
completed   worker    full price of the records            (counted)
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

Time in hand is paid at the rate of waiting, at most the full price: refusing a task must not pay
more than answering it. A lease that expires while its worker is connected is caused by the worker;
one that expires while the worker is away is not. Whatever takes the worker away (a router, a killed
client, a coordinator that stopped) is not caused by the worker, until it happens again and again
with a task in hand and no answer in between: such a loss counts as a skip, and an ending during it
the tutorial ends with                              time in training that is paid
=================================================== ===============================================
all its answers, passed or not                      all
the time limit, or the worker leaves                until the last record that was answered
a lost connection, the operator, the end of the run the same, and the record in hand
=================================================== ===============================================

Before all are answered, a record is worth ``qualification.time_limit`` / records at most. Time ends
with the worker's presence: when a connection is lost, 2 s after the last sign of life.
=======
is caused by the worker. Records that a terminal cannot show are given back unseen: that is waiting,
and counts neither against the worker nor against the task. A worker who is evicted, dismissed or no
longer needed in a smaller pool finishes the task in hand, so these rules hold for it as for any
other; a run ends when no task is in hand any more.

Time is paid at the rate of waiting: in the pool while the worker waits, connected; in training
while gold records are answered:

=================================================== ========================================"""

from enum import StrEnum
from typing import NamedTuple

from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker

LOSSES_EXCUSED = 2
"""Connections lost with a task in hand, one after the other without an answer that counted, that
are nobody's fault; any further one counts as a skip."""


class Cause(StrEnum):
    """Where an ending has its cause."""

    WORKER = "worker"
    OTHER = "other"


class Pay(StrEnum):
    """What an ending is paid."""

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
    """Where an assignment that ends now has its end from; the worker is as before the ending."""
    if ending is AssignmentState.NOT_SHOWN:
        return _OTHER
    if ending in _ALWAYS_WORKER or worker.loss_counts:
        return _WORKER
    if ending is AssignmentState.EXPIRED and worker.connected:
        return _WORKER
    return _OTHER
