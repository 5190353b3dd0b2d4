"""Money and durations in words; money is in integer micro-dollars."""


def dollars(micros: int, digits: int = 2) -> str:
    """``$4.35``; more digits where small amounts tick."""
    return f"${micros / 1_000_000:,.{digits}f}"


def exactly(micros: int) -> str:
    """``$0.02``, and ``$0.0042`` where two digits would not be the whole truth."""
    text = f"{micros / 1_000_000:,.6f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"${whole}.{part.ljust(2, '0')}"


def clock(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
