"""What ``--vary`` may say."""

import pytest

from clamshell_tui.errors import InputError
from clamshell_tui.experiments.sweep.plan import SweepAxis, axes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=5..20:5", ("5", "10", "15", "20")),
        ("k=5..21:5", ("5", "10", "15", "20")),
        ("k=1..3", ("1", "2", "3")),
        ("k=0.1..0.3:0.1", ("0.1", "0.2", "0.3")),  # no 0.30000000000000004
        ("k=-1..1:1", ("-1", "0", "1")),
        ("k=7..7", ("7",)),
        ("k=4,8,16,inf", ("4", "8", "16", "inf")),
        ("k=1..2, 8 ,inf", ("1", "2", "8", "inf")),
        ("k=active,passive", ("active", "passive")),
        ('k="a,b",c', ('"a,b"', "c")),
        ('k="../data.csv"', ('"../data.csv"',)),
        ("k=[1,2],[3]", ("[1,2]", "[3]")),
        ("k={mean=1,spread=2},{mean=3}", ("{mean=1,spread=2}", "{mean=3}")),
    ],
)
def test_values_are_a_range_a_list_or_words(text: str, values: tuple[str, ...]) -> None:
    assert axes([text]) == (SweepAxis("k", values),)


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (["pool.size"], "varies nothing"),
        (["pool.size="], "varies nothing"),
        (["=3"], "varies nothing"),
        (["k=5..1"], "never gets there"),
        (["k=1..5:0"], "never gets there"),
        (["k=1..5:-1"], "never gets there"),
        (["k=1..x"], "is no range"),
        (["k=1...5"], "is no range"),
        (["k=1..1000000000"], "has 1,000,000,000 values"),
        (["k=3,2,3"], "3 stands there twice"),
        (["k=1", "k=2"], "--vary k stands there twice"),
        (["seed=1,2"], "Write --seeds N"),
    ],
)
def test_what_varies_nothing_is_refused(texts: list[str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        axes(texts)
