"""Forecast of a run, and of the same run without each technique, for the operator's screen.

``python -m clamshell_tui.experiments.forecast < request.json`` reads one :class:`Request` and
writes an :class:`Estimate` per line, better ones later; ``forecast_process.py`` is the client. The
structs are plain, so the client imports no numpy.

*Projected* is the amount spent so far plus a simulation of the rest with the present workers. Every
other variant is the whole run, simulated from the start with the workers seen so far, as it is and
changed; their ratio, applied to the projection, is the estimate. Passive learning takes as long for
as many labels, but needs more of them for a model as good: how many more is measured on the data.

Mitigation ends long tasks before their full length is seen. Where workers lapse now and then, a run
without it is longer than estimated here.
"""

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from clamshell_tui.experiments.intervals import Interval, interval, paired_ratio

if TYPE_CHECKING:
    from clamshell_tui.experiments.fast_simulation import FastOutcome, FastWork
from clamshell_tui.experiments.baseline import Request

Variant = Literal["projected", "no-mitigation", "no-maintenance", "passive", "all-off"]

TETHERED = "--tethered"
"""The one word of the command line: end with the end of the input, even in the middle."""

_STAGES = (4, 10, 20, 30)  # seeds after which estimates are sent
_NICE = 10
_SETTINGS: dict[Variant, tuple[str, ...]] = {
    "no-mitigation": ("straggler_mitigation.enabled=false",),
    "no-maintenance": ("maintenance.threshold=inf",),
    "all-off": ("straggler_mitigation.enabled=false", "maintenance.threshold=inf"),
}


class Estimate(Struct, frozen=True):
    """One variant after ``seeds`` runs: means with 95 % intervals, seconds and dollars of all.

    Seconds count from the first task. The ratios are to the run as it is: above 1, the technique
    saves. ``last`` marks a final word; only *all-off* has another when passive learning is known.
    """

    variant: Variant
    seeds: int
    seconds: Interval
    dollars: Interval
    time_ratio: Interval
    cost_ratio: Interval
    last: bool = False


def estimates(request: Request) -> Iterator[Estimate]:
    """All variants, after a few seeds and then after more; ScenarioError for a bad scenario."""
    trials = _Trials(request)
    done = 0
    for stage in sorted({*[each for each in _STAGES if each < request.seeds], request.seeds}):
        for seed in range(done + 1, stage + 1):
            trials.run(seed)
        done = stage
        yield from trials.estimates(last=stage == request.seeds)
    if request.base is not None:
        from clamshell_tui.experiments.learning_gain import passive_labels

        accuracy = sum(worker.accuracy for worker in request.crowd.workers)
        accuracy /= len(request.crowd.workers)
        times = passive_labels(request.scenario, request.base, request.labels, accuracy)
        if times is not None:
            yield from trials.passive(times)


