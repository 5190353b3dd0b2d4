"""The ``[crowd]`` table of a scenario: who the workers are and what they do.

Times are seconds, latencies seconds **per label**, fractions lie in 0..1. ``checks.py`` finds what
no single field can see.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

PositiveInt = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]  # 1e7 s, four months, keeps infinity out
PositiveSeconds = Annotated[float, Meta(ge=0.001, le=1e7)]
Fraction = Annotated[float, Meta(ge=0, le=1)]

Distribution = Literal["lognormal", "normal", "gamma", "fixed"]
"""Of the latency of one worker's tasks; ``normal`` is truncated to positive values."""


WORKER = "^(W[1-9][0-9]*|[a-z][a-z0-9-]*)$"


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the scenario file: unknown keys are refused."""


class CustomConfig(_Section, frozen=True):
    """A population of one's own; also the ordinary workers of ``two-class``."""

    mean: PositiveSeconds = 5.0  # s per label, averaged over workers
    spread: Annotated[float, Meta(ge=0, le=3)] = 0.3  # sd of the log of the workers' means
    deviation: Seconds = 2.0  # within a worker, from task to task; scales with the worker's mean
    distribution: Distribution = "lognormal"  # of a worker's latencies
    accuracy: Fraction = 0.95  # averaged over workers
    accuracy_spread: Annotated[float, Meta(ge=0, lt=0.5)] = 0.0  # sd over workers
    confusion: tuple[tuple[Fraction, ...], ...] | None = None  # row: true class; replaces accuracy


class WorkerConfig(_Section, frozen=True):
    """One explicit worker, or ``count`` alike; what is not given comes from the population.

    ``name`` is what ``[[crowd.script]]`` and ``[[expect]]`` may call the worker instead of W3; of
    several alike they are ``name-1``, ``name-2``, ...
    """

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")] | None = None  # such as "slow"
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1  # workers alike
    behaviour: str = "honest"
    mean: PositiveSeconds | None = None  # s per label
    deviation: Seconds | None = None  # s per label; without it, as variable as [crowd.custom]
    accuracy: Fraction | None = None  # share of right answers
    at: Seconds | None = None  # joins at this time by themselves, without taking a posting

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each of the ``count`` workers, empty where they have none."""
        if not self.name or self.count == 1:
            return (self.name or "",) * self.count
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


class SpammerConfig(_Section, frozen=True):
    """Answers quickly, without looking."""

    answers: Literal["random", "constant"] = "random"  # always the same class, or any
    seconds: PositiveSeconds = 1.0  # median per label
    careful_in_training: bool = True  # works honestly on the qualification, so as to get in


class WandererConfig(_Section, frozen=True):
    """Loses the connection in the middle of a task now and then."""

    chance: Fraction = 0.1  # per task
    away: PositiveSeconds = 60.0  # median of the absence
    returns: Fraction = 1.0  # chance of ever coming back


class QuitterConfig(_Section, frozen=True):
    """Leaves for good after this many answered tasks, somewhere in the one after them."""

    tasks: Annotated[int, Meta(ge=0)] = 20  # answered
    at_once: bool = False  # as soon as that one comes: whoever takes a task or two, and no more


class SleeperConfig(_Section, frozen=True):
    """Stays connected but stops answering after this many answered tasks."""

    tasks: Annotated[int, Meta(ge=0)] = 10  # answered


class SkipperConfig(_Section, frozen=True):
    """Gives tasks back unanswered."""

    chance: Fraction = 0.1  # per task


class AdversaryConfig(_Section, frozen=True):
    """Wants pay without work: skip-and-answer, instant-garbage, leave-and-return, sleeper-for-pay.

    All but instant-garbage still send an answer, drawn at random, when the task is theirs no more.
    """

    tasks: Annotated[int, Meta(ge=0)] = 0  # answered honestly before
    seconds: PositiveSeconds = 0.1  # with a task, until it is skipped, answered or left
    away: PositiveSeconds = 10.0  # leave-and-return: until the same person joins again


class TiringConfig(_Section, frozen=True):
    """Slows down with every hour of work, on top of ``crowd.fatigue``."""

    per_hour: Annotated[float, Meta(ge=0, le=10)] = 0.5  # 0.5: half as long again after an hour


class RecruitmentModel(_Section, frozen=True):
    """How long postings take to find people, in place of the population's own model.

    ``lognormal`` and ``normal`` are the time until one seat is taken, each seat on its own;
    ``exponential`` is a stream, the mean time between one joiner and the next.
    """

    distribution: Literal["lognormal", "normal", "exponential"] = "lognormal"
    mean: PositiveSeconds = 180.0  # s; exponential: between two joiners
    spread: Seconds | None = None  # lognormal: sd of the log (0.6); normal: s (mean / 4)
    minimum: Seconds = 0.0  # s that it takes at least


class ScriptedAction(_Section, frozen=True):
    """Something that happens to a worker at a given time, whatever the worker's behaviour."""

    at: Seconds  # s since the run began
    worker: Annotated[str, Meta(pattern=WORKER)]  # numbered in the order of joining, or a name
    do: Literal["leave", "disconnect", "reconnect", "sleep"]  # what happens
    seconds: PositiveSeconds | None = None  # of a disconnect or a sleep; without it, for good


class CrowdConfig(_Section, frozen=True):
    """Who the workers are (CLAMShell §6.1)."""

    population: str = "mturk"  # how quick and how right workers are, and how fast they come
    custom: CustomConfig = CustomConfig()
    slow_share: Fraction = 0.5  # two-class: share of slow workers
    slow_factor: Annotated[float, Meta(ge=1, le=1000)] = 3.0  # two-class: how much slower
    trace: str | None = None  # CSV of worker, mean, std, accuracy (s per label)
    trace_distribution: Literal["lognormal", "normal"] = "lognormal"
    trace_order: Literal["random", "in-order"] = (
        "random"  # the workers of the trace; random: with replacement
    )
    worker: tuple[WorkerConfig, ...] = ()
    behaviours: dict[str, Fraction] = {}  # name = chance of it; the rest is honest
    spammer: SpammerConfig = SpammerConfig()
    wanderer: WandererConfig = WandererConfig()
    quitter: QuitterConfig = QuitterConfig()
    sleeper: SleeperConfig = SleeperConfig()
    skipper: SkipperConfig = SkipperConfig()
    adversary: AdversaryConfig = AdversaryConfig()
    tiring: TiringConfig = TiringConfig()
    abandonment: Fraction = 0.01  # chance per task of leaving for good in the middle of it
    fatigue: Annotated[float, Meta(ge=0, le=10)] = 0.0  # relative slow-down per hour of work
    reaction: bool = True  # time to notice new work after waiting
    termination_notice: bool = True  # time lost when somebody else's answer ends a task
    instructions: Seconds = 20.0  # median time to read the tutorial before qualification
    recruitment: RecruitmentModel | None = None
    script: tuple[ScriptedAction, ...] = ()
