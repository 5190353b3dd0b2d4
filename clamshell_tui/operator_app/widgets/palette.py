"""Inks: names of colours that read well on dark and on light ground, also for the colour-blind.

An ink is ``"COLOUR [bold] [dim] [italic] [underline] [reverse] [on COLOUR]"``. Colours are those of
the theme (``text``, ``muted``, ``faint``, ``accent``, ``good``, ``warning``, ``bad``) and Okabe and
Ito's eight hues; ``sky/30`` is 30 % of it mixed into the ground; ``auto`` is whatever can be read
on the ground that follows. No ink says anything alone: a glyph or a word stands with it.
"""

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color, ColorParseError

HUES = ("sky", "orange", "green", "purple", "yellow", "vermilion", "blue", "grey")

# Okabe and Ito's hues (Color Universal Design, 2008), lightened or darkened to a contrast of 4.5 or
# more against a terminal's usual dark and light grounds; black becomes grey.
_ON_DARK = {
    "sky": "#56b4e9",
    "orange": "#e69f00",
    "green": "#2fc79b",
    "purple": "#dc92bf",
    "yellow": "#f0e442",
    "vermilion": "#f07a45",
    "blue": "#7fa3f0",
    "grey": "#8d99a6",
}
_ON_LIGHT = {
    "sky": "#1f78ad",
    "orange": "#8f6200",
    "green": "#006b4f",
    "purple": "#97427a",
    "yellow": "#6f6700",
    "vermilion": "#a63c00",
    "blue": "#2c4fb0",
    "grey": "#5c666f",
}
_OF_THEME = {"accent": "primary", "good": "success", "warning": "warning", "bad": "error"}
_SHARES_OF_TEXT = {"text": 1.0, "muted": 0.62, "faint": 0.3}
_ATTRIBUTES = frozenset({"bold", "dim", "italic", "underline", "reverse"})


class Palette:
    """The inks on one ground. An ink that is not known raises KeyError: a mistake in a program."""

    def __init__(self, ground: Color, text: Color, variables: Mapping[str, str]) -> None:
        self._ground = ground
        self._text = ground + text
        self._variables = variables
        self._hues = _ON_DARK if ground.brightness < 0.5 else _ON_LIGHT
        self._styles: dict[str, Style] = {}

    def style(self, ink: str) -> Style:
        """The style that Rich understands; the same object for the same ink."""
        found = self._styles.get(ink)
        if found is None:
            found = self._styles[ink] = self._mix(ink)
        return found

    def _mix(self, ink: str) -> Style:
        front, _, behind = ink.partition(" on ")
        ground = self._colour(behind, self._ground) if behind else self._ground
        words = front.split() or ["text"]
        colours = [word for word in words if word not in _ATTRIBUTES] or ["text"]
        attributes = {word: True for word in words if word in _ATTRIBUTES}
        return Style(
            color=self._colour(colours[0], ground).rich_color,
            bgcolor=ground.rich_color,
            **attributes,  # type: ignore[arg-type] # only names of attributes are in there
        )

    def _colour(self, name: str, ground: Color) -> Color:
        name, _, percent = name.partition("/")
        share = float(percent) / 100 if percent else 1.0
        return ground.blend(self._pure(name, ground), share, 1.0)

    def _pure(self, name: str, ground: Color) -> Color:
        if name == "auto":
            return ground.get_contrast_text(1.0)
        if name in _SHARES_OF_TEXT:
            return ground.blend(self._text, _SHARES_OF_TEXT[name], 1.0)
        if name in _OF_THEME:
            return self._of_theme(_OF_THEME[name])
        return Color.parse(self._hues[name])

    def _of_theme(self, variable: str) -> Color:
        try:
            return Color.parse(self._variables[variable])
        except (KeyError, ColorParseError):
            return self._text
