"""The ``[crowd]`` table of a scenario: population and behaviour of the workers.

Times are in seconds, latencies in seconds **per label**, fractions from 0 to 1. The comments beside
the fields are the documentation of the settings. ``checks.py`` finds contradictions between fields.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

PositiveInt = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]  # 1e7 s, four months, keeps infinity out
PositiveSeconds = Annotated[float, Meta(ge=0.001, le=1e7)]
Fraction = Annotated[float, Meta(ge=0, le=1)]

Distribution = Literal["lognormal", "normal", "gamma", "fixed"]
"""Distribution of one worker's latencies; ``normal`` is truncated to positive values."""


WORKER = "^(W[1-9][0-9]*|[a-z][a-z0-9-]*)$"


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the scenario file: unknown keys are refused."""


class CustomConfig(_Section, frozen=True):
    """The population ``custom``; also the ordinary workers of ``two-class``."""

    mean: PositiveSeconds = 5.0  # s per label, averaged over workers
    spread: Annotated[float, Meta(ge=0, le=3)] = 0.3  # sd of the log of the workers' means
    deviation: Seconds = 2.0  # within a worker, from task to task; scales with the worker's mean
    distribution: Distribution = "lognormal"  # of a worker's latencies
    accuracy: Fraction = 0.95  # averaged over workers
    accuracy_spread: Annotated[float, Meta(ge=0, lt=0.5)] = 0.0  # sd over workers
    confusion: tuple[tuple[Fraction, ...], ...] | None = None  # row: true class; replaces accuracy


class WorkerConfig(_Section, frozen=True):
    """One explicit worker, or ``count`` equal ones; missing values are drawn from the population.

    ``[[crowd.script]]`` and ``[[expect]]`` may use ``name`` instead of W3. Several equal workers
    are called ``name-1``, ``name-2``, ...
    """

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")] | None = None  # such as "slow"
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1  # number of equal workers
    behaviour: str = "honest"
    mean: PositiveSeconds | None = None  # s per label
    deviation: Seconds | None = None  # s per label; default: in proportion to [crowd.custom]
    accuracy: Fraction | None = None  # share of right answers
    at: Seconds | None = None  # s: joins at this time, without a posting

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each of the ``count`` workers; empty without one."""
        if not self.name or self.count == 1:
            return (self.name or "",) * self.count
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


class SpammerConfig(_Section, frozen=True):
    """Answers quickly, without looking."""

    answers: Literal["random", "constant"] = "random"  # constant: always the same class
    seconds: PositiveSeconds = 1.0  # median per label
    careful_in_training: bool = True  # answers the qualification honestly


class WandererConfig(_Section, frozen=True):
    """Loses the connection during some tasks."""

    chance: Fraction = 0.1  # per task
    away: PositiveSeconds = 60.0  # s, median absence
    returns: Fraction = 1.0  # chance of returning at all


class QuitterConfig(_Section, frozen=True):
    """Leaves for good after this many answered tasks, during the next one."""

    tasks: Annotated[int, Meta(ge=0)] = 20  # answered
    at_once: bool = False  # as soon as the next one is assigned


class SleeperConfig(_Section, frozen=True):
    """Stays connected but stops answering after this many answered tasks."""

    tasks: Annotated[int, Meta(ge=0)] = 10  # answered


class SkipperConfig(_Section, frozen=True):
    """Gives tasks back unanswered."""

    chance: Fraction = 0.1  # per task


class AdversaryConfig(_Section, frozen=True):
    """Wants pay without work: skip-and-answer, instant-garbage, leave-and-return, sleeper-for-pay.

    All but instant-garbage still send a random answer after the task has been taken away.
    """

    tasks: Annotated[int, Meta(ge=0)] = 0  # answered honestly first
    seconds: PositiveSeconds = 0.1  # s with a task before it is skipped, answered or left
    away: PositiveSeconds = 10.0  # leave-and-return: s until the same person joins again


