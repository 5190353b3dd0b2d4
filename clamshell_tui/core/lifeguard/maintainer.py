"""The Maintainer: replace slow workers, never shrink the pool (CLAMShell §4.2).

The pool is checked every few seconds, independent of batches. At most as many workers are evicted
as stand trained in reserve, and each slot passes on immediately. Under graceful eviction a worker
finishes the task in hand outside the pool. Nothing is computed while the reserve is empty, nor for
a worker without new evidence.

``maintenance.shrink`` is the exception, for the objective "quality" alone: a slow worker still adds
labels, but a proven spammer adds wrong ones, so an empty slot is better. The pool shrinks until
``tasks.votes`` workers are left, the fewest that can give a record its label; the operator decides
about further spammers.
"""

from math import inf, log

from clamshell_tui.core.commands import Command, Warn
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.work import AssignmentState, Worker
from clamshell_tui.core.ids import Phase, WorkerId
from clamshell_tui.core.lifeguard.latency.evidence import Verdict
from clamshell_tui.core.lifeguard.objectives import LIMITS, OBJECTIVES, Criteria
from clamshell_tui.core.lifeguard.thresholds import AUTO_RULES, Outlook, latencies
from clamshell_tui.core.state import State

_MIN_SEEN = 5  # workers with an estimate before an automatic threshold exists


