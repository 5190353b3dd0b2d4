"""Inputs shared by all runs of one output: the scenario, the versions and the data files.

It is compared when a sweep goes on, and by each process that helps with it, on whatever machine.
"""

import platform
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b, file_digest
from importlib import metadata
from pathlib import Path
from typing import Any

from msgspec import Struct

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.text import show

_PACKAGES = ("clamshell-tui", "numpy", "scipy", "scikit-learn")
_SHOWN = 30  # characters of a value that a message repeats


class Identity(Struct, frozen=True):
    """``scenario`` is TOML, with all defaults; ``versions`` and ``files`` (digests) by name."""

    scenario: str
    versions: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]


def versions() -> tuple[tuple[str, str], ...]:
    """Versions that figures depend on, by name, our own first."""
    # Python's too: sum() of floats rounds otherwise since 3.12.
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (*((name, metadata.version(name)) for name in _PACKAGES), ("python", python))


def identify(common: Scenario, cells: Iterable[Scenario], base: Path) -> Identity:
    """The identity of a sweep over ``cells``, on this machine."""
    names = sorted({name for scenario in cells for name in scenario.files})
    files = tuple([(name, digest(base / name)) for name in names])
    return Identity(as_toml(common), versions(), files)


def difference(kept: Identity, now: Identity) -> str | None:
    """The first thing that differs, in words; files that only one of them reads do not."""
    if kept.scenario != now.scenario:
        old, new = (_flat(tomllib.loads(each.scenario)) for each in (kept, now))
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                return f"{key} was {_short(old.get(key))}, is {_short(new.get(key))}"
    for name, version in now.versions:
        before = dict(kept.versions).get(name)
        if before != version:
            return f"{name} was {before}, is {version}"
    for name, digest in now.files:
        if dict(kept.files).get(name, digest) != digest:
            return f"{show(name)} has changed"
    return None


@cache
def check_here(identity: Identity, base: Path) -> None:
    """Raise EnvironmentFaultError unless this process gives the results that are asked for."""
    here = Identity(
        identity.scenario,
        versions(),
        tuple([(name, digest(base / name)) for name, _ in identity.files]),
    )
    fault = difference(identity, here)
    if fault is not None:
        raise EnvironmentFaultError(
            f"the results of {platform.node()} would differ: {fault} there. "
            "Install the same versions and data on all machines"
        )


def digest(path: Path) -> str:
    """Digest of a file, or of all files in a folder.

    An unreadable file is reported by the run itself.
    """
    total = blake2b(digest_size=16)
    try:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    total.update(file_digest(opened, "blake2b").digest())
    except OSError:
        return "unreadable"
    return total.hexdigest()


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _short(value: object) -> str:
    return "unset" if value is None else show(str(value), _SHOWN)
