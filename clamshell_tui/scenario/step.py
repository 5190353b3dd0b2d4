"""``[[step]]`` in a scenario: people at real screens, next to the bots, in a live run.

Steps are done one after the other; each does one thing, or waits for one::

    [[step]]
    who = "ann"             # a person, by any name; "operator"; without it, as in the step before
    open = "80x24"          # their terminal; after a "kill" the same seat again
    [[step]]
    press = ["enter", "1"]  # keys, by Textual's names;  type = "some text"
    [[step]]
    label = "right"         # every record in hand, as somebody who knows; or a class for all
    [[step]]
    reads = "Qualified"     # wait until this is on the screen;  lacks = "..." until it is not
    [[step]]
    screen = "waiting"      # wait for this screen; on the operator's, this page

``network`` is the cable of ``who``: ``down`` (the connection breaks, and no other can be made),
``silent`` (nothing arrives any more, and nobody is told), ``deaf`` (only what the coordinator says
does not arrive), ``up``. ``kill`` ends the client without a word, ``closed`` waits for it to end by
itself. ``coordinator`` is ``killed`` or ``started``; ``bots = "come"`` lets the crowd in, which is
there from the start without such a step. ``at``, ``labels`` and ``seated`` wait for the run.
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
"""Actions that are about nobody's terminal."""


class Step(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing to be done, or waited for: exactly one key from ``open`` to ``seated``."""

    who: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")] | None = None  # default: as before it
    open: _Size | None = None  # their terminal, such as "80x24"
    press: Text | None = None  # keys, by Textual's names
    type: str | None = None  # a text
    label: str | None = None  # every record in hand: "right", or a class
    reads: Text | None = None  # wait until this is on the screen
    lacks: Text | None = None  # wait until it is not
    screen: str | None = None  # wait for this screen, or page
    resize: _Size | None = None  # their terminal
    network: Literal["down", "silent", "deaf", "up"] | None = None  # their cable
    kill: bool | None = None  # true: the client ends without a word
    closed: bool | None = None  # true: wait for the client to end
    coordinator: Literal["killed", "started"] | None = None
    bots: Literal["come"] | None = None  # the crowd is let in
    at: Annotated[float, Meta(ge=0)] | None = None  # wait for this second of the run
    labels: _Count | None = None  # wait until so many are delivered
    seated: _Count | None = None  # wait until so many workers are in slots
    within: Annotated[float, Meta(gt=0, le=600)] = 15.0  # seconds of the wall to wait at most
    because: str = ""  # what it means when it fails

    @property
    def action(self) -> str:
        """Which of the actions it is."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    @property
    def said(self) -> str:
        """``press enter``."""
        value = getattr(self, self.action)
        words = ", ".join(value) if isinstance(value, tuple) else value
        return self.action if value is True else f"{self.action} {words}"


def texts(value: Text | None) -> tuple[str, ...]:
    """One text or several, as several."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def whose(steps: tuple[Step, ...]) -> Iterator[str]:
    """Who each step is about; empty while nobody was named."""
    who = ""
    for step in steps:
        who = step.who or who
        yield who


def problems(steps: tuple[Step, ...]) -> Iterator[str]:
    """One sentence for each step that cannot be done."""
    opened: set[str] = set()
    for number, (step, who) in enumerate(zip(steps, whose(steps), strict=True), 1):
        given = [name for name in ACTIONS if getattr(step, name) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} at once" if given else "no action"
            yield f"step {number}: {what}; write one of {', '.join(ACTIONS)}"
            continue
        (name,) = given
        if name in OF_THE_RUN:
            continue
        if not who:
            yield f'step {number}: who: nobody was named; write who = "ann"'
        elif name == "open":
            opened.add(who)
        elif who not in opened:
            yield f'step {number}: {who} has no terminal yet; write open = "80x24" before'
        if who == OPERATOR and name in ("label", "network"):
            yield f"step {number}: {name}: the operator's screen has none; name a person"


def people(steps: tuple[Step, ...]) -> list[str]:
    """Everybody who sits at a terminal of a worker's, in the order in which they open it."""
    opened = [who for step, who in zip(steps, whose(steps), strict=True) if step.open is not None]
    return [who for who in dict.fromkeys(opened) if who != OPERATOR]
