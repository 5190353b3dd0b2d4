"""How scenarios are to be tried live, as the command line asks for it."""

from pathlib import Path

from msgspec import Struct


class Wish(Struct, frozen=True):
    """What the command line asks for. ``jobs`` runs at a time; None: one for each two cores."""

    seeds: tuple[int, ...] = (0,)
    speed: float | None = None
    port: int = 0
    jobs: int | None = None
    out: Path | None = None
    overwrite: bool = False
