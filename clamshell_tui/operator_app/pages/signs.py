"""The few signs that the pages share, in the set that the terminal knows."""

from dataclasses import dataclass
from functools import cache

from clamshell_tui.operator_app.widgets import Glyphs


@dataclass(frozen=True, slots=True)
class Signs:
    """Every sign is one cell wide."""

    active: str  # selected by uncertainty
    passive: str  # selected at random
    right: str
    wrong: str
    times: str
    waits: str
    working: str
    stress: str  # an eviction, a warning
    order: str
    curve: str  # a bit of a line


@cache
def signs_of(glyphs: Glyphs) -> Signs:
    """Those that go with the signs of the widgets."""
    active, passive = glyphs.markers[1], glyphs.markers[7]
    if glyphs.braille:
        return Signs(active, passive, "✓", "✗", "×", "·", "»", "▲", "■", "⠒")  # noqa: RUF001
    return Signs(active, passive, "+", "!", "x", ".", ">", "!", "*", "-")
