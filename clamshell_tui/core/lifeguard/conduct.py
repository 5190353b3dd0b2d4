"""Conduct: limits on refused tasks, and when a failing task is set aside.

The same failures have two explanations, a bad task or a bad worker, and each explanation can be
abused. If failures counted against tasks alone, a few workers refusing everything could set aside
the whole dataset. If they counted against workers alone, a task that nothing can answer would
circulate for ever, and cost its workers their place. So failures are weighed by standing:

- A worker is *in good standing* while the tasks refused (given back, or not answered in time; a
  record skipped counts as its share of the task) are at most ``conduct.max_share`` of the worker's
  tasks. A newcomer in the pool may have refused one, because the first task may have been a
  difficult one.
- Only failures in good standing count against a task, so workers refusing everything set nothing
  aside, however many they are. A worker losing good standing takes back every vote against a task
  that is still open.
- A worker beyond both a limit and that share is let go, with all that was earned. The share
  protects a diligent worker in a long run: the limits are absolute numbers.
- Fast answers only raise an alarm. A quick hand on easy records looks the same, so an operator has
  to look.
"""

from collections.abc import Iterator

from clamshell_tui.core.commands import Command, Warn
from clamshell_tui.core.config import ConductConfig
from clamshell_tui.core.crowd_platform.work import Task, Worker
from clamshell_tui.core.lifeguard.scheduler import starved
from clamshell_tui.core.state import State

GAVE_BACK = "gave back too many tasks"
UNANSWERED = "left too many tasks unanswered"
ANSWERED_LATE = "answered too many tasks after giving them back"


class Conduct:
    """Decides when a task is set aside, and releases workers beyond the limits."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._next_warning = state.config.conduct.warn_set_aside

    # -- tasks ----------------------------------------------------------------------------------

    def poisonous(self, task: Task, out: list[Command]) -> bool:
        """Return whether a task that just failed must be set aside; warn before many are.

        That takes ``tasks.max_failures`` distinct workers in good standing. If every worker of the
        pool has tried, one failure by a worker with answers to other tasks is enough: the run must
        end.
        """
        most = self._state.config.tasks.max_failures
        task.failed = [each for each in task.failed if not each.over or self.in_good_standing(each)]
        votes = sum(map(self.in_good_standing, task.failed))
        poison = not task.live and (votes >= most or self._hopeless(task))
        self._note_risk(task, poison or votes == most - 1 > 0, out)
        return poison

    def in_good_standing(self, worker: Worker) -> bool:
        """Return whether the worker's failures count against tasks."""
        if worker.over and not worker.completed:  # else it would remain a newcomer for ever
            return False
        return worker.refused <= 1 or self._within_share(worker, worker.refused)

    def _within_share(self, worker: Worker, count: float) -> bool:
        share = self._state.config.conduct.max_share
        return count <= share * (worker.completed + count)

    def _hopeless(self, task: Task) -> bool:
        if task.failures < self._state.config.tasks.max_failures:
            return False
        proven = any(each.completed and self.in_good_standing(each) for each in task.failed)
        return proven and starved(self._state, task)

    def _note_risk(self, task: Task, at_risk: bool, out: list[Command]) -> None:
        state = self._state
        if at_risk and not task.at_risk:
            task.at_risk = True
            state.at_risk += 1
            if state.at_risk >= self._next_warning:
                self._next_warning = 2 * state.at_risk
                text = f"{state.at_risk} tasks are set aside, or one failure short of it"
                out.append(Warn("set-aside", f"{text}: look at the records, or pause the run"))

    # -- workers --------------------------------------------------------------------------------

    def act(self, now: float, out: list[Command]) -> None:
        """Check the workers whose counts have changed."""
        state = self._state
        for worker in state.to_review.values():
            if worker.over or worker.departing is not None:
                continue
            reason = next(self._beyond(worker), "")
            if reason:
                out.append(Warn("conduct", f"{worker.id} {reason} and is let go"))
                state.depart(worker, reason, now, out)
                state.seat(now, out)
        state.to_review.clear()

    def _beyond(self, worker: Worker) -> Iterator[str]:
        limits: ConductConfig = self._state.config.conduct
        skips = worker.skipped - worker.repeated + worker.skipped_share
        for count, most, reason in (
            (skips, limits.max_skips, GAVE_BACK),
            (worker.expired, limits.max_expired, UNANSWERED),
            (worker.late, limits.max_late, ANSWERED_LATE),
        ):
            if count > most and not self._within_share(worker, count):
                yield reason
