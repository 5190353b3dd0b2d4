"""Durations, money and shares as people write them; a dash for what is not known."""

_UNKNOWN = "-"


def duration(seconds: float | None) -> str:
    """``85 ms``, ``12.3 s``, ``12 min 41 s``, ``1 h 04 min``, ``2 d 03 h``."""
    if seconds is None:
        return _UNKNOWN
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    return "{} d {:02} h".format(*divmod(round(seconds / 3600), 24))


def dollars(micros: float | None, decimals: int | None = None) -> str:
    """``$1,204.50``; without ``decimals``, amounts below ten cents show two more: ``$0.0429``."""
    if micros is None:
        return _UNKNOWN
    if decimals is None:
        decimals = 4 if 0 < micros < 100_000 else 2
    return f"${micros / 1e6:,.{decimals}f}"


def percent(share: float | None) -> str:
    """``96.8 %``."""
    return _UNKNOWN if share is None else f"{share * 100:.1f} %"


def count(number: float, noun: str = "", plural: str = "") -> str:
    """``1,200 labels``, ``1 label``, ``no labels``; without a noun the number alone."""
    if not noun:
        return f"{number:,.0f}"
    word = noun if number == 1 else plural or f"{noun}s"
    return f"{number:,.0f} {word}" if number else f"no {word}"
