"""The ``[simulation]`` table of a scenario; all times in virtual seconds."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class SimulationConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What only a simulation needs to know."""

    training: Literal["modelled", "measured"] = (
        "modelled"  # how long training takes; measured is not reproducible
    )
    training_seconds: Annotated[float, Meta(ge=0)] = 0.5  # modelled: s for any model
    training_seconds_per_label: Annotated[float, Meta(ge=0)] = 0.002  # modelled: s for each label
    failing_trainings: tuple[Annotated[int, Meta(ge=1)], ...] = ()  # which ones fail, from 1
    wire_delay: Annotated[float, Meta(ge=0, le=60)] = (
        0.0  # s that a termination takes to reach the worker
    )
    check: bool = False  # assert every invariant after every event
    horizon: Annotated[float, Meta(gt=0)] = 30 * 86_400.0  # s; a run longer than this is stopped
