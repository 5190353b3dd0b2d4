"""A scenario as one frozen structure: the records, the crowd, and every setting of the engine.

Times are in seconds (virtual ones in a simulation), money in dollars. The sections of
:class:`~clamshell_tui.core.config.RunConfig` are at the top level, so a setting has the same
``section.key`` in a scenario file, in an override and in the engine's configuration.

The comments beside the fields are the documentation of the settings; see ``reference.py``.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from clamshell_tui.core.config import (
    ConductConfig,
    LearningConfig,
    MachineConfig,
    MaintenanceConfig,
    MitigationConfig,
    PayConfig,
    PoolConfig,
    QualificationConfig,
    QualityConfig,
    QuestionConfig,
    RecruitmentConfig,
    RunConfig,
    StopConfig,
    TasksConfig,
)
from clamshell_tui.datasets.config import (
    DatasetConfig,
    DigitsConfig,
    PluginDatasetConfig,
    WireConfig,
)
from clamshell_tui.participant_texts.load import built_in
from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.scenario.step import Step
from clamshell_tui.scenario.step import problems as step_problems
from clamshell_tui.scenario.track import TrackedMetric
from clamshell_tui.workforce.config import CrowdConfig


class SimulationConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings that only a simulation uses; times are in virtual seconds."""

    training: Literal["modelled", "measured"] = (
        "modelled"  # how long training takes; measured is not reproducible
    )
    training_seconds: Annotated[float, Meta(ge=0)] = 0.5  # modelled: s for any model
    training_seconds_per_label: Annotated[float, Meta(ge=0)] = 0.002  # modelled: s for each label
    failing_trainings: tuple[
        Annotated[int, Meta(ge=1)], ...
    ] = ()  # numbers of failing ones, from 1
    wire_delay: Annotated[float, Meta(ge=0, le=60)] = (
        0.0  # s that a termination takes to reach the worker
    )
    check: bool = False  # assert every invariant after every event
    horizon: Annotated[float, Meta(gt=0)] = 30 * 86_400.0  # s; a run longer than this is stopped


class RequesterConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The submission of records: a set, or a stream (CLAMShell §2.2).

    ``gold`` records have a known answer. They are submitted first, and only used to check workers.
    """

    mode: Literal["set", "stream"] = "set"  # together, or over time
    records: Annotated[int, Meta(ge=1)] | None = None  # a random sample; without it, all
    gold: Annotated[int, Meta(ge=0)] = 20  # records whose answer is known
    per_minute: Annotated[float, Meta(gt=0, le=600_000)] | None = None  # stream: records arriving
    initial: Annotated[int, Meta(ge=0)] = 0  # stream: records that are there at the start
    cycle: Annotated[float, Meta(ge=1)] | None = None  # stream: s from one rush to the next
    rush: Annotated[float, Meta(gt=0, le=1)] = 0.33  # share of the cycle, its end, at full rate
    lull: Annotated[float, Meta(ge=0, le=1)] = 0.1  # of the rate, in the rest of the cycle


class LiveConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of ``clamshell test --live``."""

    speed: Annotated[float, Meta(gt=0, le=1000)] | None = (
        None  # seconds of the run per second; default: chosen
    )


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a run needs, except the data files that it names."""

    name: str = ""  # default: the name of the file
    description: str = ""  # a title
    instructions: str = ""  # shown to workers before they begin; default: a general text
    texts: str = ""  # a file that replaces every sentence of the participant's screens, or "de"
    preset: str = ""  # a named set of settings in place of our defaults, such as "paper"
    # 2**53: the largest integer that JSON readers keep exact.
    seed: Annotated[int, Meta(ge=0, le=2**53)] = 1  # the same seed gives the same run
    dataset: DatasetConfig = DigitsConfig()
    requester: RequesterConfig = RequesterConfig()
    crowd: CrowdConfig = CrowdConfig()
    simulation: SimulationConfig = SimulationConfig()
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
    live: LiveConfig = LiveConfig()
    expect: tuple[Expectation, ...] = ()  # checked by clamshell test
    track: tuple[TrackedMetric, ...] = ()  # compared by clamshell test --baseline
    step: tuple[Step, ...] = ()  # actions of people at their screens; only in a live test

    @property
    def files(self) -> tuple[str, ...]:
        """The files and folders that a run reads, relative to the scenario file."""
        texts = self.texts if self.texts not in built_in() else ""
        named = (getattr(self.dataset, "path", None), self.crowd.trace, texts)
        return tuple([name for name in named if name])

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of each policy of another package."""
        crowd, learning = self.crowd, self.learning
        named = [
            ("routing", self.straggler_mitigation.routing),
            ("objective", self.maintenance.objective),
            ("latency_estimator", self.maintenance.latency_estimator),
            ("consensus", self.quality.consensus),
            ("uncertainty", learning.uncertainty),
            ("estimator", learning.estimator),
            ("population", crowd.population),
            *[("behaviour", name) for name in crowd.behaviours],
            *[("behaviour", worker.behaviour) for worker in crowd.worker],
        ]
        if isinstance(self.dataset, PluginDatasetConfig):
            named.append(("dataset", self.dataset.source))
        return tuple(dict.fromkeys([(kind, name) for kind, name in named if ":" in name]))

    def run_config(self, classes: tuple[str, ...]) -> RunConfig:
        """Return the configuration of the engine; the classes are the dataset's."""
        shared = (name for name in RunConfig.__struct_fields__ if name != "classes")
        return RunConfig(classes=classes, **{name: getattr(self, name) for name in shared})


