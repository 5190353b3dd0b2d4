"""Log-normal think times from answered and from terminated assignments, for a pool of workers.

An answered assignment gives its latency; a terminated one only that it would have taken longer
(right-censored). Leaving the latter out makes slow workers look quick, because mitigation ends
their slow tasks.

Model. ln(seconds per label) of worker i ~ N(mu_i, sigma_i^2); mu_i ~ N(m, tau^2) over the pool, and
sigma_i^2 has an inverse-gamma prior worth two observations of the pool's own sigma^2. mu_i and
sigma_i are fitted by expectation maximisation, m, tau and the pool's sigma from them, in turns. So
workers with few assignments are drawn towards the others, and the rest hardly move.
"""

from collections.abc import Sequence
from math import erfc, exp, log, pi, sqrt
from typing import NamedTuple

_PRIOR_OBSERVATIONS = 2.0  # weight of the pool's sigma
_LEAST_TAU = 0.05  # of the log of the workers' means: a pool is never quite uniform
_LEAST_SIGMA = 0.02
_TURNS, _STEPS, _CLOSE = 6, 200, 1e-4


Alternatives = tuple[tuple[float, float], ...]
"""(logarithm, weight): what one answer may have taken, if part of the time was something else."""


class Sample(NamedTuple):
    """Logarithms of one worker's seconds per label: of answers, lower bounds, and alternatives."""

    completed: tuple[float, ...]
    censored: tuple[float, ...]
    blurred: tuple[Alternatives, ...] = ()

    @property
    def answers(self) -> int:
        """How many assignments were answered."""
        return len(self.completed) + len(self.blurred)


class Fit(NamedTuple):
    """mu and sigma of one worker, and the standard errors of mu and of ln sigma."""

    log_mean: float
    log_sd: float
    error: float
    log_sd_error: float

    @property
    def mean(self) -> float:
        """Mean seconds per label."""
        return exp(self.log_mean + self.log_sd**2 / 2)

    @property
    def deviation(self) -> float:
        """Standard deviation of the seconds per label."""
        return self.mean * sqrt(max(0.0, exp(self.log_sd**2) - 1))


class _Pool(NamedTuple):
    centre: float
    tau: float
    sigma: float


def fit_pool(samples: Sequence[Sample]) -> list[Fit]:
    """One fit per sample. ValueError without any answer."""
    answered = [x for sample in samples for x in sample.completed]
    answered += [_middle(each) for sample in samples for each in sample.blurred]
    if not answered:
        raise ValueError("no worker has completed an assignment")
    centre = sum(answered) / len(answered)
    pool = _Pool(centre, 1.0, 0.5)  # the weak prior of the engine's own estimator to begin with
    fits = [_fit(sample, pool, pool.centre, pool.sigma) for sample in samples]
    for _ in range(_TURNS):  # each from where the last one ended: a few steps instead of thirty
        pool = _pool(fits, samples)
        pairs = zip(samples, fits, strict=True)
        fits = [_fit(sample, pool, fit.log_mean, fit.log_sd) for sample, fit in pairs]
    return fits


def _middle(alternatives: Alternatives) -> float:
    return sum(x * w for x, w in alternatives) / sum(w for _, w in alternatives)


def _pool(fits: Sequence[Fit], samples: Sequence[Sample]) -> _Pool:
    """Moments of the fits, each with the uncertainty that it still has."""
    n = len(fits)
    centre = sum(fit.log_mean for fit in fits) / n
    spread = sum((fit.log_mean - centre) ** 2 + fit.error**2 for fit in fits) / n
    weights = [sample.answers for sample in samples]
    within = sum(w * fit.log_sd**2 for w, fit in zip(weights, fits, strict=True)) / sum(weights)
    return _Pool(centre, max(_LEAST_TAU, sqrt(spread)), max(_LEAST_SIGMA, sqrt(within)))


def _fit(sample: Sample, pool: _Pool, mu: float, sigma: float) -> Fit:
    """Fit one sample, from ``mu`` and ``sigma`` on."""
    variance = sigma**2
    done, bounds, blurred = sample.completed, sample.censored, sample.blurred
    n = sample.answers + len(bounds)
    imputed: list[tuple[float, float]] = []
    for _ in range(_STEPS):
        sigma = sqrt(variance)
        imputed = [_beyond(bound, mu, sigma) for bound in bounds]
        imputed += [_weighed(alternatives, mu, variance) for alternatives in blurred]
        pull = variance / pool.tau**2
        total = sum(done) + sum([mean for mean, _ in imputed])
        new_mu = (total + pull * pool.centre) / (n + pull)
        squares = sum([(x - new_mu) ** 2 for x in done])
        squares += sum([(mean - new_mu) ** 2 + rest for mean, rest in imputed])
        squares += _PRIOR_OBSERVATIONS * pool.sigma**2
        moved = abs(new_mu - mu)
        mu, variance = new_mu, max(_LEAST_SIGMA**2, squares / (n + _PRIOR_OBSERVATIONS))
        if moved < _CLOSE:
            break
    worth = len(done) + sum([max(0.0, 1 - rest / variance) for _, rest in imputed])
    error = sqrt(variance / (worth + variance / pool.tau**2))
    return Fit(mu, sqrt(variance), error, 1 / sqrt(2 * (sample.answers + _PRIOR_OBSERVATIONS)))


def _weighed(alternatives: Alternatives, mu: float, variance: float) -> tuple[float, float]:
    """Mean and variance of what an answer took, each alternative by its density."""
    distances = [(x - mu) ** 2 / (2 * variance) for x, _ in alternatives]
    nearest = min(distances)
    weights = [
        weight * exp(nearest - distance)
        for (_, weight), distance in zip(alternatives, distances, strict=True)
    ]
    total = sum(weights)
    pairs = [(x, w / total) for (x, _), w in zip(alternatives, weights, strict=True)]
    mean = sum([x * w for x, w in pairs])
    return mean, sum([(x - mean) ** 2 * w for x, w in pairs])


def _beyond(bound: float, mu: float, sigma: float) -> tuple[float, float]:
    """Mean and variance of a normal on condition that it exceeds ``bound``."""
    z = (bound - mu) / sigma
    if z > 25:  # the tail has no digits left: an exponential just above the bound
        return bound + sigma / z, (sigma / z) ** 2
    hazard = exp(-z * z / 2) / sqrt(2 * pi) / (erfc(z / sqrt(2)) / 2)
    return mu + sigma * hazard, sigma**2 * max(0.0, 1 + z * hazard - hazard**2)


def log_survival(z: float) -> float:
    """ln P(Z > z) of a standard normal."""
    if z > 25:
        return -z * z / 2 - log(z * sqrt(2 * pi))
    return log(erfc(z / sqrt(2)) / 2)
