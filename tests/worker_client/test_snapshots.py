"""How the screens look, compared with pictures kept beside this file.

What was sent is asserted before any picture. After a wanted change, look at the pictures that
``pytest --snapshot-update tests/worker_client/test_snapshots.py`` leaves before committing them.
"""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Notice, Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Answer,
    AssignmentStopped,
    Over,
    Qualification,
    Qualified,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.worker_client.pictures import LARGE, LIGHT, Looks, Story, same_textual
from tests.worker_client.scripted import joined, texts
from tests.worker_client.still import StillApp, colour, grey

pytestmark = same_textual


INSTRUCTIONS = """\
Please read these posts about a new phone and say what their author
thinks of it.

positive: would recommend it, or is glad to have it
negative: complains, or regrets the purchase
neutral:  neither, or both alike

Irony counts as what is meant, not as what is said. Take a guess if you
are not sure: most posts are read by more than one person.
"""
FEELINGS = ("positive", "negative", "neutral")
POSTS = (
    Record("p1", text="The camera alone is worth the price, and the battery lasts two days."),
    Record("p2", text="Great, my third phone this year with a cracked display out of the box."),
    Record("p3", text="It comes in black, white and blue."),
)
LONG = Record(
    "p4",
    text=" ".join(
        [f"It rings {n} times, it glows, it hums; and then it does not." for n in range(30)]
    ),
)
NUMBERS = Record(
    "n1",
    numbers=(
        ("sepal length (cm)", 5.1),
        ("sepal width (cm)", 3.5),
        ("petal length (cm)", 1.4),
        ("petal width (cm)", 0.2),
        ("weight (mg)", 12345.678),
    ),
)
THINGS = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
WAIT = Wait("available", 50_000, owed_micros=83_400, seconds=100.0)
STATEMENT = Statement(
    "P001",
    waiting_micros=50_213,
    training_micros=4_167,
    records_micros=280_000,
    terminated_micros=60_000,
    partial_micros=20_000,
    total_micros=414_380,
    waiting_seconds=60.3,
    tasks_completed=14,
    tasks_terminated=3,
)


def seat(app: StillApp, **changes: object) -> None:
    """Somebody is back at a seat."""
    app.hear(Welcome(VERSION, "phones", "clamshell"))
    app.hear(joined(**{"begun": True, "title": "What do they think of the phone?"} | changes))


def feelings(app: StillApp, *records: Record) -> None:
    """A task of these."""
    seat(app, classes=FEELINGS)
    app.hear(WAIT, TaskAssigned("a1", records, 1800.0))


async def join(pilot: Pilot[None], app: StillApp) -> None:
    app.screen.query_one(Input).cursor_blink = False


async def refused(pilot: Pilot[None], app: StillApp) -> None:
    app.screen.query_one(Input).cursor_blink = False
    app.screen.query_one(Input).value = "clam://127.0.0.1:7777/K7QM-2F9X"
    app.hear(Error("code", "this code was used already. Ask for another one", fatal=True))


async def instructions(pilot: Pilot[None], app: StillApp) -> None:
    seat(app, begun=False, instructions=INSTRUCTIONS, classes=FEELINGS)


async def training(pilot: Pilot[None], app: StillApp) -> None:
    seat(app, classes=FEELINGS)
    app.hear(TrainingAssigned(POSTS))
    await pilot.press("1")


async def qualified(pilot: Pilot[None], app: StillApp, *, passed: bool = True) -> None:
    await training(pilot, app)
    await pilot.press("1", "3", "enter")
    assert app.said[-1] == Qualification((0, 0, 2))
    app.hear(Qualified(passed, 2, 3, (0, 1, 2), 45_833))
    app.wait()


async def in_reserve(pilot: Pilot[None], app: StillApp) -> None:
    seat(app)
    app.hear(
        Wait("reserve", 50_000, owed_micros=1_083_400, seconds=754.0),
        Notice("Coffee is in room 12."),
    )


async def waiting(pilot: Pilot[None], app: StillApp) -> None:
    seat(app)
    app.hear(WAIT)
    app.wait(30.0)


async def not_qualified(pilot: Pilot[None], app: StillApp) -> None:
    await qualified(pilot, app, passed=False)


async def a_text(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)


async def a_long_text(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, LONG)


async def numbers(pilot: Pilot[None], app: StillApp) -> None:
    seat(app, title="Which iris is it?", classes=("setosa", "versicolor", "virginica"))
    app.hear(WAIT, TaskAssigned("a1", (NUMBERS,), 1800.0))


