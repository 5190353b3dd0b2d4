"""Every sentence on a participant's screens is in the catalogue, and has room in each language."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from clamshell_tui.participant_texts import ENGLISH_TEXTS, english
from clamshell_tui.participant_texts.load import built_in, load_texts
from tests.worker_client.conftest import Play
from tests.worker_client.marked import NotedTexts, in_greek, latin
from tests.worker_client.scripted import joined
from tests.worker_client.sitting import heard
from tests.worker_client.walk import STORIES, Walk, join
from tests.worker_client.walk_stages import STAGES
from worker_client.outbox import SeatStore
from worker_client.session import Session

LONG = 300.0  # seconds, on a busy machine
GERMAN = load_texts(built_in()["de"])
ELSEWHERE = (
    *("refused.", "instructions.usual", "over.earned", "ssh.", "web."),
    *("pay.", "paper.", "numerals."),
)
"""Said by the coordinator or a gateway, printed when the screen is closed, or no sentence."""

OF_STAGES = (
    *("key.tab", "key.shift_tab", "key.delete", "stage.", "consent.", "pages.", "records."),
    *("gate.", "break.", "questions.", "receipt.", "withdraw."),
)
IN_GERMAN_AND_ENGLISH = pytest.mark.parametrize(
    "texts", [GERMAN, english()], ids=["German", "English"]
)


@pytest.mark.slow
@IN_GERMAN_AND_ENGLISH
def test_every_sentence_of_a_run_is_seen_whole_and_nothing_else(
    store: SeatStore, texts: Mapping[str, str]
) -> None:
    walk = Walk(store, NotedTexts(in_greek(texts)))
    asyncio.run(asyncio.wait_for(walk.go(STORIES), LONG))
    sees_all(walk, [key for key in english() if not key.startswith((*ELSEWHERE, *OF_STAGES))])


@pytest.mark.slow
@IN_GERMAN_AND_ENGLISH
def test_every_sentence_of_a_study_is_seen_whole_and_nothing_else(
    store: SeatStore, texts: Mapping[str, str]
) -> None:
    walk = Walk(store, NotedTexts(in_greek(texts)))
    asyncio.run(asyncio.wait_for(walk.go(STAGES), LONG))
    sees_all(walk, [key for key in english() if key.startswith(OF_STAGES)])


def sees_all(walk: Walk, wanted: Sequence[str]) -> None:
    assert [key for key in wanted if key not in walk.texts.said] == [], "never said"
    assert {key: walk.hidden(key) for key in wanted if walk.hidden(key)} == {}, "no room"
    assert [screen for screen in walk.screens if latin(screen)] == [], "not in the catalogue"


def test_a_sentence_that_is_not_in_the_catalogue_is_found(play: Play, store: SeatStore) -> None:
    texts = {**in_greek(english()), "join.ask": "Written into the screen", "join.title": "?" * 99}
    walk = Walk(store, NotedTexts(texts))
    play(walk.go([join]))
    assert {latin(screen) for screen in walk.screens} == {"", "Writtenintothescreen"}
    assert walk.hidden("join.joining") == set()
    assert walk.hidden("task.record") == set(), "it was not said"


def test_the_coordinator_replaces_the_sentences_of_people_and_not_of_bots() -> None:
    person, bot = Session("K7QM-2F9X"), Session("K7QM-2F9X", bot=True)
    for session in (person, bot):
        heard(session, joined(texts=dict(GERMAN)))
    assert person.texts("hint.send") == "senden"
    assert bot.texts is ENGLISH_TEXTS
