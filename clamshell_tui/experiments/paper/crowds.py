"""The populations that tables are made over, with the settings that their pace calls for."""

from collections.abc import Mapping

_CROWDS: Mapping[str, tuple[str, ...]] = {
    "mturk": (),
    "live": (),
    "live-light": (),
    "live-heavy": (),
    # A task may take hours here.
    "medical": ("tasks.lease=200000",),
    "medical-normal": ("tasks.lease=200000",),
}


def crowds(*names: str) -> dict[str, tuple[str, ...]]:
    """Groups of a table."""
    return {name: (f"crowd.population={name}", *_CROWDS[name]) for name in names}


MITIGATED = "straggler_mitigation.enabled=true"
ALONE = "straggler_mitigation.enabled=false"


def maintained(threshold: float | str) -> str:
    """Pool maintenance at this threshold; "inf" is none."""
    return f"maintenance.threshold={threshold}"