class TiringConfig(_Section, frozen=True):
    """Slows down with every hour of work, on top of ``crowd.fatigue``."""

    per_hour: Annotated[float, Meta(ge=0, le=10)] = 0.5  # 0.5: 50 % slower after an hour


class MachineWorkerConfig(_Section, frozen=True):
    """A machine in a seat of its own, with ``machine.policy``. Equal names: copies of one model."""

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")]  # of its model, such as "llm"
    accuracy: Fraction = 0.8  # share of right answers
    seconds: Seconds = 0.3  # s per record
    price: Annotated[float, Meta(ge=0, le=1000)] = 0.0002  # dollars per record
    confidence: Literal["calibrated", "overconfident", "none"] = "calibrated"  # as it reports it
    family: str = ""  # of models that err together; default: name
    correlation: Fraction = 0.6  # share of the errors that all of the family make
    abstain: Fraction = 0.0  # chance per record of no answer
    timeout: Fraction = 0.0  # chance per task of hanging for 30 s
    crash: Fraction = 0.0  # chance per task of going away, for 20 s on average


class RecruitmentModel(_Section, frozen=True):
    """How long postings take to find workers; replaces the population's own model.

    ``lognormal`` and ``normal`` are the time until a seat is taken, independent for each seat.
    ``exponential`` is a stream: the time between two workers.
    """

    distribution: Literal["lognormal", "normal", "exponential"] = "lognormal"
    mean: PositiveSeconds = 180.0  # s; exponential: between two workers
    spread: Seconds | None = None  # lognormal: sd of the log (0.6); normal: s (mean / 4)
    minimum: Seconds = 0.0  # s, shortest time


class ScriptedAction(_Section, frozen=True):
    """An event that happens to a worker at a given time, regardless of behaviour."""

    at: Seconds  # s since the run began
    worker: Annotated[str, Meta(pattern=WORKER)]  # W1, W2 in the order of joining, or a name
    do: Literal["leave", "disconnect", "reconnect", "sleep"]  # the event
    seconds: PositiveSeconds | None = None  # length of a disconnect or sleep; default: for good


class CrowdConfig(_Section, frozen=True):
    """The workers (CLAMShell §6.1)."""

    population: str = "mturk"  # speed, accuracy and arrival of workers
    custom: CustomConfig = CustomConfig()
    slow_share: Fraction = 0.5  # two-class: share of slow workers
    slow_factor: Annotated[float, Meta(ge=1, le=1000)] = 3.0  # two-class: ratio of their latencies
    trace: str | None = None  # CSV of worker, mean, std, accuracy (s per label)
    trace_distribution: Literal["lognormal", "normal"] = "lognormal"
    trace_order: Literal["random", "in-order"] = (
        "random"  # order of the trace's workers; random: with replacement
    )
    worker: tuple[WorkerConfig, ...] = ()
    machine: tuple[MachineWorkerConfig, ...] = ()
    behaviours: dict[str, Fraction] = {}  # name = chance; all others are honest
    spammer: SpammerConfig = SpammerConfig()
    wanderer: WandererConfig = WandererConfig()
    quitter: QuitterConfig = QuitterConfig()
    sleeper: SleeperConfig = SleeperConfig()
    skipper: SkipperConfig = SkipperConfig()
    adversary: AdversaryConfig = AdversaryConfig()
    tiring: TiringConfig = TiringConfig()
    abandonment: Fraction = 0.01  # chance per task of leaving for good during it
    hard_records: Fraction = 0.0  # share of records that are hard for everybody
    hard_accuracy: Fraction = 0.4  # who sees their true class; all others see one wrong class
    fatigue: Annotated[float, Meta(ge=0, le=10)] = 0.0  # relative slow-down per hour of work
    reaction: bool = True  # time to notice new work after waiting
    termination_notice: bool = True  # time lost when another worker's answer ends a task
    instructions: Seconds = 20.0  # s, median time to read the tutorial before qualification
    recruitment: RecruitmentModel | None = None
    script: tuple[ScriptedAction, ...] = ()
