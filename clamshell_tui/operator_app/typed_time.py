"""A time as people type it."""

import re
from math import isfinite

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")


def time_typed(text: str, end: float) -> float:
    """Seconds since the run began, from ``90``, ``1:30``, ``1:02:03`` or ``50%`` of ``end``.

    ValueError says how to write it.
    """
    text = text.strip().removesuffix("s").strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    scale = end / 100 if text.endswith("%") else 1.0
    try:
        seconds = float(text.removesuffix("%")) * scale
    except ValueError:
        seconds = float("nan")
    if not isfinite(seconds):
        raise ValueError(f'"{text}" is not a time. Write 90, 1:30 or 50%')
    return seconds
