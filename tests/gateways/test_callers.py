"""How many connections may be on their way to a seat."""

from clamshell_tui.gateways.callers import Caller, Callers


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def enter(callers: Callers, address: str, dropped: list[str]) -> Caller | None:
    return callers.enter(address, lambda: dropped.append(address))


def test_silent_connections_of_one_address_make_room_for_one_that_speaks() -> None:
    clock, dropped = Clock(), list[str]()
    callers = Callers(clock, per_address=3, in_all=100)
    for _ in range(3):
        assert enter(callers, "lab", dropped) is not None
    assert enter(callers, "lab", dropped) is None  # none of them had a second yet
    clock.now = 2.0
    assert enter(callers, "lab", dropped) is not None
    assert dropped == ["lab", "lab"]


def test_a_client_that_speaks_keeps_its_place() -> None:
    clock, dropped = Clock(), list[str]()
    callers = Callers(clock, per_address=1, in_all=100)
    first = enter(callers, "lab", dropped)
    assert first is not None
    first.silent = False
    clock.now = 5.0
    assert enter(callers, "lab", dropped) is None
    callers.leave(first)
    callers.leave(first)  # a connection may end twice
    assert enter(callers, "lab", dropped) is not None


def test_one_address_cannot_take_the_places_of_all_others() -> None:
    clock, dropped = Clock(), list[str]()
    callers = Callers(clock, per_address=2, in_all=4)
    admitted = [enter(callers, "flood", dropped) for _ in range(200)]
    assert sum(caller is not None for caller in admitted) == 2
    assert enter(callers, "participant", dropped) is not None


def test_of_all_addresses_the_longest_silent_one_makes_room() -> None:
    clock, dropped = Clock(), list[str]()
    callers = Callers(clock, per_address=2, in_all=2)
    for address in ("first", "second"):
        enter(callers, address, dropped)
    clock.now = 2.0
    assert enter(callers, "third", dropped) is not None
    assert dropped == ["first"]
