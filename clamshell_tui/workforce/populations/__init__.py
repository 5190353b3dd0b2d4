"""The named populations: functions that sample one person.

Only ``trace``, recorded workers of a file, keeps state between samples; see ``trace.py``.
"""

from collections.abc import Callable
from random import Random

from clamshell_tui.policies import Policies
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.person import Person
from clamshell_tui.workforce.populations.live import live, live_heavy, live_light
from clamshell_tui.workforce.populations.medical import medical, medical_normal
from clamshell_tui.workforce.populations.mturk import mturk
from clamshell_tui.workforce.populations.plain import custom, fast_local, two_class

Population = Callable[[Random, CrowdConfig, int], Person]
"""``(rng, config, n_classes) -> Person``; only ``custom`` and ``two-class`` use the config."""

_OURS: dict[str, Population] = {
    "mturk": mturk,
    "live": live,
    "live-light": live_light,
    "live-heavy": live_heavy,
    "medical": medical,
    "medical-normal": medical_normal,
    "two-class": two_class,
    "fast-local": fast_local,
    "custom": custom,
}
POPULATIONS: Policies[Population] = Policies("population", _OURS)
"""Every population without a file."""
