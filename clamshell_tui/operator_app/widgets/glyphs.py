"""The signs that widgets draw with: a rich set, and one for terminals that know ASCII only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Every sign is one cell wide."""

    rightward: str  # left parts of a cell, from an eighth (or what there is) to all of it
    upward: str  # lower parts of a cell
    shades: str  # light to dark
    line: str
    wall: str
    joints: str  # begin, wall and end of what joins two bars
    dotted: str  # a wall that steps back behind the data
    tick: str  # hangs from an axis
    corner: str
    cross: str
    markers: str  # one per series, distinct without colour
    ascending: str
    descending: str
    track: str
    thumb: str
    ellipsis: str
    dot: str  # between two facts in a line
    braille: bool


UNICODE = Glyphs(
    rightward="▏▎▍▌▋▊▉█",
    upward="▁▂▃▄▅▆▇█",
    shades="░▒▓█",
    line="─",
    wall="│",
    joints="┳┃┻",
    dotted="┊",
    tick="┬",
    corner="└",
    cross="┼",
    markers="●◆▲■✚\u00d7○◇",
    ascending="▲",
    descending="▼",
    track="│",
    thumb="┃",
    ellipsis="…",
    dot="·",
    braille=True,
)

ASCII = Glyphs(
    rightward="-#",
    upward="_.-=+*#@",
    shades=".:%#",
    line="-",
    wall="|",
    joints="+|+",
    dotted=":",
    tick="+",
    corner="+",
    cross="+",
    markers="ox^#+*%@",
    ascending="^",
    descending="v",
    track="|",
    thumb="#",
    ellipsis="~",
    dot="-",
    braille=False,
)
