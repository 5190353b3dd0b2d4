"""What the session says to the person, where it is more than a few words."""

from worker_client.lifecycle import Phase

OUTCOMES = {
    "counted": "stored and paid",
    "late": "too late: not counted, and not paid",
    "late, paid": "too late to be counted; you are paid all the same",
    "repeated": "stored and paid",
    "conflict": "this task was answered before: your first answer stands",
}
"""What became of an answer, by ``Acknowledged.outcome``, and for a late one by its pay."""

WHY_NOT = {
    Phase.REVIEWING: "all labelled: Enter sends, backspace undoes, a click goes back to a record",
    Phase.SENDING: "not taken: the last answer is still being sent",
    Phase.CHECKING: "not taken: your answers are being checked",
    Phase.WAITING: "no task right now: it will come by itself",
}
"""Why a label key does nothing in this phase."""
