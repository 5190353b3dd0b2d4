"""A scenario that is ready to be tried, and what trying it brings; travels between processes.

How scenarios are to be tried live, as the command line asks for it.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from clamshell_tui.run.metrics import Value
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.expectation import Expectation

Changes = tuple[str, ...]


class Case(Struct, frozen=True):
    """A scenario and its variants: by the settings changed in them, ``()`` as it is.

    ``source`` is the file as its user named it, ``overrides`` hold for every variant. ``live``: on
    a real clock, with real clients.
    """

    name: str
    source: str
    variants: dict[Changes, Scenario]
    overrides: Changes = ()
    live: bool = False

    @property
    def needs_live(self) -> bool:
        """Whether people sit at screens in it."""
        return bool(self.variants[()].step)

    @property
    def base(self) -> Path:
        """Where the paths in the scenario start from."""
        return Path(self.source).parent

    @property
    def files(self) -> Iterator[Path]:
        """The scenario file, and all that its runs read."""
        yield Path(self.source)
        for scenario in self.variants.values():
            yield from (self.base / name for name in scenario.files)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What the runs are held to."""
        return self.variants[()].expect


class Finding(Struct, frozen=True):
    """One expectation at one seed: ``got`` of ``measured`` (here) and ``other`` (the variant).

    ``story`` tells what happened, if that was asked for.
    """

    got: Value
    holds: bool
    measured: Value = None
    other: Value = None
    story: str = ""


class SeedResult(Struct, frozen=True):
    """One seed: a finding for each expectation, or what the run died of (``broken``).

    ``seconds`` of the wall are what trying it took.
    """

    seed: int
    findings: tuple[Finding, ...] = ()
    broken: str = ""
    seconds: float = 0.0


class LiveOptions(Struct, frozen=True):
    """What the command line asks for. ``jobs`` runs at a time; None: one for each two cores."""

    seeds: tuple[int, ...] = (0,)
    speed: float | None = None
    port: int = 0
    jobs: int | None = None
    out: Path | None = None
    overwrite: bool = False
