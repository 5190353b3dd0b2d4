"""The censored estimator: a terminated assignment took *at least* as long as it lasted.

Why. Straggler mitigation terminates slow assignments, so the completed ones are a biased sample: a
slow worker looks fast, and is never replaced. TermEst (§4.3) puts one imputed value in place of
each terminated assignment and tests the mean with a t-test. That restores evictions but
overestimates latencies and flags many fast workers. The elapsed time of a terminated assignment is
a right-censored observation, and survival analysis has a likelihood for it.

Model. The log latency per label of one worker's assignments is normal, x ~ N(m, s^2), with
unknown m and s; the worker's mean latency is exp(m + s^2 / 2).

Prior. ln s ~ N(ln 0.5, 0.6^2), as sixteen nodes s_k from 0.1 to 2, evenly spaced in ln s, whose
weights w_k follow the density; m ~ N(m_0, 1), m_0 the pool's mean log latency. Both weak: two
assignments outweigh them.

Likelihood. An assignment that was completed after l seconds per label contributes the density
N(ln l; m, s^2). One that was terminated after c contributes P(x > ln c) = Phi((m - ln c) / s), and
so does the task in hand at its present age.

Posterior. For each s_k the belief about m stays Gaussian, N(mu_k, v_k). A completed assignment
updates it exactly (conjugate). A censored one is matched in its first two moments, which have a
closed form: with T^2 = v + s^2, z = (mu - ln c) / T and r = phi(z) / Phi(z),

    mu <- mu + v r / T,        v <- v - v^2 r (r + z) / T^2,        w_k <- w_k Phi(z)

(assumed-density filtering; a completed one multiplies w_k by N(ln l; mu, T^2)). Constant time and
memory per observation, in any order of arrival; nodes that the evidence rules out are dropped.

Spacing. Evidence narrows the belief about s until one node is left, and half a step in ln s is then
the error of s. Steps of 0.2 keep the mean of a worker with s = 0.9 within 8 %, and of one with
s = 0.5 within 3 %. Three Gauss-Hermite nodes, 0.18, 0.5 and 1.41, are right on average over the
prior, and wrong for nearly every single worker: s = 0.9 became 1.41, surer with each assignment.

Verdict. A worker is flagged when P(exp(m + s^2 / 2) > threshold) exceeds the configured
probability. The estimate shown is the posterior's centre exp(sum_k w_k (mu_k + s_k^2 / 2)).
"""

from math import erfc, exp, log, pi, sqrt

from clamshell_tui.core.lifeguard.latency.evidence import LatencyEvidence, Verdict

_SPREAD = 0.5  # prior median of s, the log-sd within a worker
_SPREAD_SD = 0.6  # prior sd of ln s
_PRIOR_VARIANCE = 1.0  # of m
_FIRST_GUESS = log(5.0)  # m_0 before the first completed assignment: the paper's 4-7 s per label
_STEP = 0.2  # between nodes, in ln s
_STEPS = range(-8, 8)  # s = 0.10 to 2.03
_SIGMAS = tuple(_SPREAD * exp(_STEP * k) for k in _STEPS)
_VARIANCES = tuple(s * s for s in _SIGMAS)
_LOG_WEIGHTS = tuple(-0.5 * (_STEP * k / _SPREAD_SD) ** 2 for k in _STEPS)
_SQRT_HALF = sqrt(0.5)
_DENSITY = 1.0 / sqrt(2.0 * pi)
_WORTH_COUNTING = 0.5  # of the threshold: a younger task in hand carries no information
_NEGLIGIBLE = 7.0  # log odds: a spread a thousand times less likely than another
_FAR = -25.0  # below this, Phi(z) is taken by its tail expansion


