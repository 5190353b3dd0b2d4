"""Messages of the operator: requests and orders, and their replies."""

from typing import Annotated, Literal

from msgspec import Meta, Raw

from clamshell_tui.wire.parts import Message, Name, Record, Short, WirePart


class Describe(Message, frozen=True, tag="describe"):
    """Operator: describe the run."""


class Described(Message, frozen=True, tag="described"):
    """The run: its scenario as TOML, the classes, the speed of its clock, and its meta data.

    ``meta`` is the run file's table of that name, without secrets. ``of_study``: the run is of a
    condition of a study, whose operators may watch its people.
    """

    scenario: str
    classes: tuple[str, ...]
    speed: float
    meta: dict[str, str]
    of_study: bool = False


class ReadJournal(Message, frozen=True, tag="read-journal"):
    """Operator: send the entries of the journal after this one, as soon as there are any.

    One request, one reply; ask again for more. An operator without a request costs nothing.
    """

    after: Annotated[int, Meta(ge=0)] = 0


class Entry(WirePart, frozen=True):
    """Journal entry: the run's time, and the event as stored."""

    at: float
    event: Raw


class JournalRead(Message, frozen=True, tag="journal"):
    """Entries in order; ``last`` is the number of the last of them, ``now`` the run's time.

    Without entries it only reports the time.
    """

    last: int
    now: float
    entries: tuple[Entry, ...] = ()


class LookUp(Message, frozen=True, tag="look-up"):
    """Operator: send these records, by number; with ``whole``, their contents too."""

    records: Annotated[tuple[int, ...], Meta(max_length=500)]
    whole: bool = False


class LookedUp(Message, frozen=True, tag="looked-up"):
    """The requested records that exist, with the true class where it is known."""

    numbers: tuple[int, ...]
    records: tuple[Record, ...]


class CheckCodes(Message, frozen=True, tag="check-codes"):
    """Operator: say which of these join codes are valid."""

    codes: Annotated[tuple[Name, ...], Meta(max_length=1000)]


class CodesChecked(Message, frozen=True, tag="codes-checked"):
    """The valid codes: of ``free`` seats, and those that lead back to ``taken`` ones."""

    free: tuple[Name, ...]
    taken: tuple[Name, ...]


class BackUp(Message, frozen=True, tag="back-up"):
    """Operator: send the next part of a copy of the run file, from this byte on.

    At 0 a new copy is made; it is kept until its end was sent.
    """

    offset: Annotated[int, Meta(ge=0)] = 0


class BackedUp(Message, frozen=True, tag="backed-up"):
    """Part of a copy of ``total`` bytes; ask for the next one at the end of this."""

    offset: int
    total: int
    data: bytes


class Order(Message, frozen=True, tag="order"):
    """Operator: change the run; journalled with the operator's name.

    ``stop`` with the ``key`` ``study`` ends a study also while a condition is selected.
    """

    do: Literal[
        "pause",
        "resume",
        "stop",
        "dismiss",
        "readmit",
        "set",
        "message",
        "issue-code",
        "reissue-code",
        "revoke-code",
        "rotate-token",
        "revoke-token",
    ]
    worker: Name = ""
    key: Name = ""
    value: int | float | bool | str = ""
    text: Short = ""


class Done(Message, frozen=True, tag="done"):
    """The order was carried out; ``detail`` is its result, such as a join code."""

    do: Name
    detail: Short = ""


FromOperator = Describe | ReadJournal | LookUp | CheckCodes | BackUp | Order
ToOperator = Described | JournalRead | LookedUp | CodesChecked | BackedUp | Done