class Maintainer:
    """Judges the workers of the pool when :attr:`next_check` is due."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen: dict[WorkerId, float] = {}  # log latency of every worker ever assessed
        self.next_check = inf
        self.evictions = 0
        self._asking: list[Worker] = []
        self._warned: set[tuple[str, str]] = set()
        self.configure(state.config)

    def configure(self, config: RunConfig) -> None:
        """Apply the settings, at the start and whenever an operator changes one."""
        maintenance = config.maintenance
        self._config = maintenance
        self._rule = AUTO_RULES[maintenance.auto_rule]
        self._objective = OBJECTIVES[maintenance.objective]
        self._needs_threshold = maintenance.objective in ("latency", "speed-quality")
        self._by_accuracy = maintenance.objective in ("quality", "speed-quality")
        self._voting = config.tasks.votes > 1
        self._n_classes = len(config.classes)
        self._shrinks = maintenance.objective == "quality" and maintenance.shrink
        self._preempt = maintenance.eviction == "preempt"
        self.next_check = min(self.next_check, 0.0) if self.enabled else inf

    @property
    def enabled(self) -> bool:
        """False if no worker can ever be evicted."""
        return not self._needs_threshold or self._config.threshold != inf

    @property
    def asking(self) -> tuple[WorkerId, ...]:
        """Proven spammers without a replacement: the operator has to decide."""
        return tuple([worker.id for worker in self._asking if worker.slot is not None])

    def threshold(self) -> float:
        """Return PM_l in seconds per label; ``auto``: infinite until enough workers were seen."""
        threshold = self._config.threshold
        if threshold != "auto":
            return float(threshold)
        if len(self._seen) < _MIN_SEEN:
            return inf
        seen = latencies(self._seen.values())
        return self._rule(seen, self._config.auto_deviations, self._outlook())

    def _outlook(self) -> Outlook:
        state = self._state
        waiting = len(state.records) + state.records_in_play
        limit = state.config.stop.labels
        left = waiting if limit is None else min(waiting, limit - len(state.labels))
        return Outlook(state.pool.size, state.config.tasks.records_per_task, max(0, left))

    def act(self, now: float, out: list[Command]) -> None:
        """Evict the worst flagged workers, at most as many as the reserve can replace."""
        state = self._state
        self.next_check = now + self._config.check_every
        if state.phase is not Phase.LABELLING:
            return
        trained = sum(worker.connected for worker in state.pool.reserve.values())
        if self._config.threshold == "auto":
            self._estimate_all()
        if self._by_accuracy:
            self._warn_of_blindness(out)
        if state.paused or not (trained or self._shrinks):
            return
        threshold = self.threshold()
        if self._needs_threshold and threshold == inf:
            return
        criteria = Criteria(self._config, state.estimator, threshold, self._n_classes)
        flagged = self._flagged(criteria, now)
        flagged.sort(key=lambda pair: -pair[0].severity)
        for verdict, worker in flagged[:trained]:
            self._evict(worker, verdict, criteria, now, out)
        if self._shrinks:
            self._shrink(flagged[trained:], criteria, now, out)

    def _shrink(
        self,
        flagged: list[tuple[Verdict, Worker]],
        criteria: Criteria,
        now: float,
        out: list[Command],
    ) -> None:
        """Evict without a replacement while enough stay; warn of the other flagged workers."""
        votes, pool = self._state.config.tasks.votes, self._state.pool
        seated = sum(worker.connected for worker in pool.present())
        spare = max(0, seated - votes)
        for verdict, worker in flagged[:spare]:
            self._evict(worker, verdict, criteria, now, out)
        asked = flagged[spare:]
        self._asking = [worker for _, worker in asked]
        for verdict, worker in asked:
            self._warn_once(
                "spammer",
                worker.id,
                f"{worker.id} is right on {verdict.estimate:.0%} of what could be judged, "
                f"{self._config.min_accuracy:.0%} is asked for; but no replacement is trained, and "
                f"{votes} must stay for tasks.votes = {votes}: dismiss {worker.id}, or recruit",
                out,
            )

    def _warn_of_blindness(self, out: list[Command]) -> None:
        state, objective = self._state, self._config.objective
        if self._voting or ((state.spot_checks or state.checks.every) and state.gold):
            return
        self._warn_once(
            "quality",
            "",
            f'maintenance.objective = "{objective}" has nothing to judge workers by: one vote per '
            "task, and no spot checks with known answers. Submit records of known answer and set "
            "quality.gold_share, or raise tasks.votes",
            out,
        )

    def _warn_once(self, code: str, subject: str, message: str, out: list[Command]) -> None:
        if (code, subject) not in self._warned:
            self._warned.add((code, subject))
            out.append(Warn(code, message))

    def _flagged(self, criteria: Criteria, now: float) -> list[tuple[Verdict, Worker]]:
        found: list[tuple[Verdict, Worker]] = []
        for worker in self._state.pool.slots:
            if worker is None or not worker.connected:
                continue
            in_hand = _age_in_hand(worker, now)
            # Another worker's vote may change the accuracy, and leaves no trace in the evidence.
            known = not self._by_accuracy and not worker.evidence.reassess
            if known and in_hand < criteria.threshold:
                continue
            verdict = self._objective(worker, criteria, in_hand)
            worker.evidence.reassess = verdict is not None  # flagged: judge again until replaced
            if verdict is not None:
                found.append((verdict, worker))
        return found

    def _evict(
        self, worker: Worker, verdict: Verdict, criteria: Criteria, now: float, out: list[Command]
    ) -> None:
        state = self._state
        self.evictions += 1
        if self._preempt and worker.assignment is not None:
            assignment = worker.assignment
            state.withdraw(assignment, AssignmentState.PREEMPTED, now, out)
        objective = self._config.objective
        state.evict(worker, verdict, LIMITS[objective](criteria), objective, now, out)
        state.seat(now, out)

    def _estimate_all(self) -> None:
        estimator = self._state.estimator
        for worker in self._state.pool.slots:
            if worker is not None:
                estimate = estimator.estimate(worker.evidence)
                if estimate:
                    self._seen[worker.id] = log(estimate)


def _age_in_hand(worker: Worker, now: float) -> float:
    """Return the age of the task in hand, in seconds per label; 0 without one."""
    assignment = worker.assignment
    if assignment is None:
        return 0.0
    return assignment.elapsed(now) / assignment.size
