"""Dark and light theme in Okabe and Ito's colour-blind-safe colours, adapted for contrast.

Colour never carries a meaning alone: a mark is drawn beside it.
"""

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="clamshell-dark",
    primary="#56b4e9",
    success="#2fc79b",
    warning="#e69f00",
    error="#f07a45",
    foreground="#e3e8ee",
    background="#0f1419",
    surface="#151b22",
    panel="#222b35",
)
LIGHT = Theme(
    name="clamshell-light",
    primary="#005b94",
    success="#006b4f",
    warning="#8a5a00",
    error="#a63c00",
    foreground="#1a1f25",
    background="#fbfbf9",
    surface="#f2f2ef",
    panel="#e0e1de",
    dark=False,
)


def light_terminal(environment: Mapping[str, str]) -> bool:
    """Whether COLORFGBG, which some terminals set, names a light background (7 or 15)."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