class Posterior:
    """Posterior of one worker: per spread s_k, a Gaussian over m and a log weight."""

    __slots__ = ("_predictive", "logs", "means", "spreads", "variances")

    def __init__(self, centre: float) -> None:
        self.spreads = list(_VARIANCES)  # s_k^2
        self.means = [centre] * len(_STEPS)
        self.variances = [_PRIOR_VARIANCE] * len(_STEPS)
        self.logs = list(_LOG_WEIGHTS)
        self._predictive: tuple[float, float] | None = None

    def copy(self) -> "Posterior":
        """Return an independent copy, for a hypothetical observation."""
        other = Posterior(0.0)
        other.spreads = self.spreads[:]
        other.means = self.means[:]
        other.variances = self.variances[:]
        other.logs = self.logs[:]
        return other

    def completed(self, x: float) -> None:
        """Update by an assignment with log latency ``x``."""
        self._predictive = None
        if len(self.spreads) == 1:  # nothing to weigh: the log weight of one node cancels
            m, v, s2 = self.means[0], self.variances[0], self.spreads[0]
            gain = v / (v + s2)
            self.means[0] = m + gain * (x - m)
            self.variances[0] = gain * s2
            return
        means, variances, logs = self.means, self.variances, self.logs
        for k, s2 in enumerate(self.spreads):
            m, v = means[k], variances[k]
            t2 = v + s2
            d = x - m
            gain = v / t2
            logs[k] -= 0.5 * (d * d / t2 + log(t2))
            means[k] = m + gain * d
            variances[k] = gain * s2
        floor = max(logs) - _NEGLIGIBLE
        if min(logs) < floor:
            self._keep([k for k, value in enumerate(logs) if value >= floor])

    def _keep(self, nodes: list[int]) -> None:
        """Drop the other nodes: the evidence has ruled them out, and they cost time."""
        self.spreads = [self.spreads[k] for k in nodes]
        self.means = [self.means[k] for k in nodes]
        self.variances = [self.variances[k] for k in nodes]
        self.logs = [self.logs[k] for k in nodes]

    def censored(self, x: float) -> None:
        """Update by an assignment with log latency of at least ``x``."""
        self._predictive = None
        means, variances, logs = self.means, self.variances, self.logs
        for k, s2 in enumerate(self.spreads):
            v, m = variances[k], means[k]
            t = sqrt(v + s2)
            z = (m - x) / t
            if z > _FAR:
                inside = 0.5 * erfc(-z * _SQRT_HALF)
                ratio = _DENSITY * exp(-0.5 * z * z) / inside
                logs[k] += log(inside)
            else:
                ratio = -z - 1.0 / z
                logs[k] -= 0.5 * z * z + log(ratio / _DENSITY)
            gain = v / t
            means[k] = m + gain * ratio
            variances[k] = v - gain * gain * ratio * (ratio + z)

    def above(self, x: float) -> float:
        """Return P(log of the mean latency > x)."""
        if len(self.spreads) == 1:
            z = (x - self.means[0] - 0.5 * self.spreads[0]) / sqrt(self.variances[0])
            return 0.5 * erfc(z * _SQRT_HALF)
        top = max(self.logs)
        total = beyond = 0.0
        for k, s2 in enumerate(self.spreads):
            weight = exp(self.logs[k] - top)
            total += weight
            z = (x - self.means[k] - 0.5 * s2) / sqrt(self.variances[k])
            beyond += weight * 0.5 * erfc(z * _SQRT_HALF)
        return beyond / total

    def centre(self) -> float:
        """Return the expected log of the mean latency."""
        top = max(self.logs)
        weights = [exp(value - top) for value in self.logs]
        centres = [m + 0.5 * s2 for m, s2 in zip(self.means, self.spreads, strict=True)]
        return sum([w * c for w, c in zip(weights, centres, strict=True)]) / sum(weights)

    def predictive(self) -> tuple[float, float]:
        """Return mean and standard deviation of the next assignment's log latency."""
        if self._predictive is None and len(self.spreads) == 1:
            m = self.means[0]
            self._predictive = m, sqrt(self.variances[0] + self.spreads[0] + m * m - m * m)
        elif self._predictive is None:
            top = max(self.logs)
            total = mean = square = 0.0
            nodes = zip(self.logs, self.means, self.variances, self.spreads, strict=True)
            for value, m, v, s2 in nodes:
                weight = exp(value - top)
                total += weight
                mean += weight * m
                square += weight * (v + s2 + m * m)
            mean /= total
            self._predictive = mean, sqrt(square / total - mean * mean)
        return self._predictive


_UNKNOWN_SPREAD = Posterior(0.0).predictive()[1]


class Censored:
    """Latency estimator: a posterior per worker, with the pool's mean as prior."""

    def __init__(self, evict_probability: float) -> None:
        self._level = evict_probability
        self._count = 0
        self._log_total = 0.0

    def observe_pool(self, latency: float) -> None:
        """Count a latency of the pool; their mean log is the centre of new priors."""
        self._count += 1
        self._log_total += log(latency)

    def posterior(self, evidence: LatencyEvidence) -> Posterior:
        """Return the posterior after all observations; reads those that are pending."""
        posterior = evidence.posterior
        if not isinstance(posterior, Posterior):
            evidence.posterior = posterior = Posterior(self._centre())
        for latency in evidence.unread:
            if latency > 0:
                posterior.completed(log(latency))
            elif latency < 0:
                posterior.censored(log(-latency))
        evidence.unread.clear()
        return posterior

    def _centre(self) -> float:
        return self._log_total / self._count if self._count else _FIRST_GUESS

    def predictive(self, evidence: LatencyEvidence) -> tuple[float, float]:
        """Return mean and sd of the log of the next latency; the pool's without evidence."""
        if evidence.posterior is None and not evidence.unread:
            return self._centre(), _UNKNOWN_SPREAD
        return self.posterior(evidence).predictive()

    def estimate(self, evidence: LatencyEvidence) -> float | None:
        return exp(self.posterior(evidence).centre()) if evidence.assignments else None

    def judge(self, evidence: LatencyEvidence, threshold: float, in_hand: float) -> Verdict | None:
        """Flag if P(mean > threshold) exceeds the level; the task in hand is censored."""
        if not evidence.assignments and in_hand < threshold:
            return None
        posterior = self.posterior(evidence)
        if in_hand > _WORTH_COUNTING * threshold:
            posterior = posterior.copy()
            posterior.censored(log(in_hand))
        probability = posterior.above(log(threshold))
        if probability <= self._level:
            return None
        estimate = exp(posterior.centre())
        return Verdict(estimate, probability, estimate)