class _Trials:
    """The works of all variants, and their outcomes so far."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._rest = _rest(request)
        self._as_it_is = _whole(request, (), request.labels)
        self._works: dict[Variant, FastWork] = {
            variant: _whole(request, settings, request.labels)
            for variant, settings in _SETTINGS.items()
        }
        self._projected: list[tuple[float, float]] = []
        self._base: list[FastOutcome] = []
        self._found: dict[Variant, list[FastOutcome]] = {variant: [] for variant in self._works}

    def run(self, seed: int) -> None:
        """Every variant once."""
        from clamshell_tui.experiments.baseline import simulate

        request, crowd = self._request, self._request.crowd
        seconds, dollars = request.seconds, request.dollars
        if request.left:
            rest = simulate(self._rest, crowd, seed, fresh=False)
            seconds, dollars = seconds + rest.seconds, dollars + rest.dollars
        self._projected.append((seconds, dollars))
        self._base.append(simulate(self._as_it_is, crowd, seed, fresh=False))
        for variant, work in self._works.items():
            self._found[variant].append(simulate(work, crowd, seed, fresh=False))

    def passive(self, times: float) -> Iterator[Estimate]:
        """With so many times the labels: passive learning, and everything off."""
        from clamshell_tui.experiments.baseline import simulate

        request = self._request
        more = max(1, round(request.labels * times))
        variants: tuple[Variant, ...] = ("passive", "all-off")
        for variant in variants:
            work = _whole(request, _SETTINGS.get(variant, ()), more)
            seeds = range(1, len(self._base) + 1)
            self._found[variant] = [
                simulate(work, request.crowd, seed, fresh=False) for seed in seeds
            ]
            yield self._estimate(variant, last=True)

    def estimates(self, *, last: bool) -> Iterator[Estimate]:
        """The estimate so far."""
        seconds, dollars = self._projection()
        one = Interval(1.0, 1.0, 1.0)
        yield Estimate("projected", len(self._base), seconds, dollars, one, one, last)
        for variant in self._found:
            yield self._estimate(variant, last=last)

    def _projection(self) -> tuple[Interval, Interval]:
        seconds, dollars = zip(*self._projected, strict=True)
        return interval(seconds), interval(dollars)

    def _estimate(self, variant: Variant, *, last: bool) -> Estimate:
        found, base = self._found[variant], self._base
        time = paired_ratio(
            _positive(run.seconds for run in found), _positive(run.seconds for run in base)
        )
        cost = paired_ratio(
            _positive(run.dollars for run in found), _positive(run.dollars for run in base)
        )
        seconds, dollars = self._projection()
        return Estimate(
            variant, len(base), _times(seconds, time), _times(dollars, cost), time, cost, last
        )


def _positive(values: Iterable[float]) -> list[float]:
    return [max(value, 1e-9) for value in values]


def _times(value: Interval, ratio: Interval) -> Interval:
    """The product, the relative errors of both added as independent ones."""
    mean = value.mean * ratio.mean
    spread = ((value.half / max(value.mean, 1e-9)) ** 2 + (ratio.half / ratio.mean) ** 2) ** 0.5
    return Interval(mean, max(0.0, mean * (1 - spread)), mean * (1 + spread))


def _whole(request: Request, settings: tuple[str, ...], labels: int) -> "FastWork":
    """The run from its start, by the same people in the order in which they came."""
    from msgspec.structs import replace

    from clamshell_tui.experiments.crowd_fit.crowd import as_config
    from clamshell_tui.experiments.fast_simulation import FastWork
    from clamshell_tui.scenario.load import parse_scenario

    scenario = parse_scenario(request.scenario, "the run's scenario", settings)
    config = scenario.run_config(request.classes)
    qualification = replace(config.qualification, pass_mark=0.0)
    return FastWork(
        replace(config, qualification=qualification),
        as_config(scenario.crowd, request.crowd, fresh=False),
        scenario.requester,
        scenario.simulation,
        labels,
        request.gold,
    )


def _rest(request: Request) -> "FastWork":
    """Rest of the work, with the present workers in their seats."""
    from msgspec.structs import replace

    work = _whole(request, (), max(1, request.left))
    qualification = replace(work.config.qualification, enabled=False)
    here = max(1, min(work.config.pool.size, request.present))
    pool = replace(work.config.pool, smallest=here)  # a pool by its load has grown to this already
    config = replace(work.config, qualification=qualification, pool=pool)
    requester = replace(work.requester, mode="set", per_minute=None, initial=0, cycle=None)
    return replace(work, config=config, requester=requester, present=request.present)


# As a child process


def _end_with_the_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)  # the reader is gone


def main() -> None:
    """Read a request, write estimates as they come."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(_NICE)
    tethered = TETHERED in sys.argv[1:]
    text = sys.stdin.buffer.readline() if tethered else sys.stdin.buffer.read()
    request = msgspec.json.decode(text, type=Request)
    if tethered:
        threading.Thread(target=_end_with_the_input, name="tether", daemon=True).start()
    for estimate in estimates(request):
        sys.stdout.buffer.write(msgspec.json.encode(estimate) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
