"""Times of day at which a gate opens: as they are typed, and which day they mean."""

import time
from collections.abc import Iterator

import pytest

from clamshell_tui.study.start_time import means, next_time, shown_time, time_of_day


@pytest.fixture(autouse=True, params=["UTC", "Europe/Berlin", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of a place."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def clock(text: str) -> float:
    """Seconds since 1970 at this local time."""
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


@pytest.mark.parametrize(
    ("now", "typed", "meant"),
    [
        ("2026-03-02 09:07:30", "10:00", "2026-03-02 10:00:00"),
        ("2026-03-02 09:07:30", "9:08", "2026-03-02 09:08:00"),
        ("2026-12-31 23:50:00", "00:10", "2027-01-01 00:10:00"),
        ("2026-03-02 20:00:00", "9:00", "2026-03-03 09:00:00"),
        ("2026-03-28 20:00:00", "09:00", "2026-03-29 09:00:00"),  # summer time begins in Berlin
    ],
)
def test_a_time_is_the_next_one(now: str, typed: str, meant: str) -> None:
    found = next_time(typed, clock(now))
    assert found == clock(meant)
    assert means(typed, found, clock(now))


def test_a_time_that_passed_on_another_day_is_not_meant() -> None:
    planned = clock("2026-03-02 10:00:00")
    assert means("10:00", planned, clock("2026-03-02 10:20:00")), "the coordinator was away"
    assert not means("10:00", planned, clock("2026-03-03 09:00:00"))
    assert not means("10:01", planned, clock("2026-03-02 09:00:00"))


@pytest.mark.parametrize(
    ("now", "typed"),
    [
        ("2026-03-02 10:07:00", "10:00"),
        ("2026-03-02 10:00:00", "10:00"),
        ("2026-03-02 14:59:00", "9:00"),
        ("2026-03-02 00:01:00", "23:59"),
    ],
)
def test_a_time_that_passed_just_now_is_refused(now: str, typed: str) -> None:
    said = f"{typed} has passed: it is {shown_time(clock(now))}. Start now, or name a later time"
    with pytest.raises(ValueError, match=said):
        next_time(typed, clock(now))


@pytest.mark.parametrize("typed", ["", "10", "24:00", "10:60", "1000", "10:5", "-1:00", "10:00:00"])
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time of day. Write HH:MM"):
        time_of_day(typed)