async def a_digit(pilot: Pilot[None], app: StillApp) -> None:
    seat(app, title="Handwritten digits", classes=tuple("0123456789"))
    app.hear(WAIT, TaskAssigned("a1", (grey(),) * 5, 1800.0))
    await pilot.press("7", "1")


async def a_photograph(pilot: Pilot[None], app: StillApp) -> None:
    seat(app, title="What is in the picture?", classes=THINGS)
    app.hear(WAIT, TaskAssigned("a1", (colour(),), 1800.0))


async def in_review(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)
    await pilot.press("1", "2", "3")
    assert app.said == []


async def remarks(pilot: Pilot[None], app: StillApp) -> None:
    """One record labelled and flagged, one about to be skipped."""
    feelings(app, *POSTS)
    await pilot.press("f", "1", "s")
    app.screen.query_one(Input).cursor_blink = False


async def remarked(pilot: Pilot[None], app: StillApp) -> None:
    await remarks(pilot, app)
    await pilot.press("enter", "left")


async def short_of_time(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)
    await pilot.press("1", "enter")
    assert app.said == []
    assert app.status == "2 of 3 records have no label yet"
    app.wait(1760.0)


async def reconnecting(pilot: Pilot[None], app: StillApp) -> None:
    await in_review(pilot, app)
    app.lose("lab1:7777 refused the connection: is the coordinator running?")
    await pilot.press("enter")
    assert (app.said, app.session.outbox["a1"].labels) == ([], (0, 1, 2))
    app.wait(1.0)


async def sent(pilot: Pilot[None], app: StillApp) -> None:
    await in_review(pilot, app)
    await pilot.press("enter")
    (answer,) = app.said
    assert isinstance(answer, Answer)
    assert answer.labels == (0, 1, 2)
    app.wait(1.0)


async def interrupted(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)
    await pilot.press("1")
    app.hear(AssignmentStopped("a1", "finished-by-another", 60_000, 143_400))
    app.hear(TaskAssigned("a2", texts("next"), 1800.0))
    app.wait()
    assert app.said == []


async def over(pilot: Pilot[None], app: StillApp) -> None:
    seat(app)
    app.hear(Over("all records are labelled", STATEMENT))


async def evicted(pilot: Pilot[None], app: StillApp) -> None:
    seat(app)
    reason = "your place went to a quicker worker. What you did is paid, and nothing is held back"
    app.hear(Over(reason, STATEMENT))


async def helped(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)
    await pilot.press("question_mark")
    assert app.said == []


async def leaving(pilot: Pilot[None], app: StillApp) -> None:
    feelings(app, *POSTS)
    await pilot.press("escape")
    assert app.said == []


EVERY = [
    *(join, instructions, training, qualified, waiting, a_text, numbers, a_digit, a_photograph),
    *(in_review, reconnecting, over, evicted, remarks),
]
LIKE_THOSE = [
    *(refused, not_qualified, in_reserve, a_long_text, short_of_time, sent, interrupted, helped),
    *(leaving, remarked),
]
ON_LIGHT = [instructions, qualified, waiting, in_review, reconnecting, interrupted]
ON_LARGE = [a_text, a_digit, waiting]


def named(story: Story) -> str:
    """The story's name, for the picture's file."""
    return str(getattr(story, "__name__", story))


@pytest.mark.parametrize(
    "story",
    [*EVERY, *(pytest.param(story, marks=pytest.mark.slow) for story in LIKE_THOSE)],
    ids=named,
)
def test_dark(looks: Looks, story: Story) -> None:
    looks(story)


@pytest.mark.slow
@pytest.mark.parametrize("story", ON_LIGHT, ids=named)
def test_light(looks: Looks, story: Story) -> None:
    looks(story, colours=LIGHT)


@pytest.mark.slow
@pytest.mark.parametrize("story", ON_LARGE, ids=named)
def test_large(looks: Looks, story: Story) -> None:
    looks(story, size=LARGE)


@pytest.mark.parametrize(
    "story", [a_digit, pytest.param(waiting, marks=pytest.mark.slow)], ids=named
)
def test_in_ascii(looks: Looks, story: Story) -> None:
    looks(story, plain="LANG=C")


def test_too_small(looks: Looks) -> None:
    looks(a_text, size=(70, 20))
