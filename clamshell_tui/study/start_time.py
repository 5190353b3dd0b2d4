"""The time of day at which a gate opens, as typed and shown: HH:MM of this machine's clock."""

import re
import time

_TYPED = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PASSED = 6 * 3600.0  # seconds, within which a time is a slip rather than that of tomorrow


def time_of_day(text: str) -> tuple[int, int]:
    """Parse ``9:30`` or ``14:05`` as hour and minute; ValueError if it is none."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f'"{text.strip()}" is not a time of day. Write HH:MM, such as 9:30 or 14:05'
        )
    return int(found[1]), int(found[2])


def next_time(text: str, now: float) -> float:
    """Return when the clock shows this time next, in seconds since 1970, as ``now``.

    ValueError for a time that passed in the last six hours: it is not likely meant for tomorrow.
    """
    hour, minute = time_of_day(text)
    year, month, day, *_ = time.localtime(now)
    times = [
        time.mktime((year, month, day + later, hour, minute, 0, 0, 0, -1)) for later in (-1, 0, 1)
    ]
    if now - max(at for at in times if at <= now) < _PASSED:
        it_is = shown_time(now)
        raise ValueError(
            f"{text.strip()} has passed: it is {it_is}. Start now, or name a later time"
        )
    return min(at for at in times if at > now)


def means(text: str, at: float, now: float) -> bool:
    """Whether who types this time now means ``at``, which may just have passed."""
    hour, minute = time_of_day(text)
    return shown_time(at) == f"{hour:02}:{minute:02}" and now - at < _PASSED


def shown_time(at: float) -> str:
    """``09:30``: a time in seconds since 1970."""
    return time.strftime("%H:%M", time.localtime(at))
