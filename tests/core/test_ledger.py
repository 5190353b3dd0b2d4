"""Prices in integer micro-dollars, rounded up."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.config import PayConfig
from clamshell_tui.core.crowd_platform.ledger import Ledger
from clamshell_tui.core.crowd_platform.work import Worker
from clamshell_tui.core.ids import WorkerId

EIGHTHS = st.integers(0, 8 * 86_400).map(lambda n: n / 8)


@given(since=EIGHTHS, lasting=EIGHTHS)
def test_time_is_paid_by_the_minute_to_the_micro_dollar(since: float, lasting: float) -> None:
    exact = ceil(Fraction(lasting) * 50_000 / 60)
    assert Ledger(PayConfig()).time(since, since + lasting) == exact


def test_no_time_and_time_backwards_cost_nothing() -> None:
    assert Ledger(PayConfig()).time(5.0, 5.0) == 0
    assert Ledger(PayConfig()).time(5.0, 4.0) == 0


@pytest.mark.parametrize(("dollars", "micros"), [(0.02, 20_000), (0.29, 290_000), (1.1, 1_100_000)])
def test_a_price_in_dollars_is_that_many_micro_dollars(dollars: float, micros: int) -> None:
    assert Ledger(PayConfig(per_record=dollars)).price(3) == 3 * micros


@given(elapsed=EIGHTHS, mean=st.integers(1, 800).map(lambda n: n / 8), n=st.integers(1, 50))
def test_prorated_pay_is_the_share_of_the_expected_time_capped_at_full(
    elapsed: float, mean: float, n: int
) -> None:
    exact = min(20_000 * n, ceil(Fraction(20_000 * n) * Fraction(elapsed) / (Fraction(mean) * n)))
    ledger = Ledger(PayConfig(terminated="prorated"))
    assert ledger.terminated(n, elapsed, mean) == exact


def test_full_pay_does_not_ask_how_long_it_took() -> None:
    ledger = Ledger(PayConfig(terminated="full"))
    assert ledger.terminated(5, 0.1, 100.0) == 100_000


def test_totals_and_balances_are_booked_together() -> None:
    ledger, worker = Ledger(PayConfig()), Worker(WorkerId("W1"), 0.0)
    assert ledger.book(worker, PayKind.RECORDS, 7) == 7
    ledger.book(worker, PayKind.WAITING, 5)
    assert worker.owed == sum(ledger.totals.values()) == 12
