"""The versions that figures depend on: another one may give other figures."""

import sys
from importlib import metadata

_PACKAGES = ("clamshell-tui", "numpy", "scipy", "scikit-learn")


def versions() -> tuple[tuple[str, str], ...]:
    """By name, our own first."""
    # Python's too: sum() of floats rounds otherwise since 3.12.
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (*((name, metadata.version(name)) for name in _PACKAGES), ("python", python))
