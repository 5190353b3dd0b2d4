"""Dark and light, in Okabe and Ito's colours for the colour-blind, each clear on its ground.

A sign stands beside every colour that means something.
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
    """Some terminals say in COLORFGBG which colours they use: 7 and 15 are light grounds."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
