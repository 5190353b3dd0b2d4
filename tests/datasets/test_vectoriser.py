"""Tokens of texts in different scripts, and what a model learns from them."""

import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from clamshell_tui.datasets.config import CsvConfig
from clamshell_tui.datasets.vectoriser import fitted, hashing, rows_of, tokens, vectorise

GOOD = ("很好看", "非常喜欢", "值得推荐", "质量不错", "物流很快")
BAD = ("太失望了", "质量很差", "浪费钱", "不推荐", "退货了")
FILL = ("这本书", "昨天收到", "我觉得", "包装", "给孩子买的", "朋友说")


@pytest.mark.parametrize(
    "text",
    [
        "The cat's 2 hats, a hat",
        "naïve café_au lait",
        "Straße 12a",
        "привет мир",
        "a b",
        "x-ray €5",
    ],
)
def test_tokens_of_words_are_those_of_scikit_learn(text: str) -> None:
    assert tokens(text) == CountVectorizer().build_analyzer()(text)


def test_scripts_without_blanks_give_signs_and_pairs() -> None:
    assert tokens("很好看。Very good書") == ["很", "好", "看", "很好", "好看", "very", "good", "書"]
    assert "ดี" in tokens("อาหารดีมาก")


def _accuracy(texts: list[str], truth: list[int], config: CsvConfig) -> float:
    rows, labels = vectorise(texts, config), np.array(truth)
    model = LogisticRegression(C=10).fit(rows[:150], labels[:150])
    return float(model.score(rows[150:], labels[150:]))


def test_a_model_learns_from_short_chinese_reviews() -> None:
    rng = random.Random(1)
    truth = [rng.randrange(2) for _ in range(300)]
    texts = [
        rng.choice(FILL) + rng.choice((BAD, GOOD)[label]) + rng.choice(FILL) for label in truth
    ]

    assert _accuracy(texts, truth, CsvConfig(path="d.csv")) > 0.95


def test_characters_see_through_typing_errors() -> None:
    rng = random.Random(2)

    def mistyped(word: str) -> str:
        place = rng.randrange(len(word))
        return word[:place] + rng.choice("aeiost") + word[place + 1 :]

    truth = [rng.randrange(2) for _ in range(400)]
    words = (("terrible", "disappointing", "useless"), ("wonderful", "excellent", "delightful"))
    texts = [f"{mistyped('absolutely')} {mistyped(rng.choice(words[t]))}" for t in truth]

    whole = _accuracy(texts, truth, CsvConfig(path="d.csv"))
    pieces = _accuracy(texts, truth, CsvConfig(path="d.csv", vectoriser="characters"))
    assert pieces > max(0.95, whole + 0.05)


def test_emoji_are_tokens() -> None:
    texts = ["😀", "😡", "😀😀", "😡!"]
    rows = vectorise(texts, CsvConfig(path="d.csv"))

    assert rows.shape == (4, 2)
    assert (rows[0] != rows[2]).nnz == 0
    assert hashing(64).transform(["😀"]).nnz == 1


def test_texts_submitted_later_use_the_same_columns() -> None:
    config = CsvConfig(path="d.csv", vectoriser="characters")
    vectoriser = fitted(["good book", "bad book"], config)

    assert rows_of(["goood"], vectoriser).shape[1] == rows_of(["bad"], vectoriser).shape[1]
    assert rows_of(["goood"], vectoriser).nnz > 0
