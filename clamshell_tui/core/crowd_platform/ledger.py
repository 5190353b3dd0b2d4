"""Pay, in integer micro-dollars, append-only.

Waiting and training are paid as closed intervals, work by the record; an assignment is paid its
records' full price at most, or the waiting rate for the time until it was given back (CLAMShell
§4.1, §6.1).
Fractions of a micro-dollar are rounded up, in the worker's favour.
"""

from math import ceil

from clamshell_tui.core.commands import PEOPLE_KINDS, PayKind
from clamshell_tui.core.config import PayConfig
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.ids import Micros

MICROS = 1_000_000


class Ledger:
    """Prices and totals. ``totals`` and what each worker and machine earned sum to the same."""

    __slots__ = ("per_record", "per_second", "prorated", "totals")

    def __init__(self, pay: PayConfig) -> None:
        self.per_record = round(pay.per_record * MICROS)
        self.per_second = pay.per_minute * MICROS / 60
        self.prorated = pay.terminated == "prorated"
        self.totals: dict[PayKind, int] = dict.fromkeys(
            PEOPLE_KINDS, 0
        )  # and MACHINE in a run with machines

    def book(self, worker: Worker, kind: PayKind, micros: int) -> Micros:
        """Add to a worker's balance; returns ``micros``."""
        worker.earned[kind] += micros
        self.totals[kind] += micros
        return micros

    def time(self, since: float, until: float) -> Micros:
        """Return the price of an interval at the waiting rate."""
        return ceil(max(0.0, until - since) * self.per_second)

    def price(self, n_records: int) -> Micros:
        """Return the full price of a task with ``n_records``."""
        return self.per_record * n_records

    def terminated(self, n_records: int, elapsed: float, per_label: float | None) -> Micros:
        """Return the price of a terminated assignment by the run's policy.

        Prorated pay is the share of ``elapsed`` (s) in the worker's mean latency (``per_label`` in
        seconds; the full price if it is None, not known yet).
        """
        full = self.price(n_records)
        if not self.prorated or not per_label:
            return full
        return Micros(min(full, ceil(full * elapsed / (per_label * n_records))))
