"""Money and durations in words; money is in integer micro-dollars."""

_CENT = 10_000
_DOLLAR = 1_000_000


def dollars(micros: int, digits: int | None = None) -> str:
    """``$4.35``, and ``$0.046``: tenths of a cent where the amount is small and has some.

    ``digits`` after the point, where amounts stand below each other, come from :func:`digits_of`.
    """
    digits = digits_of(micros) if digits is None else digits
    return f"${micros / _DOLLAR:,.{digits}f}"


def digits_of(micros: int) -> int:
    """How many digits after the point do this amount justice."""
    if micros % _CENT == 0 or micros >= _DOLLAR:
        return 2
    return 3 if micros >= _CENT // 10 else 4


def ticking(micros: int) -> str:
    """``$0.183``: an amount that grows, rounded down, so that no more is shown than is paid."""
    tenth = _CENT // 10
    return dollars(micros // tenth * tenth, 3)


def clock(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
