"""``[[step]]`` in a scenario: people at real screens, next to the bots, in a live run.

Steps are played in order; each is one action, or waits for one condition::

    [[step]]
    who = "ann"             # any name of a person, or "operator"; default: as in the step before
    open = "80x24"          # their terminal; after a "kill" the same seat again
    [[step]]
    press = ["enter", "1"]  # keys, by Textual's names;  type = "some text"
    [[step]]
    label = "right"         # answer every record of the task correctly; or a class for all
    [[step]]
    reads = "Qualified"     # wait until this is on the screen;  lacks = "...": until it is not
    [[step]]
    screen = "waiting"      # wait for this screen, or page of the operator's screen

``network`` is the connection of ``who``: ``down`` (it breaks, and cannot be made again),
``silent`` (all bytes are lost, without an error), ``deaf`` (only bytes from the coordinator are
lost), ``up``. ``kill`` ends the client without a message, ``closed`` waits for it to end by itself.
``coordinator`` is ``killed`` or ``started``. ``bots = "come"`` lets the bots join; without such a
step they join from the start. ``at``, ``labels`` and ``seated`` wait for the run.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

OPERATOR = "operator"

Text = str | tuple[str, ...]
_Size = Annotated[str, Meta(pattern="^[1-9][0-9]{1,2}x[1-9][0-9]{0,2}$")]
_Count = Annotated[int, Meta(ge=1)]

ACTIONS = (
    "open",
    "press",
    "type",
    "label",
    "reads",
    "lacks",
    "screen",
    "resize",
    "network",
    "kill",
    "closed",
    "coordinator",
    "bots",
    "at",
    "labels",
    "seated",
)
OF_THE_RUN = ("coordinator", "bots", "at", "labels", "seated")
"""Actions that concern the run, not a terminal."""


class Step(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One action or condition: exactly one key from ``open`` to ``seated``."""

    who: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")] | None = (
        None  # default: as in the step before
    )
    open: _Size | None = None  # size of the terminal, such as "80x24"
    press: Text | None = None  # keys, by Textual's names
    type: str | None = None  # text
    label: str | None = None  # for every record of the task: "right", or a class
    reads: Text | None = None  # wait until this is on the screen
    lacks: Text | None = None  # wait until it is not
    screen: str | None = None  # wait for this screen, or page
    resize: _Size | None = None  # new size of the terminal
    network: Literal["down", "silent", "deaf", "up"] | None = None  # of the connection
    kill: bool | None = None  # true: the client ends without a message
    closed: bool | None = None  # true: wait for the client to end
    coordinator: Literal["killed", "started"] | None = None
    bots: Literal["come"] | None = None  # let the bots join
    at: Annotated[float, Meta(ge=0)] | None = None  # wait for this second of the run
    labels: _Count | None = None  # wait for this number of delivered labels
    seated: _Count | None = None  # wait for this number of workers in slots
    within: Annotated[float, Meta(gt=0, le=600)] = 60.0  # longest wait, in wall-clock seconds
    because: str = ""  # printed with a failure

    @property
    def action(self) -> str:
        """The one key that is set."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    @property
    def said(self) -> str:
        """The step as text: ``press enter``."""
        value = getattr(self, self.action)
        words = ", ".join(value) if isinstance(value, tuple) else value
        return self.action if value is True else f"{self.action} {words}"


def texts(value: Text | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def whose(steps: tuple[Step, ...]) -> Iterator[str]:
    """Yield the person of each step; empty before the first name."""
    who = ""
    for step in steps:
        who = step.who or who
        yield who


def problems(steps: tuple[Step, ...]) -> Iterator[str]:
    """Yield a sentence for each step that cannot be played."""
    opened: set[str] = set()
    for number, (step, who) in enumerate(zip(steps, whose(steps), strict=True), 1):
        given = [name for name in ACTIONS if getattr(step, name) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} together" if given else "no action"
            yield f"step {number}: {what}; write one of {', '.join(ACTIONS)}"
            continue
        (name,) = given
        if name in OF_THE_RUN:
            continue
        if not who:
            yield f'step {number}: who: no person is named; write who = "ann"'
        elif name == "open":
            opened.add(who)
        elif who not in opened:
            yield f'step {number}: {who} has no terminal yet; write open = "80x24" before'
        if who == OPERATOR and name in ("label", "network"):
            yield f"step {number}: {name}: the operator's screen has none; name a person"


def people(steps: tuple[Step, ...]) -> list[str]:
    """Return the names of all workers at terminals, in the order in which they open them."""
    opened = [who for step, who in zip(steps, whose(steps), strict=True) if step.open is not None]
    return [who for who in dict.fromkeys(opened) if who != OPERATOR]
