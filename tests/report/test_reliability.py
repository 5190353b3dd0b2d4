"""The reliability diagram of the labels' support."""

import pytest
from scipy.stats import binomtest

from clamshell_tui.report.sections.reliability import support_bins, wilson
from clamshell_tui.run.tables import LabelRow


@pytest.mark.parametrize(("right", "n"), [(0, 5), (5, 5), (7, 10), (493, 500), (1, 1)])
def test_the_interval_is_scipys(right: int, n: int) -> None:
    expected = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson(right, n) == pytest.approx((expected.low, expected.high), abs=1e-4)


def label(record: int, support: float, truth: str | None) -> LabelRow:
    return LabelRow(record, str(record), 0, "a", truth, support, False, 1.0)


def test_labels_are_binned_by_support_and_unknown_ones_left_out() -> None:
    rows = [
        label(0, 0.4, "b"),
        label(1, 0.85, "a"),
        label(2, 0.89, "b"),
        label(3, 1.0, "a"),
        label(4, 0.95, None),
    ]
    found = [(each.low, each.labels, each.support, each.right) for each in support_bins(rows)]

    assert found == [(0.0, 1, 0.4, 0.0), (0.8, 2, pytest.approx(0.87), 0.5), (0.99, 1, 1.0, 1.0)]
