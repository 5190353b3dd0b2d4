"""Files that replace the sentences of participants: complete ones, and what is said of others."""

from pathlib import Path

import pytest

from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Coins, Figure, Sentence, Texts, english
from clamshell_tui.participant_texts.english import ENGLISH
from clamshell_tui.participant_texts.load import built_in, load_texts
from clamshell_tui.scenario.load import load_scenario, scenario_texts
from clamshell_tui.scenario.toml_text import to_toml

SENTENCES = to_toml(ENGLISH)


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """A complete file in English, changed."""
    text = SENTENCES
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_complete_file_replaces_every_sentence(tmp_path: Path) -> None:
    texts = load_texts(written(tmp_path, ('send = "send"', 'send = "abschicken"')))
    assert texts == {**english(), "hint.send": "abschicken"}
    assert Texts(texts)("hint.send") == "abschicken"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('send = "send"\n', "", "hint.send is missing"),
        ('send = "send"', 'sent = "send"', 'hint.sent is not known (did you mean "hint.send"?)'),
        ('send = "send"', "send = 3", "hint.send is no text"),
        ('send = "send"', 'send = " "', "hint.send is empty"),
        ('send = "send"', 'send = "a\\nb"', "hint.send has a line break or a control character"),
        ('send = "send"', 'send = "a\\u001b[2J"', "hint.send has a line break or a control"),
        ("owed {amount}", "owed", "top.owed lacks {amount}"),
        ("owed {amount}", "{amount} {worker}", "has {worker}, which has no value there"),
        ("owed {amount}", "{amount} {", "has a brace that belongs to no placeholder"),
        ("{count} more lines below", "more below", "top.below.other lacks {count}"),
        ('"1,234.5"', '"12,5"', 'is not 1,234.5 with other signs, such as "1.234,5"'),
        ("{sign}{number}", "{number}", "numerals.money lacks {sign}"),
        ("[hint]", "[hint", "not TOML"),
    ],
)
def test_an_incomplete_file_is_refused_with_the_key(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        load_texts(written(tmp_path, (old, new)))
    assert str(refused.value).startswith("mine.toml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[hint]\nhelp = "Hilfe"\n', "utf-8")
    with pytest.raises(InputError) as refused:
        load_texts(path)
    assert f"; and {len(english()) - 1 - 3} more. " in str(refused.value)
    assert str(refused.value).count(" is missing") == 3


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes('[hint]\nhelp = "H\u00fclfe"\n'.encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8 at line 2"):
        load_texts(path)
    with pytest.raises(InputError, match="No such file"):
        load_texts(tmp_path / "none.toml")


def test_a_scenario_names_the_file_beside_it(tmp_path: Path) -> None:
    scenario = tmp_path / "lab.toml"
    scenario.write_text('name = "lab"\ntexts = "mine.toml"\n', "utf-8")
    with pytest.raises(ScenarioError, match=r"lab.toml line 2: texts: cannot read .*mine.toml"):
        load_scenario(scenario)
    written(tmp_path, ('send = "send"', 'send = "abschicken"'))
    loaded = load_scenario(scenario)
    assert loaded.files == ("mine.toml",)
    assert scenario_texts(loaded, tmp_path)("hint.send") == "abschicken"


def test_a_number_chooses_the_form() -> None:
    said = [ENGLISH_TEXTS("top.below", count=count) for count in (0, 1, 2)]
    assert said == ["0 more lines below", "1 more line below", "2 more lines below"]


def test_values_are_not_templates() -> None:
    assert ENGLISH_TEXTS("over.total", worker="{count}") == "Total for {count}"
    parts = ENGLISH_TEXTS.parts("over.total", worker="{worker}")
    assert parts == [("Total for ", ""), ("{worker}", "worker")]


def test_sentences_from_the_wire_are_not_trusted() -> None:
    texts = Texts({"hint.send": "a\x1b[2Jb", "hint.nonsense": "x"})
    assert texts("hint.send") == "a\ufffd[2Jb"
    assert texts("hint.skip") == "skip"
    assert "hint.nonsense" not in texts


@pytest.mark.parametrize(
    ("number", "amount"),
    [
        ("1.234,5", "5.000,50 \u20ac, 92,5 %"),
        ("1234,5", "5000,50 \u20ac, 92,5 %"),
        ("1\u202f234,5", "5\u202f000,50 \u20ac, 92,5 %"),
        ("anything", "5,000.50 \u20ac, 92.5 %"),
    ],
)
def test_numbers_in_a_sentence_are_written_as_its_reader_writes_them(
    number: str, amount: str
) -> None:
    texts = Texts(
        {
            "numerals.number": number,
            "numerals.money": "{number} {sign}",
            "pay.hourly_floor": "{amount}, {minutes}",
        }
    )
    values = {"amount": Coins(5_000_500_000, "EUR"), "minutes": Figure("92.5 %")}
    assert texts.say(Sentence("pay.hourly_floor", values)) == amount


def test_letters_are_those_without_a_plain_one() -> None:
    texts = Texts({"hint.send": "\u00fcber \u00df \u201e\u2026\u201c", "hint.skip": "\u0416\u0443"})
    assert texts.letters == "\u0416\u0443"


@pytest.mark.parametrize("language", built_in())
def test_languages_that_are_built_in_are_complete(language: str) -> None:
    assert set(load_texts(built_in()[language])) == set(english())
