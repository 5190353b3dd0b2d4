"""How many connections may be on their way to a seat."""

from clamshell_tui.gateways.pending import PendingConnection, PendingConnections


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def enter(
    pending: PendingConnections, address: str, dropped: list[str]
) -> PendingConnection | None:
    return pending.enter(address, lambda: dropped.append(address))


def test_silent_connections_of_one_address_make_room_for_one_that_speaks() -> None:
    clock, dropped = Clock(), list[str]()
    pending = PendingConnections(clock, per_address=3, in_all=100)
    for _ in range(3):
        assert enter(pending, "lab", dropped) is not None
    assert enter(pending, "lab", dropped) is None  # none of them had a second yet
    clock.now = 2.0
    assert enter(pending, "lab", dropped) is not None
    assert dropped == ["lab", "lab"]


def test_a_client_that_speaks_keeps_its_place() -> None:
    clock, dropped = Clock(), list[str]()
    pending = PendingConnections(clock, per_address=1, in_all=100)
    first = enter(pending, "lab", dropped)
    assert first is not None
    first.silent = False
    clock.now = 5.0
    assert enter(pending, "lab", dropped) is None
    pending.leave(first)
    pending.leave(first)  # a connection may end twice
    assert enter(pending, "lab", dropped) is not None


def test_one_address_cannot_take_the_places_of_all_others() -> None:
    clock, dropped = Clock(), list[str]()
    pending = PendingConnections(clock, per_address=2, in_all=4)
    admitted = [enter(pending, "flood", dropped) for _ in range(200)]
    assert sum(connection is not None for connection in admitted) == 2
    assert enter(pending, "participant", dropped) is not None


def test_of_all_addresses_the_longest_silent_one_makes_room() -> None:
    clock, dropped = Clock(), list[str]()
    pending = PendingConnections(clock, per_address=2, in_all=2)
    for address in ("first", "second"):
        enter(pending, address, dropped)
    clock.now = 2.0
    assert enter(pending, "third", dropped) is not None
    assert dropped == ["first"]
