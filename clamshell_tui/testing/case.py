"""A scenario under test, and its results; both are sent between processes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.run.metrics import Value
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.expectation import Expectation

Changes = tuple[str, ...]


class Case(Struct, frozen=True):
    """A scenario and its variants, by their changed settings; ``()`` is the scenario itself.

    ``source`` is the path as the user wrote it. ``overrides`` apply to every variant. A ``live``
    case runs on a real clock, with real clients.
    """

    name: str
    source: str
    variants: dict[Changes, Scenario]
    overrides: Changes = ()
    live: bool = False
    study: bool = False  # its file is a study; the variants stand for their first conditions
    lines: tuple[int, ...] = ()  # of the expectations in the file, from 1
    track_lines: tuple[int, ...] = ()

    @property
    def needs_live(self) -> bool:
        """Whether the scenario has a ``[[step]]``."""
        return bool(self.variants[()].step)

    @property
    def base(self) -> Path:
        """The folder that paths in the scenario start from."""
        return Path(self.source).parent

    @property
    def files(self) -> Iterator[Path]:
        """The scenario file, and the files that its runs read."""
        yield Path(self.source)
        for scenario in self.variants.values():
            yield from (self.base / name for name in scenario.files)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        return self.variants[()].expect

    def only(self, wanted: Callable[[Expectation], bool]) -> Self:
        """Return the case with some of its expectations, and the variants that they need."""
        numbers = [number for number, each in enumerate(self.expectations) if wanted(each)]
        kept = tuple(self.expectations[number] for number in numbers)
        needed = {(), *(each.changes for each in kept)}
        variants = {key: each for key, each in self.variants.items() if key in needed}
        variants[()] = replace(variants[()], expect=kept)
        lines = tuple(self.lines[number] for number in numbers)
        return replace(self, variants=variants, lines=lines)


class UnusableFile(Struct, frozen=True):
    """A path under test that is no scenario, or one with a mistake."""

    source: str
    reason: str

    @property
    def name(self) -> str:
        return Path(self.source).stem

    @property
    def files(self) -> tuple[Path, ...]:
        return (Path(self.source),)


class Finding(Struct, frozen=True):
    """One expectation at one seed: ``got`` compares ``measured`` with ``other``, the variant's.

    ``story`` explains a failure, if requested.
    """

    got: Value
    holds: bool
    measured: Value = None
    other: Value = None
    story: str = ""


class SeedResult(Struct, frozen=True):
    """One seed: a finding for each expectation and the value of each tracked metric, or the error.

    ``broken`` is a fault of ours, ``refused`` a mistake of the user that only the data show.
    ``seconds`` are of the wall clock, for all variants.
    """

    seed: int
    findings: tuple[Finding, ...] = ()
    tracked: tuple[Value, ...] = ()
    broken: str = ""
    refused: str = ""
    seconds: float = 0.0


class LiveOptions(Struct, frozen=True):
    """How to test live. ``jobs`` is the number of concurrent runs; None: one for two cores."""

    seeds: tuple[int, ...] = (0,)
    speed: float | None = None
    port: int = 0
    jobs: int | None = None
    out: Path | None = None
    overwrite: bool = False
