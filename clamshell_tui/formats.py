"""Durations, money, shares and counts for display; a dash for an unknown value.

Payer and worker of a run read the same digits: both call :func:`money`. It always has three
decimals, so that columns line up and a header agrees with the total below it. In a study people are
paid in coins, and read :func:`coins`. Both round down: most amounts still grow, and no screen may
promise more than is paid.
"""

from math import isfinite
from typing import NamedTuple

_UNKNOWN = "-"
_SIGNS = {"USD": "$", "EUR": "\u20ac", "GBP": "\u00a3"}
_MICROS = 1_000_000
_NO_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"  # currencies


class Numerals(NamedTuple):
    """How the readers of a language write numbers and amounts.

    ``money`` has the places of ``{sign}`` and ``{number}``.
    """

    thousands: str = ","
    decimal: str = "."
    money: str = "{sign}{number}"

    def write(self, number: str) -> str:
        """Return a number in English numerals as these readers write it."""
        return number.translate({ord(","): self.thousands, ord("."): self.decimal})

    def amount(self, currency: str, number: str) -> str:
        """Return an amount: ``$5,204.50``, or ``5.204,50 $``."""
        shown = sign(currency).strip() if " " in self.money else sign(currency)
        form = self.money.replace("{sign}", shown)
        return form.replace("{number}", self.write(number)).strip()


ENGLISH = Numerals()


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


def clock(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``1:02:03``; parts of a second are left out."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(micros: float | None, currency: str = "USD", numerals: Numerals = ENGLISH) -> str:
    """``$0.123``, ``$1,204.500``, ``CHF 3.000``: an amount paid, owed or spent, rounded down.

    ``currency`` is an ISO 4217 code; one without a sign here stands before the amount.
    """
    return _amount(micros, 3, currency, numerals=numerals)


def coins(micros: float | None, currency: str, numerals: Numerals = ENGLISH) -> str:
    """``\u20ac5.00``, ``JPY 1,200``: an amount paid to people, in whole coins, rounded down."""
    decimals = coin_decimals(currency)
    return _amount(micros, decimals, currency, numerals=numerals)


def sign(currency: str) -> str:
    """``$``, or ``CHF`` and a blank: what stands before an amount."""
    return _SIGNS.get(currency, f"{currency} ")


def unit(currency: str) -> str:
    """``dollars``, or ``EUR``: the word beside a column or an axis of amounts."""
    return "dollars" if currency == "USD" else currency


def coin_decimals(currency: str) -> int:
    """Return how many decimals the smallest coin of a currency has: 2, or 0 for one such as JPY."""
    return 0 if currency in _NO_CENTS.split() else 2


def price(micros: float | None, currency: str = "USD", numerals: Numerals = ENGLISH) -> str:
    """``$0.02`` a record, ``$0.0429`` a label, ``JPY 2.5``: what one of something costs.

    The decimals of the smallest coin, or up to four where the price has them; rounded down too.
    """
    return _amount(micros, 4, currency, least=coin_decimals(currency), numerals=numerals)


def wage(amount: float | None, currency: str = "USD") -> str:
    """``$9.12``: pay per hour, which is measured and not promised; rounded to the nearest."""
    return _UNKNOWN if amount is None else f"{sign(currency)}{amount:.2f}"


def exact_money(micros: int, currency: str = "USD") -> str:
    """``$1.234567``: every digit of the ledger, to verify a sum."""
    return _amount(micros, 6, currency)


def _amount(
    micros: float | None,
    decimals: int,
    currency: str,
    *,
    least: int | None = None,
    numerals: Numerals = ENGLISH,
) -> str:
    """Return an amount with so many decimals; zeros after the ``least`` are left out."""
    if micros is None:
        return _UNKNOWN
    unit = 10 ** (6 - decimals)
    whole, rest = divmod(int(abs(micros)) // unit, _MICROS // unit)  # towards zero
    minus = "-" if micros < 0 and (whole or rest) else ""
    parts = f"{rest:0{decimals}}" if decimals else ""
    kept = decimals if least is None else least
    parts = parts[:kept] + parts[kept:].rstrip("0")
    after = f".{parts}" if parts else ""
    return f"{minus}{numerals.amount(currency, f'{whole:,}{after}')}"


def assessed(objective: str, value: float) -> str:
    """An estimate or a limit of pool maintenance, in the unit of its objective."""
    match objective:
        case "quality":
            return f"{value:.0%} right"
        case "speed-quality":
            return f"score {value:.2f}"
        case "variance":
            return f"deviation {value:.1f} s a label"
        case _:
            return f"{value:.1f} s a label"


def verdict(objective: str, estimate: float, limit: float) -> str:
    """Why a worker was evicted: ``17.7 s a label, limit 8.0 s a label``."""
    found = assessed(objective, estimate)
    return f"{found}, limit {assessed(objective, limit)}" if isfinite(limit) else found


def percent(share: float | None) -> str:
    """``96.8 %``."""
    return _UNKNOWN if share is None else f"{share * 100:.1f} %"


def count(number: float, noun: str = "", plural: str = "") -> str:
    """``1,200 labels``, ``1 label``, ``no labels``; without a noun the number alone."""
    if not noun:
        return f"{number:,.0f}"
    word = noun if number == 1 else plural or f"{noun}s"
    return f"{number:,.0f} {word}" if number else f"no {word}"
