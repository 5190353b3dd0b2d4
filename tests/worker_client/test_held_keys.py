"""A key that is held down, or typed too fast, answers one record and not the next."""

import pytest
from textual.pilot import Pilot

from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Welcome
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, TaskAssigned, Wait
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import joined, texts
from tests.worker_client.still import StillApp
from worker_client.keys import QUIET, HeldKeys
from worker_client.outbox import SeatStore

REPEAT = 1 / 30  # seconds between two repetitions of a held key


@pytest.mark.parametrize(
    ("pressed", "counted"),
    [
        ("", ""),
        ("a0.0", "a"),
        ("a0.0 a0.1", "aa"),  # the same record: to correct it is no answer to another
        ("a0.0 b0.1", "a"),
        ("a0.0 b0.15", "ab"),
        ("a0.0 b0.1 b0.2 b0.3", "a"),  # held: never 150 ms without a key
        ("a0.0 b0.1 b0.25 b0.26", "abb"),
        ("a0.0 b0.1 a0.2", "aa"),
        ("A0.0 a0.1", ""),  # nobody has read it yet
        ("A0.0 a0.15", "a"),
        ("A0.0 a0.1 A0.2 a0.25", "a"),  # drawn again: as old as before
    ],
)
def test_a_key_counts_on_a_new_record_after_150_ms_without_keys(pressed: str, counted: str) -> None:
    """Capitals are records that come into view."""
    held, found = HeldKeys(0.15), ""
    for record, at in [(key[0], float(key[1:])) for key in pressed.split()]:
        if record.isupper():
            held.show(record.lower(), at)
        elif held.press(record, at):
            found += record
    assert found == counted


def working(app: StillApp, *words: str) -> None:
    """Somebody at a seat, with a task of these records."""
    app.hear(Welcome(VERSION, "pets", "clamshell"), joined(begun=True))
    app.hear(Wait("available", 60_000, 0), TaskAssigned("a1", texts(*words), 1800.0))
    app.wait(2 * QUIET)


async def hold(pilot: Pilot[None], app: StillApp, key: str, seconds: float) -> None:
    for _ in range(round(seconds / REPEAT)):
        await pilot.press(key)
        app.wait(REPEAT)


def test_a_held_key_labels_one_record(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        app = StillApp(store, quiet=QUIET)
        async with app.run_test(size=(80, 24)) as pilot:
            working(app, "meow", "woof", "purr")
            await hold(pilot, app, "1", seconds=1.0)
            assert app.session.sheet is not None
            assert app.session.sheet.labels == [0, None, None]
            assert app.status.startswith("not counted: the key came too soon")
            app.wait(QUIET)
            await pilot.press("2")
            assert app.session.sheet.labels == [0, 1, None]

    play(story())


def test_a_held_key_does_not_cross_into_the_next_task(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        app = StillApp(store, quiet=QUIET)
        async with app.run_test(size=(80, 24)) as pilot:
            working(app, "meow")
            await hold(pilot, app, "1", seconds=REPEAT)
            assert [type(each) for each in app.said] == [Answer]
            following = TaskAssigned("a2", texts("woof"), 1800.0)
            app.hear(Acknowledged("a1", "counted", 1, 1, following))
            for key in "1sf":
                await hold(pilot, app, key, seconds=0.5)
            assert [type(each) for each in app.said] == [Answer]

    play(story())


def test_a_key_meant_for_the_screen_before_is_no_answer(play: Play, store: SeatStore) -> None:
    """An impatient participant presses a key at the moment in which the first record comes."""

    async def story() -> None:
        app = StillApp(store, quiet=QUIET)
        async with app.run_test(size=(80, 24)) as pilot:
            app.hear(Welcome(VERSION, "pets", "clamshell"), joined(begun=True))
            await pilot.press("1")
            app.wait(1.0)
            app.hear(TaskAssigned("a1", texts("meow", "woof"), 1800.0))
            app.wait(QUIET / 2)
            await pilot.press("1")
            assert app.session.sheet is not None
            assert app.session.sheet.labels == [None, None]
            app.wait(2 * QUIET)
            await pilot.press("1")
            assert app.session.sheet.labels == [0, None]

    play(story())
