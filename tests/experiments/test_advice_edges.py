"""Further trials after the advice: beyond the edges, and with more seeds."""

import pytest

from clamshell_tui.experiments.advice import Advice, advise, beyond
from clamshell_tui.experiments.advice_axes import Choice
from clamshell_tui.experiments.advice_text import remarks, to_paste
from clamshell_tui.experiments.baseline import Basis
from clamshell_tui.experiments.fast_simulation import FastOutcome


def advised(*choices: Choice, best: int, seconds: tuple[float, ...] = (1800, 1900)) -> Advice:
    """Two runs of each choice, of an hour or so; of the best, of ``seconds``."""
    found = [[_outcome(each) for each in (3500.0, 3700.0)] for _ in choices]
    found[best] = [_outcome(each) for each in seconds]
    return advise(choices, found, choices[0], beta=1.0)


def _outcome(seconds: float) -> FastOutcome:
    return FastOutcome(seconds, seconds / 360, seconds / 5, 0.9, 100, 20, 0, 0, 60.0)


def axis(key: str, *values: str) -> list[Choice]:
    return [((key, value),) for value in values]


@pytest.mark.parametrize(
    ("choices", "best", "further"),
    [
        (axis("pool.size", "10", "8", "20"), 1, {"pool.size": ["4", "6", "8"]}),
        (axis("pool.size", "10", "8", "20"), 2, {"pool.size": ["20", "30", "40"]}),
        (axis("pool.size", "10", "8", "20"), 0, {}),
        (axis("pool.size", "10", "1"), 1, {}),  # there is nothing below
        (axis("pool.size", "10"), 0, {}),  # nothing was varied
        (axis("maintenance.threshold", "8", "inf"), 1, {}),
        (
            axis("maintenance.threshold", "8", "6", "inf"),
            1,
            {"maintenance.threshold": ["3", "4.5", "6"]},
        ),
        (axis("duplicates", "off", "1", "2"), 0, {}),
        (axis("duplicates", "off", "1", "2"), 2, {"duplicates": ["2", "3", "4"]}),
        (axis("duplicates", "off", "1", "2", "unlimited"), 2, {}),
        (axis("batches", "continuous", "1", "2"), 1, {"batches": ["0.5", "0.75", "1"]}),
        (axis("requester.active_share", "0.5", "0.8", "1"), 2, {}),  # it cannot be more
        (axis("maintenance.objective", "latency", "cost"), 1, {}),
    ],
)
def test_values_beyond_an_edge_are_named_where_there_are_any(
    basis: Basis, choices: list[Choice], best: int, further: dict[str, list[str]]
) -> None:
    found = beyond(advised(*choices, best=best), basis)
    assert found == {key: sorted(values, key=float) for key, values in further.items()}


def test_the_edges_of_all_axes_are_one_remark_with_options_to_paste() -> None:
    advice = advised(*axis("pool.size", "10", "5"), best=1)
    (said,) = remarks(advice, {"pool.size": ["3", "4", "5"], "batches": ["2", "3"]})
    assert said.endswith("Try --vary pool.size=3,4,5 --vary batches=2,3")
    assert remarks(advice, {}) == []


def test_a_difference_that_may_be_none_is_not_called_one() -> None:
    choices = axis("pool.size", "10", "5")
    (said,) = remarks(advised(*choices, best=1, seconds=(2000, 4900)), {})
    assert "More --seeds would show it" in said
    assert remarks(advised(*choices, best=0), {}) == []


def test_the_settings_can_be_pasted_with_those_that_were_given() -> None:
    advice = advised(
        (("pool.size", "10"), ("batches", "1")),
        (("pool.size", "5"), ("batches", "continuous")),
        best=1,
    )
    assert to_paste(advice, ["clamshell", "rerun", "my run.db"], ['pay.terminated="full"']) == (
        "clamshell rerun 'my run.db' --set 'pay.terminated=\"full\"' --set pool.size=5 "
        "--set tasks.batching=continuous"
    )
    same = advised(*axis("pool.size", "10", "5"), best=0)
    assert to_paste(same, ["clamshell", "run", "quickstart"], []) == ""
