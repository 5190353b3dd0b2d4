"""The signs that widgets draw with: a rich set, and one for terminals that know ASCII only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Every sign is one cell wide."""

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
