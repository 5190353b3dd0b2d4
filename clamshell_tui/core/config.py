"""Settings of a run: every mechanism of the paper with its switch, unit and default.

All durations are seconds, all money is dollars here (the ledger counts integer micro-dollars), all
fractions lie in 0..1. Comments beside the fields are the settings' documentation for users, with
the paper's symbol. Sections and keys are those of a scenario file; :func:`problems` finds
contradictions between fields.
"""

from collections.abc import Iterator
from math import ceil
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

RULES: Final = 2
"""Number of the rules by which the engine decides. The same journal under other rules leads to
other decisions, so a run file names its rules and is only replayed by a program that has them.
Raise it, and the package's version, with a change of decisions; see ``scenario.rules``."""

PositiveInt = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
PositiveSeconds = Annotated[float, Meta(gt=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Dollars = Annotated[float, Meta(ge=0, le=1000)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the scenario file: unknown keys are refused."""


class PoolConfig(_Section, frozen=True):
    """The retainer pool (CLAMShell §2.2, §3)."""

    size: Annotated[int, Meta(ge=1, le=10_000)] = 15  # slots (Np); with autoscale, at the most
    autoscale: bool = False  # as many slots as the stream of records needs, from smallest to size
    smallest: PositiveInt = 3  # autoscale: slots, or tasks.votes where that is more
    hold: PositiveSeconds = 600.0  # autoscale: slots that were needed so long ago are kept
    reserve: Count = 3  # trained workers kept waiting for a slot; 3 is the authors' platform's
    start_with: Fraction = 1.0  # share of the slots to fill before the first batch is cut
    grace: Seconds = 30.0  # how long a disconnected worker keeps the slot
    max_expired: PositiveInt = 2  # leases in a row that a worker may let expire before release


class RecruitmentConfig(_Section, frozen=True):
    """Recruitment runs in the background, re-posted until pool and reserve are full (§6.1)."""

    every: PositiveSeconds = 180.0  # from one posting of the open seats to the next


class QualificationConfig(_Section, frozen=True):
    """Gold records answered during recruitment; failing workers are paid but not admitted."""

    enabled: bool = True  # false: every worker is let in
    records: PositiveInt = 10  # gold records to answer
    pass_mark: Fraction = 0.85  # share to be right; the paper asks for 85 % approval
    time_limit: PositiveSeconds = 900.0  # a tutorial that takes longer is over


class TasksConfig(_Section, frozen=True):
    """How records become tasks, and tasks batches."""

    records_per_task: Annotated[int, Meta(ge=1, le=1000)] = 5  # Ng: records that a worker gets
    pool_batch_ratio: Annotated[float, Meta(gt=0, le=100)] = 1.0  # R = Np / tasks in a batch
    votes: Annotated[int, Meta(ge=1, le=99)] = 1  # answers by different workers per task
    lease: PositiveSeconds = 1800.0  # an assignment without an answer goes back after this
    max_failures: PositiveInt = 3  # workers failing on a task before it is set aside as poison
    batching: str = "continuous"  # no batch waits for another; barrier: each for the one before it


class MitigationConfig(_Section, frozen=True):
    """Straggler mitigation: an idle worker duplicates an active task, first answer wins (§4.1)."""

    enabled: bool = True  # false: no worker helps with a task that another one has
    routing: str = "expected-gain"  # which task an idle worker helps with
    max_duplicates: PositiveInt | Literal["unlimited"] = "unlimited"  # extra live copies of a task
    vote_duplicates: PositiveInt | Literal["unlimited"] = "unlimited"  # ... with several votes
    gate: Annotated[float, Meta(ge=0, le=10)] = 0.1  # expected-gain: time saved / helper's time
    coupling: Literal["decoupled", "coupled"] = (
        "decoupled"  # with votes: a duplicate is for one vote, or any
    )


class MaintenanceConfig(_Section, frozen=True):
    """Pool maintenance: evict workers significantly slower than the threshold (§4.2, §4.3)."""

    threshold: Annotated[float, Meta(gt=0)] | Literal["auto"] = 8.0  # PM_l, s per label; inf = off
    auto_deviations: Annotated[float, Meta(ge=0, le=10)] = 1.0  # auto: how many sd below the mean
    auto_rule: str = "deviations"  # auto: on logarithms; the paper's is linear-deviations
    objective: str = "latency"  # the measure by which workers are judged
    latency_estimator: str = "censored"  # how a mean is estimated from what mitigation leaves
    significance: Annotated[float, Meta(gt=0, lt=1)] = 0.05  # of the one-sided t-test
    min_observations: Annotated[int, Meta(ge=2)] = 2  # before a t-test
    evict_probability: Annotated[float, Meta(gt=0, lt=1)] = (
        0.75  # censored: P(mean > PM_l) above it
    )
    check_every: PositiveSeconds = (
        30.0  # assess the pool this often (as the authors' platform does)
    )
    eviction: Literal["graceful", "preempt"] = "graceful"  # after the task in hand, or immediately
    min_accuracy: Fraction = 0.8  # objective "quality": evict workers significantly below it
    shrink: bool = True  # objective "quality": also without a replacement, down to tasks.votes
    max_deviation: PositiveSeconds = 8.0  # objective "variance": s per label
    speed_weight: Fraction = 0.5  # objective "speed-quality": the rest is quality's weight


class ConductConfig(_Section, frozen=True):
    """Limits on tasks that a worker refuses, and an alarm on answers that cannot have been read."""

    max_skips: Count = 10  # tasks that a worker may give back, or lose by a lost connection
    max_expired: Count = 5  # leases that a worker may let expire; pool.max_expired: in a row
    max_late: Count = 5  # answers to tasks that the worker gave back or let expire
    max_share: Fraction = 0.2  # of a worker's tasks; a worker within it is in good standing
    fastest: Seconds = 0.2  # s per record; quicker answers raise an alarm and no more
    warn_set_aside: PositiveInt = 5  # tasks at risk of being set aside before an operator is warned


class QuestionConfig(_Section, frozen=True):
    """What is asked about each record: a class, or a step of a scale."""

    kind: Literal["choice", "rating"] = "choice"  # rating: classes are the steps 1, 2, 3, ...
    ask: Annotated[str, Meta(max_length=200)] = ""  # shown above the classes
    classes: tuple[str, ...] = ()  # choice: in place of dataset.classes
    steps: Annotated[int, Meta(ge=2, le=11)] = 7  # rating: of the scale
    low: Annotated[str, Meta(max_length=60)] = ""  # rating: meaning of step 1
    high: Annotated[str, Meta(max_length=60)] = ""  # rating: meaning of the last step

    @property
    def scale(self) -> tuple[str, str] | None:
        """What the first and the last step mean; None for a choice."""
        return (self.low, self.high) if self.kind == "rating" else None


class QualityConfig(_Section, frozen=True):
    """How several answers become one label, and how workers are checked."""

    consensus: str = "majority"  # how votes become a label
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] | None = (
        None  # ask until each label is this sure, tasks.votes at the most
    )
    hard_records: bool = False  # confidence: some records mislead most workers in the same way
    model_votes: bool = False  # confidence: the trained model's prediction counts, as measured
    gold_share: Annotated[float, Meta(ge=0, lt=1)] = 0.0  # of the records in tasks: known answers
    checks_every: Count = 0  # one check in so many records asked of a worker; 0: none


class MachineConfig(_Section, frozen=True):
    """Programs that answer records beside the people, in seats of their own."""

    policy: Literal["off", "first", "vote"] = (
        "off"  # first: people get what machines are unsure of; vote: one vote per source
    )
    # In ten bins of its confidence, a machine is compared with gold records and with people. Its
    # answers become labels once the lower end of a bin's 95 % interval reaches this.
    accept: Annotated[float, Meta(gt=0, lt=1)] = 0.9  # first: accuracy that a label needs
    audit: Fraction = 0.05  # first: share of the accepted records that people label instead


class PayConfig(_Section, frozen=True):
    """Dollars. Waiting (and training) is paid by the minute, work by the record (§6.1)."""

    per_minute: Dollars = 0.05  # of waiting and training
    per_record: Dollars = 0.02  # of work
    terminated: Literal["full", "prorated"] = "full"  # when another worker's answer ends a task


class LearningConfig(_Section, frozen=True):
    """Hybrid learning (§5). Without it every record is labelled by the crowd."""

    enabled: bool = True  # false: no model
    selector: str = "hybrid"  # source of the next records: the model, chance, or both
    # The random rest audits the model: with 1 no accuracy could be estimated without bias where no
    # records are held out.
    active_fraction: Fraction = 0.9  # r = k / p: share that the model chooses
    uncertainty: str = "margin"  # how records are ranked
    candidates: PositiveInt = 1000  # unlabelled records sampled for ranking, not all of them
    retraining: Literal["async", "sync"] = "async"  # in the background, or between batches
    # By fraction, a large r almost ignores the random records, and early models are worse.
    weighting: Literal["fraction", "none"] = "none"  # fraction: active r : passive 1 - r, mean 1
    # A hint (§5.1) in place of weighting: uncertain records of hard work have worse labels.
    difficulty: Fraction | None = (
        None  # of the work, 1: very hard; active records weigh so much less
    )
    # Live, a learner that takes twice as long by the wall is taken for hung, and started again.
    timeout: PositiveSeconds = 120.0  # a learner slower than this no longer holds up a batch
    estimator: str = "sklearn.linear_model.LogisticRegression"  # the model that is trained
    parameters: dict[str, bool | int | float | str | None] = {}  # of the estimator, by their names
    holdout: Fraction = 0.25  # share of the records with known labels kept for measuring


class StopConfig(_Section, frozen=True):
    """When a run ends; without any of these, when every record has its label."""

    labels: PositiveInt | None = None  # when so many records are labelled
    accuracy: Fraction | None = None  # when the model is right on this share of what is held out


class RunConfig(_Section, frozen=True):
    """Configuration of the engine. Same config, events and times: same commands."""

    classes: tuple[str, ...] = ("no", "yes")
    seed: int = 1
    pool: PoolConfig = PoolConfig()
    recruitment: RecruitmentConfig = RecruitmentConfig()
    qualification: QualificationConfig = QualificationConfig()
    tasks: TasksConfig = TasksConfig()
    straggler_mitigation: MitigationConfig = MitigationConfig()
    maintenance: MaintenanceConfig = MaintenanceConfig()
    conduct: ConductConfig = ConductConfig()
    question: QuestionConfig = QuestionConfig()
    quality: QualityConfig = QualityConfig()
    machine: MachineConfig = MachineConfig()
    pay: PayConfig = PayConfig()
    learning: LearningConfig = LearningConfig()
    stop: StopConfig = StopConfig()


def votes_at_first(config: RunConfig) -> int:
    """Return how many answers a new task asks for: with ``confidence``, two."""
    votes = config.tasks.votes
    return votes if config.quality.confidence is None else min(2, votes)


def slots_at_first(config: RunConfig) -> int:
    """Return Np at the start of the run: with ``autoscale``, the minimum."""
    pool = config.pool
    return max(pool.smallest, config.tasks.votes) if pool.autoscale else pool.size


def slots_needed(config: RunConfig) -> int:
    """Return the number of filled slots that the first batch waits for."""
    return max(1, ceil(config.pool.start_with * slots_at_first(config)))


def problems(config: RunConfig) -> Iterator[str]:
    """Yield one sentence for each setting that contradicts another."""
    if len(set(config.classes)) < 2:
        shown = ", ".join(f'"{name}"' for name in config.classes)
        yield f"need >= 2 distinct classes, got {len(set(config.classes))} ({shown})"
    if config.tasks.votes > config.pool.size:
        yield (
            f"tasks.votes: {config.tasks.votes} needs a pool of at least {config.tasks.votes} "
            f"(pool.size: {config.pool.size})"
        )
    if config.pool.autoscale and config.pool.smallest > config.pool.size:
        yield (
            f"pool.smallest: {config.pool.smallest} slots are more than pool.size, the most there "
            f"may be ({config.pool.size}); lower it or raise pool.size"
        )
    if config.quality.confidence is not None:
        if config.tasks.votes < 2:
            yield (
                "quality.confidence: needs further votes to ask for; set tasks.votes to the most "
                "there may be, such as 7"
            )
        if config.straggler_mitigation.coupling == "coupled":
            yield (
                "quality.confidence: coupled votes are all asked in the beginning; set "
                'straggler_mitigation.coupling = "decoupled"'
            )
    for key, chosen in (
        ("hard_records", config.quality.hard_records),
        ("model_votes", config.quality.model_votes),
    ):
        if chosen and config.quality.confidence is None:
            yield f"quality.{key}: needs adaptive votes; set quality.confidence, such as 0.97"
    yield from _question_problems(config)
    if config.quality.model_votes and not config.learning.enabled:
        yield "quality.model_votes: needs a model; set learning.enabled = true"
    if config.machine.policy != "off" and config.quality.model_votes:
        yield (
            "machine.policy: machines and the trained model cannot both vote; set "
            'quality.model_votes = false, or machine.policy = "off"'
        )
    if config.machine.policy == "vote" and config.tasks.votes < 2:
        yield (
            'machine.policy: "vote" leaves one vote at least to people; set tasks.votes to 2 or '
            'more, or machine.policy = "first"'
        )
    yield from _check_problems(config.quality, config.tasks.records_per_task)
    threshold = config.maintenance.threshold
    per_label = config.tasks.lease / config.tasks.records_per_task
    if threshold != "auto" and threshold != float("inf") and threshold > per_label:
        yield (
            f"maintenance.threshold: {threshold:g} s per label is longer than the lease allows "
            f"({per_label:g} s per label); raise tasks.lease or lower the threshold"
        )
    if config.tasks.batching == "continuous" and config.learning.retraining == "sync":
        yield (
            'tasks.batching: "continuous" has no end of a batch for learning.retraining = "sync" '
            'to wait at; set learning.retraining = "async" or tasks.batching = "barrier"'
        )
    if config.stop.accuracy is not None and not config.learning.enabled:
        yield "stop.accuracy: needs a model to measure; set learning.enabled = true"


def _check_problems(quality: QualityConfig, size: int) -> Iterator[str]:
    every = quality.checks_every
    if not every:
        return
    if quality.gold_share:
        yield "quality.checks_every: replaces quality.gold_share; remove that"
    if size < 2:
        yield (
            "quality.checks_every: a task of one record cannot be cut one short for a check; raise "
            "tasks.records_per_task to 2 or more"
        )
    elif every < size:
        yield (
            f"quality.checks_every: {every} asks for more than one check in a task of {size} "
            f"records; raise it to {size} or more, or lower tasks.records_per_task"
        )


def _question_problems(config: RunConfig) -> Iterator[str]:
    question, median = config.question, config.quality.consensus == "median"
    if question.kind == "rating":
        if question.classes:
            yield "question.classes: a rating has steps; leave it out, or set question.steps"
        if config.quality.confidence is not None:
            yield "quality.confidence: knows no scale; leave it out for a rating"
    elif median:
        yield 'quality.consensus: "median" needs an order; set question.kind = "rating"'
    elif question.low or question.high:
        yield 'question.low: only for a scale; set question.kind = "rating"'
