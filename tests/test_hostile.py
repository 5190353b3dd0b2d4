"""What looks for attacks in the tests of the screens finds them."""

import pytest

from tests.hostile import ATTACKS, leaks


@pytest.mark.parametrize("evil", ATTACKS)
def test_every_attack_is_seen(evil: str) -> None:
    assert list(leaks(f"\x1b[1;1H{evil}\x1b[0m"))
