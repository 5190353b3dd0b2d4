"""Times and values as people type them, and whose terminal is light."""

import pytest

from clamshell_tui.operator_app.actions import ACTIONS, value_of
from clamshell_tui.operator_app.dialogs import time_typed
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.wire.operator_messages import Order


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        (" 1.5 s ", 1.5),
        ("1:30", 90.0),
        ("1:02:03.5", 3723.5),
        ("50%", 300.0),
        ("0", 0.0),
    ],
)
def test_a_time_is_understood_as_it_is_typed(typed: str, seconds: float) -> None:
    assert time_typed(typed, 600.0) == seconds


@pytest.mark.parametrize("typed", ["", "soon", "1:2", "::", "%", "1:99:", "nan", "inf", "-inf%"])
def test_what_is_no_time_is_refused_with_the_way_to_write_it(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time\. Write 90, 1:30 or 50%"):
        time_typed(typed, 600.0)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("8", 8),
        ("8.5", 8.5),
        ("on", True),
        ("Off", False),
        ("yes", True),
        ("auto", "auto"),
        ("INF", "inf"),
        ("nan", "nan"),
        ("1e3", 1000.0),
    ],
)
def test_a_value_is_read_as_toml_would(typed: str, value: object) -> None:
    found = value_of(typed)
    assert (found, type(found)) == (value, type(value))


def test_nothing_is_not_a_value() -> None:
    with pytest.raises(ValueError, match="type a value, or press Escape"):
        value_of("   ")


def test_actions_have_keys_and_names_of_their_own() -> None:
    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_every_action_makes_an_order(kept: FileRun) -> None:
    snapshot = kept.replica.snapshot_at(0.0)
    for action in ACTIONS:
        order = action.order(snapshot, "W1", "3")
        assert isinstance(order, Order)
        assert (order.worker == "W1") == action.of_worker


def test_a_lower_threshold_is_confirmed_with_the_number_of_those_who_may_go(kept: FileRun) -> None:
    action = next(action for action in ACTIONS if action.name == "threshold")
    snapshot = kept.replica.snapshot_at(kept.replica.end / 2)
    seated = [card.censored or 0.0 for card in snapshot.workers if card.slot is not None]

    def why(line: str) -> str:
        assert action.confirm is not None
        return action.confirm(snapshot, "", action.order(snapshot, "", line))

    going = sum(2.0 < seconds <= 6.0 for seconds in seated)
    assert f"{going} of {len(seated)} workers seem to be slower" in why("2")
    assert going > 0
    assert why("6") == why("50") == why("inf") == why("auto") == ""
