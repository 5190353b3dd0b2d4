"""More classes than keys: they are found by typing."""

import pytest

from clamshell_tui.wire.worker_messages import Answer
from tests.worker_client.conftest import Play
from tests.worker_client.terminal import terminal
from worker_client.class_query import ClassQuery
from worker_client.keys import must_be_typed
from worker_client.outbox import SeatStore

NAMES = (
    "card_payment_fee_charged",
    "card_arrival",
    "lost_or_stolen_card",
    "fee",
    "Straße sperren",
    *(f"intent_{n}" for n in range(72)),
)


def found(text: str) -> list[str]:
    query = ClassQuery(NAMES)
    query.write(text)
    return [NAMES[index] for index in query.matches]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("card", ["card_payment_fee_charged", "card_arrival", "lost_or_stolen_card"]),
        ("fee", ["fee", "card_payment_fee_charged"]),  # the whole name first
        ("ca fe", ["card_payment_fee_charged"]),  # beginnings of words
        ("olen", ["lost_or_stolen_card"]),
        ("STRASSE", ["Straße sperren"]),
        ("intent 71", ["intent_71"]),
        ("nothing", []),
    ],
)
def test_parts_of_a_name_find_it_the_best_match_first(text: str, first: list[str]) -> None:
    assert found(text) == first


def test_nothing_typed_shows_every_class_and_marks_none() -> None:
    query = ClassQuery(NAMES)
    assert len(query.matches) == len(NAMES)
    assert query.chosen is None
    query.move(-1)
    assert query.chosen == len(NAMES) - 1
    query.move(1)
    assert query.chosen == 0


def test_completion_goes_as_far_as_the_names_agree() -> None:
    query = ClassQuery(NAMES)
    query.write("ca")
    query.complete()
    assert query.text == "card "
    query.write("stolen")
    query.complete()  # no name begins with it: the best match
    assert query.text == "lost or stolen card"


def test_thirty_one_classes_have_keys_and_more_are_typed() -> None:
    assert not must_be_typed(NAMES[:31])
    assert must_be_typed(NAMES[:32])


def test_a_person_labels_by_typing(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(classes=NAMES)
            await screen.reads("Type its name", "77 of 77 classes", "F3 skip")
            await screen.press(*"fee", "enter")
            await screen.press(*"ca", "tab", *"arr", "enter")
            await screen.reads("Record 3 of 3", "2 of 3 labelled")
            await screen.press(*"xyz")
            await screen.reads("no class matches", "0 of 77 classes")
            await screen.press("enter", "escape")  # nothing chosen, cleared
            await screen.press("down", "down", "down", "enter", "enter")
            assert (await screen.server.expect(Answer)).labels == (3, 1, 2)

    play(story())


def test_letters_are_no_commands_and_backspace_undoes(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(classes=NAMES)
            await screen.press(*"suvf", "escape", *"fee", "enter", "backspace")
            await screen.reads("Record 1 of 3", "0 of 3 labelled")
            await screen.press("question_mark")
            await screen.reads("find a class by any parts of its name")
            await screen.press("enter", "f4", "f3")
            await screen.reads("Skip this record")
            assert screen.session.sheet is not None
            assert screen.session.sheet.flagged

    play(story())


def test_the_mouse_chooses_a_match(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.work(classes=NAMES)
            await screen.press(*"card")
            await screen.click("ClassFinder", 6, 3)  # the second match, below what was typed
            assert screen.session.sheet is not None
            assert screen.session.sheet.labels == [1, None, None]

    play(story())
