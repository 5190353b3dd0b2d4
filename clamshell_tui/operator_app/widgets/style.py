"""Colours, glyphs and number formats of the widgets.

An ink is ``"COLOUR [bold] [dim] [italic] [underline] [reverse] [on COLOUR]"``. Colours are those of
the theme (``text``, ``muted``, ``faint``, ``accent``, ``good``, ``warning``, ``bad``) and Okabe and
Ito's eight hues, which colour-blind readers can distinguish; ``sky/30`` mixes 30 % of it into the
background; ``auto`` contrasts with the background that follows. A glyph or a word always repeats
the meaning of a colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

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
    """The styles of inks on one background. An unknown ink raises KeyError."""

    def __init__(self, ground: Color, text: Color, variables: Mapping[str, str]) -> None:
        self._ground = ground
        self._text = ground + text
        self._variables = variables
        self._hues = _ON_DARK if ground.brightness < 0.5 else _ON_LIGHT
        self._styles: dict[str, Style] = {}

    def style(self, ink: str) -> Style:
        """The Rich style of an ink; the same object for the same ink."""
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
            **attributes,  # type: ignore[arg-type] # its keys are names of attributes
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


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Glyphs of one cell each; there is a Unicode and an ASCII set."""

    rightward: str  # left parts of a cell, from an eighth (or what there is) to all of it
    upward: str  # lower parts of a cell
    line: str
    wall: str
    joints: str  # begin, wall and end of what joins two bars
    dotted: str  # a wall that steps back behind the data
    dashed: str  # a line that steps back
    tick: str  # on an axis of x, and below on one of y
    stop: str
    corner: str
    markers: str  # one per series, distinct without colour
    ascending: str
    descending: str
    track: str
    thumb: str
    dot: str  # between two facts in a line
    braille: bool


UNICODE = Glyphs(
    rightward="▏▎▍▌▋▊▉█",
    upward="▁▂▃▄▅▆▇█",
    line="─",
    wall="│",
    joints="┳┃┻",
    dotted="┊",
    dashed="╌",
    tick="┬",
    stop="┤",
    corner="└",
    markers="●◆▲■✚\u00d7○◇",
    ascending="▲",
    descending="▼",
    track="│",
    thumb="┃",
    dot="·",
    braille=True,
)

ASCII = Glyphs(
    rightward="-#",
    upward="_.-=+*#@",
    line="-",
    wall="|",
    joints="+|+",
    dotted=":",
    dashed="-",
    tick="+",
    stop="+",
    corner="+",
    markers="ox^#+*%@",
    ascending="^",
    descending="v",
    track="|",
    thumb="#",
    dot="-",
    braille=False,
)


_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_TIMES = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 14_400, 21_600, 43_200, 86_400),
)


def nice_step(span: float, count: int) -> float:
    """1, 2 or 5 times a power of ten, so that at most ``count`` steps fit in ``span``."""
    raw = max(span, 1e-300) / max(1, count)
    power = 10.0 ** floor(log10(raw))
    for factor in (1, 2, 5):
        if raw <= factor * power * (1 + 1e-9):
            return factor * power
    return 10 * power


def ticks(low: float, high: float, count: int) -> list[float]:
    """About ``count`` round numbers from ``low`` to ``high``."""
    if not isfinite(high - low) or high <= low:
        return [low] if isfinite(low) else []
    step = nice_step(high - low, count)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Powers of ten from ``low`` to ``high``, with 2 and 5 times each if there is room."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low <= f * 10.0**p <= high]
        if len(found) <= max(2, count):
            return found
    return found[:: ceil(len(found) / max(1, count))]


def number(value: float, step: float = 0.0) -> str:
    """``value`` with the decimals of ``step``: 0.25, 12, 1.5k, 3M."""
    for size, suffix in _SUFFIXES:
        if abs(value) >= 10 * size or (abs(value) >= size and not step % (size / 10)):
            return f"{value / size:.4g}{suffix}"
    if step <= 0:
        return f"{value:.4g}"
    decimals = max(0, -floor(log10(step) + 1e-9))
    return f"{value:.{decimals}f}" if decimals <= 6 else f"{value:.3g}"


def numbers(values: Sequence[float]) -> list[str]:
    """Labels of ticks, with equal decimals."""
    step = values[1] - values[0] if len(values) > 1 else 0.0
    return [number(value, abs(step)) for value in values]


def time_step(least: float) -> float:
    """The smallest round span of time of at least ``least`` seconds."""
    return next((step for step in _TIMES if step >= least), ceil(least / 86_400) * 86_400.0)


def clock(seconds: float, step: float = 1.0) -> str:
    """Seconds as 0:07.5, 12:30 or 1:02:03, with tenths if ``step`` is below 1."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    tenths = round(seconds * 10) if step < 1 else round(seconds) * 10
    whole, part = divmod(tenths, 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f".{part}" if step < 1 else ""
    if hours:
        return f"{sign}{hours}:{minutes:02}:{rest:02}{tail}"
    return f"{sign}{minutes}:{rest:02}{tail}"