def problems(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each contradiction between sections that the engine does not know."""
    requester, qualification = scenario.requester, scenario.qualification
    yield from step_problems(scenario.step)
    if requester.mode == "stream" and requester.per_minute is None:
        yield "requester.per_minute: a stream needs a rate; write, for example, 30"
    if requester.mode == "set":
        for key in ("per_minute", "initial", "cycle"):
            if getattr(requester, key):
                yield f'requester.{key}: only for a stream; set requester.mode = "stream"'
    source = scenario.dataset  # its column of uses, or the wire, may bring the gold records
    brought = isinstance(source, WireConfig) or getattr(source, "use", None) is not None
    if qualification.enabled and requester.gold < qualification.records and not brought:
        yield (
            f"qualification.records: {qualification.records} needs as many gold records "
            f"(requester.gold: {requester.gold}); raise requester.gold, ask fewer, or set "
            "qualification.enabled = false"
        )
    if scenario.quality.gold_share > 0 and requester.gold == 0 and not brought:
        yield "quality.gold_share: needs gold records; raise requester.gold above 0"
    shown = qualification.records if qualification.enabled else 0
    if scenario.quality.checks_every and 0 < requester.gold <= shown and not brought:
        yield (
            f"quality.checks_every: no gold record is left for checks (requester.gold: "
            f"{requester.gold}, the qualification shows {shown}); raise requester.gold"
        )
    yield from _blind_objective(scenario)
    if scenario.learning.holdout == 1:
        yield "learning.holdout: 1 leaves nothing to label; write less than 1, such as 0.25"
    if not 0 <= requester.gold < (requester.records or requester.gold + 1):
        yield (
            f"requester.gold: {requester.gold} of {requester.records} records leaves none to "
            "label; lower it"
        )


def _blind_objective(scenario: Scenario) -> Iterator[str]:
    objective, votes = scenario.maintenance.objective, scenario.tasks.votes
    by_accuracy = objective in ("quality", "speed-quality")
    quality = scenario.quality
    if by_accuracy and votes == 1 and not (quality.gold_share or quality.checks_every):
        yield (
            f'maintenance.objective: "{objective}" has nothing to judge workers by: one vote per '
            "task (tasks.votes) and no spot checks; raise tasks.votes to 3, or set "
            "quality.checks_every, such as 20"
        )
